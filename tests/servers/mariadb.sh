#!/usr/bin/env bash
# Starts and stops a MariaDB server of its own below a directory.
#
#   tests/servers/mariadb.sh start DIR [SERVER OPTION...]   starts it on a free port (or TEST_MYSQL_PORT) of 127.0.0.1 and
#                                         prints lines to be eval'ed: TEST_MYSQL_HOST, _PORT, _USER, _PASSWORD, _SOCKET, _PID
#   tests/servers/mariadb.sh stop DIR     stops it; the data stays, so that start begins with it again
#
# Needs the server's programs (Debian: apt-get install mariadb-server). No system service is touched.
set -eu
# shellcheck source=tests/servers/process.sh
. "$(dirname "$0")/process.sh"

[ $# -ge 2 ] || fail "usage: $0 start|stop DIR [SERVER OPTION...]"
action=$1
mkdir -p "$2"
directory=$(cd "$2" && pwd)
shift 2
PATH=$PATH:/usr/sbin:/usr/local/sbin
pid_file=$directory/mariadb.pid
# A path of a socket must be short; the temporary directory usually is, the data directory may not be.
socket=${TMPDIR:-/tmp}/insights-mariadb-$(printf %s "$directory" | cksum | cut -d' ' -f1).sock
password=insights-test
as_user=$(id -un)

start() {
    command -v mariadbd >/dev/null || fail "mariadbd is not installed; tests/run.sh installs it."
    not_running "$pid_file"
    # A server that starts removes the temporary tables of servers before it: never those of another one that runs.
    mkdir -p "$directory/tmp"
    if [ ! -d "$directory/data/mysql" ]; then
        TMPDIR=$directory/tmp mariadb-install-db --no-defaults --user="$as_user" --datadir="$directory/data" \
            --auth-root-authentication-method=normal --skip-test-db >"$directory/install.log" 2>&1 ||
            fail "no data directory could be made; see $directory/install.log."
    fi
    port=${TEST_MYSQL_PORT:-$(free_port)}
    setsid mariadbd --no-defaults --user="$as_user" --datadir="$directory/data" --tmpdir="$directory/tmp" --socket="$socket" \
        --pid-file="$pid_file" --bind-address=127.0.0.1 --port="$port" --innodb-buffer-pool-size=64M \
        --skip-log-bin --skip-name-resolve "$@" >"$directory/server.log" 2>&1 </dev/null &
    server=$!
    tries=0
    until administer "SELECT 1" >/dev/null 2>&1; do
        tries=$((tries + 1))
        kill -0 "$server" 2>/dev/null || fail "the server ended while starting; see $directory/server.log."
        [ "$tries" -lt 600 ] || fail "the server did not start within five minutes; see $directory/server.log."
        sleep 0.5
    done
    administer "CREATE USER IF NOT EXISTS 'insights'@'%' IDENTIFIED BY '$password';
        GRANT ALL ON *.* TO 'insights'@'%' WITH GRANT OPTION;"
    cat <<VALUES
TEST_MYSQL_HOST=127.0.0.1
TEST_MYSQL_PORT=$port
TEST_MYSQL_USER=insights
TEST_MYSQL_PASSWORD=$password
TEST_MYSQL_SOCKET=$socket
TEST_MYSQL_PID=$(cat "$pid_file")
VALUES
}

administer() {
    mariadb --no-defaults --user=root --socket="$socket" --execute="$1"
}

case $action in
start) start "$@" ;;
stop)
    end "$pid_file"
    rm -f "$socket"
    ;;
*) fail "unknown action $action: start or stop" ;;
esac

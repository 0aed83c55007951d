#!/usr/bin/env bash
# Starts and stops an endpoint for EMR and S3 below a directory: the moto server, with steps that run as a test wants it.
#
#   tests/servers/emr.sh start DIR    starts it on a free port of 127.0.0.1 and prints lines to be eval'ed: TEST_EMR_ENDPOINT, and
#                                     TEST_AWS_COMMANDS, a directory with the official client aws
#   tests/servers/emr.sh stop DIR     stops it; its content is gone
#
# tests/servers/emr_endpoint.py says what a test can script. Needs Python with venv; server and client are installed once into
# $INSIGHTS_TEST_CACHE (default target/test-cache).
set -eu
# shellcheck source=tests/servers/process.sh
. "$(dirname "$0")/process.sh"

[ $# -eq 2 ] || fail "usage: $0 start|stop DIR"
mkdir -p "$2"
directory=$(cd "$2" && pwd)
pid_file=$directory/emr.pid

# The client has an environment of its own: it wants other versions of what it shares with the server.
install_client() {
    [ -e "$cache/awscli/complete" ] || alone "$cache/awscli.lock" install_client_alone
}

install_client_alone() {
    [ ! -e "$cache/awscli/complete" ] || return 0
    {
        rm -rf "$cache/awscli" && python3 -m venv "$cache/awscli" &&
            "$cache/awscli/bin/pip" install --quiet --disable-pip-version-check 'awscli==1.46.3'
    } >"$cache/awscli.log" 2>&1 || fail "the AWS CLI could not be installed, which needs Python with venv; see $cache/awscli.log."
    touch "$cache/awscli/complete"
}

# Not the client's own script, which knows its interpreter by the path that it was installed at.
client() {
    mkdir -p "$directory/commands"
    printf '#!/usr/bin/env bash\nexec "%s" -m awscli "$@"\n' "$cache/awscli/bin/python" >"$directory/commands/aws"
    chmod +x "$directory/commands/aws"
}

start() {
    "$here/s3.sh" install "$directory"
    install_client
    client
    not_running "$pid_file"
    port=$(free_port)
    # With the policies that AWS has for everybody, as EMR's own.
    MOTO_IAM_LOAD_MANAGED_POLICIES=true setsid "$cache/moto/bin/python" "$here/emr_endpoint.py" "$port" >"$directory/emr.log" 2>&1 </dev/null &
    echo $! >"$pid_file"
    for _ in $(seq 600); do
        if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "TEST_EMR_ENDPOINT=http://127.0.0.1:$port"
            echo "TEST_AWS_COMMANDS=$directory/commands"
            return
        fi
        alive "$pid_file" || fail "the server ended while starting; see $directory/emr.log."
        sleep 0.5
    done
    fail "the server did not start within five minutes; see $directory/emr.log."
}

case $1 in
start) start ;;
stop) end "$pid_file" ;;
*) fail "unknown action $1: start or stop" ;;
esac

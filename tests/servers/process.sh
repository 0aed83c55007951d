# shellcheck shell=bash
# What the server scripts beside this file have in common; they source it.

# The directory of the scripts, and that of what is installed once.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${INSIGHTS_TEST_CACHE:-$here/../../target/test-cache}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

# fail MESSAGE...: ends the script with a message under its name.
fail() {
    echo "${script:-$(basename "$0")}: $*" >&2
    exit 1
}

free_port() {
    # The kernel's range for outgoing connections starts at 32768: below it nothing comes and goes by itself.
    port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000))
    while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
        port=$((port + 1))
    done
    echo "$port"
}

# alive PID_FILE: whether the process of the file runs.
alive() {
    # A killed process that nobody has waited for yet still answers to kill -0.
    [ -s "$1" ] && case $(ps -o stat= -p "$(cat "$1")" 2>/dev/null) in '' | Z*) false ;; esac
}

# not_running PID_FILE: fails if the process of the file runs.
not_running() {
    ! alive "$1" || fail "$(basename "$1" .pid) runs in $(dirname "$1") already (stop it first)."
}

# end PID_FILE...: asks the processes to end, and after a minute makes them.
end() {
    for pid_file in "$@"; do
        ! alive "$pid_file" || kill "$(cat "$pid_file")"
    done
    for pid_file in "$@"; do
        for _ in $(seq 600); do
            alive "$pid_file" || break
            sleep 0.1
        done
        ! alive "$pid_file" || kill -9 "$(cat "$pid_file")"
        rm -f "$pid_file"
    done
}

# alone FILE COMMAND...: while no other process does it, since what several servers share is installed once.
alone() {
    (
        flock 9
        shift
        "$@"
    ) 9>"$1"
}

# fetch_jars POM LIB: the jars that a Maven project names, once.
fetch_jars() {
    # Maven's repository is for one at a time.
    [ -d "$2" ] || alone "$(dirname "$(dirname "$2")")/maven.lock" fetch_jars_alone "$@"
}

fetch_jars_alone() {
    [ ! -d "$2" ] || return 0
    command -v mvn >/dev/null || fail "Maven (mvn) is needed to fetch the server's jars; install it."
    # Filled aside and renamed: an interrupted download leaves nothing that looks complete.
    partial=$2.partial.$$
    log=$(dirname "$2")/maven.log
    for attempt in 1 2 3; do
        mvn -B -q -f "$1" org.apache.maven.plugins:maven-dependency-plugin:copy-dependencies \
            -DincludeScope=runtime -DoutputDirectory="$partial" >"$log" 2>&1 && break
        [ "$attempt" -lt 3 ] || fail "the server's jars could not be fetched; see $log."
        sleep 5
    done
    mv -T "$partial" "$2" 2>/dev/null || rm -rf "$partial"
}

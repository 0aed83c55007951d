#!/usr/bin/env bash
# What elasticsearch.sh and opensearch.sh have in common; they call it with their name in front.
#
#   search_engine.sh ENGINE jars             fetches the engine's jars (once) and prints the directory that holds them
#   search_engine.sh ENGINE start DIR        starts it on a free port of 127.0.0.1, or on the port that it had in DIR before, and
#                                            prints lines to be eval'ed: TEST_ENGINE_URL, TEST_ENGINE_PID
#   search_engine.sh ENGINE stop DIR         stops it; the data stays, so that start begins with it again
#
# Needs a JDK of 17 or newer and Maven. Jars are kept in $INSIGHTS_TEST_CACHE (default target/test-cache).
set -eu

fail() {
    echo "$engine.sh: $*" >&2
    exit 1
}

engine=$1
action=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
cache=${INSIGHTS_TEST_CACHE:-$here/../../target/test-cache}
mkdir -p "$cache/$engine"
cache=$(cd "$cache/$engine" && pwd)
lib=$cache/lib

fetch_jars() {
    [ -d "$lib" ] && return
    command -v mvn >/dev/null || fail "Maven (mvn) is needed to fetch the engine's jars; install it."
    # Filled aside and renamed: an interrupted download leaves nothing that looks complete.
    partial=$lib.partial.$$
    for attempt in 1 2 3; do
        mvn -B -q -f "$here/$engine/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:copy-dependencies \
            -DincludeScope=runtime -DoutputDirectory="$partial" >"$cache/maven.log" 2>&1 && break
        [ "$attempt" -lt 3 ] || fail "the engine's jars could not be fetched; see $cache/maven.log."
        sleep 5
    done
    mv -T "$partial" "$lib" 2>/dev/null || rm -rf "$partial"
}

# Elasticsearch 1.5 asks Java for its boot class path, which Java has not had since 9, and gives up. In a copy of the one class
# that does it the name of the method is replaced by that of one which answers. Nothing else of the engine is altered.
patched_classes() {
    class=org/elasticsearch/monitor/jvm/JvmInfo.class
    if [ "$engine" = elasticsearch ] && [ ! -e "$cache/patched/$class" ]; then
        partial=$cache/patched.partial.$$
        unzip -q -o "$lib"/elasticsearch-1.5.2.jar "$class" -d "$partial"
        LC_ALL=C sed -i 's/\x01\x00\x10getBootClassPath/\x01\x00\x0egetLibraryPath/' "$partial/$class"
        mv -T "$partial" "$cache/patched" 2>/dev/null || rm -rf "$partial"
    fi
}

free_port() {
    # The kernel's range for outgoing connections starts at 32768: below it nothing comes and goes by itself.
    port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000))
    while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
        port=$((port + 1))
    done
    echo "$port"
}

running() {
    # A killed server that nobody has waited for yet still answers to kill -0.
    [ -s "$pid_file" ] && case $(ps -o stat= -p "$(cat "$pid_file")" 2>/dev/null) in '' | Z*) false ;; esac
}

ready() {
    curl -sf --max-time 5 "http://127.0.0.1:$port/_cluster/health?wait_for_status=yellow&timeout=3s" 2>/dev/null | grep -q '"timed_out":false'
}

start() {
    fetch_jars
    patched_classes
    running && fail "a server is running in $directory already (stop it first)."
    [ -s "$directory/ports" ] || echo "$(free_port) $(free_port)" >"$directory/ports"
    read -r port transport_port <"$directory/ports"
    setsid java -Xms256m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 --add-opens=java.base/java.lang=ALL-UNNAMED \
        -cp "$cache/patched:$lib/*" "$here/$engine/Main.java" "$directory/home" "$port" "$transport_port" \
        >>"$directory/server.log" 2>&1 </dev/null &
    echo $! >"$pid_file"
    for _ in $(seq 300); do
        if ready; then
            name=$(echo "$engine" | tr '[:lower:]' '[:upper:]')
            echo "TEST_${name}_URL=http://127.0.0.1:$port"
            echo "TEST_${name}_PID=$(cat "$pid_file")"
            return
        fi
        running || fail "the server ended while starting; see $directory/server.log."
        sleep 0.3
    done
    fail "the server was not ready within 90 seconds; see $directory/server.log."
}

stop() {
    running || return 0
    pid=$(cat "$pid_file")
    kill "$pid"
    for _ in $(seq 100); do
        running || break
        sleep 0.1
    done
    running && kill -9 "$pid"
    rm -f "$pid_file"
}

if [ "$action" = jars ]; then
    fetch_jars
    echo "$lib"
    exit
fi
[ $# -eq 3 ] || fail "usage: $engine.sh jars | start DIR | stop DIR"
mkdir -p "$3"
directory=$(cd "$3" && pwd)
pid_file=$directory/$engine.pid

case $action in
start) start ;;
stop) stop ;;
*) fail "unknown action $action: jars, start or stop" ;;
esac

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
# shellcheck source=tests/servers/process.sh
. "$(dirname "$0")/process.sh"

engine=$1
script=$engine.sh
action=${2:-}
cache=$cache/$engine
mkdir -p "$cache"
lib=$cache/lib

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

ready() {
    curl -sf --max-time 5 "http://127.0.0.1:$port/_cluster/health?wait_for_status=yellow&timeout=3s" 2>/dev/null | grep -q '"timed_out":false'
}

start() {
    fetch_jars "$here/$engine/pom.xml" "$lib"
    patched_classes
    not_running "$pid_file"
    [ -s "$directory/ports" ] || echo "$(free_port) $(free_port)" >"$directory/ports"
    read -r port transport_port <"$directory/ports"
    setsid java -Xms256m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 --add-opens=java.base/java.lang=ALL-UNNAMED \
        -cp "$cache/patched:$lib/*" "$here/$engine/Main.java" "$directory/home" "$port" "$transport_port" \
        >>"$directory/server.log" 2>&1 </dev/null &
    echo $! >"$pid_file"
    for _ in $(seq 1000); do
        if ready; then
            name=$(echo "$engine" | tr '[:lower:]' '[:upper:]')
            echo "TEST_${name}_URL=http://127.0.0.1:$port"
            echo "TEST_${name}_PID=$(cat "$pid_file")"
            return
        fi
        alive "$pid_file" || fail "the server ended while starting; see $directory/server.log."
        sleep 0.3
    done
    fail "the server was not ready within five minutes; see $directory/server.log."
}

if [ "$action" = jars ]; then
    fetch_jars "$here/$engine/pom.xml" "$lib"
    echo "$lib"
    exit
fi
[ $# -eq 3 ] || fail "usage: $engine.sh jars | start DIR | stop DIR"
mkdir -p "$3"
directory=$(cd "$3" && pwd)
pid_file=$directory/$engine.pid

case $action in
start) start ;;
stop) end "$pid_file" ;;
*) fail "unknown action $action: jars, start or stop" ;;
esac

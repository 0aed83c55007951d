#!/usr/bin/env bash
# Starts and stops the daemons of a real Hadoop below a directory, each a plain JVM.
#
#   tests/servers/hadoop.sh jars             fetches Hadoop's jars (104 MB, once) and prints the directory that holds them
#   tests/servers/hadoop.sh start-hdfs DIR   starts a NameNode and a DataNode on free ports of 127.0.0.1 and prints lines to be
#                                            eval'ed: TEST_HDFS_URL, TEST_HADOOP_CONF_DIR, TEST_HADOOP_LIB
#   tests/servers/hadoop.sh stop DIR         stops all daemons that were started below DIR; the data stays
#
# Any Hadoop command runs as: java -cp "$TEST_HADOOP_CONF_DIR:$TEST_HADOOP_LIB/*" CLASS, for instance
# org.apache.hadoop.fs.FsShell for `hadoop fs`. Jars are kept in $INSIGHTS_TEST_CACHE (default target/test-cache).
# Needs Java 11 or newer and Maven. Whoever starts the NameNode is the superuser; permissions are checked for all others.
set -eu
# shellcheck source=tests/servers/process.sh
. "$(dirname "$0")/process.sh"

here=$(cd "$(dirname "$0")" && pwd)
cache=${INSIGHTS_TEST_CACHE:-$here/../../target/test-cache}
mkdir -p "$cache/hadoop"
cache=$(cd "$cache" && pwd)
lib=$cache/hadoop/lib
java_options=(-Xmx512m --add-opens=java.base/java.lang=ALL-UNNAMED)

# daemon NAME CLASS: runs a main class in the background; its log and process id are DIR/NAME.log and DIR/NAME.pid.
daemon() {
    not_running "$directory/$1.pid"
    setsid java "${java_options[@]}" -cp "$conf:$lib/*" "$2" >"$directory/$1.log" 2>&1 </dev/null &
    echo $! >"$directory/$1.pid"
}

# wait_for NAME COMMAND...: until the command succeeds, at most 90 seconds.
wait_for() {
    name=$1
    shift
    for _ in $(seq 180); do
        "$@" >/dev/null 2>&1 && return
        alive "$directory/$name.pid" || fail "the $name ended while starting; see $directory/$name.log."
        sleep 0.5
    done
    fail "the $name was not ready within 90 seconds; see $directory/$name.log."
}

# configuration FILE NAME=VALUE...: writes DIR/conf/FILE.
configuration() {
    file=$conf/$1
    shift
    {
        echo '<?xml version="1.0"?>'
        echo '<configuration>'
        for property in "$@"; do
            echo "  <property><name>${property%%=*}</name><value>${property#*=}</value></property>"
        done
        echo '</configuration>'
    } >"$file"
}

logging() {
    cat >"$conf/log4j.properties" <<'PROPERTIES'
log4j.rootLogger=INFO,console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.target=System.err
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d{ISO8601} %p %c: %m%n
PROPERTIES
}

hdfs_is_ready() {
    state=$(curl -sf "http://127.0.0.1:$web_port/jmx?qry=Hadoop:service=NameNode,name=FSNamesystemState") || return 1
    [[ $state == *'"FSState" : "Operational"'* && $state == *'"NumLiveDataNodes" : 1'* ]]
}

start_hdfs() {
    fetch_jars "$here/hadoop-pom.xml" "$lib"
    rpc_port=$(free_port)
    web_port=$(free_port)
    mkdir -p "$conf" "$directory/data"
    logging
    configuration core-site.xml \
        fs.defaultFS=hdfs://127.0.0.1:"$rpc_port" \
        hadoop.tmp.dir="$directory/data"
    configuration hdfs-site.xml \
        dfs.replication=1 \
        dfs.namenode.http-address=127.0.0.1:"$web_port" \
        dfs.datanode.address=127.0.0.1:0 \
        dfs.datanode.http.address=127.0.0.1:0 \
        dfs.datanode.ipc.address=127.0.0.1:0
    if [ ! -d "$directory/data/dfs/name/current" ]; then
        java "${java_options[@]}" -cp "$conf:$lib/*" org.apache.hadoop.hdfs.server.namenode.NameNode -format -nonInteractive \
            >"$directory/format.log" 2>&1 || fail "the NameNode could not be formatted; see $directory/format.log."
    fi
    daemon namenode org.apache.hadoop.hdfs.server.namenode.NameNode
    daemon datanode org.apache.hadoop.hdfs.server.datanode.DataNode
    wait_for namenode hdfs_is_ready
    cat <<VALUES
TEST_HDFS_URL=hdfs://127.0.0.1:$rpc_port
TEST_HADOOP_CONF_DIR=$conf
TEST_HADOOP_LIB=$lib
VALUES
}

action=${1:-}
if [ "$action" = jars ]; then
    fetch_jars "$here/hadoop-pom.xml" "$lib"
    echo "$lib"
    exit
fi
[ $# -eq 2 ] || fail "usage: $0 jars | start-hdfs DIR | stop DIR"
mkdir -p "$2"
directory=$(cd "$2" && pwd)
conf=$directory/conf

case $action in
start-hdfs) start_hdfs ;;
stop) end "$directory"/*.pid ;;
*) fail "unknown action $action: jars, start-hdfs or stop" ;;
esac

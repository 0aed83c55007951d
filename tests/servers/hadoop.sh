#!/usr/bin/env bash
# Starts and stops the daemons of a real Hadoop below a directory, each a plain JVM.
#
#   tests/servers/hadoop.sh jars             fetches Hadoop's jars (104 MB, once) and prints the directory that holds them
#   tests/servers/hadoop.sh start-hdfs DIR   starts a NameNode and a DataNode on free ports of 127.0.0.1 and prints lines to be
#                                            eval'ed: TEST_HDFS_URL, TEST_HADOOP_CONF_DIR, TEST_HADOOP_LIB
#   tests/servers/hadoop.sh start DIR        also starts a ResourceManager and a NodeManager that run jobs, and prints besides
#                                            TEST_HADOOP_HOME, which has bin/hadoop, bin/yarn, the streaming jar and ours
#   tests/servers/hadoop.sh local DIR        no daemon: prints TEST_HADOOP_LOCAL_HOME, whose bin/hadoop runs jobs in its own process
#   tests/servers/hadoop.sh stop DIR         stops all daemons that were started below DIR; the data stays
#
# Any other Hadoop command runs as: java -cp "$TEST_HADOOP_CONF_DIR:$TEST_HADOOP_LIB/*" CLASS, for instance
# org.apache.hadoop.fs.FsShell for `hadoop fs`. Jars are kept in $INSIGHTS_TEST_CACHE (default target/test-cache).
# Needs Java 11 or newer and Maven. Whoever starts the NameNode is the superuser; permissions are checked for all others.
set -eu
# shellcheck source=tests/servers/process.sh
. "$(dirname "$0")/process.sh"

mkdir -p "$cache/hadoop"
lib=$cache/hadoop/lib
# Programs of seconds: what the second compiler and a parallel collector do for them costs more than it brings.
brief="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
# shellcheck disable=SC2206 # two words
java_options=(-Xmx512m $brief --add-opens=java.base/java.lang=ALL-UNNAMED)

# daemon NAME CLASS: runs a main class in the background; its log and process id are DIR/NAME.log and DIR/NAME.pid.
daemon() {
    not_running "$directory/$1.pid"
    setsid java "${java_options[@]}" -cp "$conf:$lib/*" "$2" >"$directory/$1.log" 2>&1 </dev/null &
    echo $! >"$directory/$1.pid"
}

# wait_for NAME COMMAND...: until the command succeeds, at most five minutes.
wait_for() {
    name=$1
    shift
    for _ in $(seq 600); do
        "$@" >/dev/null 2>&1 && return
        alive "$directory/$name.pid" || fail "the $name ended while starting; see $directory/$name.log."
        sleep 0.5
    done
    fail "the $name was not ready within five minutes; see $directory/$name.log."
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

yarn_is_ready() {
    nodes=$(curl -sf "http://127.0.0.1:$resource_manager_web_port/ws/v1/cluster/metrics") || return 1
    [[ $nodes == *'"activeNodes":1'* ]]
}

# layout HOME: jars where Apache Hadoop has them; that of Hadoop Streaming is not on its classpath.
layout() {
    mkdir -p "$1/bin" "$1/share/hadoop/common/lib" "$1/share/hadoop/tools/lib"
    ln -sf "$lib"/*.jar "$1/share/hadoop/common/lib/"
    rm "$1/share/hadoop/common/lib"/hadoop-streaming-*.jar
    ln -sf "$lib"/hadoop-streaming-*.jar "$1/share/hadoop/tools/lib/"
}

# commands HOME: the shell commands of Hadoop, and our jar, built with them as operators build it.
commands() {
    layout "$1"
    classpath="$conf:$1/share/hadoop/common/lib/*"
    cat >"$1/bin/hadoop" <<COMMAND
#!/usr/bin/env bash
# hadoop jar JAR ARGUMENTS... | hadoop fs ARGUMENTS... | hadoop classpath
command=\${1:-}
[ \$# -eq 0 ] || shift
case \$command in
jar) class=org.apache.hadoop.util.RunJar ;;
fs) class=org.apache.hadoop.fs.FsShell ;;
classpath) echo "$classpath"; exit ;;
*) echo "hadoop: unknown command \$command" >&2; exit 1 ;;
esac
exec java ${java_options[*]} -cp "$classpath" \$class "\$@"
COMMAND
    cat >"$1/bin/hdfs" <<COMMAND
#!/usr/bin/env bash
# hdfs dfs ARGUMENTS...
shift
exec "$1/bin/hadoop" fs "\$@"
COMMAND
    cat >"$1/bin/yarn" <<COMMAND
#!/usr/bin/env bash
# yarn logs ARGUMENTS... | yarn application ARGUMENTS...
case \${1:-} in
logs) shift; class=LogsCLI ;;
application) class=ApplicationCLI ;;
*) echo "yarn: unknown command \${1:-}" >&2; exit 1 ;;
esac
exec java ${java_options[*]} -cp "$classpath" org.apache.hadoop.yarn.client.cli.\$class "\$@"
COMMAND
    chmod +x "$1/bin/hadoop" "$1/bin/hdfs" "$1/bin/yarn"
    (unset HADOOP_LIB HADOOP_HOME && PATH=$1/bin:$PATH && "$here/../../emr/jar/build.sh" "$1/insights-hadoop.jar") ||
        fail "our jar could not be built."
}

start_yarn() {
    layout "$directory/home"
    opens=--add-opens=java.base/java.lang=ALL-UNNAMED
    resource_manager_web_port=$(free_port)
    manager_ports=()
    for name in address scheduler.address resource-tracker.address admin.address; do
        manager_ports+=("yarn.resourcemanager.$name=127.0.0.1:$(free_port)")
    done
    configuration mapred-site.xml \
        mapreduce.framework.name=yarn \
        mapreduce.application.classpath="$directory/home/share/hadoop/common/lib/*" \
        mapreduce.jobhistory.address=127.0.0.1:"$(free_port)" \
        mapreduce.shuffle.port="$(free_port)" \
        yarn.app.mapreduce.am.resource.mb=512 \
        yarn.app.mapreduce.am.command-opts="-Xmx384m $brief $opens" \
        mapreduce.map.memory.mb=512 \
        mapreduce.map.java.opts="-Xmx200m $brief" \
        mapreduce.reduce.memory.mb=512 \
        mapreduce.reduce.java.opts="-Xmx200m $brief" \
        mapreduce.task.io.sort.mb=32 \
        mapreduce.client.completion.pollinterval=500 \
        mapreduce.job.reduce.slowstart.completedmaps=1.0
    configuration yarn-site.xml \
        yarn.resourcemanager.hostname=127.0.0.1 \
        "${manager_ports[@]}" \
        yarn.resourcemanager.webapp.address=127.0.0.1:"$resource_manager_web_port" \
        yarn.nodemanager.hostname=127.0.0.1 \
        yarn.nodemanager.address=127.0.0.1:"$(free_port)" \
        yarn.nodemanager.localizer.address=127.0.0.1:"$(free_port)" \
        yarn.nodemanager.webapp.address=127.0.0.1:"$(free_port)" \
        yarn.nodemanager.aux-services=mapreduce_shuffle \
        yarn.application.classpath="$conf,$directory/home/share/hadoop/common/lib/*" \
        yarn.nodemanager.vmem-check-enabled=false \
        yarn.nodemanager.pmem-check-enabled=true \
        yarn.nodemanager.resource.memory.enforced=false \
        yarn.nodemanager.resource.memory-mb=6144 \
        yarn.nodemanager.resource.cpu-vcores=8 \
        yarn.scheduler.minimum-allocation-mb=128 \
        yarn.nodemanager.log-dirs="$directory/data/container-logs" \
        yarn.nodemanager.local-dirs="$directory/data/container-files" \
        yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage=99.5 \
        yarn.log-aggregation-enable=true \
        yarn.nodemanager.remote-app-log-dir=/logs
    daemon resourcemanager org.apache.hadoop.yarn.server.resourcemanager.ResourceManager
    daemon nodemanager org.apache.hadoop.yarn.server.nodemanager.NodeManager
    wait_for nodemanager yarn_is_ready
    commands "$directory/home"
    echo "TEST_HADOOP_HOME=$directory/home"
}

local_home() {
    fetch_jars "$here/hadoop-pom.xml" "$lib"
    mkdir -p "$conf"
    logging
    configuration core-site.xml fs.defaultFS=file:/// hadoop.tmp.dir="$directory/data"
    configuration mapred-site.xml mapreduce.framework.name=local mapreduce.task.io.sort.mb=16
    commands "$directory/home"
    echo "TEST_HADOOP_LOCAL_HOME=$directory/home"
}

action=${1:-}
if [ "$action" = jars ]; then
    fetch_jars "$here/hadoop-pom.xml" "$lib"
    echo "$lib"
    exit
fi
[ $# -eq 2 ] || fail "usage: $0 jars | start-hdfs DIR | start DIR | local DIR | stop DIR"
mkdir -p "$2"
directory=$(cd "$2" && pwd)
conf=$directory/conf

case $action in
start-hdfs) start_hdfs ;;
start) start_hdfs && start_yarn ;;
local) local_home ;;
stop) end "$directory"/*.pid ;;
*) fail "unknown action $action: jars, start-hdfs, start, local or stop" ;;
esac

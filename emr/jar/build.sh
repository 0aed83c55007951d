#!/usr/bin/env bash
# Builds the jar with our input and output formats for Hadoop Streaming.
#
#   emr/jar/build.sh [JAR]        default: target/insights-hadoop.jar
#
# Compiles against the jars in $HADOOP_LIB if it is set, else against what `hadoop classpath` prints and the jar of Hadoop Streaming,
# which Apache Hadoop keeps outside of it. Needs a JDK (javac, jar); the result runs on Java 8 and newer.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${1:-$here/../../target/insights-hadoop.jar}
if [ -n "${HADOOP_LIB:-}" ]; then
    classpath="$HADOOP_LIB/*"
elif command -v hadoop >/dev/null; then
    classpath=$(hadoop classpath)
    # The command is often a link into the distribution.
    home=${HADOOP_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v hadoop)")")")}
    for directory in "$home/share/hadoop/tools/lib" "$home" "$home/tools/lib" "$home/../hadoop-mapreduce" /usr/lib/hadoop-mapreduce \
        /usr/lib/hadoop /opt/cloudera/parcels/CDH/lib/hadoop-mapreduce; do
        for jar in "$directory"/hadoop-streaming*.jar; do
            [ ! -e "$jar" ] || classpath=$classpath:$jar
        done
    done
else
    echo "build.sh: Hadoop's jars are needed: set HADOOP_LIB to their directory, or put hadoop on the PATH." >&2
    exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
find "$here/src" -name '*.java' >"$work/sources"
javac --release 8 -Xlint:all,-options,-classfile,-processing,-path -Werror -cp "$classpath" -d "$work/classes" @"$work/sources" || {
    echo "build.sh: If classes of Hadoop are missing, set HADOOP_HOME to the directory of the distribution, or HADOOP_LIB to that of all jars." >&2
    exit 1
}
mkdir -p "$(dirname "$target")"
# Equal sources give equal jars, where the tool can leave out the time (JDK 17).
time=()
! jar --help | grep -q -e --date || time=(--date=1980-01-01T00:00:02Z)
jar --create "${time[@]}" --file "$work/built.jar" -C "$work/classes" .
mv "$work/built.jar" "$target"

#!/usr/bin/env bash
# Times the jobs over logs against what else could do them, over the same made-up logs, and fails if anybody's rows differ.
#
#   benches/run.sh [--size GB] [--quick] [--peers NAME,...] [--jobs NAME,...] [--runs N] [--json FILE]
#
#   --size    plain size of the logs in GB: 1 (default), 4, 16, or any other number; gzip is a seventh of it
#   --quick   20 MB and one run: whether the rows are the same, not how long they take
#   --peers   of clickhouse, duckdb, polars, python, mrjob, jq, jaq; default: all. Installed from their registries, once, into the cache
#   --jobs    of inflate, activity, enrollment, location, engagement, video, answers, all (these six together); default: all of them
#   --runs    counted runs of each; default: 5
#   --json    also writes all figures into this file
#
# INSIGHTS_BINARY is the program that is measured; without it a release build is made. Data and peers are in INSIGHTS_BENCH_CACHE (default
# ~/.cache/insights-benches), data of a size is made once. BENCH_PYTHON is a Python that has the peers already: nothing is installed then.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=${INSIGHTS_BENCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/insights-benches}

usage() {
    sed -n '4,14s/^# \{0,3\}//p' "$here/run.sh" >&2
    exit 2
}

size=1
runs=5
peers=clickhouse,duckdb,polars,python,mrjob,jq,jaq
jobs=inflate,activity,enrollment,location,engagement,video,answers,all
json=
while [ $# -gt 0 ]; do
    case $1 in
    --quick) size=0.02 runs=1 ;;
    --size | --peers | --jobs | --runs | --json)
        [ $# -gt 1 ] || usage
        declare "${1#--}=$2"
        shift
        ;;
    *) usage ;;
    esac
    shift
done

if [ -z "${INSIGHTS_BINARY:-}" ]; then
    (cd "$here/.." && cargo build --release --quiet --bin insights)
    INSIGHTS_BINARY=${CARGO_TARGET_DIR:-$here/../target}/release/insights
fi
INSIGHTS_BINARY=$(realpath "$INSIGHTS_BINARY")
export INSIGHTS_BINARY
mkdir -p "$cache"

# shellcheck source=benches/install.sh
. "$here/install.sh"
install_peers "$peers"

# A line has a thousand bytes. Without damaged lines: what a query language does with them is not what the rules say.
events=$(awk -v size="$size" 'BEGIN { printf "%d", size * 1000000 }')
logs=$cache/logs-$events
if [ ! -e "$logs/complete" ]; then
    rm -rf "$logs"
    "$INSIGHTS_BINARY" generate --quiet --dirty 0 --events "$events" --users $((events / 20)) --courses $((events / 2500 + 8)) \
        --interval 2024-03-04..2024-04-01 --gzip --out "$logs"
    touch "$logs/complete"
fi

measured=${json:-$(mktemp)}
work=$(mktemp -d "$cache/work.XXXXXX")
trap 'rm -rf "$work"; [ -n "$json" ] || rm -f "$measured"' EXIT
status=0
"$BENCH_PYTHON" "$here/measure.py" --logs "$logs" --first 2024-03-04 --end 2024-04-01 --work "$work" --runs "$runs" --peers "$peers" \
    --jobs "$jobs" --json "$measured" || status=$?
[ ! -s "$measured" ] || "$BENCH_PYTHON" "$here/table.py" "$measured"
exit $status

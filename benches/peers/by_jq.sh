#!/usr/bin/env bash
# jq, or the program whose path JQ is, and sort and uniq for the sums. JOB THREADS OUT FIRST END LOGS, as by_insights.sh.
set -euo pipefail
out=$3 first=$4 end=$5 logs=$6
gzip -dc "$logs"/*.gz | "${JQ:-jq}" --raw-output --arg first "$first" --arg after "$end" --from-file "${0%/*}/activity.jq" |
    LC_ALL=C sort | uniq -c | sed -E 's/^ *([0-9]+) (.*)/\2\t\1/' >"$out/rows"

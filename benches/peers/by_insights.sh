#!/usr/bin/env bash
# The programs of this repository.
#
#   by_insights.sh JOB THREADS OUT FIRST END LOGS
#
# Every peer has this interface: rows of the job JOB of the days FIRST to END (not included) of the gzip files LOGS/*.gz, as TSV, in files below
# the directory OUT, which is there and empty, in any order, made with THREADS threads.
set -euo pipefail
job=$1 threads=$2 out=$3 first=$4 end=$5 logs=$6
cd "$out"

run_job() {
    "$INSIGHTS_BINARY" job "$1" "$2" --quiet --threads "$threads" --temporary "$out/.temporary" --input "$logs" --output "$out/rows" \
        -- --interval "$first-$end"
}

case $job in
activity)
    "$INSIGHTS_BINARY" UserActivityTask --quiet --threads "$threads" --interval "$first..$end" --source "[\"$logs\"]" \
        --pattern '[".*tracking.log-(?P<date>[0-9]{8}).*"]' --warehouse-path "$out"
    ;;
enrollment) run_job enrollment events ;;
location) run_job location daily-address ;;
engagement) run_job module-engagement daily ;;
video) run_job video viewing ;;
esac

#!/usr/bin/env bash
# The programs of this repository.
#
#   by_insights.sh JOB THREADS OUT FIRST END LOGS
#
# Every peer has this interface: rows of the job JOB of the days FIRST to END (not included) of the gzip files LOGS/*.gz, as TSV, in files below
# the directory OUT, which is there and empty, in any order, made with THREADS threads. With `all` for JOB: of each job, below OUT/JOB. Behind
# that, `behind-answers` makes again in OUT what follows the log job of answers, and nothing else.
set -euo pipefail
job=$1 threads=$2 out=$3 first=$4 end=$5 logs=$6
cd "$out"

pattern='[".*tracking.log-(?P<date>[0-9]{8}).*"]'

run_job() {
    "$INSIGHTS_BINARY" job "$1" "$2" --quiet --threads "$threads" --temporary "$out/.temporary" --input "$logs" --output "$out/rows" \
        -- "${@:3}"
}

# One scan for the log jobs of all workflows, by the tasks that do the least beside: a day of engagement by itself is not loaded into a result
# store, and who has an LMS database needs no user names from the logs. Of answers there is one task only, so their distribution is made, written
# as CSV and loaded, too, which no peer does.
run_all() {
    local source midnight after day tasks
    printf '[database-import]\ncredentials = none\n' >override.cfg
    source="--n-reduce-tasks 2 --source '[\"$logs\"]' --pattern '$pattern' --warehouse-path $out"
    export TZ=UTC0
    midnight=$(date -d "$first" +%s) after=$(date -d "$end" +%s)
    tasks=(
        "UserActivityTask --interval $first..$end $source/activity"
        "CourseEnrollmentEventsTask --interval $first..$end $source/enrollment"
        "LastDailyIpAddressOfUserTask --interval $first..$end $source/location"
        "UserVideoViewingTask --interval $first..$end --overwrite-n-days $(((after - midnight) / 86400)) $source/video"
        "AnswerDistributionWorkflow --name all --n-reduce-tasks 2 --src '[\"$logs\"]' --include '[\"*.gz\"]' --dest $out/distribution
            --output-root $out/csv --marker $out/marker --sqlite $out/store"
    )
    for (( ; midnight < after; midnight += 86400)); do
        printf -v day '%(%F)T' "$midnight"
        tasks+=("ModuleEngagementDataTask --date $day $source/engagement")
    done
    "$INSIGHTS_BINARY" together --quiet --threads "$threads" --temporary "$out/.temporary" "${tasks[@]}"
    mkdir answers
    mv distribution/problem_check_events_all answers
}

run_behind_answers() {
    rm -rf csv marker store distribution
    mkdir distribution
    mv answers/problem_check_events_all distribution
    "$INSIGHTS_BINARY" AnswerDistributionWorkflow --quiet --threads "$threads" --temporary "$out/.temporary" --name all --n-reduce-tasks 2 \
        --src "[\"$logs\"]" --include '["*.gz"]' --dest "$out/distribution" --output-root "$out/csv" --marker "$out/marker" --sqlite "$out/store"
}

case $job in
activity)
    "$INSIGHTS_BINARY" UserActivityTask --quiet --threads "$threads" --interval "$first..$end" --source "[\"$logs\"]" \
        --pattern "$pattern" --warehouse-path "$out"
    ;;
enrollment) run_job enrollment events --interval "$first-$end" ;;
location) run_job location daily-address --interval "$first-$end" ;;
engagement) run_job module-engagement daily --interval "$first-$end" ;;
video) run_job video viewing --interval "$first-$end" ;;
answers) run_job answer-distribution first-last ;; # Of all days: it has no interval.
all) run_all ;;
behind-answers) run_behind_answers ;;
esac

#!/usr/bin/env bash
# jq, and sort and uniq for the sums. JOB THREADS OUT FIRST END LOGS, as by_insights.sh.
set -euo pipefail
out=$3 first=$4 end=$5 logs=$6
# shellcheck disable=SC2016  # The $ are jq's.
gzip -dc "$logs"/*.gz | jq --raw-output --arg first "$first" --arg after "$end" '
    (.time | .[0:10]) as $day
    | select($day >= $first and $day < $after and .event_source != "task")
    | select(.event_type | startswith("edx.course.enrollment.") | not)
    | (if .event_source == "server" then .event_type elif .event_source == "browser" then (.page // "") else "" end) as $url
    | (if (.context.course_id // "") != "" then .context.course_id
       else first(($url | capture("/xblock/block-v1:(?<id>[^/+]+[+][^/+]+[+][^/+?#]+)") | "course-v1:" + .id),
                  ($url | capture("/courses/(?<id>[^/+]+[/+][^/+]+[/+][^/?]+)") | .id)) end) as $course
    | ("ACTIVE",
       if .event_source == "server" and .event_type == "problem_check" then "ATTEMPTED_PROBLEM" else empty end,
       if .event_source == "server" and (.event_type | startswith("edx.forum.") and endswith(".created")) then "POSTED_FORUM" else empty end,
       if .event_source != "server" and .event_type == "play_video" then "PLAYED_VIDEO" else empty end) as $word
    | [.context.user_id, $course, $day, $word] | @tsv' |
    LC_ALL=C sort | uniq -c | sed -E 's/^ *([0-9]+) (.*)/\2\t\1/' >"$out/rows"

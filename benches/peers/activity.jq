# Learner, course, day and label of what an event counts for, of lines of a log; $first and $after are days. For jq and jaq.
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
| [.context.user_id, $course, $day, $word] | @tsv

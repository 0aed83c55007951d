SELECT user_id, course, day, label, count(*) AS count
FROM (
    SELECT
        context.user_id AS user_id,
        time[1:10] AS day,
        CASE event_source WHEN 'server' THEN event_type WHEN 'browser' THEN page END AS url,
        CASE WHEN context.course_id != '' THEN context.course_id
            WHEN contains(url, '/xblock/block-v1:')
                THEN 'course-v1:' || regexp_extract(url, '/xblock/block-v1:([^/+]+[+][^/+]+[+][^/+?#]+)', 1)
            ELSE regexp_extract(url, '/courses/([^/+]+[/+][^/+]+[/+][^/?]+)', 1) END AS course,
        unnest(list_filter([
            'ACTIVE',
            CASE WHEN event_source = 'server' AND event_type = 'problem_check' THEN 'ATTEMPTED_PROBLEM' END,
            CASE WHEN event_source = 'server' AND starts_with(event_type, 'edx.forum.') AND ends_with(event_type, '.created')
                THEN 'POSTED_FORUM' END,
            CASE WHEN event_source IN ('browser', 'mobile') AND event_type = 'play_video' THEN 'PLAYED_VIDEO' END],
            lambda label: label IS NOT NULL)) AS label
    FROM read_json('LOGS', format = 'newline_delimited', columns = {event_type: 'VARCHAR', event_source: 'VARCHAR', time: 'VARCHAR', page: 'VARCHAR',
        context: 'STRUCT(user_id BIGINT, course_id VARCHAR)'})
    WHERE event_source != 'task' AND NOT starts_with(event_type, 'edx.course.enrollment.') AND time >= 'FIRST' AND time < 'END_DAY')
WHERE course != ''
GROUP BY ALL

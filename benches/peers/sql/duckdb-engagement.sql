SELECT course, username, day, type, id, action, count(*)
FROM (
    SELECT
        CASE WHEN context.course_id != '' THEN context.course_id
            ELSE regexp_extract(CASE event_source WHEN 'browser' THEN page END, '/courses/([^/+]+[/+][^/+]+[/+][^/?]+)', 1) END AS course,
        username, day,
        CASE event_type WHEN 'problem_check' THEN 'problem' WHEN 'play_video' THEN 'video' ELSE 'discussion' END AS type,
        CASE event_type WHEN 'problem_check' THEN payload.problem_id WHEN 'play_video' THEN trim(payload.id) ELSE payload.commentable_id END AS id,
        unnest(CASE WHEN event_type = 'play_video' THEN ['viewed'] WHEN event_type != 'problem_check' THEN ['contributed']
            WHEN lower(payload.success) = 'correct' THEN ['completed', 'attempted'] ELSE ['attempted'] END) AS action
    FROM (
        SELECT event_type, event_source, page, context, trim(username) AS username, time[1:10] AS day,
            json_transform(CASE json_type(event) WHEN 'VARCHAR' THEN event->>'$' ELSE event END,
                '{"problem_id": "VARCHAR", "id": "VARCHAR", "commentable_id": "VARCHAR", "success": "VARCHAR"}') AS payload
        FROM read_json('LOGS', format = 'newline_delimited', columns = {username: 'VARCHAR', event_type: 'VARCHAR', event_source: 'VARCHAR',
            time: 'VARCHAR', page: 'VARCHAR', event: 'JSON', context: 'STRUCT(course_id VARCHAR)'})
        WHERE (event_type = 'play_video' OR event_type = 'problem_check' AND event_source = 'server'
            OR starts_with(event_type, 'edx.forum.') AND ends_with(event_type, '.created')) AND time >= 'FIRST' AND time < 'END_DAY'))
WHERE course != '' AND id != '' AND username != '' AND length(username) <= 30
GROUP BY ALL

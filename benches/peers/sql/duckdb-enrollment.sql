SELECT payload.course_id, payload.user_id, time[1:26], event_type, payload.mode
FROM (
    SELECT time, event_type, json_transform(CASE json_type(event) WHEN 'VARCHAR' THEN event->>'$' ELSE event END,
        '{"course_id": "VARCHAR", "user_id": "BIGINT", "mode": "VARCHAR"}') AS payload
    FROM read_json('LOGS', format = 'newline_delimited', columns = {event_type: 'VARCHAR', time: 'VARCHAR', event: 'JSON'})
    WHERE event_type IN ('edx.course.enrollment.activated', 'edx.course.enrollment.deactivated', 'edx.course.enrollment.mode_changed')
        AND time >= 'FIRST' AND time < 'END_DAY')
WHERE payload.course_id != ''

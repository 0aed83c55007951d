SELECT payload.course_id, payload.user_id, substring(time, 1, 26), event_type, payload.mode
FROM (
    SELECT time, event_type, JSONExtract(event, 'Tuple(course_id String, user_id Int64, mode String)') AS payload
    FROM file('LOGS', 'JSONEachRow', 'event_type String, time String, event String')
    WHERE event_type IN ('edx.course.enrollment.activated', 'edx.course.enrollment.deactivated', 'edx.course.enrollment.mode_changed')
        AND time >= 'FIRST' AND time < 'END_DAY')
WHERE payload.course_id != ''

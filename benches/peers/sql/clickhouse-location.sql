SELECT latest.1, latest.2, user_id, if(course_id = '', '\\N', course_id)
FROM (
    SELECT max((substring(time, 1, 26), ip)) AS latest, context.user_id AS user_id, context.course_id AS course_id
    FROM file('LOGS', 'JSONEachRow', 'time String, ip String, context Tuple(user_id Int64, course_id String)')
    WHERE time >= 'FIRST' AND time < 'END_DAY' AND ip != '' AND context.user_id != 0
    GROUP BY substring(time, 1, 10), user_id, course_id)

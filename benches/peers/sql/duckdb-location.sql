SELECT latest.time, latest.ip, user_id, course_id
FROM (
    SELECT max({time: time[1:26], ip: ip}) AS latest, context.user_id AS user_id, nullif(context.course_id, '') AS course_id
    FROM read_json('LOGS', format = 'newline_delimited', columns = {time: 'VARCHAR', ip: 'VARCHAR', context: 'STRUCT(user_id BIGINT, course_id VARCHAR)'})
    WHERE time >= 'FIRST' AND time < 'END_DAY' AND ip != '' AND context.user_id != 0
    GROUP BY time[1:10], 2, 3)

SELECT user_id, course, day, label, count() AS count
FROM (
    SELECT
        context.user_id AS user_id,
        substring(time, 1, 10) AS day,
        multiIf(event_source = 'server', event_type, event_source = 'browser', page, '') AS url,
        extract(url, '/xblock/block-v1:([^/+]+[+][^/+]+[+][^/+?#]+)') AS of_block,
        multiIf(context.course_id != '', context.course_id, of_block != '', 'course-v1:' || of_block,
            extract(url, '/courses/([^/+]+[/+][^/+]+[/+][^/?]+)')) AS course,
        arrayJoin(arrayFilter(label -> label != '', [
            'ACTIVE',
            if(event_source = 'server' AND event_type = 'problem_check', 'ATTEMPTED_PROBLEM', ''),
            if(event_source = 'server' AND startsWith(event_type, 'edx.forum.') AND endsWith(event_type, '.created'), 'POSTED_FORUM', ''),
            if(event_source IN ('browser', 'mobile') AND event_type = 'play_video', 'PLAYED_VIDEO', '')])) AS label
    FROM file('LOGS', 'JSONEachRow',
        'event_type String, event_source String, time String, page String, context Tuple(user_id Int64, course_id String)')
    WHERE event_source != 'task' AND NOT startsWith(event_type, 'edx.course.enrollment.') AND time >= 'FIRST' AND time < 'END_DAY')
WHERE course != ''
GROUP BY user_id, course, day, label

SELECT course, username, day, entity.1 AS type, entity.2 AS id, action, count() AS count
FROM (
    SELECT
        if(context.course_id != '', context.course_id, extract(if(event_source = 'browser', page, ''),
            '/courses/([^/+]+[/+][^/+]+[/+][^/?]+)')) AS course,
        username, day,
        multiIf(event_type = 'problem_check', ('problem', payload.problem_id), event_type = 'play_video', ('video', trimBoth(payload.id)),
            ('discussion', payload.commentable_id)) AS entity,
        arrayJoin(multiIf(event_type = 'play_video', ['viewed'], event_type != 'problem_check', ['contributed'],
            lower(payload.success) = 'correct', ['completed', 'attempted'], ['attempted'])) AS action
    FROM (
        SELECT event_type, event_source, page, context, trimBoth(username) AS username, substring(time, 1, 10) AS day,
            JSONExtract(event, 'Tuple(problem_id String, id String, commentable_id String, success String)') AS payload
        FROM file('LOGS', 'JSONEachRow',
            'username String, event_type String, event_source String, time String, page String, event String, context Tuple(course_id String)')
        WHERE (event_type = 'play_video' OR event_type = 'problem_check' AND event_source = 'server'
            OR startsWith(event_type, 'edx.forum.') AND endsWith(event_type, '.created')) AND time >= 'FIRST' AND time < 'END_DAY'))
WHERE course != '' AND entity.2 != '' AND username != '' AND lengthUTF8(username) <= 30
GROUP BY course, username, day, type, id, action

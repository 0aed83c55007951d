WITH
    events AS (
        SELECT user_id, course, trimBoth(payload.id) AS module, moment, kind, payload.duration AS duration, payload.old_time AS old_time,
            if(kind = 'seek_video', payload.new_time, payload.currentTime) AS place
        FROM (
            SELECT context.user_id AS user_id, substring(time, 1, 26) AS moment, event_type AS kind,
                if(context.course_id != '', context.course_id, extract(if(event_source = 'browser', page, ''),
                    '/courses/([^/+]+[/+][^/+]+[/+][^/?]+)')) AS course,
                JSONExtract(event, 'Tuple(id String, duration Float64, currentTime Nullable(Float64), new_time Nullable(Float64), old_time Nullable(Float64))')
                    AS payload
            FROM file('LOGS', 'JSONEachRow',
                'event_type String, event_source String, time String, page String, event String, context Tuple(user_id Int64, course_id String)')
            WHERE event_type IN ('play_video', 'pause_video', 'seek_video', 'stop_video') AND time >= 'FIRST' AND time < 'END_DAY')
        WHERE course != '' AND module != '' AND user_id != 0 AND place BETWEEN 0 AND 36000
            AND (kind != 'seek_video' OR old_time BETWEEN 0 AND 36000)),
    followed AS (
        SELECT *, leadInFrame(kind) OVER ahead AS next, leadInFrame(place) OVER ahead AS next_place, leadInFrame(old_time) OVER ahead AS next_old
        FROM events
        WINDOW ahead AS (PARTITION BY user_id, course, module ORDER BY moment, kind, place, old_time
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)),
    plays AS (
        SELECT user_id, course, module, if(duration = 0, -1, duration) AS length, moment, next,
            if(lagInFrame(next) OVER behind = 'seek_video', lagInFrame(next_place) OVER behind, place) AS start,
            if(next = 'seek_video', next_old, next_place) AS stop
        FROM followed
        WHERE kind = 'play_video'
        WINDOW behind AS (PARTITION BY user_id, course, module ORDER BY moment, place ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING))
SELECT user_id, course, module, length, moment, start, stop, next
FROM plays
WHERE next IN ('pause_video', 'seek_video', 'stop_video') AND NOT (length != -1 AND stop > length + 1) AND stop - start >= 0.25

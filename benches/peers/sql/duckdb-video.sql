WITH
    events AS (
        SELECT user_id, course, trim(payload.id) AS module, moment, kind, payload.duration AS duration, payload.old_time AS old_time,
            CASE kind WHEN 'seek_video' THEN payload.new_time ELSE payload.currentTime END AS place
        FROM (
            SELECT context.user_id AS user_id, time[1:26] AS moment, event_type AS kind,
                CASE WHEN context.course_id != '' THEN context.course_id
                    ELSE regexp_extract(CASE event_source WHEN 'browser' THEN page END, '/courses/([^/+]+[/+][^/+]+[/+][^/?]+)', 1) END AS course,
                json_transform(CASE json_type(event) WHEN 'VARCHAR' THEN event->>'$' ELSE event END,
                    '{"id": "VARCHAR", "duration": "DOUBLE", "currentTime": "DOUBLE", "new_time": "DOUBLE", "old_time": "DOUBLE"}') AS payload
            FROM read_json('LOGS', format = 'newline_delimited', columns = {event_type: 'VARCHAR', event_source: 'VARCHAR', time: 'VARCHAR',
                page: 'VARCHAR', event: 'JSON', context: 'STRUCT(user_id BIGINT, course_id VARCHAR)'})
            WHERE event_type IN ('play_video', 'pause_video', 'seek_video', 'stop_video') AND time >= 'FIRST' AND time < 'END_DAY')
        WHERE course != '' AND trim(payload.id) != '' AND user_id != 0
            AND CASE kind WHEN 'seek_video' THEN payload.new_time ELSE payload.currentTime END BETWEEN 0 AND 36000
            AND (kind != 'seek_video' OR payload.old_time BETWEEN 0 AND 36000)),
    followed AS (
        SELECT *, lead(kind) OVER ahead AS next, lead(place) OVER ahead AS next_place, lead(old_time) OVER ahead AS next_old
        FROM events
        WINDOW ahead AS (PARTITION BY user_id, course, module ORDER BY moment, kind, place, old_time)),
    plays AS (
        SELECT user_id, course, module, coalesce(nullif(duration, 0), -1) AS length, moment, next,
            CASE WHEN lag(next) OVER behind = 'seek_video' THEN lag(next_place) OVER behind ELSE place END AS start,
            CASE next WHEN 'seek_video' THEN next_old ELSE next_place END AS stop
        FROM followed
        WHERE kind = 'play_video'
        WINDOW behind AS (PARTITION BY user_id, course, module ORDER BY moment, place))
SELECT user_id, course, module, length, moment, start, stop, next
FROM plays
WHERE next IN ('pause_video', 'seek_video', 'stop_video') AND NOT (length != -1 AND stop > length + 1) AND stop - start >= 0.25

-- `event` is an object: no generated log has it as text for these events (rules 02, 3.1).
WITH
    submissions AS (
        SELECT course, moment, name, payload, lag(moment) OVER learner IS NULL AS is_first, lead(moment) OVER learner IS NULL AS is_last
        FROM (
            SELECT context.course_id AS course, username, time[1:26] AS moment, context.module.display_name AS name,
                json_transform(event, '{"problem_id": "VARCHAR", "grade": "BIGINT", "max_grade": "BIGINT", "state": {"seed": "JSON"},
                "answers": "MAP(VARCHAR, JSON)", "correct_map": "MAP(VARCHAR, JSON)", "submission":
                "MAP(VARCHAR, STRUCT(input_type VARCHAR, response_type VARCHAR, question JSON, correct BOOLEAN, answer JSON, variant JSON))"}')
                AS payload
            FROM read_json('LOGS', format = 'newline_delimited', columns = {username: 'VARCHAR', event_type: 'VARCHAR',
                event_source: 'VARCHAR', time: 'VARCHAR', event: 'JSON',
                context: 'STRUCT(course_id VARCHAR, module STRUCT(display_name VARCHAR))'})
            WHERE event_type = 'problem_check' AND event_source = 'server' AND context.course_id != '')
        WHERE cardinality(payload.answers) > 0
        WINDOW learner AS (PARTITION BY course, payload.problem_id, username ORDER BY moment)),
    parts AS (
        SELECT *, payload.submission IS NOT NULL AS is_new, unnest(map_keys(coalesce(payload.submission, payload.answers))) AS part
        FROM submissions
        WHERE is_first OR is_last),
    told AS (
        SELECT *, payload.submission[part] AS told, payload.answers[part] AS value, payload.correct_map[part] AS correctness
        FROM parts
        WHERE NOT ends_with(part, '_dynamath') AND NOT ends_with(part, '_comment'))
SELECT course, part, moment,
    unnest(list_filter([CASE WHEN is_first THEN 'first' END, CASE WHEN is_last THEN 'last' END], lambda word: word IS NOT NULL)),
    CASE WHEN is_new THEN told.correct ELSE correctness->>'correctness' = 'correct' END, told.input_type, told.response_type,
    payload.problem_id, payload.grade, payload.max_grade, CASE WHEN NOT is_new OR value != told.answer THEN value END, told.answer,
    CASE WHEN is_new THEN told.variant ELSE payload.state.seed END, told.question, correctness, to_json(name)
FROM told
WHERE CASE WHEN is_new THEN value ELSE correctness END IS NOT NULL

-- Only lines with the word are parsed, and once. `event` is an object: no generated log has it as text for these events (rules 02, 3.1).
WITH submissions AS (
    SELECT line.context.course_id AS course, substring(line.time, 1, 26) AS moment, line.context.module.display_name AS name,
        line.event AS payload, notEmpty(payload.submission) AS is_new,
        row_number() OVER (PARTITION BY course, payload.problem_id, line.username ORDER BY line.time
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS number,
        count() OVER (PARTITION BY course, payload.problem_id, line.username) AS submissions
    FROM (
        SELECT JSONExtract(text, 'Tuple(username String, event_type String, event_source String, time String,
            context Tuple(course_id String, module Tuple(display_name String)),
            event Tuple(problem_id String, grade Int64, max_grade Int64, state Tuple(seed String),
                answers Map(String, Variant(Array(String), String)), correct_map Map(String, String),
                submission Map(String, Tuple(input_type String, response_type String, question String, correct Bool,
                    answer Variant(Array(String), String), variant Variant(Int64, String)))))') AS line
        FROM file('LOGS', 'LineAsString', 'text String')
        WHERE position(text, '"problem_check"') > 0)
    WHERE line.event_type = 'problem_check' AND line.event_source = 'server' AND course != '' AND notEmpty(payload.answers))
SELECT course, part.1, moment, category, part.2, part.3, part.4, payload.problem_id, payload.grade, payload.max_grade,
    part.5, part.6, part.7, part.8, payload.correct_map[part.1], toJSONString(name)
FROM submissions
-- Id, `correct`, input and response type, value id, answer, variant and question: of the new style, and of the old one.
ARRAY JOIN arrayFilter(
    part -> NOT match(part.1, '_(dynamath|comment)$') AND has(if(is_new, mapKeys(payload.answers), mapKeys(payload.correct_map)), part.1),
    if(is_new,
        arrayMap((id, told) -> (id, if(told.correct, 'true', 'false'), told.input_type, told.response_type,
                if(told.answer = payload.answers[id], '\\N', toJSONString(payload.answers[id])),
                toJSONString(told.answer), toJSONString(told.variant), toJSONString(told.question)),
            mapKeys(payload.submission), mapValues(payload.submission)),
        arrayMap((id, value) -> (id, if(JSONExtractString(payload.correct_map[id], 'correctness') = 'correct', 'true', 'false'),
                '\\N', '\\N', toJSONString(value), '\\N', payload.state.seed, '\\N'),
            mapKeys(payload.answers), mapValues(payload.answers)))) AS part
ARRAY JOIN arrayFilter(word -> word != '', [if(number = 1, 'first', ''), if(number = submissions, 'last', '')]) AS category

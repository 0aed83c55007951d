//! The roster by its relational definition (rules 07, 8), in plain SQL over the tables of the LMS itself.

use std::fmt::Write as _;

use crate::scene::Scene;

const ROSTER: &str = r"
    SELECT e.course_id, u.username, '2014-05-09', '2014-05-16', u.email, CLEAN(p.name), e.mode,
        (SELECT MIN(f.date) FROM ce f WHERE f.course_id = e.course_id AND f.user_id = e.user_id AND f.at_end = 1),
        (SELECT g.name FROM {lms}.course_groups_courseusergroup_users m
            JOIN {lms}.course_groups_courseusergroup g ON m.courseusergroup_id = g.id
            WHERE m.user_id = e.user_id AND g.course_id = e.course_id ORDER BY g.id LIMIT 1),
        COALESCE(n.attempts, 0), COALESCE(n.attempted, 0), COALESCE(n.completed, 0), NULLIF(n.ratio, 'inf'),
        COALESCE(n.videos, 0), COALESCE(n.contributions, 0),
        CONCAT_WS(',', IF(e.at_end = 0, 'unenrolled', NULL),
            IF(COALESCE(o.days, 0) = 0 AND COALESCE(n.days, 0) = 0, 'inactive', NULL),
            IF(COALESCE(o.days, 0) > 0 AND COALESCE(n.days, 0) = 0, 'disengaging', NULL),
            (SELECT GROUP_CONCAT(DISTINCT s.segment ORDER BY s.segment) FROM seg s
                WHERE s.course_id = e.course_id AND s.username = u.username AND s.end_date = '2014-05-16')),
        IF(NULLIF(n.ratio, 'inf') IS NULL, -COALESCE(n.attempts, 0), n.attempts),
        p.user_id, CLEAN(p.language), CLEAN(p.location), p.year_of_birth, CLEAN(p.level_of_education), CLEAN(p.gender),
        CLEAN(p.mailing_address), CLEAN(p.city), CLEAN(p.country), CLEAN(p.goals)
    FROM ce e JOIN {lms}.auth_user u ON e.user_id = u.id JOIN {lms}.auth_userprofile p ON u.id = p.user_id
        LEFT JOIN summary n ON n.course_id = e.course_id AND n.username = u.username AND n.end_date = '2014-05-16'
        LEFT JOIN summary o ON o.course_id = e.course_id AND o.username = u.username AND o.end_date = '2014-05-09'
    WHERE e.date = '2014-05-15'";

/// The expression of `clean`, since the server's functions need more rights than a test should have.
fn with_clean(sql: &str) -> String {
    let mut parts = sql.split("CLEAN(");
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        let (column, rest) = part.split_once(')').unwrap();
        let spaced =
            ["'\\t'", "'\\n'", "'\\r'", "CHAR(1)"].iter().fold(column.to_owned(), |of, byte| format!("REPLACE({of}, {byte}, ' ')"));
        write!(text, "LEFT(REPLACE({spaced}, '\\\\', ''), 20000){rest}").unwrap();
    }
    text
}

/// Rows of the roster of 2014-05-16, sorted.
pub(crate) fn roster_in_sql(scene: &Scene) -> Vec<String> {
    let week = "course_id VARCHAR(255), username VARCHAR(255), start_date VARCHAR(10), end_date VARCHAR(10)";
    for (table, columns, partitions) in [
        (
            "ce",
            "date VARCHAR(10), course_id VARCHAR(255), user_id INT, at_end INT, `change` INT, mode VARCHAR(100), INDEX (course_id)",
            vec!["course_enrollment/dt=2014-05-16"],
        ),
        (
            "summary",
            &*format!("{week}, attempts INT, attempted INT, completed INT, ratio VARCHAR(30), videos INT, contributions INT, days INT"),
            vec!["module_engagement_summary/dt=2014-05-16", "module_engagement_summary/dt=2014-05-09"],
        ),
        ("seg", &*format!("{week}, segment VARCHAR(30), reason TEXT"), vec!["module_engagement_user_segments/dt=2014-05-16"]),
    ] {
        let lines: Vec<_> = partitions.iter().flat_map(|partition| scene.partition(partition)).collect();
        assert!(!lines.is_empty(), "{table}");
        scene.site.scratch(table, columns, lines.iter().map(|line| line.split('\t').collect()));
    }
    let rows = scene.site.sql(&with_clean(ROSTER).replace("{lms}", &scene.lms));
    let mut rows: Vec<_> = rows.iter().map(|row| in_single_precision(row)).collect();
    rows.sort();
    rows
}

/// The ratio in single precision, as shortest text.
fn in_single_precision(row: &str) -> String {
    let mut cells: Vec<_> = row.split('\t').map(str::to_owned).collect();
    if let Ok(ratio) = cells[12].parse::<f32>() {
        cells[12] = format!("{ratio:?}");
    }
    cells.join("\t")
}

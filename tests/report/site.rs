//! A result store of a made-up site.

use std::path::Path;

use chrono::{Days, NaiveDate};
use fastrand::Rng;
use insights_pipeline::stores::table::Table;
use insights_pipeline::workflows::WORKFLOWS;
use rusqlite::{Connection, Statement, params};

/// The result tables.
pub(crate) fn tables() -> impl Iterator<Item = &'static Table> {
    WORKFLOWS.iter().flat_map(|workflow| workflow.tables).map(|table| table.table)
}

/// How large the site is.
#[derive(Clone, Copy)]
pub(crate) struct Site {
    pub courses: usize,
    pub days: u64,
    /// Days of the tables of which only the last day is shown.
    pub demographic_days: u64,
}

/// Texts that try to break out of wherever they are shown.
pub(crate) const HOSTILE: [&str; 8] = [
    "</script><script>window.hacked=1</script>",
    "<img src=x onerror=\"window.hacked=1\">",
    "\"'><b>bold</b>&amp;{{7*7}}",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd",
    "\u{202e}gnirts desrever\u{202c}",
    "–",
    "comma, \"quote\"\nline\t\u{0}end",
];

const WORDS: [&str; 12] = [
    "Introduction to Statistics",
    "Modern Poetry",
    "Climate and Society",
    "Data Structures",
    "Microeconomics",
    "Human Anatomy",
    "Urban Planning",
    "Linear Algebra",
    "Public Health",
    "Film Studies",
    "Organic Chemistry",
    "World History",
];
const COUNTRIES: [(&str, f64); 20] = [
    ("US", 0.21),
    ("IN", 0.17),
    ("BR", 0.07),
    ("GB", 0.06),
    ("DE", 0.05),
    ("FR", 0.04),
    ("MX", 0.04),
    ("NG", 0.04),
    ("EG", 0.03),
    ("CN", 0.03),
    ("CO", 0.03),
    ("ES", 0.03),
    ("KE", 0.02),
    ("AU", 0.02),
    ("CA", 0.03),
    ("RU", 0.02),
    ("ID", 0.02),
    ("ZA", 0.02),
    ("JP", 0.01),
    ("AR", 0.02),
];
const LEVELS: [(&str, f64); 7] = [
    ("secondary", 0.22),
    ("associates", 0.08),
    ("bachelors", 0.34),
    ("masters", 0.21),
    ("doctorate", 0.04),
    ("junior_secondary", 0.03),
    ("none", 0.01),
];

pub(crate) fn end() -> NaiveDate {
    "2024-06-30".parse().unwrap()
}

/// Makes an empty store with all tables.
pub(crate) fn empty(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF").unwrap();
    for table in tables() {
        connection.execute_batch(&table.sqlite_create()).unwrap();
    }
    connection
}

fn insert<'c>(connection: &'c Connection, table: &str) -> Statement<'c> {
    let table = tables().find(|known| known.name == table).unwrap();
    let marks = vec!["?"; table.columns.len()].join(", ");
    connection.prepare(&format!("INSERT INTO {} ({}) VALUES ({marks})", table.name, table.column_list('"'))).unwrap()
}

impl Site {
    /// Writes the store.
    pub(crate) fn write(self, path: &Path) {
        self.write_courses(path, true);
    }

    /// Writes the store without videos and problems.
    pub(crate) fn write_lightly(self, path: &Path) {
        self.write_courses(path, false);
    }

    fn write_courses(self, path: &Path, contents: bool) {
        let connection = empty(path);
        connection.execute_batch("BEGIN").unwrap();
        for number in 0..self.courses {
            let id = format!("course-v1:Uni{}+C{number:03}+2024", number % 7);
            let title = format!(
                "{}{}",
                WORDS[number % WORDS.len()],
                if number < WORDS.len() { String::new() } else { format!(" {}", number / WORDS.len() + 1) }
            );
            self.course(&connection, &id, &title, contents, &mut Rng::with_seed(number as u64 + 1));
        }
        connection.execute_batch("COMMIT").unwrap();
    }

    /// Writes one course.
    pub(crate) fn course(self, connection: &Connection, id: &str, title: &str, contents: bool, rng: &mut Rng) {
        let learners = enrollment(self, connection, id, title, rng);
        demographics(self, connection, id, learners);
        activity(self, connection, id, learners, rng);
        if contents {
            videos(connection, id, learners, rng);
            problems(connection, id, learners, rng);
        }
        engagement(connection, id, learners, rng);
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
fn enrollment(site: Site, connection: &Connection, id: &str, title: &str, rng: &mut Rng) -> i64 {
    let scale = 40.0 * (1.0 + rng.f64() * 9.0).powi(2);
    let (mut daily, mut modes) = (insert(connection, "course_enrollment_daily"), insert(connection, "course_enrollment_mode_daily"));
    let (mut count, mut ever, mut verified) = (0_i64, 0_i64, 0_i64);
    let mut week_before = 0;
    let (mut joining, mut leaving) = (0.0, 0.0);
    for day in 0..site.days {
        let date = end() - Days::new(site.days - 1 - day);
        let progress = day as f64 / site.days as f64;
        let wave = 1.0 + 2.2 * (-((progress - 0.25) / 0.06).powi(2)).exp() + 1.6 * (-((progress - 0.7) / 0.05).powi(2)).exp();
        let weekday = if day % 7 > 4 { 0.6 } else { 1.1 };
        joining += scale / 260.0 * wave * weekday * (0.5 + rng.f64());
        leaving += count as f64 * 0.0012 * rng.f64();
        let (joined, left) = (joining as i64, leaving as i64);
        joining -= joined as f64;
        leaving -= left as f64;
        count += joined - left;
        ever += joined;
        verified += i64::from(rng.f64() < joined as f64 * 0.12);
        if day + 8 == site.days {
            week_before = count;
        }
        let date = date.to_string();
        daily.execute(params![id, date, count, ever]).unwrap();
        for (mode, learners) in [("audit", count - verified), ("verified", verified)] {
            modes.execute(params![date, id, mode, learners, ever]).unwrap();
        }
    }
    let mut summary = insert(connection, "course_meta_summary_enrollment");
    let (start, finish) = ("2023-01-15 00:00:00", "2024-12-31 00:00:00");
    for (mode, learners) in [("audit", count - verified), ("verified", verified)] {
        let change = if mode == "audit" { count - week_before } else { 0 };
        summary
            .execute(params![id, title, id, start, finish, "self_paced", "Current", mode, learners, change, ever, learners / 20])
            .unwrap();
    }
    count
}

#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
fn part(whole: i64, share: f64) -> i64 {
    (whole as f64 * share).round() as i64
}

fn demographics(site: Site, connection: &Connection, id: &str, learners: i64) {
    let mut years = insert(connection, "course_enrollment_birth_year_daily");
    let mut levels = insert(connection, "course_enrollment_education_level_daily");
    let mut genders = insert(connection, "course_enrollment_gender_daily");
    let mut countries = insert(connection, "course_enrollment_location_current");
    for day in 0..site.demographic_days {
        let date = (end() - Days::new(day)).to_string();
        for age in 14..76_i64 {
            let away = f64::from(i32::try_from(age).unwrap() - 27) / if age < 27 { 5.0 } else { 14.0 };
            years.execute(params![date, id, 2024 - age, part(learners, 0.042 * (-away * away).exp()), 0]).unwrap();
        }
        years.execute(params![date, id, None::<i64>, part(learners, 0.15), 0]).unwrap();
        for (level, share) in LEVELS {
            levels.execute(params![date, id, level, part(learners, share), 0]).unwrap();
        }
        levels.execute(params![date, id, None::<String>, part(learners, 0.07), 0]).unwrap();
        for (gender, share) in [(Some("f"), 0.47), (Some("m"), 0.42), (Some("o"), 0.02), (None, 0.09)] {
            genders.execute(params![date, id, gender, part(learners, share), 0]).unwrap();
        }
    }
    for (code, share) in COUNTRIES {
        countries.execute(params![end().to_string(), id, code, part(learners, share), 0]).unwrap();
    }
    for (code, share) in [(Some("UNKNOWN"), 0.02), (None, 0.01)] {
        countries.execute(params![end().to_string(), id, code, part(learners, share), 0]).unwrap();
    }
}

fn activity(site: Site, connection: &Connection, id: &str, learners: i64, rng: &mut Rng) {
    let mut activity = insert(connection, "course_activity");
    let monday = end() - Days::new(6);
    for week in 0..site.days / 7 {
        let start = monday - Days::new(7 * week);
        let term = if week % 26 < 6 { 0.5 } else { 1.0 };
        let active = part(learners, 0.22 * term * (0.8 + 0.4 * rng.f64()));
        for (label, share) in [("ACTIVE", 1.0), ("PLAYED_VIDEO", 0.72), ("ATTEMPTED_PROBLEM", 0.48), ("POSTED_FORUM", 0.06)] {
            let (from, to) = (format!("{start} 00:00:00"), format!("{} 00:00:00", start + Days::new(7)));
            activity.execute(params![id, from, to, label, part(active, share * (0.9 + 0.2 * rng.f64()))]).unwrap();
        }
    }
}

fn videos(connection: &Connection, id: &str, learners: i64, rng: &mut Rng) {
    let (mut video, mut timeline) = (insert(connection, "video"), insert(connection, "video_timeline"));
    for number in 0..24_i64 {
        let module = format!("{:016x}{number:016x}", rng.u64(..));
        let key = format!("{id}|{module}");
        let duration = rng.i64(120..900);
        let start = part(learners, 0.7 * 0.93_f64.powi(i32::try_from(number).unwrap()));
        let keep = 0.35 + 0.6 * rng.f64();
        let segments = duration / 5 + 1;
        #[allow(clippy::cast_precision_loss)]
        let users = |segment: i64| part(start, 1.0 - (1.0 - keep) * (segment as f64 / segments as f64).sqrt());
        video.execute(params![key, id, module, duration, 5, start, users(segments - 1), start * duration * 3 / 4]).unwrap();
        let liked = rng.i64(0..segments);
        for segment in 0..segments {
            let replays = part(users(segment), 0.06 + if (segment - liked).abs() < 4 { 0.35 } else { 0.03 * rng.f64() });
            timeline.execute(params![key, segment, users(segment), users(segment) + replays]).unwrap();
        }
    }
}

fn problems(connection: &Connection, id: &str, learners: i64, rng: &mut Rng) {
    let mut answers = insert(connection, "answer_distribution");
    for number in 0..40_i64 {
        let module = format!("{}+type@problem+block@p{number}", id.replacen("course-v1", "block-v1", 1));
        let answered = part(learners, 0.4 * 0.97_f64.powi(i32::try_from(number).unwrap()));
        let ease = 0.25 + 0.7 * rng.f64();
        let name = format!("{} {}", ["Quiz", "Exercise", "Checkpoint", "Exam question"][usize::try_from(number).unwrap() % 4], number + 1);
        for choice in 0..5_i64 {
            let share = if choice == 0 { ease } else { (1.0 - ease) / 4.0 };
            let first_share = if choice == 0 { ease * 0.7 } else { (1.0 - ease * 0.7) / 4.0 };
            answers
                .execute(params![
                    id,
                    module,
                    format!("p{number}_2_1"),
                    choice == 0,
                    part(answered, first_share),
                    part(answered, share),
                    format!("choice_{choice}"),
                    format!("Answer {} of the question", ["A", "B", "C", "D", "E"][usize::try_from(choice).unwrap()]),
                    None::<f64>,
                    None::<i64>,
                    name,
                    "Which of these statements follows from the text?"
                ])
                .unwrap();
        }
    }
}

fn engagement(connection: &Connection, id: &str, learners: i64, rng: &mut Rng) {
    let (mut rows, mut ranges) = (insert(connection, "module_engagement"), insert(connection, "module_engagement_metric_ranges"));
    let last = end();
    for learner in 0..(learners / 12).min(200) {
        let name = format!("learner{learner:04}");
        for _ in 0..rng.usize(1..9) {
            let date = (last - Days::new(rng.u64(0..14))).to_string();
            let (kind, entity, event) = match rng.u8(0..10) {
                0..4 => ("video", format!("v{}", rng.u8(0..24)), "viewed"),
                4..7 => ("problem", format!("p{}", rng.u8(0..40)), "attempted"),
                7..9 => ("problem", format!("p{}", rng.u8(0..40)), "completed"),
                _ => ("discussion", "i4x".to_owned(), "contributed"),
            };
            rows.execute(params![id, name, date, kind, entity, event, rng.i64(1..4)]).unwrap();
        }
    }
    let dates = ((last - Days::new(6)).to_string(), (last + Days::new(1)).to_string());
    let bounds = [
        ("discussion_contributions", 0.0, 1.0),
        ("problem_attempts", 0.0, 4.0),
        ("problem_attempts_per_completed", 1.0, 4.0),
        ("problems_attempted", 0.0, 2.0),
        ("problems_completed", 0.0, 2.0),
        ("videos_viewed", 1.0, 3.0),
    ];
    for (metric, low, high) in bounds {
        if low > 0.0 {
            ranges.execute(params![id, dates.0, dates.1, metric, "low", 0.0, low]).unwrap();
        }
        ranges.execute(params![id, dates.0, dates.1, metric, "normal", low, high]).unwrap();
        ranges.execute(params![id, dates.0, dates.1, metric, "high", high, None::<f64>]).unwrap();
    }
}

/// A learner of a roster.
pub(crate) struct RosterRow<'r> {
    pub username: &'r str,
    pub name: &'r str,
    pub cohort: &'r str,
    pub segments: &'r str,
}

/// Adds a course to the roster of a warehouse.
pub(crate) fn write_roster(warehouse: &Path, course: &str, learners: &[RosterRow<'_>]) {
    let (first, behind) = (end() - Days::new(6), end() + Days::new(1));
    let folder = warehouse.join(format!("module_engagement_roster/dt={behind}"));
    std::fs::create_dir_all(&folder).unwrap();
    let row = |learner: &RosterRow<'_>| {
        let RosterRow { username, name, cohort, segments } = learner;
        format!(
            "{course}\t{username}\t{first}\t{behind}\tmail@example.org\t{name}\taudit\t2024-01-01\t{cohort}\t5\t2\t1\t5.0\t1\t0\t{segments}\t5\t7{}\n",
            "\t\\N".repeat(9)
        )
    };
    let part = std::fs::read_dir(&folder).unwrap().count();
    std::fs::write(folder.join(format!("part-{part:05}")), learners.iter().map(row).collect::<String>()).unwrap();
    std::fs::write(folder.join("_SUCCESS"), "").unwrap();
}

/// A site of which every text is hostile.
pub(crate) fn hostile(path: &Path) {
    let connection = empty(path);
    let site = Site { courses: 1, days: 30, demographic_days: 1 };
    for (number, text) in HOSTILE.iter().enumerate() {
        site.course(&connection, text, text, true, &mut Rng::with_seed(number as u64));
        for (table, column) in [
            ("course_meta_summary_enrollment", "availability"),
            ("course_enrollment_mode_daily", "mode"),
            ("course_enrollment_gender_daily", "gender"),
            ("course_enrollment_education_level_daily", "education_level"),
            ("video", "encoded_module_id"),
            ("answer_distribution", "module_id"),
            ("answer_distribution", "part_id"),
            ("answer_distribution", "problem_display_name"),
            ("answer_distribution", "question_text"),
            ("answer_distribution", "answer_value_text"),
        ] {
            // Values of one column stay apart: a number before the first row of each.
            let sql = format!(
                "UPDATE {table} SET {column} = ?1 WHERE course_id = ?1 AND rowid IN (SELECT MIN(rowid) FROM {table} WHERE course_id = ?1 GROUP BY {column})"
            );
            connection.execute(&sql, [text]).unwrap();
        }
        connection.execute("UPDATE module_engagement SET username = ?1 WHERE course_id = ?1 AND username = 'learner0001'", [text]).unwrap();
    }
}

//! The LMS tables: their columns, and rows that fit the log (rules 09, 4).

use std::collections::BTreeMap;

use anyhow::Result;
use chrono::{Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use super::activity::Enrollment;
use super::courses::Course;
use super::learners::Learners;
use super::random::Random;
use crate::calendar::interval::DateInterval;

const FIRST_NAMES: [&str; 10] = ["Ann", "Bob", "Zoë", "José", "Łukasz", "Мария", "李", "Omar", "Grace", "D'Arcy"];
const LAST_NAMES: [&str; 10] = ["Lee", "Smith", "Müller", "O'Neil", "Nuñez", "Иванова", "王", "Brown", "Tab\tName", "Quote\"d"];
const EDUCATION: [Option<&str>; 13] = [
    Some("p"),
    Some("m"),
    Some("b"),
    Some("a"),
    Some("hs"),
    Some("jhs"),
    Some("el"),
    Some("none"),
    Some("other"),
    Some(""),
    None,
    Some("p_se"),
    Some("p_oth"),
];

/// Education as often as it occurs.
const LEVELS: [usize; 20] = [0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 3, 4, 4, 4, 5, 9, 10, 10];
const GENDERS: [Option<&str>; 20] = [
    Some("m"),
    Some("m"),
    Some("m"),
    Some("m"),
    Some("m"),
    Some("m"),
    Some("m"),
    Some("m"),
    Some("m"),
    Some("f"),
    Some("f"),
    Some("f"),
    Some("f"),
    Some("f"),
    Some("f"),
    Some("f"),
    Some("o"),
    Some(""),
    None,
    None,
];

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Null,
    Integer(i64),
    Boolean(bool),
    Text(String),
    Time(NaiveDateTime),
    /// 0, or from 0.001 to 1.
    Fraction(f64),
}

/// A column as the LMS database declares it. The import reads only some.
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) sql_type: &'static str,
    pub(super) imported: bool,
}

type Take<'t> = &'t mut dyn FnMut(Vec<Cell>) -> Result<()>;
type Rows = fn(&Lms<'_>, &mut Random, Take<'_>) -> Result<()>;

/// A table of the LMS: columns in the order of the import's files, those that stay behind at the end.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: &'static [Column],
    rows: Rows,
}

impl Table {
    /// Hands all rows to `take`, one by one, the same each time; cells in the order of the columns.
    pub(super) fn each_row(&self, lms: &Lms<'_>, take: &mut dyn FnMut(Vec<Cell>) -> Result<()>) -> Result<()> {
        (self.rows)(lms, &mut Random::for_part(lms.seed, self.name, 0), take)
    }
}

/// What the rows are made of.
pub(super) struct Lms<'a> {
    pub(super) seed: u64,
    pub(super) days: DateInterval,
    pub(super) courses: &'a [Course],
    pub(super) learners: &'a Learners,
    pub(super) enrollments: &'a BTreeMap<(i64, &'a str), Enrollment>,
}

const fn column(name: &'static str, sql_type: &'static str) -> Column {
    Column { name, sql_type, imported: true }
}

const fn left_behind(name: &'static str, sql_type: &'static str) -> Column {
    Column { name, sql_type, imported: false }
}

const ID: &str = "int NOT NULL PRIMARY KEY";

/// All tables that the import knows.
pub(super) static TABLES: [Table; 6] = [
    Table {
        name: "student_courseenrollment",
        columns: &[
            column("id", ID),
            column("user_id", "int NOT NULL"),
            column("course_id", "varchar(255) NOT NULL"),
            column("created", "datetime(6) DEFAULT NULL"),
            column("is_active", "tinyint(1) NOT NULL"),
            column("mode", "varchar(100) NOT NULL"),
        ],
        rows: student_courseenrollment,
    },
    Table {
        name: "auth_user",
        columns: &[
            column("id", ID),
            column("username", "varchar(150) NOT NULL UNIQUE"),
            column("last_login", "datetime(6) DEFAULT NULL"),
            column("date_joined", "datetime(6) NOT NULL"),
            column("is_active", "tinyint(1) NOT NULL"),
            column("is_superuser", "tinyint(1) NOT NULL"),
            column("is_staff", "tinyint(1) NOT NULL"),
            column("email", "varchar(254) NOT NULL"),
            left_behind("password", "varchar(128) NOT NULL"),
            left_behind("first_name", "varchar(30) NOT NULL"),
            left_behind("last_name", "varchar(150) NOT NULL"),
        ],
        rows: auth_user,
    },
    Table {
        name: "auth_userprofile",
        columns: &[
            column("user_id", "int NOT NULL UNIQUE"),
            column("name", "varchar(255) NOT NULL"),
            column("gender", "varchar(6) DEFAULT NULL"),
            column("year_of_birth", "int DEFAULT NULL"),
            column("level_of_education", "varchar(6) DEFAULT NULL"),
            column("language", "varchar(255) DEFAULT NULL"),
            column("location", "varchar(255) DEFAULT NULL"),
            column("mailing_address", "longtext"),
            column("city", "longtext"),
            column("country", "varchar(2) DEFAULT NULL"),
            column("goals", "longtext"),
            left_behind("id", ID),
            left_behind("meta", "longtext NOT NULL"),
        ],
        rows: auth_userprofile,
    },
    Table {
        name: "grades_persistentcoursegrade",
        columns: &[
            column("id", "bigint unsigned NOT NULL PRIMARY KEY"),
            column("user_id", "int NOT NULL"),
            column("course_id", "varchar(255) NOT NULL"),
            column("course_edited_timestamp", "datetime(6) DEFAULT NULL"),
            column("course_version", "varchar(255) NOT NULL"),
            column("grading_policy_hash", "varchar(255) NOT NULL"),
            column("percent_grade", "double NOT NULL"),
            column("letter_grade", "varchar(255) NOT NULL"),
            column("passed_timestamp", "datetime(6) DEFAULT NULL"),
            column("created", "datetime(6) NOT NULL"),
            column("modified", "datetime(6) NOT NULL"),
        ],
        rows: grades_persistentcoursegrade,
    },
    Table {
        name: "course_groups_courseusergroup",
        columns: &[
            column("id", ID),
            column("name", "varchar(255) NOT NULL"),
            column("course_id", "varchar(255) NOT NULL"),
            column("group_type", "varchar(20) NOT NULL"),
        ],
        rows: course_groups_courseusergroup,
    },
    Table {
        name: "course_groups_courseusergroup_users",
        columns: &[column("courseusergroup_id", "int NOT NULL"), column("user_id", "int NOT NULL"), left_behind("id", ID)],
        rows: course_groups_courseusergroup_users,
    },
];

fn student_courseenrollment(lms: &Lms<'_>, random: &mut Random, take: Take<'_>) -> Result<()> {
    for (id, (&(user_id, course_id), &(is_active, mode))) in (1..).zip(lms.enrollments) {
        let created = moment(random, lms.days.start());
        take(vec![Cell::Integer(id), Cell::Integer(user_id), text(course_id), Cell::Time(created), Cell::Boolean(is_active), text(mode)])?;
    }
    Ok(())
}

fn auth_user(lms: &Lms<'_>, random: &mut Random, take: Take<'_>) -> Result<()> {
    for learner in &lms.learners.all {
        let last_login = if random.percent(90) { Cell::Time(moment(random, lms.days.start())) } else { Cell::Null };
        take(vec![
            Cell::Integer(learner.id),
            text(&learner.username),
            last_login,
            Cell::Time(moment(random, lms.days.start() - TimeDelta::days(30))),
            Cell::Boolean(random.percent(95)),
            Cell::Boolean(random.percent(1)),
            Cell::Boolean(random.percent(3)),
            text(&format!("{}@example.org", learner.username.to_lowercase())),
            text("!"),
            text(""),
            text(""),
        ])?;
    }
    Ok(())
}

fn auth_userprofile(lms: &Lms<'_>, random: &mut Random, take: Take<'_>) -> Result<()> {
    for (id, learner) in (1..).zip(&lms.learners.all) {
        let name = format!("{} {}", random.pick(&FIRST_NAMES), random.pick(&LAST_NAMES));
        let birth = if random.percent(75) { Cell::Integer(birth_year(random, lms.days.start().year())) } else { Cell::Null };
        take(vec![
            Cell::Integer(learner.id),
            text(&name),
            one_of(random, &GENDERS),
            birth,
            level_of_education(random),
            one_of(random, &[Some(""), Some("en"), Some("fr"), None]),
            one_of(random, &[Some(""), Some("São Paulo"), None]),
            one_of(random, &[None, Some(""), Some("1 Main St\nApt 2"), Some("C:\\Home\t\"x\""), Some("a\r\nb\u{1}c")]),
            one_of(random, &[None, Some("Zürich"), Some("")]),
            one_of(random, &[None, Some("US"), Some("DE"), Some("BR")]),
            one_of(random, &[None, Some(""), Some("learn \"things\"")]),
            Cell::Integer(id),
            text(""),
        ])?;
    }
    Ok(())
}

fn grades_persistentcoursegrade(lms: &Lms<'_>, random: &mut Random, take: Take<'_>) -> Result<()> {
    let mut id = 0;
    for &(user_id, course_id) in lms.enrollments.keys() {
        if !random.percent(60) {
            continue;
        }
        id += 1;
        let last_day = lms.days.end() - TimeDelta::days(1);
        let edited = if random.percent(80) { Cell::Time(moment(random, lms.days.start())) } else { Cell::Null };
        let grade = if random.percent(5) { 0.0 } else { random.decimal(0, 1, 4).max(0.001) };
        let passed = if random.percent(50) { Cell::Time(moment(random, last_day)) } else { Cell::Null };
        take(vec![
            Cell::Integer(id),
            Cell::Integer(user_id),
            text(course_id),
            edited,
            text(&random.hex(24)),
            text(&random.hex(28)),
            Cell::Fraction(grade),
            one_of(random, &[Some(""), Some("Pass"), Some("A"), Some("B")]),
            passed,
            Cell::Time(moment(random, lms.days.start())),
            Cell::Time(moment(random, last_day)),
        ])?;
    }
    Ok(())
}

fn course_groups_courseusergroup(lms: &Lms<'_>, random: &mut Random, take: Take<'_>) -> Result<()> {
    for (id, course) in (1_i64..).zip(lms.courses) {
        let name = format!("Cohort {id}{}", random.pick(&["", " é", " \"q\""]));
        take(vec![Cell::Integer(id), text(&name), text(&course.id), text("cohort")])?;
    }
    Ok(())
}

fn course_groups_courseusergroup_users(lms: &Lms<'_>, random: &mut Random, take: Take<'_>) -> Result<()> {
    let mut id = 0;
    for learner in &lms.learners.all {
        if random.percent(50) {
            id += 1;
            let group = 1 + random.index(lms.courses.len());
            let group = i64::try_from(group)?;
            take(vec![Cell::Integer(group), Cell::Integer(learner.id), Cell::Integer(id)])?;
        }
    }
    Ok(())
}

fn text(value: &str) -> Cell {
    Cell::Text(value.to_owned())
}

fn one_of(random: &mut Random, choices: &[Option<&str>]) -> Cell {
    random.pick(choices).map_or(Cell::Null, text)
}

/// All levels occur, some more often.
fn level_of_education(random: &mut Random) -> Cell {
    let level = if random.percent(80) { random.pick(&LEVELS) } else { random.index(EDUCATION.len()) };
    EDUCATION.get(level).copied().flatten().map_or(Cell::Null, text)
}

/// From 15 years of age on, most between 20 and 40.
fn birth_year(random: &mut Random, year: i32) -> i64 {
    let ages = [random.between(0, 60), random.between(0, 60), random.between(0, 60)];
    i64::from(year) - 15 - ages.into_iter().min().unwrap_or(0) - random.between(0, 8)
}

/// Some time of the day, with microseconds in one case of two.
fn moment(random: &mut Random, day: NaiveDate) -> NaiveDateTime {
    let seconds = random.between(0, 86_399);
    let micros = if random.percent(50) { random.between(0, 999_999) } else { 0 };
    day.and_time(NaiveTime::MIN) + TimeDelta::seconds(seconds) + TimeDelta::microseconds(micros)
}

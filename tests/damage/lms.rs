//! Damage to imported rows of the LMS.

use crate::case::COURSE;
use crate::trial::{Input, Made, run};

/// The table with the damaged row, and the job that reads it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Table {
    /// `auth_user`, for the roster.
    Account,
    /// `auth_userprofile`, for enrollments by gender, age and education.
    Profile,
    /// The same, for the roster.
    Texts,
    /// `course_groups_courseusergroup`.
    Group,
    /// `course_groups_courseusergroup_users`.
    Member,
    /// `grades_persistentcoursegrade`.
    Grade,
    /// `student_courseenrollment`.
    Enrollment,
}

/// What comes of it. Rows of the neighbour's course are as they would be without it.
pub(crate) enum RowOutcome {
    /// As if the row were not there, and this counter counts it.
    Counted(&'static str),
    /// As with a sound row.
    AsSound,
    /// A row of the result has this text.
    Gives(&'static str),
    /// As if the row were not there, for this reason.
    Nothing(&'static str),
}

/// A row of the table: what is wrong, where, the row, and what comes of it. `|` separates columns, `¶` rows; `ÿ` is a byte that is no UTF-8.
pub(crate) struct RowCase(pub &'static str, pub Table, pub &'static str, pub RowOutcome);

use RowOutcome::{AsSound, Counted, Gives, Nothing};
use Table::{Account, Enrollment, Grade, Group, Member, Profile, Texts};

const MALFORMED_GRADE: &str = "Enrollment Grades: Discard Malformed Grade";
const MALFORMED_PROFILE: &str = "Enrollment Changes: Discard Malformed Profile";

/// The rows of the table.
pub(crate) const CASES: &[RowCase] = &[
    RowCase(
        "an account without an id",
        Account,
        r"\N|bob|\N|\N|true|false|false|b@x.org",
        Counted("Module Engagement Roster: Discard Malformed Account"),
    ),
    RowCase(
        "an account whose name is NULL",
        Account,
        r"7|\N|\N|\N|true|false|false|b@x.org",
        Counted("Module Engagement Roster: Discard Malformed Account"),
    ),
    RowCase("an account without its last columns", Account, "7|bob", Gives("\tbob\t")),
    RowCase("an account with more columns", Account, r"7|bob|\N|\N|true|false|false|bob@example.org|more|more", AsSound),
    RowCase(
        "an account twice",
        Account,
        r"7|bob|\N|\N|true|false|false|bob@example.org¶7|bob|\N|\N|true|false|false|bob@example.org",
        AsSound,
    ),
    RowCase("an empty row", Account, "", Counted("Module Engagement Roster: Discard Malformed Account")),
    RowCase(
        "an account's id with a fraction",
        Account,
        r"7.0|bob|\N|\N|true|false|false|b@x.org",
        Counted("Module Engagement Roster: Discard Malformed Account"),
    ),
    RowCase(
        "an account's id of 30 digits",
        Account,
        r"777777777777777777777777777777|bob|\N|\N|true|false|false|b@x.org",
        Counted("Module Engagement Roster: Discard Malformed Account"),
    ),
    RowCase(
        "an account whose name is no UTF-8",
        Account,
        r"7|bÿb|\N|\N|true|false|false|b@x.org",
        Counted("Module Engagement Roster: Discard Malformed Account"),
    ),
    RowCase("an account whose address is no UTF-8", Account, r"7|bob|\N|\N|true|false|false|bÿ@x.org", Gives("b\u{fffd}@x.org")),
    RowCase("a gender that is no UTF-8", Profile, "7|Bob|ÿ|1980|hs", Gives("\u{fffd}")),
    RowCase("a profile without an id", Profile, r"\N|Bob|m|1980|hs", Counted(MALFORMED_PROFILE)),
    RowCase("a profile whose id is a word", Profile, "x|Bob|m|1980|hs", Counted(MALFORMED_PROFILE)),
    RowCase("a profile of an id only", Profile, "7", Nothing("nothing is known of the learner")),
    RowCase("a profile of NULLs", Profile, r"7|\N|\N|\N|\N", Nothing("nothing is known of the learner")),
    RowCase("a profile of a learner who is nowhere enrolled", Profile, "99|Bob|m|1980|hs", Nothing("the learner is in no course")),
    RowCase("an empty gender", Profile, "7|Bob||1980|hs", Gives("\t1980\t")),
    RowCase("a gender that is a word", Profile, "7|Bob|unknown|1980|hs", Gives("unknown")),
    RowCase("a year of birth that is a word", Profile, "7|Bob|m|old|hs", Gives("\tm\t")),
    RowCase("a year of birth in the future", Profile, "7|Bob|m|3980|hs", Gives("3980")),
    RowCase("a year of birth that is negative", Profile, "7|Bob|m|-1|hs", Gives("-1")),
    RowCase("a level of education that there is not", Profile, "7|Bob|m|1980|guru", Gives("\tm\t")),
    RowCase("a name that is no UTF-8", Texts, "7|Bÿb|m|1980|hs|en|here|there|city|US|goals", Gives("B\u{fffd}b")),
    RowCase("a TAB and a backslash in a name", Texts, "7|B\to\\b|m|1980|hs|en|here|there|city|US|goals", Gives("B ob")),
    RowCase("escapes that steer a terminal in a name", Texts, "7|\u{1b}[2JBob|m|1980|hs|en|here|there|city|US|goals", Gives("[2JBob")),
    RowCase("a group without a course", Group, r"1|Cohort|\N", Counted("Module Engagement Roster: Discard Malformed Group")),
    RowCase("a group without an id", Group, "x|Cohort|course-v1:a+b+c", Counted("Module Engagement Roster: Discard Malformed Group")),
    RowCase("a group without a name", Group, r"1|\N|course-v1:a+b+c", Gives("\\N")),
    RowCase(
        "a group whose course is no UTF-8",
        Group,
        "1|Cohort|course-v1:aÿ+b+c",
        Counted("Module Engagement Roster: Discard Malformed Group"),
    ),
    RowCase("a group whose name is no UTF-8", Group, "1|Cohÿrt|course-v1:a+b+c", Gives("Coh\u{fffd}rt")),
    RowCase("a member without a learner", Member, r"1|\N", Counted("Module Engagement Roster: Discard Malformed Group Member")),
    RowCase("a member of a group that there is not", Member, "99|7", Nothing("there is no such group")),
    RowCase(
        "a grade without a learner",
        Grade,
        r"1|\N|course-v1:a+b+c|\N|v|h|0.9|A|2016-02-27 00:00:00.0|\N|2016-02-28 00:00:00.0",
        Counted(MALFORMED_GRADE),
    ),
    RowCase(
        "a grade without a course",
        Grade,
        r"1|7|\N|\N|v|h|0.9|A|2016-02-27 00:00:00.0|\N|2016-02-28 00:00:00.0",
        Counted(MALFORMED_GRADE),
    ),
    RowCase(
        "a grade whose course is no UTF-8",
        Grade,
        r"1|7|course-v1:aÿ+b+c|\N|v|h|0.9|A|2016-02-27 00:00:00.0|\N|2016-02-28 00:00:00.0",
        Counted(MALFORMED_GRADE),
    ),
    RowCase("a grade cut off before its times", Grade, "1|7|course-v1:a+b+c", Counted(MALFORMED_GRADE)),
    RowCase(
        "a grade of a day that there is not",
        Grade,
        r"1|7|course-v1:a+b+c|\N|v|h|0.9|A|2016-02-27 00:00:00.0|\N|2016-02-31 00:00:00.0",
        Counted(MALFORMED_GRADE),
    ),
    RowCase(
        "a grade of a zero date",
        Grade,
        r"1|7|course-v1:a+b+c|\N|v|h|0.9|A|2016-02-27 00:00:00.0|\N|0000-00-00 00:00:00",
        Counted(MALFORMED_GRADE),
    ),
    RowCase("a grade with a day only", Grade, r"1|7|course-v1:a+b+c|\N|v|h|0.9|A|2016-02-27|\N|2016-02-28", AsSound),
    RowCase(
        "a grade without a letter",
        Grade,
        r"1|7|course-v1:a+b+c|\N|v|h|0.9||2016-02-27 00:00:00.0|\N|2016-02-28 00:00:00.0",
        Nothing("the learner has not passed"),
    ),
    RowCase(
        "an enrollment without a course",
        Enrollment,
        r"1|7|\N|\N|true|audit",
        Counted("Enrollment Country: Discard Missing Course ID"),
    ),
    RowCase(
        "an enrollment whose course is no UTF-8",
        Enrollment,
        r"1|7|course-v1:aÿ+b+c|\N|true|audit",
        Counted("Enrollment Country: Discard Malformed Course ID"),
    ),
    RowCase("an enrollment without a learner", Enrollment, r"1|\N|course-v1:a+b+c|\N|true|audit", Gives("course-v1:a+b+c")),
    RowCase("an enrollment that is neither active nor not", Enrollment, r"1|7|course-v1:a+b+c|\N|maybe|audit", Gives("\t0\t")),
    RowCase("an enrollment whose state is a number", Enrollment, r"1|7|course-v1:a+b+c|\N|1|audit", AsSound),
];

impl Table {
    /// Its name and the job, for the table.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Account => "auth_user",
            Self::Profile | Self::Texts => "auth_userprofile",
            Self::Group => "course_groups_courseusergroup",
            Self::Member => "course_groups_courseusergroup_users",
            Self::Grade => "grades_persistentcoursegrade",
            Self::Enrollment => "student_courseenrollment",
        }
    }

    const fn job(self) -> [&'static str; 2] {
        match self {
            Self::Account | Self::Texts => ["module-engagement", "roster-learners"],
            Self::Profile => ["enrollment", "changes"],
            Self::Group | Self::Member => ["module-engagement", "roster-cohorts"],
            Self::Grade => ["enrollment", "passing"],
            Self::Enrollment => ["location", "enrollment-country"],
        }
    }

    const fn options(self) -> &'static [&'static str] {
        match self {
            Self::Account | Self::Texts => &["--date", "2016-02-29"],
            Self::Profile => &["--interval", "2016-02-20-2016-02-29"],
            _ => &[],
        }
    }

    /// A sound row of learner 7, and that of the neighbour.
    const fn sound(self) -> [&'static str; 2] {
        match self {
            Self::Account => [r"7|bob|\N|\N|true|false|false|bob@example.org", r"101|ann|\N|\N|true|false|false|a@x.org"],
            Self::Profile | Self::Texts => ["7|Bob|m|1980|hs|en|here|there|city|US|goals", "101|Ann|f|1990|b|en|here|there|city|US|goals"],
            Self::Group => ["1|Cohort|course-v1:a+b+c", "2|Others|course-v1:n+b+c"],
            Self::Member => ["1|7", "2|101"],
            Self::Grade => [
                r"1|7|course-v1:a+b+c|\N|v|h|0.9|A|2016-02-27 00:00:00.0|\N|2016-02-28 00:00:00.0",
                r"2|101|course-v1:n+b+c|\N|v|h|0.9|A|2016-02-27 00:00:00.0|\N|2016-02-28 00:00:00.0",
            ],
            Self::Enrollment => [r"1|7|course-v1:a+b+c|\N|true|audit", r"2|101|course-v1:n+b+c|\N|true|audit"],
        }
    }

    /// Sound tables that the job reads beside this one.
    fn beside(self) -> Vec<Input> {
        let both = |table: Self| input(table.name(), &table.sound());
        let days = ["2016-02-28|course-v1:a+b+c|7|1|1|audit", "2016-02-28|course-v1:n+b+c|101|1|1|audit"];
        let days = Input { path: "w/course_enrollment/part".to_owned(), lines: days.map(|row| row.replace('|', "\t").into()).into() };
        match self {
            Self::Account => vec![days, both(Self::Texts)],
            Self::Texts => vec![days, both(Self::Account)],
            Self::Profile | Self::Grade => vec![days],
            Self::Group => vec![both(Self::Member)],
            Self::Member => vec![both(Self::Group)],
            Self::Enrollment => {
                let countries = ["United States|US|7", "Germany|DE|101"].map(|row| row.replace('|', "\t").into());
                vec![Input { path: "w/last_country_of_user_id/part".to_owned(), lines: countries.into() }]
            }
        }
    }
}

fn input(table: &str, rows: &[&str]) -> Input {
    let byte = |character| match character {
        '|' => vec![1],
        'ÿ' => vec![0xff],
        other => other.to_string().into_bytes(),
    };
    let bytes = |row: &str| row.chars().flat_map(byte).collect();
    Input { path: format!("w/{table}/dt=2016-02-28/part-m-00000"), lines: rows.iter().map(|row| bytes(row)).collect() }
}

fn made(table: Table, row: Option<&str>) -> Made {
    let mut rows: Vec<&str> = row.into_iter().flat_map(|row| row.split('¶')).collect();
    rows.push(table.sound()[1]);
    let mut inputs = table.beside();
    inputs.push(input(table.name(), &rows));
    run(table.job(), table.options(), inputs).unwrap()
}

impl RowOutcome {
    /// Its text in the table.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Counted(counter) => format!("left out, counted as `{counter}`"),
            Self::AsSound => "read like a sound row".to_owned(),
            Self::Gives(text) => format!("gives a row with `{}`", text.trim().escape_debug()),
            Self::Nothing(reason) => format!("changes nothing: {reason}"),
        }
    }
}

impl RowCase {
    /// What does not come as the table says.
    pub(crate) fn wrong(&self) -> Option<String> {
        let Self(name, table, row, outcome) = self;
        let tried = std::panic::catch_unwind(|| {
            let (alone, sound, damaged) = (made(*table, None), made(*table, Some(table.sound()[0])), made(*table, Some(row)));
            assert_ne!(sound.rows, alone.rows, "a sound row changes nothing");
            let texts = |made: &Made| made.rows.iter().map(|row| String::from_utf8_lossy(row).into_owned()).collect::<Vec<_>>();
            let neighbours = |made: &Made| texts(made).into_iter().filter(|row| row.contains("course-v1:n+b+c")).collect::<Vec<_>>();
            assert!(neighbours(&damaged).len() == 1 || matches!(table, Table::Profile | Table::Grade), "{:?}", texts(&damaged));
            assert_eq!(neighbours(&damaged), neighbours(&alone));
            let is_right = match outcome {
                RowOutcome::Counted(counter) => damaged.rows == alone.rows && damaged.count(counter) == 1,
                RowOutcome::AsSound => damaged.rows == sound.rows,
                RowOutcome::Gives(text) => {
                    damaged.rows != sound.rows && texts(&damaged).iter().any(|row| row.contains(COURSE) && row.contains(text))
                }
                RowOutcome::Nothing(_) => damaged.rows == alone.rows,
            };
            (!is_right).then(|| format!("rows {:?}, discards {:?}", texts(&damaged), damaged.discards()))
        });
        let found = tried.unwrap_or_else(|_| Some("it ended the job or touched the neighbour".to_owned()));
        found.map(|found| format!("{}: {name}: should be {}, but: {found}", table.name(), outcome.text()))
    }
}

//! The three jobs of the roster one after the other, over small tables.

use std::fmt::Write as _;

use super::small_tables::{Order, Tables, counted};
use super::{roster, roster_cohorts, roster_learners};
use crate::streaming::Counters;

const DATE: &str = "2020-03-08";

/// A small site and options of the job `roster-learners`.
#[derive(Clone)]
struct Site {
    tables: Tables,
    options: Vec<&'static str>,
}

impl Site {
    /// The example of rules 07, 8.2: Bob, enrolled from the first day of the week, with a week's summary.
    fn example() -> Self {
        let mut days = String::new();
        for day in 1..=6 {
            writeln!(days, "2020-03-0{day}\tc/o/r\t5\t1\t{}\thonor", i32::from(day == 1)).unwrap();
        }
        days.push_str("2020-03-07\tc/o/r\t5\t1\t0\tverified\n");
        let tables = vec![
            ("course_enrollment", days),
            ("auth_user", "5|bob|\\N|\\N|true|false|false|b@x\n".to_owned()),
            ("auth_userprofile", "5|Bob\tB|\\N|1990|\\N||\\N|\\N|\\N|\\N|a\\b\n".to_owned()),
            ("course_groups_courseusergroup", String::new()),
            ("course_groups_courseusergroup_users", String::new()),
            ("module_engagement_summary", "c/o/r\tbob\t2020-03-01\t2020-03-08\t5\t2\t1\t5.0\t1\t0\t2\n".to_owned()),
            ("module_engagement_user_segments", String::new()),
        ];
        Self { tables: Tables { contents: tables, counters: Counters::default() }, options: Vec::new() }
    }

    fn with(self, table: &str, lines: &str) -> Self {
        Self { tables: self.tables.with(table, lines), ..self }
    }

    /// The roster, the same in any order of rows with equal keys.
    fn roster(&self) -> (Vec<String>, Counters) {
        let of = |order| {
            let mut all = self.tables.clone();
            let dated = ["--date", DATE];
            all.run("roster-cohorts", &[roster_cohorts::GROUPS, roster_cohorts::MEMBERS], &[], roster_learners::COHORTS, order);
            let inputs = [roster_learners::ENROLLMENT, roster_learners::ACCOUNTS, roster_learners::PROFILES, roster_learners::COHORTS];
            all.run("roster-learners", &inputs, &[&dated[..], &self.options].concat(), roster::LEARNERS, order);
            all.run("roster", &[roster::SUMMARY, roster::SEGMENTS, roster::LEARNERS], &dated, "roster", order);
            let (_, text) = all.contents.pop().unwrap();
            (text.lines().map(str::to_owned).collect::<Vec<_>>(), all.counters)
        };
        let (rows, counters) = of(Order::Ascending);
        for order in [Order::Descending, Order::Combined] {
            assert_eq!(of(order).0, rows, "{order:?}");
        }
        (rows, counters)
    }

    /// The only row, its columns counted from 1 as in rules 07, 8.
    fn row(&self) -> impl Fn(usize) -> String + use<> {
        let (rows, _) = self.roster();
        assert_eq!(rows.len(), 1, "{rows:?}");
        let columns: Vec<String> = rows[0].split('\t').map(str::to_owned).collect();
        assert_eq!(columns.len(), 27);
        move |number| columns[number - 1].clone()
    }
}

const EXAMPLE: &str =
    "c/o/r|bob|2020-03-01|2020-03-08|b@x|Bob B|verified|2020-03-01|\\N|5|2|1|5.0|1|0||5|5||\\N|1990|\\N|\\N|\\N|\\N|\\N|ab";

#[test]
fn the_example_of_the_specification() {
    let (rows, _) = Site::example().roster();
    assert_eq!(rows, [EXAMPLE.replace('|', "\t")]);
}

#[test]
fn without_a_summary_of_the_week() {
    let (rows, _) = Site::example().with("module_engagement_summary", "").roster();
    let expected = EXAMPLE.replace("|5|2|1|5.0|1|0||5|5|", "|0|0|0|\\N|0|0|inactive|0|5|");
    assert_eq!(rows, [expected.replace('|', "\t")]);
    // Summaries of other weeks, courses and learners count as none, but the week before tells who was active.
    let others = "c/o/r\tbob\t2020-02-24\t2020-03-02\t5\t2\t1\t5.0\t1\t0\t2\nc/o/R\tbob\t2020-03-01\t2020-03-08\t5\t2\t1\t5.0\t1\t0\t2\n\
                  c/o/r\tBob\t2020-03-01\t2020-03-08\t5\t2\t1\t5.0\t1\t0\t2\n";
    assert_eq!(Site::example().with("module_engagement_summary", others).roster().0, rows);
    let before = "c/o/r\tbob\t2020-02-23\t2020-03-01\t5\t2\t1\t5.0\t1\t0\t2\n";
    let row = Site::example().with("module_engagement_summary", before).row();
    assert_eq!((row(10), row(13), row(16)), ("0".into(), "\\N".into(), "disengaging".into()));
}

#[test]
fn the_ratio_is_single_precision_and_null_if_infinite() {
    let ratio = |attempts: &str, ratio: &str| {
        let summary = format!("c/o/r\tbob\t2020-03-01\t2020-03-08\t{attempts}\t2\t3\t{ratio}\t1\t0\t2\n");
        let row = Site::example().with("module_engagement_summary", &summary).row();
        [row(13), row(17)]
    };
    assert_eq!(ratio("7", "2.33333333333"), ["2.3333333", "7"]);
    assert_eq!(ratio("4", "inf"), ["\\N", "-4"]);
    assert_eq!(ratio("0", "inf"), ["\\N", "0"]);
    assert_eq!(ratio("0", "0.0"), ["0.0", "0"]);
    assert_eq!(ratio("1", "0.1"), ["0.1", "1"]);
}

#[test]
fn segments_stand_in_their_order() {
    let of = |at_end: &str, summaries: &str, segments: &str| {
        let days = format!("2020-03-05\tc/o/r\t5\t1\t1\thonor\n2020-03-07\tc/o/r\t5\t{at_end}\t0\thonor\n");
        let tables = Site::example().with("course_enrollment", &days).with("module_engagement_summary", summaries);
        let row = tables.with("module_engagement_user_segments", segments).row();
        [row(8), row(16)]
    };
    let last = "c/o/r\tbob\t2020-03-01\t2020-03-08\t0\t0\t0\tinf\t1\t0\t2\n";
    let before = "c/o/r\tbob\t2020-02-23\t2020-03-01\t0\t0\t0\tinf\t1\t0\t2\n";
    let segment = |name: &str| format!("c/o/r\tbob\t2020-03-01\t2020-03-08\t{name}\tx\n");
    let both = [segment("struggling"), segment("highly_engaged"), segment("struggling")].concat();
    assert_eq!(of("1", last, ""), ["2020-03-05", ""]);
    assert_eq!(of("0", "", ""), ["2020-03-05", "unenrolled,inactive"]);
    assert_eq!(of("0", before, ""), ["2020-03-05", "unenrolled,disengaging"]);
    assert_eq!(of("1", &format!("{before}{last}"), &both), ["2020-03-05", "highly_engaged,struggling"]);
    assert_eq!(of("0", last, &segment("struggling").replace("-08", "-07")), ["2020-03-05", "unenrolled"]);
}

#[test]
fn only_learners_with_enrollment_account_and_profile_have_rows() {
    // 6 has no account, 7 no profile, 8 no enrollment on the last day, 9 never was enrolled at the end of a day.
    let days = "2020-03-07\tc/o/r\t6\t1\t1\thonor\n2020-03-07\tc/o/r\t7\t1\t1\thonor\n2020-03-06\tc/o/r\t8\t1\t1\thonor\n\
                2020-03-07\tc/o/r\t9\t0\t0\taudit\n2020-03-08\tc/o/r\t9\t1\t1\taudit\n2020-03-07\tc/o/r\t\\N\t1\t1\thonor\nbroken\n";
    let accounts = "7|g|\\N|\\N|true|false|false|g@x\n8|h|\\N|\\N|true|false|false|h@x\n9|i|\\N|\\N|true|false|false|i@x\n";
    let profiles = "6|F||||||||||\n8|H||||||||||\n9|I||||||||||\n";
    let tables = Site::example().with("course_enrollment", days).with("auth_user", accounts).with("auth_userprofile", profiles);
    let (_, counters) = tables.roster();
    let row = tables.row();
    assert_eq!([row(2), row(7), row(8), row(16), row(18)], ["i", "audit", "\\N", "unenrolled,inactive", "9"]);
    assert_eq!(counted(&counters, "Discard Learner Without Account Or Profile"), 2);
    assert_eq!(counted(&counters, "Discard Malformed Enrollment"), 1);
}

#[test]
fn of_several_groups_in_a_course_the_smallest_id_counts() {
    let groups = "10|Ten|c/o/r|cohort\n9|Ni\tne|c/o/r|other\n11|Eleven|c/o/r|cohort\n1|Elsewhere|x/y/z|cohort\n";
    let members = "10|5\n9|5\n11|5\n1|5\n77|5\n9|4\n";
    let tables = Site::example().with("course_groups_courseusergroup", groups).with("course_groups_courseusergroup_users", members);
    let (_, counters) = tables.roster();
    assert_eq!(tables.row()(9), "Ni ne");
    assert_eq!(counted(&counters, "Discard Further Cohort"), 2);
}

#[test]
fn profiles_are_cleaned_and_cut() {
    let profile = "5|a\tb\\c\\\\|x\\|19x0|\\t|\té|\\N|Luna 10\t3|\\|ES|éééééé\n";
    let mut tables = Site::example().with("auth_userprofile", profile);
    let row = tables.row();
    assert_eq!([row(6), row(19), row(20), row(21), row(22)], ["a bc", " é", "\\N", "\\N", "t"]);
    assert_eq!([row(23), row(24), row(25), row(26), row(27)], ["x", "Luna 10 3", "", "ES", "éééééé"]);
    tables.options = vec!["--max-field-length", "4"];
    let row = tables.row();
    assert_eq!([row(6), row(24), row(27), row(5)], ["a bc", "Luna", "éééé", "b@x"]);
    let long = format!("5|B|||||||||{}\n", "é".repeat(20_001));
    let mut tables = Site::example().with("auth_userprofile", &long);
    assert_eq!(tables.row()(27).chars().count(), 20_000);
    tables.options = vec!["--max-field-length", "0"];
    assert_eq!(tables.row()(27).chars().count(), 20_001);
}

#[test]
fn columns_that_are_not_cleaned_cannot_break_a_row() {
    let tables = Site::example().with("auth_user", "5|bob|\\N|\\N|true|false|false|b\t\\@x\n");
    assert_eq!(tables.row()(5), "b \\@x");
}

#[test]
fn courses_of_one_learner_are_told_apart() {
    let days =
        "2020-03-07\tb\t5\t1\t1\thonor\n2020-03-03\ta\t5\t1\t1\taudit\n2020-03-02\tb\t5\t1\t1\thonor\n2020-03-07\ta\t5\t0\t-1\taudit\n";
    let (rows, _) = Site::example().with("course_enrollment", days).roster();
    let shown: Vec<_> =
        rows.iter().map(|row| row.split('\t').collect::<Vec<_>>()).map(|row| [row[0], row[6], row[7], row[15]].join(" ")).collect();
    assert_eq!(shown, ["a audit 2020-03-03 unenrolled,inactive", "b honor 2020-03-02 inactive"]);
}

//! The examples and rules 07, 4 to 7, job by job.

use super::small_tables::{Tables, counted};
use super::{JOBS, metric_ranges, roster};
use crate::streaming::job_trial::Lines;
use crate::streaming::sides::run_reducer;
use crate::streaming::{AnyJob, Counters, JobArguments, Output, job_named};

const WEEK: [&str; 2] = ["--date", "2020-03-08"];

fn tables(contents: &[(&'static str, &str)]) -> Tables {
    let contents = contents.iter().map(|(name, lines)| (*name, (*lines).to_owned())).collect();
    Tables { contents, ..Tables::default() }
}

/// Maps one line; gives the number of records, or the error.
fn mapped(job: &str, options: &[&str], line: &str) -> anyhow::Result<(usize, Counters)> {
    let mut mapper = job_named(JOBS, job)?.mapper(&JobArguments::new(options.iter().copied()))?;
    let (mut records, mut counters) = (Vec::<Vec<u8>>::new(), Counters::default());
    mapper.map(line.as_bytes(), &mut Output::new(&mut records, &mut counters))?;
    Ok((records.len(), counters))
}

fn event(event_type: &str, payload: &str) -> String {
    format!(
        r#"{{"time":"2020-03-02T10:00:00+00:00","username":" bob ","event_type":"{event_type}","event_source":"server","context":{{"course_id":"c/o/r"}},"event":{payload}}}"#
    )
}

#[test]
fn the_example_of_a_day() {
    let lines = [
        event("problem_check", r#"{"problem_id":"p1","success":"incorrect"}"#),
        event("problem_check", r#"{"problem_id":"p1","success":"Correct"}"#),
        event("play_video", r#"{"id":"\n v1"}"#),
        event("edx.forum.thread.voted", r#"{"commentable_id":"general"}"#),
    ];
    let rows = tables(&[("logs", &lines.join("\n"))]).rows_of("daily", &["--date", "2020-03-02"]);
    let of_bob = |rest: &str| format!("c/o/r\tbob\t2020-03-02\t{}", rest.replace(' ', "\t"));
    assert_eq!(rows, ["problem p1 attempted 2", "problem p1 completed 1", "video v1 viewed 1"].map(of_bob));
}

#[test]
fn what_cannot_be_written_is_dropped_and_counted() {
    let day = ["--date", "2020-03-02"];
    let dropped = |line: &str| {
        let (records, counters) = mapped("daily", &day, line).unwrap();
        let count = |name: &str| counted(&counters, name);
        (records, count("Discard Unwritable ID"), count("Discard Course ID Too Long"))
    };
    assert_eq!(dropped(&event("play_video", r#"{"id":"a\tb"}"#)), (0, 1, 0));
    assert_eq!(dropped(&event("play_video", r#"{"id":"a"}"#).replace(" bob ", "b\\nb")), (0, 1, 0));
    assert_eq!(dropped(&event("play_video", r#"{"id":"a"}"#).replace(" bob ", "\\\\N")), (0, 1, 0), "null as a name");
    assert_eq!(dropped(&event("play_video", r#"{"id":"\\N"}"#)), (0, 1, 0), "null as an id");
    // What is cut off does no harm.
    assert_eq!(dropped(&event("play_video", &format!(r#"{{"id":"{}\tb"}}"#, "a".repeat(255)))), (1, 0, 0));
    assert_eq!(dropped(&event("play_video", r#"{"id":"a"}"#).replace("c/o/r", &format!("{}/o/r", "c".repeat(252)))), (0, 0, 1));
    assert_eq!(dropped(&event("play_video", r#"{"id":"a"}"#).replace("c/o/r", &format!("{}/o/r", "c".repeat(251)))), (1, 0, 0));
    // Kinds of values that the original died of.
    for payload in [r#"{"id":7}"#, r#"{"id":null}"#, r#"{"id":" "}"#, "[]", "null"] {
        assert_eq!(dropped(&event("play_video", payload)), (0, 0, 0), "{payload}");
    }
    assert_eq!(dropped(&event("problem_check", r#"{"problem_id":"p","success":null}"#)), (1, 0, 0));
    assert_eq!(dropped(&event("problem_check", r#"{"problem_id":"p","success":"correct"}"#)), (2, 0, 0));
}

#[test]
fn events_without_a_name_are_kept_if_one_is_given() {
    let line = event("play_video", r#"{"id":"v"}"#);
    let records = |name: &str, options: &[&str]| mapped("daily", options, &line.replace("\" bob \"", name)).unwrap().0;
    let kept = ["--date", "2020-03-02", "--store-anonymous-username", "ANONYMOUS USER"];
    for name in ["null", "\"\"", "\" \"", "7", "{}"] {
        assert_eq!((records(name, &kept[..2]), records(name, &kept)), (0, 1), "{name}");
    }
    let named = |length: usize| format!("\"{}\"", "é".repeat(length));
    assert_eq!((records(&named(30), &kept), records(&named(31), &kept)), (1, 0));
    // Too long a name for those without one loses only their events (rules 07, 4, step 3).
    let too_long = ["--date", "2020-03-02", "--store-anonymous-username", "ANONYMOUS USER OF A VERY LARGE SITE"];
    assert_eq!((records("null", &too_long), records("\"bob\"", &too_long)), (0, 1));
}

#[test]
fn the_example_of_a_week() {
    let day = "c/o/r\tbob\t2020-03-02\tproblem\tp1\tattempted\t2\nc/o/r\tbob\t2020-03-02\tproblem\tp1\tcompleted\t1\n\
               c/o/r\tbob\t2020-03-02\tvideo\tv1\tviewed\t1\nc/o/r\tbob\t2020-03-05\tproblem\tp2\tattempted\t3\n";
    let summed = |lines: &str| tables(&[("module_engagement", lines)]).rows_of("summary", &WEEK);
    let row = |values: &str| [format!("c/o/r\tbob\t2020-03-01\t2020-03-08\t{}", values.replace(' ', "\t"))];
    assert_eq!(summed(day), row("5 2 1 5.0 1 0 2"));
    assert_eq!(summed("c/o/r\tbob\t2020-03-07\tdiscussion\td\tanything\t4\n"), row("0 0 0 inf 0 4 1"));
    // An unknown kind of thing makes the day an active one.
    let unknown = "c/o/r\tbob\t2020-03-03\tpoll\tx\tanswered\t1\n";
    assert_eq!(summed(&format!("{day}{unknown}")), row("5 2 1 5.0 1 0 3"));
    let mut run = tables(&[("module_engagement", unknown)]);
    run.run("summary", &["module_engagement"], &WEEK, "made", super::small_tables::Order::Ascending);
    assert_eq!(counted(&run.counters, "Unknown Entity Type"), 1);
    // Which days count is decided by the partitions that are read.
    let elsewhere = "c/o/r\tbob\t2020-03-08\tvideo\tv1\tviewed\t1\nc/o/r\tbob\t2020-02-03\tvideo\tv2\tviewed\t1\n";
    assert_eq!(summed(&format!("{day}{elsewhere}")), row("5 2 1 5.0 2 0 4"));
    for wrong in ["c/o/r\tbob\t2020-03-03\tvideo\tv\tviewed", "c/o/r\tbob\t2020-03-03\tvideo\tv\tviewed\tx"] {
        assert!(mapped("summary", &WEEK, wrong).is_err(), "{wrong}");
    }
}

/// Summary rows of learners in one course.
fn learners(rows: &[&str]) -> String {
    let line = |(number, row): (usize, &&str)| format!("c\tu{number}\t2020-03-01\t2020-03-08\t{}\t1\n", row.replace(' ', "\t"));
    rows.iter().enumerate().map(line).collect()
}

#[test]
fn the_table_of_ranges() {
    let inf = "inf";
    for (values, expected) in [
        (vec!["5"; 6], &["low 0 5.0", "normal 5.0 inf"][..]),
        (vec!["0"; 3], &["normal 0.0 inf"]),
        (vec!["1", "0", "0", "0"], &["normal 0.0 0.5499999999999998", "high 0.5499999999999998 inf"]),
        (vec!["0", "3"], &["low 0 0.44999999999999996", "normal 0.44999999999999996 2.55", "high 2.55 inf"]),
        (vec!["1", "2", "3", inf, inf], &["low 0 1.6", "normal 1.6 inf", "high inf inf"]),
        (vec!["1", "2", "3", "4", "5", "6", "7", inf], &["low 0 2.05", "normal 2.05 6.95", "high 6.95 inf"]),
        (
            vec!["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"],
            &["low 0 2.3499999999999996", "normal 2.3499999999999996 8.649999999999999", "high 8.649999999999999 inf"],
        ),
        (vec![inf], &["low 0 inf", "normal inf inf"]),
        (vec!["1", inf, inf, inf], &["low 0 inf", "normal inf inf"]),
    ] {
        let rows: Vec<_> = values.iter().map(|ratio| format!("1 1 1 {ratio} 0 0")).collect();
        let summary = learners(&rows.iter().map(String::as_str).collect::<Vec<_>>());
        let ranges = tables(&[(roster::SUMMARY, &summary)]).rows_of("metric-ranges", &[]);
        let of_ratio = ranges.iter().filter_map(|row| row.strip_prefix("c\t2020-03-01\t2020-03-08\tproblem_attempts_per_completed\t"));
        assert_eq!(of_ratio.map(|row| row.replace('\t', " ")).collect::<Vec<_>>(), expected, "{values:?}");
    }
    // Learners without attempts do not count for the ratio; without any value it has one range.
    let ranges = tables(&[(roster::SUMMARY, &learners(&["0 0 0 inf 2 0"]))]).rows_of("metric-ranges", &[]);
    assert!(ranges.contains(&"c\t2020-03-01\t2020-03-08\tproblem_attempts_per_completed\tnormal\t0\tinf".to_owned()), "{ranges:?}");
    assert_eq!(ranges.len(), 7);
    // A course in which nobody was active has none at all.
    let inactive = learners(&["1 1 1 1.0 1 1"]).replace("\t1\n", "\t0\n");
    let ranges = tables(&[(roster::SUMMARY, &inactive)]).rows_of("metric-ranges", &[]);
    assert_eq!(ranges, [""; 0]);
    for wrong in ["101", "-1", "nan", "x"] {
        let error = metric_ranges::JOB.reducer(&JobArguments::new([format!("--low-percentile={wrong}")])).err().unwrap();
        assert!(error.is::<clap::Error>() && error.to_string().contains("from 0 to 100"), "{error}");
    }
}

#[test]
fn the_example_of_segments() {
    // Attempts, attempted, completed, ratio, videos, posts.
    let summary = learners(&["4 2 2 2.0 1 0", "9 3 3 3.0 0 1", "5 1 1 5.0 3 0", "0 0 0 inf 1 0", "3 2 1 3.0 0 0"]);
    let ranges = tables(&[(roster::SUMMARY, &summary)]).rows_of("metric-ranges", &[]).join("\n");
    // A range of what is no metric decides nothing.
    let ranges = format!("{ranges}\nc\t2020-03-01\t2020-03-08\tdays_active\thigh\t1.0\tinf");
    for high in ["discussion_contributions\thigh\t0.3999999999999999", "problem_attempts_per_completed\thigh\t4.1"] {
        assert!(ranges.contains(high), "{ranges}");
    }
    let both = tables(&[(roster::SUMMARY, &summary), ("module_engagement_metric_ranges", &ranges)]);
    let row = |learner: &str, rest: &str| format!("c\t{learner}\t2020-03-01\t2020-03-08\t{}", rest.replace(' ', "\t"));
    let expected = [
        row("u1", "highly_engaged problems_attempted,problems_completed,discussion_contributions"),
        row("u2", "highly_engaged videos_viewed"),
        row("u2", "struggling problem_attempts_per_completed"),
        row("u3", "struggling problem_attempts_per_completed"),
    ];
    assert_eq!(both.rows_of("user-segments", &[]), expected);
    // Two summaries of one learner cannot both be right.
    let twice = tables(&[(roster::SUMMARY, &format!("{summary}{summary}")), ("module_engagement_metric_ranges", "")]);
    let panic = std::panic::catch_unwind(|| twice.rows_of("user-segments", &[])).unwrap_err();
    assert!(panic.downcast_ref::<String>().unwrap().contains("has two summaries"));
}

#[test]
fn sums_beyond_64_bits_are_none() {
    let most = i64::MAX;
    let rows = |job: &str, records: [String; 2]| {
        let mut reducer =
            job_named(JOBS, job).unwrap().reducer(&JobArguments::new(if job == "summary" { &WEEK[..] } else { &[] }.iter().copied()))?;
        let (mut rows, mut counters) = (Vec::<Vec<u8>>::new(), Counters::default());
        let mut lines = Lines::new(records.map(String::into_bytes).to_vec());
        run_reducer(reducer.as_mut(), &mut lines, 2, &mut Output::new(&mut rows, &mut counters)).map(|()| rows.len())
    };
    for kind in ["problem\tattempted", "discussion\tcontributed"] {
        let records = |last: i64| [(2, most), (3, last)].map(|(day, count)| format!("c/o/r\tbob\t{kind}\tp\t2020-03-0{day}\t{count}"));
        assert_eq!(rows("summary", records(0)).unwrap(), 1);
        let error = format!("{:#}", rows("summary", records(1)).unwrap_err());
        assert!(error.contains("The numbers of \"c/o/r\\tbob\" add up to more than 64 bits hold."), "{error}");
    }
    let counts = [most, 1].map(|count| format!("c/o/r\tproblems_attempted\t0\t\t{count}\t2020-03-01\t2020-03-08"));
    assert!(format!("{:#}", rows("metric-ranges", counts).unwrap_err()).contains("more than 64 bits hold"));
}

//! What counts as a hole, and what is made anew.

use super::*;
use crate::tasks::log_days::Around;
use crate::warehouse::awaited::Awaited;

fn day(text: &str) -> NaiveDate {
    format!("2014-05-{text}").parse().unwrap()
}

fn days(texts: &str) -> BTreeSet<NaiveDate> {
    texts.split_whitespace().map(day).collect()
}

/// Numbers of the days.
fn shown(days: &[NaiveDate]) -> String {
    days.iter().map(|day| day.format("%d").to_string()).collect::<Vec<_>>().join(" ")
}

fn there(days: BTreeSet<NaiveDate>, awaited: &[&str]) -> DaysThere {
    let awaited = Awaited::from(awaited.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
    DaysThere { days, awaited, ..DaysThere::default() }
}

/// Holes, empty days before the first log, and days without log, of a May from the 1st to the 23rd with a window of three days.
fn found(made: &str, logs: &str, expand_days: u64) -> (String, String, String) {
    let logs = LogDays { dated: days(logs), undated: false, ..LogDays::default() };
    let history = History {
        interval: "2014-05-01-2014-05-23".parse().unwrap(),
        window: "2014-05-20-2014-05-23".parse().unwrap(),
        made: &there(days(made), &[]),
        logs: &logs,
        expand_days,
        again: 0,
    };
    let holes = history.holes();
    (shown(&holes.days), shown(&holes.before_logs), shown(&holes.without_logs))
}

fn holes(days: &str, before: &str, without: &str) -> (String, String, String) {
    (days.to_owned(), before.to_owned(), without.to_owned())
}

const ALL: &str = "01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22";

#[test]
fn a_pause_is_a_hole_up_to_the_window() {
    let made = "01 02 03 04 05 06 07 08 09 10 11 12 13";
    assert_eq!(found(made, ALL, 0), holes("14 15 16 17 18 19", "", ""));
    assert_eq!(found(ALL, ALL, 0), holes("", "", ""));
}

#[test]
fn an_interval_may_begin_before_the_site() {
    assert_eq!(found("", "17 18 19 20 21 22", 0), holes("17 18 19", "", ""));
    // A file may hold what happened before its day; such days are made, too.
    assert_eq!(found("", "17 18 19 20 21 22", 2), holes("15 16 17 18 19", "15 16", ""));
    assert_eq!(found("", "21 22", 0), holes("", "", ""));
    assert_eq!(found("", "", 2), holes("", "", ""));
}

#[test]
fn days_without_logs_are_empty_and_in_the_middle_a_warning() {
    assert_eq!(found("", "14 15 18 19 20", 0), holes("14 15 16 17 18 19", "", "16 17"));
    // Old logs were cleared away: the history goes further back than they do.
    assert_eq!(found("10 11 13 14 15", "15 16 17 18 19", 0), holes("12 16 17 18 19", "12", ""));
    let logs = LogDays { dated: days("15"), undated: false, ..LogDays::default() };
    let made = DaysThere::default();
    let (interval, window) = ("2014-05-01-2014-05-23".parse().unwrap(), "2014-05-23-2014-05-23".parse().unwrap());
    let all = History { interval, window, made: &made, logs: &logs, expand_days: 1, again: 0 }.holes();
    let notices = all.notices("last_ip_of_user_id");
    assert!(notices[0].text().contains("1 day lies before the first log file and counts as empty: 2014-05-14."), "{notices:?}");
    assert!(notices[1].warning_text().unwrap().contains("7 days"), "{notices:?}");
}

#[test]
fn without_dates_in_names_any_day_may_have_events() {
    let logs = LogDays { dated: BTreeSet::new(), undated: true, ..LogDays::default() };
    let (interval, window) = ("2014-05-01-2014-05-06".parse().unwrap(), "2014-05-05-2014-05-06".parse().unwrap());
    let made = there(days("02"), &[]);
    let history = History { interval, window, made: &made, logs: &logs, expand_days: 2, again: 0 };
    let found = history.holes();
    assert_eq!((shown(&found.days), found.notices("t").len()), ("01 03 04".to_owned(), 0));
    assert_eq!(intervals(&found), ["01-02", "03-05"]);
    assert_eq!(intervals(&History { again: 2, ..history }.holes()), ["01-05"]);
}

#[test]
fn a_larger_window_adds_days_that_logs_can_tell_of() {
    let not_made = |made: &str, logs: &str, window: &str| {
        let logs = LogDays { dated: days(logs), undated: false, ..LogDays::default() };
        let (interval, window) = ("2014-05-01-2014-05-23".parse().unwrap(), window.parse().unwrap());
        let made = there(days(made), &[]);
        let (missing, others) = History { interval, window, made: &made, logs: &logs, expand_days: 1, again: 0 }.window_not_made();
        (shown(&missing), shown(&others))
    };
    let some = |missing: &str, others: &str| (missing.to_owned(), others.to_owned());
    assert_eq!(not_made("20 21 22", ALL, "2014-05-20-2014-05-23"), some("", ""));
    assert_eq!(not_made("20 21 22", ALL, "2014-05-17-2014-05-23"), some("17 18 19", ""));
    // Days before the site, and days whose logs are nowhere.
    assert_eq!(not_made("20 21 22", "19 20 21 22", "2014-05-15-2014-05-23"), some("18 19", ""));
    assert_eq!(not_made("10 20 21 22", "20 21 22", "2014-05-17-2014-05-23"), some("19", "17 18"));
    assert_eq!(not_made("", "", "2014-05-17-2014-05-23"), some("", ""));
}

fn intervals(holes: &Holes) -> Vec<String> {
    holes.intervals().iter().map(|days| format!("{}-{}", days.start().format("%d"), days.end().format("%d"))).collect()
}

#[test]
fn days_whose_logs_came_later_are_made_anew_and_the_window_tells_what_it_lacks() {
    let logs = LogDays { dated: days("08 09 10 11 12 13 16 17 21"), undated: false, ..LogDays::default() };
    let (interval, window) = ("2014-05-01-2014-05-23".parse().unwrap(), "2014-05-20-2014-05-23".parse().unwrap());
    let awaited = ["2014-05-08=2014-05-07,2014-05-09", "2014-05-13=2014-05-13", "2014-05-19=2014-05-19,2014-05-20"];
    let made = there(days("08 09 10 11 12 13 14 15 16 17 19 20"), &awaited);
    let history = History { interval, window, made: &made, logs: &logs, expand_days: 1, again: 2 };
    let holes = history.holes();
    let told = (shown(&holes.days), shown(&holes.late), shown(&holes.window_without_logs), shown(&holes.again));
    // The logs of the 15th were cleared away: the 16th would lose what it has.
    assert_eq!(told, ("07 18".to_owned(), "08 13".to_owned(), "20 22".to_owned(), "17".to_owned()));
    assert_eq!(intervals(&holes), ["07-09", "13-14", "17-19"]);
    let notices = holes.notices("t");
    assert!(notices[0].text().starts_with("t: 2 days were made before log files of theirs came"), "{notices:?}");
    assert!(notices.last().unwrap().warning_text().unwrap().starts_with("2 of the last days have no log file, and"), "{notices:?}");

    let logs = LogDays { dated: days("12 13 14 15 16 17 18 19 20 21 22"), undated: false, ..LogDays::default() };
    let made = there(days(ALL), &["2014-05-12=2014-05-13", "2014-05-14=2014-05-14"]);
    let holes = History { made: &made, logs: &logs, ..history }.holes();
    assert_eq!((shown(&holes.late), shown(&holes.stuck)), ("14".to_owned(), "12".to_owned()));
    assert!(holes.notices("t")[1].text().contains("stays as it is"), "{:?}", holes.notices("t"));
    // With a log of its own a day gains more than it loses.
    let made = there(days(ALL), &["2014-05-12=2014-05-12", "2014-05-14=2014-05-14"]);
    let holes = History { made: &made, logs: &logs, ..history }.holes();
    assert_eq!((shown(&holes.late), shown(&holes.stuck)), ("12 14".to_owned(), String::new()));
}

#[test]
fn who_fills_is_told_of_days_that_are_there_and_who_is_due_of_the_window() {
    let told = |fills, is_complete| {
        let holes = Holes {
            days: vec![day("01")],
            late: vec![day("02")],
            interrupted: vec![day("03")],
            stuck: vec![day("04"), day("05")],
            window_without_logs: vec![day("20")],
            losing: vec![day("21")],
            ..Holes::default()
        };
        let told = holes.told(day("05"), fills, is_complete);
        [told.days, told.late, told.interrupted, told.stuck, told.window_without_logs, told.losing].map(|days| shown(&days)).join("|")
    };
    assert_eq!(told(true, false), "01|02|03|05|20|21");
    assert_eq!(told(true, true), "01|02|03|05||");
    assert_eq!(told(false, false), "01|||05||21");
    assert_eq!(told(false, true), "01|||05||");
}

#[test]
fn days_that_a_killed_run_was_about_to_replace_are_made_anew_if_their_logs_are_kept() {
    let logs = LogDays { dated: days("08 09 10 11 12 13 16 17 18 19 20 21 22"), undated: false, ..LogDays::default() };
    let interrupted = days("10 11 12 16 20 21");
    let made = DaysThere { interrupted, ..there(days(ALL), &["2014-05-11=2014-05-12", "2014-05-21=2014-05-22"]) };
    let (interval, window) = ("2014-05-01-2014-05-23".parse().unwrap(), "2014-05-20-2014-05-23".parse().unwrap());
    let history = History { interval, window, made: &made, logs: &logs, expand_days: 1, again: 0 };
    let holes = history.holes();
    // The logs of the 15th were cleared away; the 11th also waits for one that came.
    assert_eq!((shown(&holes.interrupted), shown(&holes.late), shown(&holes.stuck)), ("10 12".to_owned(), "11".to_owned(), String::new()));
    assert_eq!(intervals(&holes), ["10-13"]);
    assert!(holes.notices("t")[1].text().starts_with("t: 2 days were being replaced when a run was killed"), "{:?}", holes.notices("t"));

    let (late, interrupted) = history.window_to_redo();
    assert_eq!((shown(&late), shown(&interrupted), history.kept_window().1.is_empty()), ("21".to_owned(), "20".to_owned(), true));
    let logs = LogDays { dated: days("20 21 22"), undated: false, ..LogDays::default() };
    assert!(!History { logs: &logs, ..history }.kept_window().1.is_empty());
}

#[test]
fn a_second_file_of_a_day_that_had_one_is_late_where_the_days_are_recorded() {
    let dated = |several: &str, single: &str| {
        let numbers = |text, number| days(text).into_iter().map(move |day| (day, number));
        LogDays::new(numbers(single, 1).chain(numbers(several, 2)).collect(), false)
    };
    let found = |logs: &LogDays, recorded: &str, awaited: &[&str]| {
        let mut made = DaysThere { recorded: days(recorded), ..there(days(ALL), awaited) };
        logs.add_single_files(&mut made.awaited, &made.recorded, Around::within(1, 1));
        let (interval, window) = ("2014-05-01-2014-05-23".parse().unwrap(), "2014-05-20-2014-05-23".parse().unwrap());
        let history = History { interval, window, made: &made, logs, expand_days: 1, again: 1 };
        let holes = history.holes();
        (shown(&holes.late), shown(&holes.stuck), shown(&history.window_to_redo().0))
    };
    let told = |late: &str, stuck: &str, window: &str| (late.to_owned(), stuck.to_owned(), window.to_owned());
    let others = "10 11 13 14 15 16 17 18 19 20 22";
    let logs = dated("12 21", others);
    // Around each day are the files of one before it and one behind it.
    assert_eq!(found(&logs, ALL, &[]), told("11 12 13", "", "20 21 22"));
    // Days of other hands wait for nothing.
    assert_eq!(found(&logs, "12 21", &[]), told("12", "", "21"));
    assert_eq!(found(&logs, "", &[]), told("", "", ""));
    // What was counted counts: both were there for the 12th, and the file of the 13th came afterwards.
    let counted = ["2014-05-12=2014-05-11:1,2014-05-12:2,2014-05-13", "2014-05-13=2014-05-12:2,2014-05-13:1,2014-05-14:1"];
    assert_eq!(found(&logs, "11 12 13", &counted), told("11 12", "", ""));
    // Where no day has several files, none came beside another.
    assert_eq!(found(&dated("", others), ALL, &[]), told("", "", ""));
    // The file of the 11th was cleared away: the 12th gains by its own, the 13th still has all of its files, the 11th has lost its own.
    assert_eq!(found(&dated("12 21", "13 14 15 16 17 18 19 20 22"), ALL, &[]), told("12 13", "11", "20 21 22"));
    // A name without a date may be of any day.
    let any = LogDays { undated: true, ..logs };
    assert_eq!(found(&any, ALL, &[]), told("", "", ""));
}

#[test]
fn a_window_leaves_out_days_that_would_lose_what_they_have() {
    let kept = |made: &str, logs: &str, awaited: &[&str]| {
        let logs = LogDays { dated: days(logs), undated: false, ..LogDays::default() };
        let made = there(days(made), awaited);
        let (interval, window) = ("2014-05-01-2014-05-23".parse().unwrap(), "2014-05-18-2014-05-23".parse().unwrap());
        let (window, losing) = History { interval, window, made: &made, logs: &logs, expand_days: 1, again: 0 }.kept_window();
        (window.days().map(|day| day.format("%d ").to_string()).collect::<String>(), shown(&losing))
    };
    let found = |window: &str, losing: &str| (window.to_owned(), losing.to_owned());
    assert_eq!(kept(ALL, ALL, &[]), found("18 19 20 21 22 ", ""));
    assert_eq!(kept("18 19 20 21", "20 21 22", &[]), found("21 22 ", "18 19 20"));
    assert_eq!(kept("18 20", "19 20 21 22", &[]), found("19 20 21 22 ", "18"), "a day that is not there loses nothing");
    assert_eq!(kept("18 19", "19 20", &["2014-05-18=2014-05-17,2014-05-18", "2014-05-19=2014-05-18"]), found("18 19 20 21 22 ", ""));
    assert_eq!(kept(ALL, "", &[]), found("", "18 19 20 21 22"));
}

//! Jobs in one scan: a failure of one leaves other days of its table whole, and each counts as if it were alone.

use std::sync::LazyLock;

use anyhow::bail;

use super::*;
use crate::engine::JobOutput;
use crate::engine::submission::Submission;
use crate::storage::{Entry, Location, read_to_string, store_for, write_bytes};
use crate::streaming::log_mapper::SeenLine;
use crate::streaming::{AnyJob, EventFilter, EventTypes, Job, Keys, LogMapper, Mapper, NoOptions, TypeFinder};
use crate::warehouse::RunId;
use crate::warehouse::lock::OutputLock;
use crate::warehouse::marker::has_marker;

const KEYS: Keys = Keys::of(1, 1);
const SOUND: Job<NoOptions> = Job::over_rows("trial", "sound", "Counts rows of a day", |_, _| Ok(Box::new(Rows)))
    .summed(KEYS, |_, key, sums, output| output.day_row("t_", key.line()).integers(sums).end())
    .into_files();
const FAILING: Job<NoOptions> = Job::over_rows("trial", "failing", "Fails behind its first row", |_, _| Ok(Box::new(Rows)))
    .summed(KEYS, |_, key, _, output| {
        output.day_row("t_", key.line()).integer(0).end()?;
        bail!("It was to fail.")
    })
    .into_files();
/// Names a file below its other file, which can only become known when that one is ended.
const UNENDING: Job<NoOptions> = Job::over_rows("trial", "unending", "Its part cannot be ended", |_, _| Ok(Box::new(Rows)))
    .summed(KEYS, |_, key, _, output| {
        let day = std::str::from_utf8(key.line())?;
        let file = format!("dt={day}/t_{day}");
        output.row().text(&file).text("0").end()?;
        output.row().text(&format!("{file}/below")).text("0").end()
    })
    .into_files();

struct Rows;

impl Mapper for Rows {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        output.record().bytes(line).text("1").end()
    }
}

#[test]
fn a_job_that_fails_leaves_the_other_days_of_its_table_whole() {
    let failures = [(&FAILING, "It was to fail.", 2), (&UNENDING, "Cannot finish", 2), (&UNENDING, "Cannot finish", 1)];
    for (failing, (job, said, reducers)) in (0..4).flat_map(|number| failures.map(|failure| (number, failure))) {
        let directory = tempfile::tempdir().unwrap();
        let root = Location::from_path(directory.path()).unwrap().directory_form();
        let (table, days) = (root.join("t/"), [1, 2, 3, 4].map(|day| format!("2014-05-0{day}")));
        for day in &days {
            write_bytes(&root.join(day), format!("{day}\n{day}\n").as_bytes()).unwrap();
            write_bytes(&table.join(&format!("dt={day}/t_{day}")), b"old\n").unwrap();
        }
        let first = OutputLock::acquire(&table, &RunId::generate(), "test").unwrap();
        let locks: Vec<_> = (0..4).map(|_| [first.share()]).collect();
        let marker = |number: usize| root.join(&format!("marker/{number}/"));
        let run = |number: usize| JobRun {
            job: if number == failing { job as &'static dyn AnyJob } else { &SOUND },
            options: Vec::new(),
            inputs: vec![Entry { location: root.join(&days[number]), size: 22 }],
            output: JobOutput::Days {
                root: table.clone(),
                days: days[number].parse().unwrap(),
                file_stem: "t_".to_owned(),
                marker: marker(number),
            },
            reducers,
            submission: Submission::default(),
            locks: &locks[number],
            kept: None,
        };
        let runs: Vec<_> = (0..4).map(run).collect();
        let reports =
            run_shared(&runs, &RunnerOptions { threads: 2, temporary: directory.path().to_owned(), ..RunnerOptions::default() }).unwrap();
        let failed: Vec<_> = reports.iter().map(Result::is_err).collect();
        assert_eq!(failed, (0..4).map(|number| number == failing).collect::<Vec<_>>());
        let text = reports[failing].as_ref().unwrap_err();
        assert!(format!("{text:#}").contains(said), "{text:#}");
        assert!(text.to_string().contains(" failed in reducer "), "{text:#}");
        for number in (0..4).filter(|number| *number != failing) {
            assert!(has_marker(&marker(number)).unwrap(), "{number}");
        }
        assert!(!has_marker(&marker(failing)).unwrap());
        for (number, day) in days.iter().enumerate() {
            let expected = if number == failing { "old\n" } else { "2\n" };
            assert_eq!(read_to_string(&table.join(&format!("dt={day}/t_{day}"))).unwrap(), expected, "{day}");
        }
        let children = store_for(&table).unwrap().children(&table).unwrap();
        assert!(children.iter().all(|child| !child.name.starts_with(".files") && !child.name.starts_with(".dir")), "{children:?}");
    }
}

static PLAYED: LazyLock<EventFilter> = LazyLock::new(|| {
    EventFilter::new(TypeFinder::however_written(&[EventTypes::beginning("play_video")]), |event_type| event_type == "play_video")
});

/// Writes the day of events of a type, or of all.
struct Days(Option<&'static EventFilter>);

impl LogMapper for Days {
    fn filter(&self) -> Option<&EventFilter> {
        self.0
    }

    fn map_line(&mut self, line: &SeenLine<'_>, output: &mut Output<'_>) -> Result<()> {
        output.count("Trial", "Seen");
        let SeenLine::Dated(event, time) = line else { return Ok(()) };
        if self.0.is_some() && !event.is("event_type", "play_video") {
            return Ok(());
        }
        output.record().text(time.date()).text("1").end()
    }
}

const OF_PLAYED: Job<NoOptions> =
    Job::over_logs("trial", "played", "Counts videos that were played", |_, _| Ok(Box::new(Days(Some(&PLAYED)))))
        .summed(KEYS, |_, key, sums, output| output.row().raw(key.line()).integers(sums).end());
const OF_ALL: Job<NoOptions> = Job::over_logs("trial", "all", "Counts events", |_, _| Ok(Box::new(Days(None))))
    .summed(KEYS, |_, key, sums, output| output.row().raw(key.line()).integers(sums).end());

#[test]
fn jobs_that_look_for_the_same_count_as_if_each_were_alone() {
    let directory = tempfile::tempdir().unwrap();
    let root = Location::from_path(directory.path()).unwrap().directory_form();
    let (log, other) = (root.join("tracking.log"), root.join("other.log"));
    let line = |number: usize| {
        let kind = if number.is_multiple_of(7) { "play_video" } else { "page_close" };
        format!(
            "{{\"event_type\": \"{kind}\", \"time\": \"2014-05-0{}T10:00:00+00:00\", \"event\": \"{}\"}}\n",
            number % 3 + 1,
            "x".repeat(300)
        )
    };
    // Long enough for pieces that another worker maps.
    let text: String = (0..9_000).map(line).collect();
    write_bytes(&log, text.as_bytes()).unwrap();
    write_bytes(&other, (0..10).map(line).collect::<String>().as_bytes()).unwrap();
    let inputs = [log, other].map(|location| Entry { size: std::fs::metadata(location.as_local_path().unwrap()).unwrap().len(), location });
    let run = |jobs: &[&'static dyn AnyJob], name: &str, threads: usize| {
        let place = |number: usize| root.join(&format!("{name}/{number}/"));
        let locks: Vec<_> =
            (0..jobs.len()).map(|number| [OutputLock::acquire(&place(number), &RunId::generate(), "test").unwrap()]).collect();
        let runs: Vec<_> = jobs
            .iter()
            .enumerate()
            .map(|(number, job)| JobRun {
                job: *job,
                options: Vec::new(),
                inputs: inputs.to_vec(),
                output: JobOutput::Directory(place(number)),
                reducers: 1,
                submission: Submission::default(),
                locks: &locks[number],
                kept: None,
            })
            .collect();
        let temporary = directory.path().to_owned();
        let reports = run_shared(&runs, &RunnerOptions { threads, temporary, ..RunnerOptions::default() }).unwrap();
        let reports = reports.into_iter().enumerate().map(|(number, report)| {
            let report = report.unwrap();
            let rows = read_to_string(&place(number).join("part-00000")).unwrap();
            (rows, report.lines, report.counters)
        });
        reports.collect::<Vec<_>>()
    };
    let played = run(&[&OF_PLAYED], "played", 1).remove(0);
    let all = run(&[&OF_ALL], "all", 1).remove(0);
    assert_eq!((played.1, played.2.get("Trial", "Seen"), played.2.get("Event", "Skipped Unparsed")), (9_010, 1_288, 7_722));
    assert_eq!(all.2.get("Trial", "Seen"), 9_010);
    for threads in [1, 2] {
        let name = |jobs: &str| format!("{jobs}-{threads}");
        assert_eq!(run(&[&OF_PLAYED, &OF_PLAYED, &OF_PLAYED], &name("three"), threads), [&played, &played, &played].map(Clone::clone));
        assert_eq!(run(&[&OF_PLAYED, &OF_ALL, &OF_PLAYED], &name("both"), threads), [&played, &all, &played].map(Clone::clone));
    }
}

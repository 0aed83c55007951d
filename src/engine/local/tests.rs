//! Jobs of one table in one scan: a failure of one leaves the others whole.
use anyhow::bail;

use super::*;
use crate::engine::JobOutput;
use crate::engine::submission::Submission;
use crate::storage::{Entry, Location, read_to_string, store_for, write_bytes};
use crate::streaming::{AnyJob, Job, Keys, Mapper, NoOptions};
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

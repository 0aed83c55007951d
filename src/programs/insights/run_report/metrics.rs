//! `--metrics`: the run in the text format of Prometheus, for the textfile collector of `node_exporter`.

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::DateTime;

use super::document::{Outcome, RunSummary, TaskSummary};

const LAST_SUCCESS: &str = "insights_task_last_success_timestamp_seconds";
const LAST_RUN_SUCCESS: &str = "insights_run_last_success_timestamp_seconds";

/// A figure of each task.
type Figure = (&'static str, &'static str, fn(&TaskSummary) -> f64);

#[allow(clippy::cast_precision_loss, reason = "Prometheus has floating-point numbers only")]
const FIGURES: &[Figure] = &[
    ("insights_task_duration_seconds", "Seconds that the task took in its last run.", |task| task.seconds),
    ("insights_task_rows_in", "Lines that the task read in its last run.", |task| task.rows_in as f64),
    ("insights_task_rows_out", "Rows that the task put into its tables in its last run.", |task| task.rows_out as f64),
    ("insights_task_discarded_lines", "Lines and events that the task discarded in its last run.", |task| task.discarded_lines as f64),
    ("insights_task_discarded_rows", "Rows that tables of the task could not hold in its last run.", |task| task.discarded_rows as f64),
    ("insights_task_days_missing", "Days of the task's history that are missing.", |task| task.missing_days.len() as f64),
    ("insights_task_exit_code", "0 if the last run of the task succeeded, else its exit code.", |task| f64::from(task.exit_code)),
];

/// The text; `before` is that of the last run, whose figures stay of tasks and commands that did not run now, and whose times of success stay
/// where this run has none. `whole` is what a success is one of.
pub(super) fn text(summary: &RunSummary, whole: &str, before: &str) -> String {
    let ended = DateTime::parse_from_rfc3339(&summary.ended).map_or(0, |time| time.timestamp());
    let mut text = String::new();
    let mut successes = values(before, LAST_SUCCESS);
    let successful = summary.tasks.iter().filter(|task| !matches!(task.result, Outcome::Failed | Outcome::Skipped));
    successes.extend(successful.map(|task| (labels("task", &task.task), ended.to_string())));
    add(&mut text, LAST_SUCCESS, "When the task last succeeded.", successes);
    let taking_part = || summary.tasks.iter().filter(|task| task.result != Outcome::Skipped);
    for (name, help, figure) in FIGURES {
        let mut figures = values(before, name);
        figures.extend(taking_part().map(|task| (labels("task", &task.task), figure(task).to_string())));
        add(&mut text, name, help, figures);
    }
    let run = labels("command", &summary.command);
    let mut successes = values(before, LAST_RUN_SUCCESS);
    if summary.exit_code == 0 {
        successes.insert(labels("command", whole), ended.to_string());
    }
    add(&mut text, LAST_RUN_SUCCESS, "When a run of the command last succeeded.", successes);
    for (name, help, value) in [
        ("insights_run_timestamp_seconds", "When the last run of the command ended.", ended.to_string()),
        ("insights_run_duration_seconds", "Seconds that the last run of the command took.", summary.seconds.to_string()),
        ("insights_run_exit_code", "Exit code of the last run of the command.", summary.exit_code.to_string()),
    ] {
        let mut figures = values(before, name);
        figures.insert(run.clone(), value);
        add(&mut text, name, help, figures);
    }
    text
}

fn add(text: &mut String, name: &str, help: &str, values: impl IntoIterator<Item = (String, String)>) {
    let mut values = values.into_iter().peekable();
    if values.peek().is_none() {
        return;
    }
    // Writing to a string cannot fail.
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
    for (labels, value) in values {
        let _ = writeln!(text, "{name}{labels} {value}");
    }
}

fn labels(name: &str, value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("{{{name}=\"{value}\"}}")
}

/// The values of a metric by their labels.
fn values(text: &str, name: &str) -> BTreeMap<String, String> {
    let value = |line: &str| {
        let (labels, value) = line.strip_prefix(name)?.rsplit_once(' ')?;
        value.parse::<f64>().ok()?;
        (labels.starts_with('{') && labels.ends_with('}')).then(|| (labels.to_owned(), value.to_owned()))
    };
    text.lines().filter_map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(ended: &str, tasks: &[(&str, Outcome)]) -> RunSummary {
        let tasks = tasks.iter().map(|(task, result)| TaskSummary {
            task: (*task).to_owned(),
            result: *result,
            exit_code: if *result == Outcome::Failed { 30 } else { 0 },
            ..TaskSummary::default()
        });
        let tasks: Vec<_> = tasks.collect();
        let exit_code = tasks.iter().map(|task| task.exit_code).max().unwrap_or(0);
        RunSummary { command: "daily".to_owned(), ended: ended.to_owned(), exit_code, tasks, ..RunSummary::default() }
    }

    #[test]
    fn a_failed_run_keeps_the_last_success() {
        let first = text(&run("1970-01-01T00:01:40Z", &[("A", Outcome::Done), ("B", Outcome::UpToDate)]), "daily", "");
        assert!(first.contains("insights_task_last_success_timestamp_seconds{task=\"A\"} 100\n"), "{first}");
        let second = text(&run("1970-01-01T00:03:20Z", &[("A", Outcome::Failed), ("C", Outcome::Skipped)]), "daily", &first);
        for expected in [
            "insights_task_last_success_timestamp_seconds{task=\"A\"} 100\n",
            "insights_task_last_success_timestamp_seconds{task=\"B\"} 100\n",
            "insights_task_exit_code{task=\"A\"} 30\n",
            "insights_run_last_success_timestamp_seconds{command=\"daily\"} 100\n",
            "insights_run_timestamp_seconds{command=\"daily\"} 200\n",
        ] {
            assert!(second.contains(expected), "{expected} is not in {second}");
        }
        assert!(!second.contains("task=\"C\""), "{second}");
        // Each metric is declared once, before its values.
        let declared: Vec<_> = second.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
        assert_eq!(declared.iter().collect::<std::collections::BTreeSet<_>>().len(), declared.len());
        assert!(text(&run("x", &[]), "daily", "insights_task_last_success_timestamp_seconds torn").contains("insights_run_exit_code"));
    }

    #[test]
    fn figures_of_other_tasks_and_commands_stay() {
        let night = text(&run("1970-01-01T00:01:40Z", &[("A", Outcome::Failed), ("B", Outcome::Done)]), "daily", "");
        let part = text(&run("1970-01-01T00:03:20Z", &[("B", Outcome::Done)]), "daily --only", &night);
        for expected in [
            "insights_task_exit_code{task=\"A\"} 30\n",
            "insights_task_exit_code{task=\"B\"} 0\n",
            "insights_task_days_missing{task=\"A\"} 0\n",
            "insights_task_last_success_timestamp_seconds{task=\"B\"} 200\n",
            "insights_run_exit_code{command=\"daily\"} 0\n",
            "insights_run_last_success_timestamp_seconds{command=\"daily --only\"} 200\n",
        ] {
            assert!(part.contains(expected), "{expected} is not in {part}");
        }
        assert!(!part.contains("insights_run_last_success_timestamp_seconds{command=\"daily\"}"), "{part}");
        let backfill = RunSummary { command: "backfill".to_owned(), exit_code: 20, ..run("1970-01-01T00:05:00Z", &[]) };
        let both = text(&backfill, "backfill", &part);
        for expected in ["insights_run_timestamp_seconds{command=\"daily\"} 200\n", "insights_run_exit_code{command=\"backfill\"} 20\n"] {
            assert!(both.contains(expected), "{expected} is not in {both}");
        }
    }
}

//! Why a job failed on a cluster: the last words of the task itself, the cause they point to, and how to see it fail here.

use std::fmt;
use std::path::{Path, PathBuf};

use super::client::Finished;
use super::reproduction::Reproduction;
use super::task_log::{SHOWN_LINES, TaskLog};
use crate::engine::cluster::Cluster;
use crate::engine::job_run::JobRun;

/// Signs in what a cluster says, and what they mean. The first that is found counts.
const CAUSES: &[(&[&str], &str)] = &[
    (
        &["error while loading shared libraries", "subprocess failed with code 127", "GLIBC_"],
        "A library that the program needs is missing on the node. Install it there, or ship static binaries (set binaries in [hadoop]).",
    ),
    (
        &[
            "running beyond physical memory",
            "running beyond virtual memory",
            "'PHYSICAL' memory limit",
            "'VIRTUAL' memory limit",
            "OutOfMemoryError",
            "Java heap space",
            "Exit code is 137",
            "failed with code 137",
            "memory allocation of",
        ],
        "The task ran out of memory. Raise mapreduce.map.memory.mb or mapreduce.reduce.memory.mb in [job-conf], and the heap in mapreduce.map.java.opts or mapreduce.reduce.java.opts.",
    ),
    (
        &[
            "Cannot read the input file",
            "Cannot open the input file",
            "does not exist any more",
            "it has been removed or renamed since",
            // What mappers say that open their files themselves.
            " is cut off: ",
            "reading stopped at compressed byte",
            " cannot be read beyond byte ",
        ],
        "An input file is damaged or gone; the line above names it. Replace or remove it.",
    ),
    (
        &["Exec format error", "error=8", "subprocess failed with code 126"],
        "The shipped programs are for another kind of processor or system. Set binaries in [hadoop] to those for the cluster's nodes.",
    ),
    (
        &["ClassNotFoundException", "NoClassDefFoundError", "ClassNotFound"],
        "A class is missing on the cluster. Check insights-jar in [hadoop], and --lib-jar.",
    ),
    (&["not found : class", ": class not found"], "A class is missing. Check insights-jar and streaming-jar in [hadoop], and --lib-jar."),
    (&["submitted by user", "to unknown queue"], "The queue does not exist or refuses the job. Check --pool, or pool in [hadoop]."),
];

/// What is known of a failed job.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    job: String,
    place: String,
    words: Vec<String>,
    cause: Option<&'static str>,
    reproduce: String,
    log: PathBuf,
}

impl Failure {
    /// Looks for the cause: in what the client said, then in the log of the last attempt that failed.
    pub(crate) fn find(cluster: &Cluster, run: &JobRun<'_>, finished: &Finished, log: &Path) -> Self {
        let on_cluster = finished.job_id.as_deref().filter(|job| !job.contains("_local"));
        let task_log = match on_cluster {
            Some(job) => TaskLog::ask(cluster, &job.replacen("job_", "application_", 1)),
            None => TaskLog::of_client(&finished.plain, &std::fs::read_to_string(log).unwrap_or_default()),
        };
        let attempt = task_log.attempt.clone().or_else(|| finished.failures.last().cloned());
        let java = attempt.as_ref().map(|attempt| attempt.said.clone()).unwrap_or_default();
        let mut words = last(&task_log.errors, SHOWN_LINES);
        if words.is_empty() || !words.iter().any(|line| line.starts_with(run.name())) {
            let known: Vec<_> = java.iter().filter(|line| !words.contains(line)).cloned().collect();
            words.splice(0..0, known.into_iter().take(SHOWN_LINES));
        }
        if words.is_empty() {
            words = last_of_file(log);
        }
        let all = java.iter().chain(&task_log.errors).chain(&words);
        let all: String = all.flat_map(|line| [line.as_str(), "\n"]).collect();
        let cause = cause_of(&all);
        let place = match (&attempt, &finished.job_id) {
            (Some(attempt), _) => format!(" in {}", attempt.attempt),
            (None, Some(job)) => format!(" ({job})"),
            (None, None) => " before it was accepted".to_owned(),
        };
        let in_reducer = attempt.as_ref().is_some_and(|attempt| attempt.attempt.contains("_r_"));
        let reproduction = if in_reducer { Reproduction::of_job(run) } else { Reproduction::of_mapper(run, all.lines(), &task_log.split) };
        let reproduce = reproduction.command(&log.with_extension("inputs"));
        Self { job: run.name().to_owned(), place, words, cause, reproduce, log: log.to_owned() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "The job {} failed on the cluster{}.", self.job, self.place)?;
        self.words.iter().try_for_each(|line| writeln!(formatter, "    {line}"))?;
        if let Some(cause) = self.cause {
            writeln!(formatter, "{cause}")?;
        }
        writeln!(formatter, "To see it here: {}", self.reproduce)?;
        write!(formatter, "All that Hadoop said: {}", self.log.display())
    }
}

fn cause_of(text: &str) -> Option<&'static str> {
    CAUSES.iter().find(|(signs, _)| signs.iter().any(|sign| text.contains(sign))).map(|(_, cause)| *cause)
}

fn last(lines: &[String], count: usize) -> Vec<String> {
    lines.iter().skip(lines.len().saturating_sub(count)).cloned().collect()
}

/// The last lines of the client's log that are no frames of a stack.
fn last_of_file(log: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with("\tat ") && !line.starts_with("+ ")).map(str::to_owned).collect();
    last(&lines, SHOWN_LINES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes() {
        let memory = "is running 141578240B beyond the 'PHYSICAL' memory limit. Current usage: 391.0 MB of 256 MB physical memory used";
        assert!(cause_of(memory).unwrap().starts_with("The task ran out of memory"));
        let cut = "first-last: Reading hdfs://h/a.gz failed. hdfs://h/a.gz is cut off: its gzip data ends too early, at byte 7 (x). Copy it again.";
        let unsound = "hdfs://h/a.gz is not sound gzip data: reading stopped at compressed byte 7 (x).";
        for line in [cut, unsound, "hdfs://h/a.gz cannot be read beyond byte 7: x."] {
            assert!(cause_of(line).unwrap().starts_with("An input file is damaged"), "{line}");
        }
        assert_eq!(cause_of("The mapper failed on line 7."), None);
    }
}

//! Why a job failed on a cluster: the last words of the task itself, the cause they point to, and how to see it fail here.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::client::{FailedAttempt, Finished};
use super::cluster::Cluster;
use crate::engine::job_run::JobRun;
use crate::engine::pipe::{quoted, reading};

/// Lines of a task's log that are shown.
const SHOWN_LINES: usize = 12;
/// Log aggregation takes a while after a job has ended.
const LOG_ATTEMPTS: u32 = 8;

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
        &["Cannot read the input file", "Cannot open the input file", "does not exist any more"],
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

/// What the master says of attempts that it has killed itself.
const KILLED: &[&str] = &["Container killed by the ApplicationMaster", "Task KILL", "TaskAttempt killed"];

/// What is known of a failed job.
#[derive(Clone, Debug)]
pub struct Failure {
    job: String,
    place: String,
    words: Vec<String>,
    cause: Option<&'static str>,
    reproduce: String,
    log: PathBuf,
}

impl Failure {
    /// Looks for the cause: in what the client said, then in the log of the last attempt that failed.
    pub fn find(cluster: &Cluster, run: &JobRun<'_>, finished: &Finished, log: &Path) -> Self {
        let on_cluster = finished.job_id.as_deref().filter(|job| !job.contains("_local"));
        let mut task_log = TaskLog::default();
        if let Some(job) = on_cluster {
            task_log = TaskLog::ask(cluster, &job.replacen("job_", "application_", 1));
        } else {
            task_log.errors.clone_from(&finished.plain);
        }
        let attempt = task_log.attempt.clone().or_else(|| finished.failures.last().cloned());
        let java = attempt.as_ref().map(|attempt| attempt.said.clone()).unwrap_or_default();
        let mut words = last(&task_log.errors, SHOWN_LINES);
        if words.is_empty() || !words.iter().any(|line| line.starts_with(run.job)) {
            let known: Vec<_> = java.iter().filter(|line| !words.contains(line)).cloned().collect();
            words.splice(0..0, known.into_iter().take(SHOWN_LINES));
        }
        if words.is_empty() {
            words = last_of_file(log);
        }
        let all = java.iter().chain(&task_log.errors).chain(&words);
        let all: String = all.flat_map(|line| [line.as_str(), "\n"]).collect();
        let cause = CAUSES.iter().find(|(signs, _)| signs.iter().any(|sign| all.contains(sign))).map(|(_, cause)| *cause);
        let place = match (&attempt, &finished.job_id) {
            (Some(attempt), _) => format!(" in {}", attempt.attempt),
            (None, Some(job)) => format!(" ({job})"),
            (None, None) => " before it was accepted".to_owned(),
        };
        let in_reducer = attempt.as_ref().is_some_and(|attempt| attempt.attempt.contains("_r_"));
        let split = task_log.split.as_deref().filter(|_| !in_reducer);
        // Groups of files are told without the scheme.
        let file = split.and_then(|split| run.inputs.iter().map(|input| input.location.as_str()).find(|input| input.ends_with(split)));
        let reproduce = reproduce(run, file);
        Self { job: run.job.to_owned(), place, words, cause, reproduce, log: log.to_owned() }
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

/// What the logs of an application tell of the attempt that made it fail.
#[derive(Clone, Debug, Default, PartialEq)]
struct TaskLog {
    /// The attempt, and why the cluster thinks that it failed.
    attempt: Option<FailedAttempt>,
    /// What the task wrote on standard error.
    errors: Vec<String>,
    /// The file that its mapper read.
    split: Option<String>,
}

impl TaskLog {
    /// Asks the cluster; the log of the application's master names the attempt and its container.
    fn ask(cluster: &Cluster, application: &str) -> Self {
        let mut log = Self::default();
        let Some(master) = logs(cluster, application, &["-am", "1", "-log_files", "syslog"]) else { return log };
        log.attempt = failed_attempt(&master);
        let Some(attempt) = &log.attempt else { return log };
        if let Some(container) = container_of(&master, &attempt.attempt)
            && let Some(text) = logs(cluster, application, &["-containerId", container, "-log_files", "stderr,syslog"])
        {
            log.read(&text);
        }
        log
    }

    /// Reads what `yarn logs` prints of a container: sections that begin with `LogType:NAME`.
    fn read(&mut self, text: &str) {
        let mut section = "";
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("LogType:") {
                section = name.trim();
            } else if section == "stderr" && !is_frame(line) {
                self.errors.push(line.to_owned());
            }
        }
        let split = text.lines().find_map(|line| line.split_once("Processing split: ")).map(|(_, split)| split.trim());
        // FILE:START+LENGTH, or Paths:FILE:START+LENGTH,FILE:… for a group of files
        let first = split.and_then(|split| split.strip_prefix("Paths:").unwrap_or(split).split(',').next());
        self.split = first.and_then(|first| first.rsplit_once(':')).map(|(file, _)| file.to_owned());
    }
}

/// What `yarn logs` prints, as soon as the cluster has gathered it.
fn logs(cluster: &Cluster, application: &str, which: &[&str]) -> Option<String> {
    for number in 0..LOG_ATTEMPTS {
        if number > 0 {
            std::thread::sleep(Duration::from_secs(2));
        }
        let mut command = Command::new(cluster.sibling("yarn"));
        let output = command.args(["logs", "-applicationId", application]).args(which).stdin(Stdio::null()).stderr(Stdio::null()).output();
        let text = String::from_utf8_lossy(&output.ok()?.stdout).into_owned();
        if text.contains("LogType:") {
            return Some(text);
        }
    }
    None
}

/// The last attempt of which the master reports a failure; attempts that it has killed because of that do not count.
fn failed_attempt(master: &str) -> Option<FailedAttempt> {
    let reports = master.split("Diagnostics report from ").skip(1);
    let failed = |report: &str| -> Option<FailedAttempt> {
        let (attempt, said) = report.split_once(": ")?;
        let logged = |line: &str| line.contains(" INFO [") || line.contains(" WARN [") || line.contains(" ERROR [");
        let lines = said.lines().take_while(|line| !logged(line) && !line.starts_with("End of LogType"));
        let is_stack = |line: &str| ["at ", "... ", "|- ", "Dump of the process-tree"].iter().any(|start| line.starts_with(start));
        let lines = lines.map(str::trim).filter(|line| !line.is_empty() && !is_stack(line));
        let said: Vec<_> = lines.take(SHOWN_LINES).map(str::to_owned).collect();
        let killed = |line: &String| KILLED.iter().any(|words| line.contains(words));
        (attempt.starts_with("attempt_") && !said.first().is_none_or(killed)).then(|| FailedAttempt { attempt: attempt.to_owned(), said })
    };
    reports.filter_map(failed).last()
}

/// The container in which an attempt ran.
fn container_of<'l>(master: &'l str, attempt: &str) -> Option<&'l str> {
    let (_, behind) = master.split_once(&format!("[{attempt}] using containerId: ["))?;
    behind.split([' ', ']']).next()
}

/// Lines around a log's text that the cluster or the logger of Java puts there.
fn is_frame(line: &str) -> bool {
    let starts = [
        "Container: ",
        "LogAggregationType",
        "LogLastModifiedTime",
        "Log Upload Time",
        "LogLength",
        "Log Contents",
        "LogContents",
        "End of LogType",
        "log4j:",
        "****",
        "reporter:",
        "SLF4J",
    ];
    line.trim().is_empty() || starts.iter().any(|start| line.starts_with(start)) || line.starts_with("====")
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

/// A line for the shell that does here what failed there.
fn reproduce(run: &JobRun<'_>, file: Option<&str>) -> String {
    let words = |first: &str| {
        let words = std::iter::once(first).chain(std::iter::once(run.job)).chain(run.options.iter().map(String::as_str));
        words.map(quoted).collect::<Vec<_>>().join(" ")
    };
    if let Some(location) = file.and_then(|file| file.parse().ok()) {
        return format!("{} | {} >/dev/null", reading(&location), words(&run.jobs.mapper_binary()));
    }
    let inputs: Vec<_> = run.inputs.iter().take(3).map(|input| format!("--input {}", quoted(input.location.as_str()))).collect();
    let more = if run.inputs.len() > 3 { format!(" (and {} more inputs)", run.inputs.len() - 3) } else { String::new() };
    let options: Vec<_> = run.options.iter().map(|word| quoted(word)).collect();
    format!(
        "insights --runner pipe job {} {} {} --output /tmp/try{more} -- {}",
        run.jobs.workflow,
        run.job,
        inputs.join(" "),
        options.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
Container: container_1 on host_1
LogAggregationType: AGGREGATED
==============================
LogType:stderr
LogLastModifiedTime:Tue Nov 24
LogLength:70
LogContents:
first-last: The mapper failed on line 7.

End of LogType:stderr
***********************

LogType:syslog
LogLength:170
2026-11-24 INFO [main] org.apache.hadoop.mapred.MapTask: Processing split: Paths:hdfs://h:1/a.gz:0+10,hdfs://h:1/b.gz:0+20
End of LogType:syslog
";

    const MASTER: &str = "\
LogType:syslog
2026-11-24 10:00:00,001 INFO [main] JobImpl: TaskAttempt: [attempt_1_0002_m_000000_0] using containerId: [container_1_0002_01_000002 on NM: [h:1]
2026-11-24 10:00:01,001 INFO [main] TaskAttemptImpl: Diagnostics report from attempt_1_0002_m_000000_0: Error: java.io.IOException: Cannot read the input file hdfs://h:1/a.gz behind byte 7: x
\tat org.openedx.insights.hadoop.LinesOfPieces.next(LinesOfPieces.java:66)
Caused by: java.io.EOFException: x
2026-11-24 10:00:02,001 INFO [main] TaskAttemptImpl: Diagnostics report from attempt_1_0002_m_000001_0: Container killed by the ApplicationMaster.
End of LogType:syslog
";

    #[test]
    fn the_words_of_a_task_and_its_file() {
        let mut log = TaskLog::default();
        log.read(LOG);
        assert_eq!(log.errors, ["first-last: The mapper failed on line 7."]);
        assert_eq!(log.split.as_deref(), Some("hdfs://h:1/a.gz"));
    }

    #[test]
    fn a_container_beyond_its_memory_without_the_dump_of_its_processes() {
        let master = "\
2026-11-25 14:00:32,001 INFO [main] TaskAttemptImpl: Diagnostics report from attempt_1_0003_m_000000_0: [2026-11-25 14:00:32.830]Container \
[pid=2395,containerID=container_1_0003_01_000002] is running 141578240B beyond the 'PHYSICAL' memory limit. Current usage: 391.0 MB of \
256 MB physical memory used; 2.9 GB of 537.6 MB virtual memory used. Killing container.
Dump of the process-tree for container_1_0003_01_000002 :
\t|- PID PPID PGRPID SESSID CMD_NAME
\t|- 2465 2408 2395 2395 (mapper) 0 9 254443520 60737 mapper first-last

[2026-11-25 14:00:32.869]Container killed on request. Exit code is 143
";
        let said = failed_attempt(master).unwrap().said;
        assert_eq!(said.len(), 2, "{said:?}");
        let (_, cause) = CAUSES.iter().find(|(signs, _)| signs.iter().any(|sign| said[0].contains(sign))).unwrap();
        assert!(cause.starts_with("The task ran out of memory"), "{cause}");
    }

    #[test]
    fn the_master_names_the_attempt_and_its_container() {
        let failed = failed_attempt(MASTER).unwrap();
        assert_eq!(failed.attempt, "attempt_1_0002_m_000000_0");
        let said = [
            "Error: java.io.IOException: Cannot read the input file hdfs://h:1/a.gz behind byte 7: x",
            "Caused by: java.io.EOFException: x",
        ];
        assert_eq!(failed.said, said);
        assert_eq!(container_of(MASTER, &failed.attempt), Some("container_1_0002_01_000002"));
    }
}

//! What the logs of a failed application tell of the attempt that made it fail.

use std::process::{Command, Stdio};
use std::time::Duration;

use super::client::FailedAttempt;
use crate::engine::cluster::Cluster;

/// Lines of a task's log that are shown.
pub(super) const SHOWN_LINES: usize = 12;
/// Log aggregation takes a while after a job has ended.
const LOG_ATTEMPTS: u32 = 8;

/// What the master says of attempts that it has killed itself.
const KILLED: &[&str] = &["Container killed by the ApplicationMaster", "Task KILL", "TaskAttempt killed"];

/// What the master says when it gives the job up: it waits for the attempts that run, then removes what they wrote.
const JOB_FAILS: &str = "Job Transitioned from RUNNING to FAIL_";

/// What the logs of an application tell of the attempt that made it fail.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct TaskLog {
    /// The attempt, and why the cluster thinks that it failed.
    pub attempt: Option<FailedAttempt>,
    /// What the task wrote on standard error.
    pub errors: Vec<String>,
    /// The files that its mapper read, some without scheme and host.
    pub split: Vec<String>,
}

impl TaskLog {
    /// Asks the cluster; the log of the application's master names the attempt and its container. A master that died was followed by
    /// others, each with a log of its own.
    pub(super) fn ask(cluster: &Cluster, application: &str) -> Self {
        let mut log = Self::default();
        let Some(master) = logs(cluster, application, &["-am", "ALL", "-log_files", "syslog"]) else { return log };
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
        self.split = text.lines().find_map(|line| line.split_once(SPLIT)).map(|(_, split)| files_of(split)).unwrap_or_default();
    }

    /// Of a job in the client's own process: tasks run one after the other, and what the client says is the log of all of them.
    pub(super) fn of_client(plain: &[String], log: &str) -> Self {
        let last = |sign| log.lines().filter_map(|line| line.split_once(sign)).next_back().map(|(_, rest)| rest.trim());
        let attempt = last("Starting task: ").map(|attempt| FailedAttempt { attempt: attempt.to_owned(), said: Vec::new() });
        let split = last(SPLIT).map(files_of).unwrap_or_default();
        Self { attempt, errors: plain.to_vec(), split }
    }
}

/// Precedes the files of a mapper in its log.
const SPLIT: &str = "Processing split: ";

/// The files of `FILE:START+LENGTH`, or of `Paths:FILE:START+LENGTH,FILE:…` for a group. Names may hold commas.
fn files_of(split: &str) -> Vec<String> {
    let split = split.trim();
    let mut files = Vec::new();
    let mut file = String::new();
    for part in split.strip_prefix("Paths:").unwrap_or(split).split(',') {
        if !file.is_empty() {
            file.push(',');
        }
        file.push_str(part);
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let end = file
            .rsplit_once(':')
            .filter(|(_, range)| range.split_once('+').is_some_and(|(from, length)| is_number(from) && is_number(length)));
        if let Some((name, _)) = end {
            files.push(name.to_owned());
            file.clear();
        }
    }
    files
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

/// The last attempt whose failure made the job fail. Attempts that the master has killed because of that do not count, nor those that
/// failed because the directory of the job's output was cleaned up under them.
fn failed_attempt(master: &str) -> Option<FailedAttempt> {
    let before_the_end = |log: &str| log.split(JOB_FAILS).next().and_then(last_report);
    master.split("LogType:").filter_map(before_the_end).last().or_else(|| last_report(master))
}

/// The last attempt of which a log of a master reports a failure.
fn last_report(log: &str) -> Option<FailedAttempt> {
    let reports = log.split("Diagnostics report from ").skip(1);
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
2026-11-24 INFO [main] org.apache.hadoop.mapred.MapTask: Processing split: Paths:hdfs://h:1/a.gz:0+10,hdfs://h:1/b,1:2.gz:0+20
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
        assert_eq!(log.split, ["hdfs://h:1/a.gz", "hdfs://h:1/b,1:2.gz"]);
    }

    #[test]
    fn the_last_task_of_a_job_in_the_client() {
        let log = "\
2026-11-25 10:00:00,001 INFO org.apache.hadoop.mapred.LocalJobRunner: Starting task: attempt_local1_0001_m_000000_0
2026-11-25 10:00:00,001 INFO org.apache.hadoop.mapred.MapTask: Processing split: file:/logs/a.gz:0+10
2026-11-25 10:00:01,001 INFO org.apache.hadoop.mapred.LocalJobRunner: Starting task: attempt_local1_0001_m_000001_0
2026-11-25 10:00:01,001 INFO org.apache.hadoop.mapred.MapTask: Processing split: Paths:/logs/b.gz:0+10,/logs/c.gz:0+3
";
        let log = TaskLog::of_client(&["x".to_owned()], log);
        assert_eq!(log.attempt.unwrap().attempt, "attempt_local1_0001_m_000001_0");
        assert_eq!((log.errors, log.split), (vec!["x".to_owned()], vec!["/logs/b.gz".to_owned(), "/logs/c.gz".to_owned()]));
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
        assert!(said[0].contains("'PHYSICAL' memory limit"), "{said:?}");
    }

    #[test]
    fn an_attempt_that_fails_because_the_job_has_failed_is_not_the_cause() {
        let abandoned = "\
2026-11-24 10:00:01,002 INFO [main] JobImpl: job_1_0002Job Transitioned from RUNNING to FAIL_WAIT
2026-11-24 10:00:01,003 INFO [main] TaskAttemptImpl: Diagnostics report from attempt_1_0002_r_000002_0: Error: chmod: cannot access 'x'
End of LogType:syslog
";
        let master = MASTER.replacen("End of LogType:syslog\n", abandoned, 1);
        assert_eq!(failed_attempt(&master), failed_attempt(MASTER));
        // A second master fails for a cause of its own.
        let second = format!("{master}{}", MASTER.replace("_m_000000_0", "_m_000000_1"));
        assert_eq!(failed_attempt(&second).unwrap().attempt, "attempt_1_0002_m_000000_1");
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

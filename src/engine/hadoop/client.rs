//! Runs a line of Hadoop's client, keeps what it says, and reads progress, counters and failed attempts out of it.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use indicatif::{ProgressBar, ProgressStyle};

use super::interruption::Interruption;
use super::milestones::{Milestones, Told};
use crate::engine::cluster::client_log;
use crate::engine::job_run::RunnerOptions;
use crate::streaming::Counters;

/// Groups that the framework counts for itself.
const FRAMEWORK_GROUPS: &[&str] = &[
    "File System Counters",
    "Job Counters",
    "Map-Reduce Framework",
    "Shuffle Errors",
    "File Input Format Counters",
    "File Output Format Counters",
];

/// Beginnings of lines that say nothing of a failure.
const NO_NEWS: &[&str] = &["reporter:", "packageJobJar:", "Streaming Command Failed!", "at ", "... ", "log4j:", "SLF4J"];

/// What the client has told.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Finished {
    /// `job_…`
    pub job_id: Option<String>,
    /// `application_…`
    pub application: Option<String>,
    /// Where a browser shows the job.
    pub tracking: Option<String>,
    /// Percents of the map and the reduce side.
    pub progress: (u8, u8),
    /// Failed attempts and what Java says of each, in order.
    pub failures: Vec<FailedAttempt>,
    /// What our tasks counted.
    pub counters: Counters,
    /// Records that mappers were given.
    pub map_input_records: u64,
    /// Records that mappers wrote.
    pub map_output_records: u64,
    /// Records that reducers wrote.
    pub reduce_output_records: u64,
    /// Lines of the client that no logger has written: in-process tasks' own words, or a refusal of the command line.
    pub plain: Vec<String>,
    group: Option<String>,
    in_failure: bool,
}

/// An attempt at a task that failed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct FailedAttempt {
    /// `attempt_…`
    pub attempt: String,
    /// What the cluster says of it, without the stack of Java.
    pub said: Vec<String>,
}

/// Runs the line in `directory`, keeps its output in `log`; gives what it told and whether it succeeded.
///
/// # Errors
/// The command cannot be started, or the log not be written.
pub(crate) fn run(words: &[String], directory: &Path, log: &Path, job: &str, options: &RunnerOptions) -> Result<(Finished, bool)> {
    let (command, arguments) = words.split_first().context("A command line is empty.")?;
    let mut file = client_log::create(log)?;
    let shown: Vec<_> = words.iter().map(|word| crate::error_text::quoted(word)).collect();
    writeln!(file, "+ {}", shown.join(" "))?;
    let interruption = Interruption::of_job(&options.cluster_program("yarn"))?;
    let mut client = Command::new(command);
    // A group of its own: an interrupt at the terminal is for us, who end the job on the cluster as well.
    client.args(arguments).current_dir(directory).process_group(0);
    let mut client = client
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("Cannot start {command}. Put Hadoop on the PATH, or set command in [hadoop]."))?;
    interruption.client_is(client.id());
    let bar = options.progress.then(|| bar(job));
    let told = Mutex::new((Finished::default(), file, Milestones::default()));
    let (stdout, stderr) = (client.stdout.take(), client.stderr.take());
    let listen = |from: Option<Box<dyn Read + Send>>| -> Result<()> {
        let Some(from) = from else { return Ok(()) };
        for line in BufReader::new(from).split(b'\n') {
            let line = line.context("Reading what Hadoop's client says failed.")?;
            let mut told = told.lock().map_err(|_| anyhow!("A thread that reads the client's words panicked."))?;
            told.1.write_all(&line)?;
            told.1.write_all(b"\n").with_context(|| format!("Cannot write the log {}.", log.display()))?;
            told.0.hear(&String::from_utf8_lossy(&line));
            told.0.job_id.iter().for_each(|job| interruption.job_is(job));
            let (finished, _, milestones) = &mut *told;
            let news = milestones.news(job, &finished.milestones());
            if let Some(bar) = &bar {
                let (map, reduce) = told.0.progress;
                // The bar shows the percents.
                let news = news.iter().filter(|line| !line.contains('%'));
                bar.suspend(|| news.for_each(|line| options.tell(format_args!("{line}"))));
                bar.set_position(u64::from(map) + u64::from(reduce));
                bar.set_message(format!("map {map} %, reduce {reduce} %"));
            } else {
                for line in &news {
                    options.tell(format_args!("{line}"));
                }
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let errors = scope.spawn(|| listen(stderr.map(|stream| Box::new(stream) as _)));
        listen(stdout.map(|stream| Box::new(stream) as _))?;
        errors.join().unwrap_or_else(|_| Err(anyhow!("A thread that reads the client's words panicked.")))
    })?;
    let status = client.wait()?;
    interruption.end();
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    let (finished, ..) = told.into_inner().map_err(|_| anyhow!("A thread that reads the client's words panicked."))?;
    Ok((finished, status.success()))
}

fn bar(job: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix} {bar:30} {msg} {elapsed}").unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(200).with_prefix(job.to_owned()).with_style(style);
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}

impl Finished {
    fn milestones(&self) -> Told<'_> {
        Told { application: self.application.as_deref(), tracking: self.tracking.as_deref(), progress: self.progress }
    }

    /// Takes one line of the client.
    pub(crate) fn hear(&mut self, line: &str) {
        let logged = message(line);
        let text = logged.unwrap_or(line);
        if let Some(group) = line.strip_prefix('\t') {
            self.hear_counter(group);
            return;
        }
        if logged.is_some() {
            self.group = None;
            self.in_failure = false;
        }
        if text.starts_with("Counters: ") {
            // In-process jobs tell their counters more than once.
            (self.counters, self.map_input_records) = (Counters::default(), 0);
        } else if line.contains(" ERROR ") && logged.is_some() && text != "Job not successful!" {
            self.plain.push(text.to_owned());
        } else if let Some(id) = text.strip_prefix("Running job: ") {
            self.job_id = Some(id.trim().to_owned());
        } else if let Some(id) = text.strip_prefix("Submitted application ") {
            self.application = Some(id.trim().to_owned());
        } else if let Some(url) = text.strip_prefix("The url to track the job: ") {
            self.tracking = Some(url.trim().to_owned());
        } else if let Some(progress) = percents(text) {
            self.progress = progress;
        } else if let Some(attempt) = text.strip_prefix("Task Id : ").and_then(|rest| rest.split_once(", Status : FAILED")) {
            self.failures.push(FailedAttempt { attempt: attempt.0.to_owned(), said: Vec::new() });
            self.in_failure = true;
        } else if logged.is_none() && self.in_failure {
            // The client cuts the first stack off where the attempt's own words begin.
            if let Some(failure) = self.failures.last_mut().filter(|_| !text.trim().is_empty() && !text.starts_with("    at ")) {
                failure.said.push(text.trim().to_owned());
            }
        } else if logged.is_none() && !NO_NEWS.iter().any(|start| text.trim_start().starts_with(start)) && !text.trim().is_empty() {
            self.plain.push(text.to_owned());
        }
    }

    fn hear_counter(&mut self, line: &str) {
        let Some(counter) = line.strip_prefix('\t') else {
            if line.starts_with("at ") {
                return;
            }
            self.group = Some(line.trim_end().to_owned());
            return;
        };
        let (Some(group), Some((name, value))) = (&self.group, counter.trim_end().rsplit_once('=')) else { return };
        let Ok(value) = value.parse::<u64>() else { return };
        if group == "Map-Reduce Framework" {
            match name {
                "Map input records" => self.map_input_records = value,
                "Map output records" => self.map_output_records = value,
                "Reduce output records" => self.reduce_output_records = value,
                _ => {}
            }
        }
        if !FRAMEWORK_GROUPS.contains(&group.as_str()) {
            self.counters.add_named(group, name, value);
        }
    }
}

/// The message of a line that a logger has written: behind the level and the class.
fn message(line: &str) -> Option<&str> {
    let mut words = line.splitn(4, ' ');
    let (date, level) = (words.next()?, line.find(" INFO ").or_else(|| line.find(" WARN ")).or_else(|| line.find(" ERROR "))?);
    if !date.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    line.get(level + 1..)?.split_once(": ").map(|(_, message)| message)
}

fn percents(text: &str) -> Option<(u8, u8)> {
    let (map, reduce) = text.trim().strip_prefix("map ")?.split_once("% reduce ")?;
    Some((map.trim().parse().ok()?, reduce.trim_end_matches('%').parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_progress_failures_and_counters() {
        let said = "\
2026-11-24 10:00:00,000 INFO org.apache.hadoop.yarn.client.api.impl.YarnClientImpl: Submitted application application_1_0002
2026-11-24 10:00:00,001 INFO org.apache.hadoop.mapreduce.Job: The url to track the job: http://master:8088/proxy/application_1_0002/
2026-11-24 10:00:00,001 INFO org.apache.hadoop.mapreduce.Job: Running job: job_1_0002
2026-11-24 10:00:09,001 INFO org.apache.hadoop.mapreduce.Job:  map 50% reduce 0%
2026-11-24 10:00:09,002 INFO org.apache.hadoop.mapreduce.Job: Task Id : attempt_1_0002_m_000001_0, Status : FAILED
Error: java.lang.RuntimeException: PipeMapRed.waitOutputThreads(): subprocess failed with code 1
\tat org.apache.hadoop.streaming.PipeMapRed.waitOutputThreads(PipeMapRed.java:326)

2026-11-24 10:00:19,001 INFO org.apache.hadoop.mapreduce.Job:  map 100% reduce 100%
2026-11-24 10:00:19,001 INFO org.apache.hadoop.mapreduce.Job: Counters: 4
\tMap-Reduce Framework
\t\tMap input records=2000
\t\tMap output records=70
\t\tReduce output records=7
\tEvent
\t\tDiscard Missing Time Field=3
\tShuffle Errors
\t\tBAD_ID=0
2026-11-24 10:00:19,002 INFO org.apache.hadoop.streaming.StreamJob: Output directory: /out
";
        let mut finished = Finished::default();
        said.lines().for_each(|line| finished.hear(line));
        assert_eq!(finished.job_id.as_deref(), Some("job_1_0002"));
        let Told { application, tracking, progress } = finished.milestones();
        assert_eq!((application, progress), (Some("application_1_0002"), (100, 100)));
        assert_eq!(tracking, Some("http://master:8088/proxy/application_1_0002/"));
        assert_eq!((finished.progress, finished.map_input_records), ((100, 100), 2000));
        assert_eq!((finished.map_output_records, finished.reduce_output_records), (70, 7));
        assert_eq!(finished.counters.iter().collect::<Vec<_>>(), [("Event", "Discard Missing Time Field", 3)]);
        let [failure] = &finished.failures[..] else { panic!("{finished:?}") };
        assert_eq!(failure.attempt, "attempt_1_0002_m_000001_0");
        assert_eq!(failure.said, ["Error: java.lang.RuntimeException: PipeMapRed.waitOutputThreads(): subprocess failed with code 1"]);
    }

    #[test]
    fn keeps_words_without_a_logger() {
        let mut finished = Finished::default();
        for line in ["first-last: Line 3 failed.", "reporter:counter:a,b,1", "26/11/24 10:00:00 INFO mapreduce.Job:  map 7% reduce 0%"] {
            finished.hear(line);
        }
        assert_eq!((finished.plain, finished.progress), (vec!["first-last: Line 3 failed.".to_owned()], (7, 0)));
    }
}

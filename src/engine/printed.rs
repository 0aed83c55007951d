//! A job as commands that can be typed: what `insights job … --print` says.

use std::fmt::Write;

use anyhow::{Context, Result};
use itertools::Itertools;

use super::cluster::Cluster;
use super::hadoop::command::StreamingCommand;
use super::hadoop::shipped::ShippedFile;
use super::hadoop::urls::{manifest_line, url};
use super::pipe::reading;
use super::submission::Submission;
use crate::error_text::quoted;
use crate::storage::Location;
use crate::streaming::{AnyJob, OutputForm};

/// A job with what it reads and writes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PrintedJob<'j> {
    /// The job.
    pub job: &'static dyn AnyJob,
    /// The words of its options.
    pub options: &'j [String],
    /// Files or directories.
    pub inputs: &'j [Location],
    /// The directory that it writes, if one is named.
    pub output: Option<&'j Location>,
    /// Number of reducers.
    pub reducers: usize,
    /// How it is submitted.
    pub submission: &'j Submission,
}

/// Stands for an output that is not named.
const OUTPUT: &str = "OUTPUT";

impl PrintedJob<'_> {
    /// The lines that write its manifest and send it to a cluster.
    ///
    /// # Errors
    /// A file of the job cannot be sent to the nodes.
    pub(crate) fn for_hadoop(&self, cluster: &Cluster) -> Result<String> {
        let shape = self.job.shape();
        let name = format!("{}-{}.manifest", shape.workflow, shape.name);
        let here = std::env::current_dir().context("The working directory is not known.")?;
        let manifest = format!("file://{}", here.join(&name).display());
        let line = StreamingCommand {
            cluster,
            job: self.job,
            options: self.options,
            reducers: self.reducers,
            submission: self.submission,
            manifest: &manifest,
            output: &self.output.map_or_else(|| Ok(OUTPUT.to_owned()), url)?,
            must_exist: true,
            marks_success: true,
            secret_properties: None,
        };
        let mut text = String::new();
        let lines = self.inputs.iter().map(manifest_line).collect::<Result<Vec<_>>>()?;
        let _ = writeln!(text, "# What it reads, a file or directory a line.\ncat >{} <<'END_OF_MANIFEST'", quoted(&name));
        for line in &lines {
            let _ = writeln!(text, "{line}");
        }
        text.push_str("END_OF_MANIFEST\n\n");
        let secret: Vec<_> = cluster.secret_properties().collect();
        if !secret.is_empty() {
            let _ = writeln!(
                text,
                "# Not printed: {} of [job-conf]. Put them into a file of your own and name it with -conf.",
                secret.join(", ")
            );
        }
        text.push_str(&broken(&line.words(&ShippedFile::as_it_is)?));
        Ok(text)
    }

    /// The line that runs it in a pipe, with one reducer. Its inputs are files: `cat` takes no directory.
    pub(crate) fn for_pipe(&self) -> String {
        let shape = self.job.shape();
        let task = |words: Vec<String>| words.iter().chain(self.options).map(|word| quoted(word)).join(" ");
        let map = task(shape.mapper_words());
        let read = |input: &Location| format!("{} | mapreduce_map_input_file={} {map}", reading(input), quoted(input.as_str()));
        let mut commands: Vec<_> = self.inputs.iter().map(read).collect();
        if commands.is_empty() {
            commands.push(format!("cat INPUT | mapreduce_map_input_file=INPUT {map}"));
        }
        let before = if let [one] = &commands[..] { one.clone() } else { format!("{{\n    {};\n}}", commands.join(";\n    ")) };
        let behind = if shape.map_only() { String::new() } else { format!(" \\\n    | LC_ALL=C sort | {}", task(shape.reducer_words())) };
        let output = self.output.map_or(OUTPUT, Location::as_str);
        let form = match shape.output {
            OutputForm::Rows => "",
            OutputForm::Files => "# Each line is the path of a file, a TAB, and a row of it in wire form.\n",
        };
        format!("{form}{before}{behind} >{}\n", quoted(output))
    }
}

/// A command, each option on a line of its own.
fn broken(words: &[String]) -> String {
    let mut text = String::new();
    for (number, word) in words.iter().enumerate() {
        text.push_str(match (number, word.len() > 1 && word.starts_with('-')) {
            (0, _) => "",
            (_, true) => " \\\n    ",
            (_, false) => " ",
        });
        text.push_str(&quoted(word));
    }
    text + "\n"
}

//! A line for the shell that shows on this machine what failed on the cluster.

use std::io::Write;
use std::path::Path;

use itertools::Itertools;

use super::urls::url;
use crate::engine::cluster::client_log;
use crate::engine::job_run::JobRun;
use crate::engine::pipe::reading;
use crate::error_text::quoted;
use crate::storage::Location;
use crate::streaming::Input;

/// So many inputs stand in the line itself.
const NAMED_INPUTS: usize = 3;

/// What is to be run again.
#[derive(Debug)]
pub(super) struct Reproduction<'r> {
    run: &'r JobRun<'r>,
    inputs: Vec<&'r Location>,
    mapper_only: bool,
}

impl<'r> Reproduction<'r> {
    /// The whole job.
    pub(super) fn of_job(run: &'r JobRun<'r>) -> Self {
        Self { run, inputs: run.inputs.iter().map(|input| &input.location).collect(), mapper_only: false }
    }

    /// The mapper over the file that its words name, else over the files that it was given, if these are known.
    pub(super) fn of_mapper<'l>(run: &'r JobRun<'r>, words: impl Iterator<Item = &'l str>, split: &[String]) -> Self {
        let inputs: Vec<_> = run.inputs.iter().filter_map(|input| Some((&input.location, path_of(&input.location)?))).collect();
        let named = words.filter_map(|line| {
            // Of several files it names the first, whichever it was.
            let in_line = inputs.iter().filter(|(_, path)| line.contains(path) && !line.contains(" files from "));
            in_line.max_by_key(|(_, path)| path.len()).map(|(location, _)| *location)
        });
        let blamed = if let Some(file) = named.last() {
            vec![file]
        } else {
            let split: Vec<_> = split.iter().filter_map(|file| path_of(&file.parse().ok()?)).collect();
            inputs.iter().filter(|(_, path)| split.contains(path)).map(|(location, _)| *location).collect()
        };
        match blamed.len() {
            0 => Self::of_job(run),
            count => Self { run, inputs: blamed, mapper_only: count == 1 },
        }
    }

    /// The line. More inputs than a line should hold stand in a list, which is written.
    pub(super) fn command(&self, list: &Path) -> String {
        let run = self.run;
        let shape = run.job.shape();
        if let (true, [input]) = (self.mapper_only, &self.inputs[..]) {
            let words = shape.mapper_words().iter().chain(&run.options).map(|word| quoted(word)).join(" ");
            return format!("{} | {}{words} >/dev/null", reading(input), self.input_file(input));
        }
        let (before, inputs) = if self.inputs.len() > NAMED_INPUTS && self.write_list(list).is_ok() {
            (format!("mapfile -t inputs <{}; ", quoted(&list.display().to_string())), "\"${inputs[@]/#/--input=}\"".to_owned())
        } else {
            let inputs: Vec<_> = self.inputs.iter().map(|input| format!("--input {}", quoted(input.as_str()))).collect();
            (String::new(), inputs.join(" "))
        };
        let options: Vec<_> = run.options.iter().map(|word| quoted(word)).collect();
        let options = if options.is_empty() { String::new() } else { format!(" -- {}", options.join(" ")) };
        format!("{before}insights --runner pipe job {} {} {inputs} --output /tmp/try{options}", shape.workflow, shape.name)
    }

    /// A mapper of rows needs to know their table.
    fn input_file(&self, input: &Location) -> String {
        let over_logs = self.run.job.shape().input == Input::TrackingLogs;
        if over_logs { String::new() } else { format!("mapreduce_map_input_file={} ", quoted(input.as_str())) }
    }

    fn write_list(&self, list: &Path) -> anyhow::Result<()> {
        let lines: String = self.inputs.iter().flat_map(|input| [input.as_str(), "\n"]).collect();
        Ok(client_log::create(list)?.write_all(lines.as_bytes())?)
    }
}

/// The path without scheme and host: Hadoop writes both in several ways.
fn path_of(location: &Location) -> Option<String> {
    let url: Location = url(location).ok()?.parse().ok()?;
    Some(url.path().to_owned())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::super::trial_jobs::POSTS;
    use super::*;
    use crate::engine::JobOutput;
    use crate::engine::submission::Submission;
    use crate::storage::Entry;

    fn run<'r>(inputs: &[&str]) -> JobRun<'r> {
        JobRun {
            job: &POSTS,
            options: vec!["--ccx=true".to_owned()],
            inputs: inputs.iter().map(|path| Entry { location: path.parse().unwrap(), size: 1 }).collect(),
            output: JobOutput::Directory("/out".parse().unwrap()),
            reducers: 1,
            submission: Submission::default(),
            locks: &[],
            kept: None,
        }
    }

    #[test]
    fn the_file_that_the_words_name_and_not_the_first_of_its_group() {
        let run = run(&["hdfs://h:1/l/a.gz", "hdfs://h:1/l/c", "hdfs://h:1/l/c.gz", "/l/d.gz"]);
        let split = ["/l/a.gz".to_owned(), "/l/c.gz".to_owned()];
        let command = |line: &str| Reproduction::of_mapper(&run, [line].into_iter(), &split).command(Path::new("/none/list"));
        let named = "hdfs dfs -cat hdfs://h:1/l/c.gz | gzip -dc | trial-mapper posts --ccx=true >/dev/null";
        assert_eq!(command("Error: java.io.IOException: Cannot read the input file hdfs://h:1/l/c.gz behind byte 7: x"), named);
        assert!(command("Cannot open the input file file:/l/d.gz: x").starts_with("cat /l/d.gz | "));
        let group = "insights --runner pipe job trial posts --input hdfs://h:1/l/a.gz --input hdfs://h:1/l/c.gz \
                     --output /tmp/try -- --ccx=true";
        assert_eq!(command("first-last: Reading 2 files from hdfs://h:1/l/a.gz on failed."), group);
    }

    #[test]
    fn many_inputs_stand_in_a_list_and_the_line_can_be_pasted() {
        let inputs = ["/l/a b", "/l/it's", "/l/c", "/l/$(d)"];
        let (run, folder) = (run(&inputs), tempfile::tempdir().unwrap());
        let list = folder.path().join("the list.inputs");
        let line = Reproduction::of_job(&run).command(&list);
        let print = format!("insights() {{ printf '%s\\n' \"$@\"; }}; {line}");
        let printed = String::from_utf8(Command::new("bash").args(["-c", &print]).output().unwrap().stdout).unwrap();
        let words: Vec<_> = printed.lines().collect();
        let named: Vec<_> = inputs.iter().map(|input| format!("--input={input}")).collect();
        assert_eq!(words[..5], ["--runner", "pipe", "job", "trial", "posts"]);
        assert_eq!(words[5..9], named, "{line}");
        assert_eq!(words[9..], ["--output", "/tmp/try", "--", "--ccx=true"]);
    }
}

//! A plan as the JSON that `aws emr add-steps --steps file://…` takes.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::{ExportTarget, ExportedCommand};
use crate::engine::cluster::Cluster;
use crate::engine::hadoop::command::jars;
use crate::engine::hadoop::shipped::{Names, ShippedFile};
use crate::engine::plan::Plan;
use crate::storage::{Location, write_bytes};
use crate::warehouse::RunId;

/// Characters of all arguments of a step that EMR accepts.
const LONGEST_ARGUMENTS: usize = 10_280;
/// Characters of a step's name.
const LONGEST_NAME: usize = 256;
/// Steps of a cluster that may wait or run at a time.
const MOST_STEPS: usize = 256;

/// The steps; the manifests of their jobs are written below a place that the cluster reaches.
///
/// # Errors
/// See [`ExportTarget::steps`]; or a manifest cannot be written, or EMR would refuse a step.
pub(crate) fn steps(plans: &[Plan], cluster: &Cluster, configs: Vec<Location>, manifests: &Location) -> Result<Value> {
    let target = ExportTarget { cluster, programs: cluster.binaries.clone(), configs, run_id: RunId::generate(), elsewhere: true };
    ensure!(manifests.scheme() != "file", "Manifests at {manifests} cannot be reached from the cluster. Name a place in S3 or HDFS.");
    let exported = target.steps(plans)?;
    let has_jobs = exported.iter().flat_map(|step| &step.commands).any(|command| matches!(command, ExportedCommand::Job(_)));
    let mut steps = if has_jobs { fetching_steps(cluster, &target.run_id)? } else { Vec::new() };
    let mut files = Vec::new();
    for (number, step) in (1..).zip(exported) {
        for command in &step.commands {
            let (name, words) = match command {
                ExportedCommand::Program(words) => (format!("{number}. {}: {}", step.name, program_name(words)), words.clone()),
                ExportedCommand::Job(job) => {
                    let place = manifests.directory_form().join(&format!("{}-{number}.manifest", target.run_id));
                    let text: String = job.manifest.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
                    let mut words = job.words(cluster, place.as_str(), &|file| place_on_master(file, &target.run_id))?;
                    files.push((place, text));
                    // EMR knows where the streaming jar of its release is.
                    words.splice(0..3, ["hadoop-streaming".to_owned()]);
                    (format!("{number}. {}", step.name), words)
                }
            };
            let length: usize = words.iter().map(|word| word.chars().count()).sum();
            ensure!(
                length <= LONGEST_ARGUMENTS,
                "The arguments of the step {name:?} have {length} characters; EMR accepts {LONGEST_ARGUMENTS}. Shorten [job-conf], or \
                 run the task on the cluster with emr/run-task.sh."
            );
            steps.push(step_of(&name, &words));
        }
    }
    ensure!(
        steps.len() <= MOST_STEPS,
        "The plan has {} steps; a cluster of EMR accepts {MOST_STEPS}. Plan a shorter interval, or run the task on the cluster with \
         emr/run-task.sh.",
        steps.len()
    );
    for (place, text) in files {
        write_bytes(&place, text.as_bytes()).with_context(|| format!("The manifest {place} cannot be written."))?;
    }
    Ok(Value::Array(steps))
}

fn step_of(name: &str, words: &[String]) -> Value {
    json!({
        "Type": "CUSTOM_JAR",
        "Name": shortened(name),
        "ActionOnFailure": "CANCEL_AND_WAIT",
        "Jar": "command-runner.jar",
        "Args": words,
    })
}

/// Steps that bring the operator's jars to the master, where Hadoop's client looks for classes in them (rules 01, 8.1).
fn fetching_steps(cluster: &Cluster, run_id: &RunId) -> Result<Vec<Value>> {
    let jars = jars(cluster, &mut Names::default()).into_iter().filter(ShippedFile::is_fetched);
    let steps = jars.map(|jar| {
        let words = ["hadoop".to_owned(), "fs".to_owned(), "-get".to_owned(), jar.source.clone(), place_on_master(&jar, run_id)?];
        Ok(step_of(&format!("0. The jar {}", jar.name), &words))
    });
    steps.collect()
}

/// Where the client on the master finds a file.
fn place_on_master(file: &ShippedFile, run_id: &RunId) -> Result<String> {
    if file.is_fetched() { Ok(format!("/tmp/insights-{run_id}-{}", file.name)) } else { file.as_it_is() }
}

/// As much of a name as EMR keeps.
fn shortened(name: &str) -> String {
    name.chars().take(LONGEST_NAME).collect()
}

/// The program with what it acts on, such as `output-committer begin` or `mysql-loader video`.
fn program_name(words: &[String]) -> String {
    let program = words.first().and_then(|program| program.rsplit('/').next());
    let first = words.get(1).map(String::as_str).filter(|word| !word.starts_with('-'));
    program.into_iter().chain(first).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::Settings;
    use crate::engine::cluster::ClusterChoices;

    #[test]
    fn jars_from_elsewhere_are_brought_to_the_master() {
        let jars = ["s3://b/their formats.jar", "hdfs:///jars/more.jar"].map(str::to_owned).to_vec();
        let choices = ClusterChoices { lib_jars: jars, ..ClusterChoices::default() };
        let cluster = Cluster::of_emr(&Settings::default(), choices).unwrap();
        let run_id = RunId::generate();
        let steps = fetching_steps(&cluster, &run_id).unwrap();
        let arguments: Vec<_> = steps.iter().map(|step| step["Args"].clone()).collect();
        let place = format!("/tmp/insights-{run_id}-their_formats.jar");
        assert_eq!(arguments[0], json!(["hadoop", "fs", "-get", "s3://b/their formats.jar", place]));
        assert_eq!(arguments[1][4], json!(format!("/tmp/insights-{run_id}-more.jar")));
        assert_eq!(steps.len(), 2, "ours is on the master");
    }
}

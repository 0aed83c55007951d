//! A plan as the JSON that `aws emr add-steps --steps file://…` takes.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::{ExportTarget, ExportedCommand};
use crate::engine::hadoop::Cluster;
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
pub fn steps(plans: &[Plan], cluster: &Cluster, configs: Vec<Location>, manifests: &Location) -> Result<Value> {
    let target = ExportTarget { cluster, programs: cluster.binaries.clone(), configs, run_id: RunId::generate(), elsewhere: true };
    ensure!(manifests.scheme() != "file", "Manifests at {manifests} cannot be reached from the cluster. Name a place in S3 or HDFS.");
    let (mut steps, mut files) = (Vec::new(), Vec::new());
    for (number, step) in (1..).zip(target.steps(plans)?) {
        for command in &step.commands {
            let (name, words) = match command {
                ExportedCommand::Program(words) => (format!("{number}. {}: {}", step.name, program_name(words)), words.clone()),
                ExportedCommand::Job(job) => {
                    let place = manifests.directory_form().join(&format!("{}-{number}.manifest", target.run_id));
                    let text: String = job.manifest.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
                    let mut words = job.words(cluster, place.as_str())?;
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
            steps.push(json!({
                "Type": "CUSTOM_JAR",
                "Name": shortened(&name),
                "ActionOnFailure": "CANCEL_AND_WAIT",
                "Jar": "command-runner.jar",
                "Args": words,
            }));
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

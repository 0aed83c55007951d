//! A plan as a script for bash.

use anyhow::{Context, Result};
use chrono::Utc;

use super::{ExportTarget, ExportedCommand, ExportedStep};
use crate::engine::cluster::Cluster;
use crate::engine::hadoop::command::jars;
use crate::engine::hadoop::shipped::{Names, ShippedFile};
use crate::engine::plan::Plan;
use crate::error_text::quoted;
use crate::warehouse::RunId;

/// Stand for variables of the script; a word of a command line holds no NUL.
const WORK: &str = "\0work";
const PROGRAMS: &str = "\0programs";
const NODE_PROGRAMS: &str = "\0node-programs";
const HADOOP: &str = "\0hadoop";
const STREAMING_JAR: &str = "\0streaming-jar";
const INSIGHTS_JAR: &str = "\0insights-jar";

/// The script.
///
/// # Errors
/// See [`ExportTarget::steps`].
pub(crate) fn script(plans: &[Plan], cluster: &Cluster, configs: Vec<crate::storage::Location>) -> Result<String> {
    let programs = std::env::current_exe()?.parent().context("The directory of this program is not known.")?.display().to_string();
    let mut text = head(plans, cluster, &programs);
    let cluster = Cluster {
        hadoop: HADOOP.to_owned(),
        streaming_jar: STREAMING_JAR.to_owned(),
        insights_jar: INSIGHTS_JAR.to_owned(),
        binaries: NODE_PROGRAMS.to_owned(),
        ..cluster.clone()
    };
    let run_id = RunId::generate();
    let target = ExportTarget { cluster: &cluster, programs: PROGRAMS.to_owned(), configs, run_id, elsewhere: false };
    let steps = target.steps(plans)?;
    if steps.iter().flat_map(|step| &step.commands).any(|command| matches!(command, ExportedCommand::Job(_))) {
        text.push_str(&jars(&cluster, &mut Names::default()).iter().map(shipping).collect::<String>());
    }
    for (number, step) in (1..).zip(&steps) {
        text.push_str(&section(&target, step, number, steps.len())?);
    }
    text.push_str("\necho 'All steps are done.' >&2\n");
    Ok(text)
}

fn head(plans: &[Plan], cluster: &Cluster, programs: &str) -> String {
    let tasks: Vec<_> = plans.iter().map(|plan| plan.task.as_str()).collect();
    let (tasks, time, version) = (tasks.join(", "), Utc::now().format("%Y-%m-%d %H:%M:%S UTC"), env!("CARGO_PKG_VERSION"));
    let node_programs = if cluster.binaries == programs { "$INSIGHTS_BIN".to_owned() } else { quoted(&cluster.binaries) };
    format!(
        r#"#!/usr/bin/env bash
# {tasks}, as planned on {time} by insights {version}.
#
# Needs the command hadoop and the programs in $INSIGHTS_BIN, insights among them, which holds some of the others. A step that fails ends the script: what was in place
# stays, and results of earlier steps are in place. To run it again does all steps again, with the same result. To interrupt it does not
# end a job that is on the cluster; its result is thrown away.
set -euo pipefail
step='0: looking for programs'
trap 'echo "Failed in step $step" >&2' ERR
INSIGHTS_BIN=$(cd "${{INSIGHTS_BIN:-{programs}}}" && pwd) # output-committer, mysql-loader, ...
node_programs=${{INSIGHTS_NODE_BIN:-{node_programs}}} # mappers and reducers for the nodes
insights_jar=${{INSIGHTS_JAR:-{insights_jar}}}
[ -e "$insights_jar" ] || insights_jar=$INSIGHTS_BIN/insights-hadoop.jar
hadoop=${{HADOOP:-{hadoop}}}
command -v "$hadoop" >/dev/null || hadoop=hadoop
streaming_jar=${{STREAMING_JAR:-{streaming_jar}}}
# It works in a directory of its own: relative paths are made absolute.
case $node_programs in /* | *://*) ;; *) node_programs=$PWD/$node_programs ;; esac
case $insights_jar in /*) ;; *) insights_jar=$PWD/$insights_jar ;; esac
case $streaming_jar in /*) ;; *) streaming_jar=$PWD/$streaming_jar ;; esac
case $hadoop in /*) ;; */*) hadoop=$PWD/$hadoop ;; esac
for file in "$INSIGHTS_BIN/output-committer" "$INSIGHTS_BIN/insights" "$insights_jar" "$streaming_jar"; do
    [ -e "$file" ] || {{ echo "There is no $file. Set INSIGHTS_BIN, INSIGHTS_JAR or STREAMING_JAR." >&2; exit 1; }}
done
run_id=$(date -u +%Y%m%dT%H%M%SZ)-$$-$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')
work=$(cd "$(mktemp -d)" && pwd)
trap 'rm -rf "$work"' EXIT
case $work in *[!A-Za-z0-9._/-]*) echo "Hadoop takes no special characters in $work. Set TMPDIR to another directory." >&2; exit 1 ;; esac
cd "$work"
mkdir files
# ship NAME FILE: puts a file below files/. Hadoop reads no paths with blanks, and its client no jars of other machines.
ship() {{
    case $2 in
    *://*) [ -e "files/$1" ] || "$hadoop" fs -get "$2" "files/$1" ;;
    *) [ -e "$2" ] || {{ echo "There is no $2." >&2; return 1; }} && ln -sfn "$2" "files/$1" ;;
    esac
}}
"#,
        programs = quoted(programs),
        insights_jar = quoted(&cluster.insights_jar),
        hadoop = quoted(&cluster.hadoop),
        streaming_jar = quoted(&cluster.streaming_jar),
    )
}

fn section(target: &ExportTarget<'_>, step: &ExportedStep, number: usize, count: usize) -> Result<String> {
    let title = format!("{number} of {count}: {}", step.name);
    if let Some(reason) = &step.complete {
        let told = format!("{title}: complete, {reason}").replace(|character: char| character.is_control(), " ");
        return Ok(format!("\n# {told}\n"));
    }
    let mut text = format!("\nstep={}\necho \"$step\" >&2\n", quoted(&title));
    for command in &step.commands {
        let words = match command {
            ExportedCommand::Program(words) => words.clone(),
            ExportedCommand::Job(job) => {
                let name = format!("{number}.manifest");
                text.push_str(&manifest(&name, &job.manifest));
                let files = job.shipment(target.cluster)?.files;
                text.push_str(&files.iter().filter(|file| !file.is_remote()).map(shipping).collect::<String>());
                job.words(target.cluster, &format!("file://{WORK}/{name}"), &place_of)?
            }
        };
        text.push_str(&line(&words, &target.run_id));
    }
    Ok(text)
}

/// A line that puts a file where [`place_of`] says.
fn shipping(file: &ShippedFile) -> String {
    format!("ship {} {}\n", quoted(&file.name), expanded_in(&file.source, &VARIABLES))
}

fn place_of(file: &ShippedFile) -> Result<String> {
    if file.is_remote() && !file.is_fetched() { file.as_it_is() } else { Ok(format!("{WORK}/files/{}", file.name)) }
}

/// Writes a file of the working directory. No line of a manifest is the word that ends it: all of them are URLs.
fn manifest(name: &str, lines: &[String]) -> String {
    let lines: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
    format!("cat >{name} <<'END_OF_MANIFEST'\n{lines}END_OF_MANIFEST\n")
}

/// A command, each option on a line of its own.
fn line(words: &[String], run_id: &RunId) -> String {
    let mut text = String::new();
    for (number, word) in words.iter().enumerate() {
        let is_option = word.len() > 1 && word.starts_with('-');
        text.push_str(match (number, is_option) {
            (0, _) => "",
            (_, true) => " \\\n    ",
            (_, false) => " ",
        });
        text.push_str(&expanded(word, run_id));
    }
    text.push('\n');
    text
}

const VARIABLES: [(&str, &str); 6] = [
    (WORK, "\"$work\""),
    (PROGRAMS, "\"$INSIGHTS_BIN\""),
    (NODE_PROGRAMS, "\"$node_programs\""),
    (HADOOP, "\"$hadoop\""),
    (STREAMING_JAR, "\"$streaming_jar\""),
    (INSIGHTS_JAR, "\"$insights_jar\""),
];

/// A word as the shell reads it back, with its variables in place of what they stand for.
fn expanded(word: &str, run_id: &RunId) -> String {
    let of_run = [(run_id.as_str(), "\"$run_id\"")];
    expanded_in(word, &[&VARIABLES[..], &of_run].concat())
}

fn expanded_in(word: &str, variables: &[(&str, &str)]) -> String {
    let found = variables.iter().filter_map(|(text, variable)| Some((word.find(text)?, text, variable))).min_by_key(|(at, ..)| *at);
    let Some((at, text, variable)) = found else { return quoted(word) };
    let (before, rest) = word.split_at(at);
    let behind = rest.strip_prefix(*text).unwrap_or_default();
    let part = |part: &str| if part.is_empty() { String::new() } else { expanded_in(part, variables) };
    format!("{}{variable}{}", part(before), part(behind))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn the_shell_reads_words_back() {
        let run_id = RunId::generate();
        let words = ["printf", "%s|", "a b", "it's $HOME", "", "--x=\"q\"", "-D", &format!("{PROGRAMS}/m,{PROGRAMS}/r#é"), "*\\n"];
        let staged = format!("file://{WORK}/a b/.t.staging-{run_id}/");
        let words: Vec<_> = words.iter().map(ToString::to_string).chain([staged]).collect();
        let script = format!("INSIGHTS_BIN='/my bin' work=/w run_id=$1\n{}", line(&words, &run_id));
        let output = Command::new("bash").args(["-c", &script, "bash", run_id.as_str()]).output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let expected = format!("a b|it's $HOME||--x=\"q\"|-D|/my bin/m,/my bin/r#é|*\\n|file:///w/a b/.t.staging-{run_id}/|");
        assert_eq!(printed, expected, "{script}");
    }

    #[test]
    fn a_manifest_is_written_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let lines = ["hdfs://h/a b$x`y`".to_owned(), r"s3://b/\[x\]*".to_owned()];
        let status = Command::new("bash").args(["-c", &manifest("1.manifest", &lines)]).current_dir(&folder).status().unwrap();
        assert!(status.success());
        assert_eq!(std::fs::read_to_string(folder.path().join("1.manifest")).unwrap(), "hdfs://h/a b$x`y`\ns3://b/\\[x\\]*\n");
    }
}

//! `launch-task` and `remote-task`: command lines of the old pipeline as they stand in crontabs (rules 01, 10).
//!
//! `launch-task` ran a task where it was typed. `remote-task` went to another machine by ssh, prepared the code there and called
//! `launch-task`; where that machine is this one, there is nothing left but the task.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use anyhow::Result;
use clap::{Arg, Command};

use super::old_options::is_flag;
use crate::say;
use crate::wrong_usage::wrong_usage;

/// Names of the commands, and of links to `insights` that are them.
pub(super) const LAUNCHERS: [&str; 2] = ["launch-task", "remote-task"];

/// What becomes of an option of `remote-task`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Successor {
    /// Nothing: there is no code to prepare and no other account.
    None,
    /// The machine on which the task runs.
    Host,
    /// A cluster that is not this machine.
    Cluster,
    /// Another option of ours, with its value.
    Option(&'static str),
    /// It cannot be done here.
    Refused(&'static str),
}

/// Options of `remote-task`: whether a value follows, and what becomes of them.
const REMOTE: &[(&str, bool, Successor)] = &[
    ("--host", true, Successor::Host),
    ("--job-flow-id", true, Successor::Cluster),
    ("--job-flow-name", true, Successor::Cluster),
    ("--vagrant-path", true, Successor::Cluster),
    ("--override-config", true, Successor::Option("--config")),
    ("--secure-config", true, Successor::Option("--additional-config")),
    ("--shell", true, Successor::Refused("run the shell command by itself, or by ssh")),
    ("--branch", true, Successor::None),
    ("--repo", true, Successor::None),
    ("--remote-name", true, Successor::None),
    ("--log-path", true, Successor::None),
    ("--user", true, Successor::None),
    ("--private-key", true, Successor::None),
    ("--secure-config-branch", true, Successor::None),
    ("--secure-config-repo", true, Successor::None),
    ("--sudo-user", true, Successor::None),
    ("--workflow-profiler", true, Successor::None),
    ("--wheel-url", true, Successor::None),
    ("--virtualenv-extra-args", true, Successor::None),
    ("--package", true, Successor::None),
    ("--extra-repo", true, Successor::None),
    ("--python-version", true, Successor::None),
    ("--wait", false, Successor::None),
    ("--skip-setup", false, Successor::None),
    ("--verbose", false, Successor::None),
];

/// The options of both: the old words.
pub(super) fn with_words(command: Command) -> Command {
    let words = Arg::new("words").num_args(1..).required(true).trailing_var_arg(true).allow_hyphen_values(true);
    command.arg(
        words
            .value_name("TASK OPTIONS")
            .help("The old command line as it stands, also with parameters of inner tasks, --TASK-parameter VALUE"),
    )
}

/// The command line of `insights` that an old one stands for; any other one as it is. What has no effect any more is told.
///
/// # Errors
/// The task would have to run on another machine.
pub(super) fn translated(mut arguments: Vec<OsString>) -> Result<Vec<OsString>> {
    let called = arguments.first().and_then(|name| Path::new(name).file_name()).map(|name| name.to_string_lossy().into_owned());
    if let Some(launcher) = called.filter(|name| LAUNCHERS.contains(&name.as_str())) {
        arguments.splice(..1, ["insights".into(), launcher.into()]);
    }
    let launcher = arguments.get(1).and_then(|word| LAUNCHERS.into_iter().find(|name| word == *name));
    let (Some(launcher), Some(words)) = (launcher, arguments.get(2..)) else { return Ok(arguments) };
    let asks_for = |known: [&str; 2]| words.first().is_some_and(|word| known.iter().any(|known| word == *known));
    if asks_for(["-V", "--version"]) {
        return Ok(vec!["insights".into(), "--version".into()]);
    }
    if words.is_empty() || asks_for(["-h", "--help"]) {
        return Ok(arguments);
    }
    let translation = Translation::of(launcher, words)?;
    if !translation.ignored.is_empty() {
        say!(
            "insights: Without effect, since the task runs on this machine with the programs that are here: {}.",
            translation.ignored.join(", ")
        );
    }
    Ok(std::iter::once("insights".into()).chain(translation.words).collect())
}

#[derive(Debug, Default)]
struct Translation {
    words: Vec<OsString>,
    ignored: Vec<&'static str>,
}

impl Translation {
    fn of(launcher: &str, words: &[OsString]) -> Result<Self> {
        let mut translation = Self::default();
        let mut words = words.iter();
        let mut has_task = false;
        let mut follows_option = false;
        while let Some(word) = words.next() {
            let text = word.to_string_lossy();
            let (name, value) = text.split_once('=').map_or((&*text, None), |(name, value)| (name, Some(value.to_owned())));
            // Behind its task, launch-task knows only the task's options, such as --host of a search engine.
            let known = REMOTE.iter().find(|(option, ..)| *option == name).filter(|_| launcher == LAUNCHERS[1] || !has_task);
            let Some((option, takes_value, successor)) = known else {
                has_task = has_task || (!text.starts_with('-') && !follows_option);
                follows_option = text.starts_with("--") && !text.contains('=') && !has_task && !is_flag(&text);
                translation.words.push(word.clone());
                continue;
            };
            let value = match (takes_value, value) {
                (false, _) => String::new(),
                (true, Some(value)) => value,
                (true, None) => words.next().map(|value| value.to_string_lossy().into_owned()).unwrap_or_default(),
            };
            translation.take(option, *successor, &value)?;
        }
        Ok(translation)
    }

    fn take(&mut self, option: &'static str, successor: Successor, value: &str) -> Result<()> {
        match successor {
            Successor::None => self.ignored.push(option),
            Successor::Host if is_this_machine(value, &host_names()) => self.ignored.push(option),
            Successor::Host => {
                let host = value.split(':').next().unwrap_or_default();
                return Err(wrong_usage(format!(
                    "--host {value} is another machine, and remote-task does not go to machines any more. Install the programs there, and run \
                     the rest of this line there, in its crontab or by `ssh {host} insights TASK …`; a cluster is used from this machine by \
                     `insights --runner hadoop TASK …`, and EMR by emr/run-task.sh."
                )));
            }
            Successor::Cluster => {
                return Err(wrong_usage(format!(
                    "{option} {value} names another machine, and remote-task does not go to machines any more. Tasks run on EMR by \
                     emr/run-task.sh, which makes the cluster and ends it, or as steps that `insights plan TASK … --format emr-steps` prints."
                )));
            }
            Successor::Option(name) => self.words.extend([name.into(), value.into()]),
            Successor::Refused(instead) => return Err(wrong_usage(format!("{option} is not understood any more; {instead}."))),
        }
        Ok(())
    }
}

/// Names by which this machine is known to itself.
fn host_names() -> Vec<String> {
    let files = ["/proc/sys/kernel/hostname", "/etc/hostname"];
    let of_files = files.iter().filter_map(|file| fs::read_to_string(file).ok());
    of_files.chain(std::env::var("HOSTNAME")).map(|name| name.trim().to_lowercase()).filter(|name| !name.is_empty()).collect()
}

fn is_this_machine(host: &str, names: &[String]) -> bool {
    let host = host.trim().to_lowercase();
    let host = if host.starts_with('[') || host.matches(':').count() > 1 {
        host.trim_matches(['[', ']'])
    } else {
        host.split(':').next().unwrap_or_default()
    };
    if ["localhost", "localhost.localdomain", "ip6-localhost", "::1"].contains(&host) || host.starts_with("127.") {
        return true;
    }
    // One may be written with its domain, and the other without.
    let short = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    names.iter().any(|name| name == host || (short(name) == short(host) && !(name.contains('.') && host.contains('.'))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Result<(String, Vec<&'static str>)> {
        let words: Vec<OsString> = shlex::split(line).unwrap().into_iter().map(Into::into).collect();
        let (launcher, rest) = words.split_first().unwrap();
        let translation = Translation::of(launcher.to_str().unwrap(), rest)?;
        let text: Vec<_> = translation.words.iter().map(|word| word.to_str().unwrap()).collect();
        Ok((text.join(" "), translation.ignored))
    }

    #[test]
    fn the_options_of_a_launcher_go_and_those_of_the_task_stay() {
        let (text, ignored) =
            words("remote-task X --host localhost:22 --user=u --skip-setup --wait --local-scheduler --date today").unwrap();
        assert_eq!(text, "X --local-scheduler --date today");
        assert_eq!(ignored, ["--host", "--user", "--skip-setup", "--wait"]);
        let (text, _) = words("remote-task --override-config a.cfg --secure-config b.cfg --host 127.0.0.1 X").unwrap();
        assert_eq!(text, "--config a.cfg --additional-config b.cfg X");
        let (text, _) = words("launch-task --host localhost --wait X --host http://es:9200 --verbose").unwrap();
        assert_eq!(text, "X --host http://es:9200 --verbose");
        let (text, _) = words("launch-task --workers 2 X --host http://es:9200").unwrap();
        assert_eq!(text, "--workers 2 X --host http://es:9200");
    }

    #[test]
    fn launchers_tell_their_version() {
        for words in [&["/opt/bin/launch-task", "--version"][..], &["insights", "remote-task", "-V"]] {
            let words = words.iter().map(OsString::from).collect();
            assert_eq!(translated(words).unwrap(), ["insights", "--version"]);
        }
    }

    #[test]
    fn another_machine_is_answered_by_what_replaces_it() {
        let error = |line: &str| words(line).unwrap_err().to_string();
        assert!(error("remote-task --host es.example X").contains("ssh es.example insights TASK"));
        assert!(error("remote-task --job-flow-name automation X").contains("emr/run-task.sh"));
        assert!(error("remote-task --host localhost --shell ls").contains("--shell is not understood"));
    }

    #[test]
    fn this_machine_has_many_names() {
        let names = ["insights.example.org".to_owned()];
        for host in
            ["localhost", "127.0.1.1", "::1", "[::1]", "localhost:2222", "insights", "Insights.Example.Org", "insights.example.org:22"]
        {
            assert!(is_this_machine(host, &names), "{host}");
        }
        for host in ["insights.example.com", "other", "10.0.0.1", ""] {
            assert!(!is_this_machine(host, &names), "{host}");
        }
    }
}

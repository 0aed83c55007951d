//! Sources of logs at which nothing is (rules 01, 4.2): the logs of a host that is not mounted would be missed by nobody.

use std::io::{Error, ErrorKind};

use anyhow::Result;

use super::check::Check;
use super::plan::{Action, JobStep, Plan, State, StepInput};
use crate::storage::{Location, store_for};
use crate::warehouse::selection::PathSet;

impl Plan {
    /// Where its due jobs look for logs.
    pub(crate) fn due_log_sources(&self) -> impl Iterator<Item = &Location> {
        self.steps.iter().flat_map(|step| match (&step.action, &step.state) {
            (Action::Job(job), State::Due(_)) => sources(&job.input),
            _ => &[],
        })
    }
}

/// One look for each local source of a job. What a store elsewhere does not have may be a prefix that is still empty.
pub(super) fn checks(job: &JobStep) -> Vec<Check<'_>> {
    let (named, manifest) = match &job.input {
        StepInput::Logs(PathSet { manifest, .. }) => ("--src", manifest.as_ref()),
        _ => ("source of [event-logs], or --source", None),
    };
    let local = sources(&job.input).iter().filter(|source| source.as_local_path().is_some());
    let check =
        |source| Check { what: format!("logs at {source}, {named}"), part_of: None, look: Box::new(move || look(source, named, manifest)) };
    local.map(check).collect()
}

fn sources(input: &StepInput) -> &[Location] {
    match input {
        StepInput::Logs(paths) => &paths.roots,
        StepInput::LogsOfInterval(selection) | StepInput::LogsIfAny(selection) => selection.roots(),
        StepInput::LogFiles(_) | StepInput::DayFiles(_) | StepInput::Directories(_) => &[],
    }
}

fn look(source: &Location, named: &str, manifest: Option<&Location>) -> Result<()> {
    // Where a manifest names the files, sources are not looked at.
    let is_listed = |manifest: &Location| Ok::<_, anyhow::Error>(store_for(manifest)?.entry(manifest)?.is_some());
    if manifest.map(is_listed).transpose()?.unwrap_or(false) || store_for(source)?.exists(source)? {
        return Ok(());
    }
    let text = format!(
        "Logs are missing: there is nothing at {source}. Correct the source ({named}), mount it, or take it out of the list; the other logs \
         alone would give too small numbers without a word."
    );
    Err(Error::new(ErrorKind::NotFound, text).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::{is_not_found, write_bytes};

    #[test]
    fn a_source_is_there_or_a_manifest_stands_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| Location::from_path(&folder.path().join(name)).unwrap();
        write_bytes(&place("logs/one.log"), b"").unwrap();
        for there in ["logs", "logs/one.log"] {
            assert!(look(&place(there), "--src", None).is_ok(), "{there}");
        }
        let manifest = place("manifest");
        let error = look(&place("host2"), "--src", Some(&manifest)).unwrap_err();
        assert!(is_not_found(&error) && error.to_string().contains("host2. Correct the source (--src)"), "{error}");
        write_bytes(&manifest, b"").unwrap();
        assert!(look(&place("host2"), "--src", Some(&manifest)).is_ok());
    }
}

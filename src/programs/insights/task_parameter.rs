//! Parameters of tasks as they stand in the hidden option that words such as `--TASK-parameter value` become.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Result};
use clap::ArgMatches;

use crate::config::lists::StringList;
use crate::config::settings::GivenSetting;

/// Id of the hidden option in which they come.
pub(super) const ID: &str = "task_parameters";
/// That option.
pub(super) const OPTION: &str = "--task-parameter";

/// A parameter of a task: `TASK.key=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TaskParameter {
    pub(super) task: String,
    pub(super) key: String,
    pub(super) value: String,
}

impl FromStr for TaskParameter {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts = text.split_once('=').and_then(|(name, value)| Some((name.split_once('.')?, value)));
        let ((task, key), value) = parts.context("It must be TASK.parameter=value.")?;
        Ok(Self { task: task.to_owned(), key: key.to_owned(), value: value.to_owned() })
    }
}

impl fmt::Display for TaskParameter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}={}", self.task, self.key, self.value)
    }
}

impl TaskParameter {
    /// The option as luigi has it.
    pub(super) fn option(&self) -> String {
        format!("--{}-{}", self.task, self.key.replace('_', "-"))
    }

    /// Joins it with what stands before it; a value that is no list is told when it is used.
    pub(super) fn take_into(&mut self, lists: &mut BTreeMap<String, StringList>) {
        let Ok(more) = self.value.parse::<StringList>() else { return };
        let before = lists.remove(&self.option());
        let all = StringList::joined(before.iter().chain([&more]));
        if before.is_some() {
            self.value = all.to_string();
        }
        lists.insert(self.option(), all);
    }

    fn setting(&self) -> GivenSetting {
        let Self { task, key, value } = self.clone();
        GivenSetting { section: task, key, value, origin: format!("the option {}", self.option()) }
    }
}

/// Those of a command line that was parsed.
pub(super) fn given(matches: &ArgMatches) -> impl Iterator<Item = &TaskParameter> {
    matches.try_get_many(ID).ok().flatten().into_iter().flatten()
}

/// The settings that they are.
pub(super) fn settings(matches: &ArgMatches) -> Vec<GivenSetting> {
    given(matches).map(TaskParameter::setting).collect()
}

/// The words that give the same to another command line.
pub(super) fn words(matches: &ArgMatches) -> impl Iterator<Item = OsString> {
    given(matches).map(|parameter| format!("{OPTION}={parameter}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_read_as_it_is_written() {
        let parameter: TaskParameter = "A.b_c=c=d.e".parse().unwrap();
        assert_eq!((parameter.to_string().as_str(), parameter.option().as_str()), ("A.b_c=c=d.e", "--A-b-c"));
        assert!(["A", "A.b", "A=b"].iter().all(|text| text.parse::<TaskParameter>().is_err()));
    }
}

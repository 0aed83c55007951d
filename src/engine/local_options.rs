//! Files that the tasks of a job open, such as a geolocation database. Tasks read only files of their own machine: what lies elsewhere
//! is fetched once before they begin, as a cluster does it with `-files`.

use anyhow::{Context, Result};

use crate::storage::{LocalCopy, Location, local_copy, store_for};
use crate::streaming::JobShape;

/// A job's options whose files lie on this machine.
#[derive(Debug)]
pub(crate) struct LocalOptions {
    /// The options, as tasks get them.
    pub words: Vec<String>,
    /// Fetched files stay until the job has ended.
    fetched: Vec<LocalCopy>,
}

impl LocalOptions {
    /// The options of a job; files of theirs that lie elsewhere are fetched.
    ///
    /// # Errors
    /// A file cannot be fetched. One that does not exist is left to the job, which says what it is for.
    pub(crate) fn of(shape: &JobShape, options: &[String]) -> Result<Self> {
        let mut local = Self { words: options.to_vec(), fetched: Vec::new() };
        for at in 1..local.words.len() {
            let names_file = local.words.get(at - 1).is_some_and(|option| shape.file_options.contains(&option.as_str()));
            let Some(word) = local.words.get_mut(at).filter(|_| names_file) else { continue };
            let place: Location = word.parse().with_context(|| format!("The file {word:?} cannot be used."))?;
            if place.as_local_path().is_none() && !store_for(&place)?.exists(&place)? {
                continue;
            }
            let copy = local_copy(&place)?;
            *word = copy.path().display().to_string();
            local.fetched.push(copy);
        }
        Ok(local)
    }
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;
    use crate::streaming::{AnyJob, Job, NoOptions};

    const JOB: Job<NoOptions> =
        Job::over_rows("trial", "job", "Never runs", |_, _| bail!("It was not to run.")).with_file_options(&["--data"]);

    #[test]
    fn urls_of_this_machine_become_paths() {
        let options = ["--other", "file:///a", "--data", "file:///b c"].map(str::to_owned);
        assert_eq!(LocalOptions::of(JOB.shape(), &options).unwrap().words, ["--other", "file:///a", "--data", "/b c"]);
    }
}

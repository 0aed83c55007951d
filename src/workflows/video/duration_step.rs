//! The step between viewings and their days that finds out durations: of videos that events named on `YouTube` without a duration,
//! and that no run found before (rules 06, 4.5).

use std::collections::BTreeSet;

use anyhow::Result;

use super::durations::{read, write};
use super::youtube::{YouTube, is_id};
use crate::engine::plan::{Work, WorkContext, Worked};
use crate::engine::program::Program;
use crate::storage::{Location, store_for};
use crate::streaming::lines::{LineReader, LineSource};
use crate::warehouse::columns::columns;
use crate::warehouse::lock::OutputLock;
use crate::warehouse::selection::job_output_files;

/// Looks up durations.
#[derive(Clone, Debug)]
pub(crate) struct DurationStep {
    /// Who is asked.
    pub service: YouTube,
    /// The viewings; those of unknown length have the id as ninth column.
    pub viewings: Location,
    /// The directory of the file.
    pub directory: Location,
    /// The file of known durations.
    pub file: Location,
}

impl Work for DurationStep {
    fn describe(&self) -> Vec<String> {
        vec![format!("of videos in {}", self.viewings), format!("to {}", self.file)]
    }

    fn program(&self) -> Result<Option<Program>> {
        let program = Program::new("video-durations").option_place("--viewings", &self.viewings);
        Ok(Some(program.option_place("--destination", &self.file).configured()))
    }

    fn run(&self, context: &WorkContext<'_>) -> Result<Worked> {
        let _lock = OutputLock::acquire(&self.directory, context.run_id, context.task)?;
        let ids = self.ids()?;
        let mut known = read(&self.file)?;
        // A length of 0 may be that of a broadcast that has not ended.
        let unknown: Vec<_> = ids.iter().map(String::as_str).filter(|id| known.get(*id).is_none_or(|seconds| *seconds == 0)).collect();
        let found = self.service.durations(&unknown);
        let told = format!("{} of {} durations were asked for, {} found", unknown.len(), ids.len(), found.len());
        known.extend(found);
        write(&self.file, &known)?;
        Ok(if unknown.is_empty() { Worked::WasThere(told) } else { Worked::Done(told) })
    }
}

impl DurationStep {
    fn ids(&self) -> Result<BTreeSet<String>> {
        let mut ids = BTreeSet::new();
        for part in job_output_files(&self.viewings)? {
            let mut lines = LineReader::new(store_for(&part.location)?.open(&part.location)?);
            while let Some(line) = lines.next_line()? {
                let id = columns::<9>(line).and_then(|[.., id]| std::str::from_utf8(id).ok()).filter(|id| is_id(id));
                ids.extend(id.map(str::to_owned));
            }
        }
        Ok(ids)
    }
}

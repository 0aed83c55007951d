//! The program that begins and commits the output of a job where the driver is not there.

use super::JobOutput;
use super::program::{Argument, Program};
use super::recipe::Recipe;
use crate::warehouse::RunId;

/// Name of the program that begins and commits the output of jobs.
pub(crate) const COMMITTER: &str = "output-committer";

impl JobOutput {
    /// The program that begins it (`begin`), with what the job makes it from, or that commits what a job of the run has written
    /// (`commit`).
    pub fn program(&self, action: &str, run_id: &RunId, recipe: Option<&Recipe>) -> Program {
        let program = |form: &str| {
            let program = Program::new(COMMITTER).word(action).option("--run-id", run_id);
            recipe.map_or(program.clone(), |recipe| recipe.words(program)).word(form)
        };
        match self {
            Self::Directory(target) => program("directory").place(target),
            Self::Files { root, marker } => program("files").place(root).option_place("--marker", marker),
            Self::Days { root, days, file_stem, marker } => {
                let (start, end) = (days.start(), days.end());
                let program = program("days").place(root).option("--days", &format!("{start}-{end}"));
                program.option("--file-stem", file_stem).option_place("--marker", marker)
            }
            Self::Tables(tables) => {
                let mut program = program("tables");
                program.arguments.extend(tables.iter().map(|(path, place)| Argument::NamedPlace(path.clone(), place.clone())));
                program
            }
        }
    }
}

//! Jobs of each shape, for tests.

use anyhow::Result;

use crate::job_options;
use crate::streaming::log_mapper::SeenLine;
use crate::streaming::{Group, Job, Keys, LogMapper, Mapper, NoOptions, Output, Reducer};

struct Nothing;

impl Mapper for Nothing {
    fn map(&mut self, _line: &[u8], _output: &mut Output<'_>) -> Result<()> {
        Ok(())
    }
}

impl LogMapper for Nothing {
    fn map_line(&mut self, _line: &SeenLine<'_>, _output: &mut Output<'_>) -> Result<()> {
        Ok(())
    }
}

impl Reducer for Nothing {
    fn reduce(&mut self, _group: &mut Group<'_, '_>, _output: &mut Output<'_>) -> Result<()> {
        Ok(())
    }
}

job_options! {
    /// A file that every task reads.
    pub(crate) struct AtlasOption {
        /// The file
        #[arg(long)]
        pub atlas: String,
    }
}

/// Over logs, with a combiner.
pub(crate) const POSTS: Job<NoOptions> =
    Job::over_logs("trial", "posts", "Posts of each day", |_, _| Ok(Box::new(Nothing))).summed(Keys::of(4, 3), |_, _, _, _| Ok(()));

/// Over logs, into files.
pub(crate) const DAYS: Job<NoOptions> = Job::over_logs("trial", "days", "Days with posts", |_, _| Ok(Box::new(Nothing)))
    .reduced(Keys::of(2, 1), |_, _| Ok(Box::new(Nothing)))
    .into_files();

/// Over rows, with a file that travels.
pub(crate) const PLACES: Job<AtlasOption> = Job::over_rows("trial", "places", "Where posts come from", |_, _| Ok(Box::new(Nothing)))
    .reduced(Keys::of(1, 1), |_, _| Ok(Box::new(Nothing)))
    .with_file_options(&["--atlas"]);

/// Without reducers.
pub(crate) const TITLES: Job<NoOptions> = Job::over_rows("trial", "titles", "Titles of posts", |_, _| Ok(Box::new(Nothing)));

//! What a side of a job is told: its options, the same text under every runner, and what the runner says of the input.

use anyhow::{Context, Result};

/// Arguments of a side.
#[derive(Clone, Debug, Default)]
pub struct JobArguments {
    /// Options behind the job's name, as on a command line.
    pub options: Vec<String>,
    /// The file that a mapper reads, if it is known (rules 01, 1.2).
    pub input_file: Option<String>,
}

impl JobArguments {
    /// Arguments without an input file.
    pub fn new<S: Into<String>>(options: impl IntoIterator<Item = S>) -> Self {
        Self { options: options.into_iter().map(Into::into).collect(), input_file: None }
    }

    /// Which of these warehouse tables the input file belongs to: the one whose name is the last such directory of its path, since the
    /// warehouse may lie below a directory of any name (rules 01, 6.1).
    pub fn input_table<'n>(&self, tables: &[&'n str]) -> InputTable<'n> {
        let path = self.input_file.clone().unwrap_or_default();
        let table = path.rsplit('/').find_map(|part| tables.iter().find(|table| part == **table)).copied();
        InputTable { table, path, known: tables.join(", ") }
    }

    /// Reads the options into the job's own type. An unknown option or a bad value is an error that names it.
    pub fn parse<T: clap::Args>(&self) -> Result<T> {
        self.parse_as(clap::Command::new("job"))
    }

    /// As [`Self::parse`]; the error shows this usage.
    pub fn parse_with_usage<T: clap::Args>(&self, usage: String) -> Result<T> {
        self.parse_as(clap::Command::new("job").override_usage(usage))
    }

    fn parse_as<T: clap::Args>(&self, command: clap::Command) -> Result<T> {
        let command = T::augment_args(command.no_binary_name(true).disable_help_flag(true));
        let matches = command.try_get_matches_from(&self.options)?;
        Ok(T::from_arg_matches(&matches)?)
    }
}

/// The table that a mapper of several tables reads.
#[derive(Clone, Debug)]
pub struct InputTable<'n> {
    table: Option<&'n str>,
    path: String,
    known: String,
}

impl<'n> InputTable<'n> {
    /// The table. An empty split has none, so ask only when there is a line.
    pub fn name(&self) -> Result<&'n str> {
        self.table.with_context(|| {
            format!(
                "The input {:?} is of none of the tables {}. In a pipe, set mapreduce_map_input_file to the path of the file.",
                self.path, self.known
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streaming::NoOptions;

    #[derive(clap::Args)]
    struct Options {
        #[arg(long)]
        days: u32,
    }

    #[test]
    fn the_table_of_a_file_is_its_last_directory_that_is_called_like_one() {
        let table = |path: &str| {
            let arguments = JobArguments { input_file: Some(path.to_owned()), ..JobArguments::default() };
            arguments.input_table(&["a", "b"]).name().ok()
        };
        assert_eq!(
            ["/w/a/dt=1/p", "hdfs://a/b/w/a/dt=1/p", "/a/w/b/p", "s3://b/x/p"].map(table),
            [Some("a"), Some("a"), Some("b"), Some("b")]
        );
        assert_eq!(table("/w/ab/dt=1/p"), None);
    }

    #[test]
    fn parses_options_and_names_bad_ones() {
        assert_eq!(JobArguments::new(["--days", "3"]).parse::<Options>().unwrap().days, 3);
        let error = JobArguments::new(["--days", "x"]).parse::<Options>().err().unwrap();
        assert!(error.to_string().contains("--days"));
        assert!(JobArguments::new(["--wrong"]).parse::<NoOptions>().is_err());
    }
}

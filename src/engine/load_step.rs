//! A step that loads rows of the warehouse into a table of the result store.

use std::fmt;

use anyhow::Result;

use super::program::Program;
use super::signals::gate;
use super::typed_line::TypedLine;
use super::young_site::YoungSite;
use crate::error_text::counted;
use crate::storage::Location;
use crate::stores::by_input::{self, ByInput, Standing};
use crate::stores::rows::{RowReader, TextRows, read_tsv};
use crate::stores::table::{ALL_DAYS, Table};
use crate::stores::target::TargetStore;
use crate::stores::{LoadMode, LoadReport, LoadRequest};
use crate::warehouse::record::{made_by, made_by_days};
use crate::warehouse::selection::{DayFiles, DayNames};

/// A load into the result store. Start from [`LoadStep::new`] and change what differs.
pub struct LoadStep {
    /// The table.
    pub table: &'static Table,
    /// The rows that are loaded.
    pub input: LoadInput,
    /// How a line becomes a row.
    pub reader: RowReader,
    /// Name of the load.
    pub update_id: String,
    /// What happens to the rows that are there.
    pub mode: LoadMode<'static>,
    /// A column and its value in all rows: only the rows with this value are overwritten.
    pub slice: Option<(&'static str, String)>,
    /// Permits replacing all rows by none.
    pub allow_empty: bool,
    /// Permits replacing the slice by no rows where it has none.
    pub allow_empty_slice: bool,
    /// Why there may be no rows, and what to do, where that is known beforehand.
    pub empty_because: Option<String>,
    /// Rows per statement.
    pub insert_chunk_size: usize,
    /// Where to.
    pub store: TargetStore,
    /// Loads rows that are there once more, when they are to be replaced.
    pub repeats: bool,
    /// By what it knows a site that has no row of the table yet.
    pub young: Option<Box<YoungSite>>,
}

/// The rows of a load.
#[derive(Clone, Debug)]
pub enum LoadInput {
    /// All rows of a directory.
    Directory(Location),
    /// The rows of some days of a table with a directory for each day; a day that is missing has none.
    DayFiles(DayFiles),
}

impl fmt::Display for LoadInput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(directory) => directory.fmt(formatter),
            Self::DayFiles(files) => write!(formatter, "{} of the days {}", files.root, files.days),
        }
    }
}

impl LoadInput {
    /// The rows for a table.
    ///
    /// # Errors
    /// They cannot be looked up.
    pub fn rows<'t>(&self, table: &'t Table) -> Result<TextRows<'t>> {
        match self {
            Self::Directory(directory) => TextRows::from_location(table, directory),
            Self::DayFiles(files) => {
                let files = files.select()?.files.into_iter().map(|file| file.location);
                Ok(TextRows::from_files(table, files.collect()))
            }
        }
    }

    /// Who made the rows, if there are any.
    ///
    /// # Errors
    /// The store of the input failed.
    pub fn maker(&self) -> Result<Option<String>> {
        match self {
            Self::Directory(directory) => made_by(directory),
            Self::DayFiles(DayFiles { root, days, .. }) => made_by_days(root, days).map(Some),
        }
    }

    fn add_to(&self, program: Program) -> Program {
        match self {
            Self::Directory(directory) => program.option_place("--input", directory),
            Self::DayFiles(DayFiles { root, days, names }) => {
                let days = format!("{}-{}", days.start(), days.end());
                let program = program.option_place("--input", root).option("--days", &days);
                if let DayNames::Stem(stem) = names { program.option("--file-stem", stem) } else { program }
            }
        }
    }
}

impl LoadStep {
    /// A load with the usual values: tab-separated rows are appended, 100 per statement, unless they are there; there must be some.
    pub fn new(table: &'static Table, input: LoadInput, update_id: String, store: TargetStore) -> Self {
        Self {
            table,
            input,
            reader: read_tsv,
            update_id,
            mode: LoadMode::Append,
            slice: None,
            allow_empty: false,
            allow_empty_slice: false,
            empty_because: None,
            insert_chunk_size: 100,
            store,
            repeats: true,
            young: None,
        }
    }

    /// The program that does the same.
    pub fn program(&self) -> Program {
        let overwrites = self.mode != LoadMode::Append;
        let program = self.input.add_to(Program::new("mysql-loader").word(self.table.name)).store(&self.store);
        let program = program.flag("--overwrite", overwrites);
        let program = program.flag("--use-temp-table-for-overwrite", self.mode == LoadMode::OverwriteBySwap);
        let program = program.flag("--allow-empty-insert", self.allow_empty);
        let program = program.flag("--allow-empty-day", self.allow_empty_slice);
        let program = self.slice.iter().fold(program, |program, (column, value)| program.option(&format!("--{column}"), value));
        let program = program.option("--insert-chunk-size", &self.insert_chunk_size).option("--update-id", &self.update_id);
        program.word("--by-input").flag("--unless-loaded", !self.repeats)
    }

    /// What a load did, for the operator; `line` runs its task again.
    pub(super) fn told(&self, report: &LoadReport, line: &TypedLine) -> String {
        if let Some(reason) = &report.no_rows_yet {
            return format!("the table is there; {reason}");
        }
        if report.outdated {
            return format!("left as it is in {}{}", self.store.name, since(report));
        }
        if report.skipped {
            let told = format!("up to date in {}{}", self.store.name, since(report));
            return self.again(line).map_or_else(|| told.clone(), |again| format!("{told}; {again} loads it again"));
        }
        let rows = format!("{} into {} in {:.1} s", counted(report.rows, "row"), self.store.name, report.seconds);
        // That it is permitted does not make it expected.
        let is_empty = report.rows == 0 && report.rejected.rows() == 0;
        if is_empty { format!("{rows}: {} holds none", self.input) } else { rows }
    }

    /// What somebody should look at after a load: what it says itself, and that it left older rows as they are.
    pub(super) fn warnings(&self, report: &LoadReport, line: &TypedLine) -> Vec<String> {
        let outdated = report.outdated.then(|| {
            let again = self.again(line).map_or_else(String::new, |again| format!(": {again}"));
            format!(
                "its input was made anew since it was loaded, and the table holds the rows of the older one{}. A run without --overwrite-mysql \
                 only adds rows, and these are there once; --overwrite-mysql replaces them{again}",
                since(report)
            )
        });
        report.notices.iter().cloned().chain(outdated).collect()
    }

    /// The line that replaces the rows, if it is known. Those of a day, and of a run that nobody typed, have one of the table's.
    fn again(&self, line: &TypedLine) -> Option<String> {
        let TypedLine { whole, program, places } = line;
        let of_table = Some(self.table.reload).filter(|reload| !reload.is_empty());
        match &self.slice {
            Some((_, day)) => of_table.map(|reload| format!("{program} {}{places}", reload.replace(ALL_DAYS, day)).trim_start().to_owned()),
            None if whole.is_empty() => of_table.map(str::to_owned),
            None if self.mode == LoadMode::Append => Some(format!("{whole} --overwrite-mysql")),
            None => Some(whole.clone()),
        }
    }

    /// What its table holds of it; none where it loads its rows anyway.
    ///
    /// # Errors
    /// The store, or that of the input, cannot tell.
    pub(super) fn standing(&self) -> Result<Option<Standing>> {
        if self.slice.is_some() || self.repeats && self.mode != LoadMode::Append {
            return Ok(None);
        }
        let request = LoadRequest::new(self.table, &self.update_id);
        // What is not there is made first.
        let made = self.input.maker()?.unwrap_or_default();
        by_input::standing(&*self.store.store, &request, &made).map(Some)
    }

    /// Loads the rows.
    ///
    /// # Errors
    /// The rows cannot be read, or the store refused them; the table is as it was.
    pub fn run(&self) -> Result<LoadReport> {
        gate();
        let store = &*self.store.store;
        if let (Some(young), LoadInput::Directory(made)) = (&self.young, &self.input)
            && let Some(reason) = young.reason(store, self.table, made)?
        {
            store.create_table(self.table)?;
            return Ok(LoadReport { skipped: true, no_rows_yet: Some(reason), ..LoadReport::default() });
        }
        let mode = match (&self.slice, self.mode) {
            (Some((column, value)), LoadMode::Overwrite) => LoadMode::OverwriteSlice { column, value },
            (_, mode) => mode,
        };
        let request = LoadRequest {
            mode,
            allow_empty: self.allow_empty,
            allow_empty_slice: self.allow_empty_slice,
            empty_because: self.empty_because.as_deref(),
            insert_chunk_size: self.insert_chunk_size,
            max_rejected: self.store.max_rejected,
            ..LoadRequest::new(self.table, &self.update_id)
        };
        let maker = self.input.maker()?;
        let slice = self.slice.as_ref().map(|(column, value)| (*column, value.as_str()));
        let by = ByInput { made: maker.as_deref(), slice, repeats: self.repeats };
        by_input::load(store, request, &by, || self.input.rows(self.table).map(|rows| rows.with_reader(self.reader)))
    }
}

/// Since when the rows of a load that was skipped are there.
fn since(report: &LoadReport) -> String {
    loaded(report.since.as_deref())
}

/// Since when rows are there, as the end of a text.
pub(super) fn loaded(since: Option<&str>) -> String {
    since.filter(|since| !since.is_empty()).map_or_else(String::new, |since| format!(", loaded {since}"))
}

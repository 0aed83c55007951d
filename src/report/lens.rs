//! What a page is made of: lenses, each with charts and with tables that hold the same numbers.

use std::borrow::Cow;

use serde::Serialize;

use super::cell::{Cell, Column};
use super::counted_week::CountedWeek;

/// A table under a chart.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Table {
    /// What the rows are, for people who hear the page.
    pub caption: Cow<'static, str>,
    /// Name of its file, without the course.
    pub file: &'static str,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, in the order in which they are shown first.
    pub rows: Vec<Vec<Cell>>,
    /// Columns whose values choose a part of the rows by a list; empty for all rows.
    pub parts: Vec<usize>,
    /// The result table to look into for rows beyond those that fit a page.
    pub stored_in: &'static str,
    /// How many rows there are, where that table is one of the warehouse and only the first ones were taken.
    pub in_warehouse: Option<usize>,
}

/// A chart of a table's columns. It is drawn in the browser from the rows that the table shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Chart {
    /// Its form.
    pub kind: ChartKind,
    /// Column of the horizontal axis, the categories, or the country codes.
    pub x: usize,
    /// Columns of the values.
    pub series: Vec<usize>,
    /// Values add up, so they are drawn upon each other.
    pub stacked: bool,
    /// Only so many rows are drawn; 0 for all.
    pub limit: usize,
    /// Column whose `Yes` marks a row as correct.
    pub mark: Option<usize>,
    /// Column that tells apart rows of one name.
    pub apart: Option<usize>,
    /// Values of the horizontal axis that are of unfinished weeks.
    pub unfinished: Vec<String>,
    /// What it shows, for people who hear the page.
    #[serde(skip)]
    pub label: String,
}

/// Form of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ChartKind {
    /// Lines over days.
    Lines,
    /// Upright bars.
    Columns,
    /// Lying bars, which have room for long names.
    Bars,
    /// Countries of the world.
    Map,
}

impl Chart {
    /// A chart of all rows.
    pub(crate) fn new(kind: ChartKind, x: usize, series: Vec<usize>, label: impl Into<String>) -> Self {
        Self { kind, x, series, stacked: false, limit: 0, mark: None, apart: None, unfinished: Vec::new(), label: label.into() }
    }

    /// With values upon each other.
    #[must_use]
    pub(crate) fn stacked(self) -> Self {
        Self { stacked: true, ..self }
    }

    /// With the weeks marked of which some days are not counted.
    #[must_use]
    pub(crate) fn with_unfinished(self, weeks: &[CountedWeek]) -> Self {
        Self { unfinished: weeks.iter().map(|week| week.monday.to_string()).collect(), ..self }
    }

    /// Of the first rows only.
    #[must_use]
    pub(crate) fn of_first(self, limit: usize) -> Self {
        Self { limit, ..self }
    }
}

/// Charts and the table with their numbers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct View {
    /// A heading, where a lens has several views.
    pub heading: Option<&'static str>,
    /// Charts with a heading each.
    pub charts: Vec<(Option<&'static str>, Chart)>,
    /// The numbers.
    pub table: Table,
    /// What is to be known of the charts.
    pub note: Option<String>,
}

impl View {
    /// Charts and their table.
    pub(crate) fn new(heading: Option<&'static str>, charts: Vec<(Option<&'static str>, Chart)>, table: Table) -> Self {
        Self { heading, charts, table, note: None }
    }

    /// With what is to be known of the charts.
    #[must_use]
    pub(crate) fn with_note(self, note: Option<String>) -> Self {
        Self { note, ..self }
    }
}

/// Why there is nothing to see: for everybody, and what whoever runs the report may do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reason {
    /// The sentence on the page.
    pub text: String,
    /// What the terminal says besides.
    pub remedy: Option<String>,
}

impl From<&str> for Reason {
    fn from(text: &str) -> Self {
        Self { text: text.to_owned(), remedy: None }
    }
}

impl Reason {
    /// What the terminal says.
    pub(crate) fn in_full(&self) -> String {
        self.remedy.iter().fold(self.text.clone(), |text, remedy| format!("{text} {remedy}"))
    }
}

/// Second-by-second numbers of videos: the browser shows those of the chosen one.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Timeline {
    /// What the list calls it.
    pub name: String,
    /// Seconds of one step.
    pub step: i64,
    /// Whether a step holds several segments, and has the numbers of the one with the most.
    #[serde(skip)]
    pub is_coarse: bool,
    /// Learners who saw each step, from the first one on.
    pub viewers: Vec<i64>,
    /// Views of each step beyond one for each of its viewers.
    pub replays: Vec<i64>,
}

/// One way to look at a course.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lens {
    /// Anchor in the page.
    pub id: &'static str,
    /// Its name.
    pub title: &'static str,
    /// One sentence: what it shows.
    pub sentence: Cow<'static, str>,
    /// The last day that is counted, if that is known.
    pub up_to: Option<String>,
    /// What else is to be known, such as what is missing.
    pub note: Option<Cow<'static, str>>,
    /// Views; none where `empty` says why.
    pub views: Vec<View>,
    /// Videos' seconds; only one lens has them.
    pub timelines: Vec<Timeline>,
    /// Why there is nothing to see.
    pub empty: Option<Reason>,
}

impl Lens {
    /// A lens without anything in it.
    pub(crate) fn empty(id: &'static str, title: &'static str, sentence: impl Into<Cow<'static, str>>, reason: impl Into<Reason>) -> Self {
        let sentence = sentence.into();
        Self { id, title, sentence, up_to: None, note: None, views: Vec::new(), timelines: Vec::new(), empty: Some(reason.into()) }
    }

    /// Rows of all its tables.
    pub(crate) fn rows(&self) -> usize {
        self.views.iter().map(|view| view.table.rows.len()).sum()
    }
}

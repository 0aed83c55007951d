//! Answers of the first and the last submission, hardest problems first.

use std::collections::BTreeMap;

use anyhow::Result;
use chrono::NaiveDate;

use super::LEAST_LEARNERS;
use crate::report::cell::{Cell, Column};
use crate::report::course::Source;
use crate::report::lens::{Chart, ChartKind, Lens, Table, View};
use crate::report::texts::{answers as texts, reasons};
use crate::stores::reading::ReadRow;
use crate::workflows::answer_distribution::tables::ANSWER_DISTRIBUTION;

const ID: &str = "answers";
/// Bars of the charts.
const DRAWN: usize = 12;

/// A part of a problem; parts are ordered by module and part id.
#[derive(Default)]
struct Part {
    problem: String,
    question: Option<String>,
    /// First and last submissions by answer and whether it is correct. Variants of one answer are one (rules 08, 7.1).
    answers: BTreeMap<(String, bool), [i64; 2]>,
}

impl Part {
    fn sums(&self, only_correct: bool) -> [i64; 2] {
        let counted = self.answers.iter().filter(|((_, correct), _)| *correct || !only_correct);
        counted.fold([0, 0], |[first, last], (_, counts)| [first + counts[0], last + counts[1]])
    }

    /// Correct last submissions in millionths.
    fn ease(&self) -> i64 {
        let [_, all] = self.sums(false);
        let [_, correct] = self.sums(true);
        if all > 0 { correct * 1_000_000 / all } else { i64::MAX }
    }
}

/// The lens.
pub(crate) fn lens(source: &mut Source, course: &str, last_day: Option<NaiveDate>) -> Result<Lens> {
    let sql = "SELECT module_id, part_id, correct, first_response_count, last_response_count, value_id, answer_value_text, \
               answer_value_numeric, problem_display_name, question_text FROM answer_distribution WHERE course_id = ? ORDER BY id";
    let rows = source.rows(&ANSWER_DISTRIBUTION, sql, &[course])?;
    let mut parts: BTreeMap<(String, String), Part> = BTreeMap::new();
    for row in &rows {
        if let (Some(module), Some(id)) = (row.text(0), row.text(1)) {
            let name = present(row, 8).unwrap_or_else(|| module.clone());
            let part = parts.entry((module, id)).or_default();
            part.problem = name;
            part.question = part.question.take().or_else(|| present(row, 9));
            let correct = row.integer(2).is_some_and(|flag| flag != 0);
            let counts = part.answers.entry((answer(row), correct)).or_default();
            counts[0] += row.integer(3).unwrap_or(0);
            counts[1] += row.integer(4).unwrap_or(0);
        }
    }
    if parts.is_empty() {
        let reason = source.reason(&ANSWER_DISTRIBUTION, &reasons::ANSWERS);
        return Ok(Lens::empty(ID, texts::TITLE, texts::SENTENCE, reason));
    }
    let mut parts: Vec<_> = parts.into_iter().map(|((_, id), part)| (id, part)).collect();
    parts.sort_by_key(|(_, part)| (part.sums(false)[1] < LEAST_LEARNERS, part.ease()));
    let views = vec![problems(&parts), distribution(&parts)];
    // The rows tell no day.
    let up_to = last_day.map(|day| day.to_string());
    Ok(Lens { up_to, views, empty: None, ..Lens::empty(ID, texts::TITLE, texts::SENTENCE, "") })
}

fn present(row: &ReadRow, place: usize) -> Option<String> {
    row.text(place).filter(|text| !text.trim().is_empty())
}

/// What the learner answered: the text, the number, or the choice's id.
fn answer(row: &ReadRow) -> String {
    [6, 7, 5].into_iter().find_map(|place| present(row, place)).unwrap_or_else(|| texts::EMPTY_ANSWER.to_owned())
}

fn problems(parts: &[(String, Part)]) -> View {
    let rows = parts.iter().map(|(id, part)| {
        let [first, last] = part.sums(false);
        let [first_correct, last_correct] = part.sums(true);
        vec![
            Cell::Text(part.problem.clone()),
            Cell::Text(id.clone()),
            Cell::Count(last),
            Cell::share(first_correct, first),
            Cell::share(last_correct, last),
            part.question.clone().map_or(Cell::Missing, Cell::Text),
        ]
    });
    let table = Table {
        caption: texts::PROBLEMS_CAPTION.into(),
        file: "problems",
        columns: vec![
            Column::text(texts::PROBLEM),
            Column::id(texts::PART),
            Column::number(texts::LEARNERS),
            Column::number(texts::FIRST_CORRECT),
            Column::number(texts::LAST_CORRECT),
            Column::prose(texts::QUESTION),
        ],
        rows: rows.collect(),
        parts: Vec::new(),
        stored_in: ANSWER_DISTRIBUTION.name,
        in_warehouse: None,
    };
    let chart = Chart { apart: Some(1), ..Chart::new(ChartKind::Bars, 0, vec![3, 4], texts::PROBLEMS_CHART).of_first(DRAWN) };
    View::new(Some(texts::PROBLEMS), vec![(None, chart)], table)
}

fn distribution(parts: &[(String, Part)]) -> View {
    let mut rows = Vec::new();
    for (id, part) in parts {
        let mut answers: Vec<_> = part.answers.iter().collect();
        answers.sort_by_key(|(_, counts)| -counts[1]);
        for ((answer, correct), [first, last]) in answers {
            rows.push(vec![
                Cell::Text(part.problem.clone()),
                Cell::Text(id.clone()),
                Cell::Text(answer.clone()),
                Cell::Text(if *correct { texts::YES } else { texts::NO }.to_owned()),
                Cell::Count(*first),
                Cell::Count(*last),
            ]);
        }
    }
    let table = Table {
        caption: texts::ANSWERS_CAPTION.into(),
        file: "answers",
        columns: vec![
            Column::text(texts::PROBLEM),
            Column::id(texts::PART),
            Column::text(texts::ANSWER),
            Column::text(texts::CORRECT),
            Column::number(texts::FIRST),
            Column::number(texts::LAST),
        ],
        rows,
        parts: vec![0, 1],
        stored_in: ANSWER_DISTRIBUTION.name,
        in_warehouse: None,
    };
    let chart = Chart { mark: Some(3), ..Chart::new(ChartKind::Bars, 2, vec![4, 5], texts::ANSWERS_CHART).of_first(DRAWN) };
    View::new(Some(texts::DISTRIBUTION), vec![(None, chart)], table)
}

//! The tables of the result store that this workflow fills (rules 08, 7).

use super::load::{VARIANT, read_row_of_either_form};
use crate::stores::table::ColumnKind::{Double, Int11, LongText, TinyInt, Varchar};
use crate::stores::table::{Table, free_text, optional, required};
use crate::tasks::workflow::ResultTable;

/// Rules 08, 7.1. Readers detect an older shape by a column `count`: this table must never have one.
pub const ANSWER_DISTRIBUTION: Table = Table::new(
    "answer_distribution",
    &[
        required("course_id", Varchar(255)),
        required("module_id", Varchar(255)),
        required("part_id", Varchar(255)),
        required("correct", TinyInt),
        required("first_response_count", Int11),
        required("last_response_count", Int11),
        free_text("value_id", Varchar(255)),
        free_text("answer_value_text", LongText),
        optional("answer_value_numeric", Double),
        VARIANT,
        free_text("problem_display_name", LongText),
        free_text("question_text", LongText),
    ],
    &[&["course_id"], &["module_id"], &["part_id"], &["course_id", "module_id"]],
)
// Results are kept by name: `daily` calls those of a day `daily_DAY`, with the `name` of the section in place of `daily`.
.reloaded_by("AnswerDistributionWorkflow --name daily_DAY");

/// All of them.
pub const TABLES: &[ResultTable] = &[
    // Rows come as the job `distribution` writes them, or as columns.
    ResultTable { reader: read_row_of_either_form, ..ResultTable::of(&ANSWER_DISTRIBUTION) },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_widths_are_those_that_readers_know() {
        let sql = ANSWER_DISTRIBUTION.mysql_create();
        assert!(sql.contains("`correct` TINYINT(1) NOT NULL, `first_response_count` INT(11) NOT NULL"));
        assert!(sql.contains("`answer_value_numeric` DOUBLE, `variant` INT(11), `problem_display_name` LONGTEXT"));
    }
}

//! The six workflows, one folder each, and the slice of them that programs are made from.

pub mod answer_distribution;
#[cfg(test)]
mod combined_tests;
pub mod enrollment;
#[cfg(test)]
mod filter_tests;
pub mod location;
pub mod module_engagement;
pub mod user_activity;
pub mod video;

use crate::tasks::workflow::{ResultTable, Workflow, tables_of};

/// All workflows, in the order in which they run every day: the roster of engagement reads the days enrolled. A new one is a folder and
/// a row here, or a program of its own that adds a row to these.
pub const WORKFLOWS: &[Workflow] = &[
    enrollment::WORKFLOW,
    location::WORKFLOW,
    user_activity::WORKFLOW,
    video::WORKFLOW,
    module_engagement::WORKFLOW,
    answer_distribution::WORKFLOW,
];

/// Their tables. A program that only loads has no need of the tasks, nor of all that they link.
pub const TABLES: [&[ResultTable]; WORKFLOWS.len()] = tables_of(WORKFLOWS);

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_of_one_thing_each() {
        let distinct = |names: Vec<&'static str>| assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
        distinct(WORKFLOWS.iter().map(|workflow| workflow.name).collect());
        distinct(WORKFLOWS.iter().flat_map(|workflow| workflow.tasks).map(|task| task.name).collect());
        distinct(WORKFLOWS.iter().flat_map(|workflow| workflow.tables).map(|table| table.table.name).collect());
        for workflow in WORKFLOWS {
            distinct(workflow.jobs.iter().map(|job| job.shape().name).collect());
            assert!(workflow.jobs.iter().all(|job| job.shape().workflow == workflow.name));
            let daily = workflow.daily.as_ref().map(|daily| daily.task);
            assert!(daily.is_none_or(|daily| workflow.tasks.iter().any(|task| task.name == daily)), "{daily:?}");
        }
    }

    #[test]
    fn fourteen_tables_whose_indexes_name_their_columns() {
        let tables: Vec<_> = TABLES.into_iter().flatten().map(|table| table.table).collect();
        assert_eq!(tables.len(), 14);
        for table in tables {
            let names: Vec<_> = table.columns.iter().map(|column| column.name).collect();
            assert!(table.indexes.iter().copied().flatten().all(|name| names.contains(name)), "{}", table.name);
            // Readers take an answer distribution with this column for one of an older shape.
            assert!(table.name != "answer_distribution" || !names.contains(&"count"));
        }
    }

    #[test]
    fn what_loads_a_table_again_is_a_line_that_its_workflow_understands() {
        for workflow in WORKFLOWS {
            for table in workflow.tables {
                let line = table.table.reload.replace("FIRST", "2024-01-01").replace("DAY", "2024-01-01");
                let name = line.split(' ').next().unwrap();
                let task = workflow.tasks.iter().find(|task| task.name == name).unwrap_or_else(|| panic!("{line}"));
                let command = (task.command)(clap::Command::new(task.name));
                // What a section of the task's name sets.
                let set = if name == "AnswerDistributionWorkflow" { "--src [] --dest /d --output-root /o --marker /m" } else { "" };
                let words = line.split(' ').chain(set.split_whitespace());
                command.try_get_matches_from(words).unwrap_or_else(|error| panic!("{line}: {error}"));
            }
        }
    }

    #[test]
    fn every_folder_and_pair_of_programs_is_registered() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let names = |directory: &str, directories: bool| -> BTreeSet<String> {
            let entries = std::fs::read_dir(root.join(directory)).unwrap().map(Result::unwrap);
            let entries = entries.filter(|entry| entry.file_type().unwrap().is_dir() == directories);
            entries.map(|entry| entry.file_name().into_string().unwrap()).collect()
        };
        let registered: BTreeSet<_> = WORKFLOWS.iter().map(|workflow| workflow.name.to_owned()).collect();
        assert_eq!(names("src/workflows", true), registered.iter().map(|name| name.replace('-', "_")).collect());
        let binaries = names("bin", false);
        for name in registered {
            for side in ["mapper", "reducer"] {
                assert!(binaries.contains(&format!("{name}-{side}.rs")), "{name}-{side}");
            }
        }
    }
}

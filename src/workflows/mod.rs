//! The six workflows, one folder each, and the registry that the driver, the binaries and the tests go by.

pub mod answer_distribution;
pub mod enrollment;
#[cfg(test)]
mod filter_tests;
pub mod location;
pub mod module_engagement;
pub mod user_activity;
pub mod video;

use anyhow::Result;
use clap::{Args, FromArgMatches};

use crate::config::settings::Settings;
use crate::engine::plan::Plan;
use crate::streaming::JobSet;

/// A task that operators run by name.
pub struct Task {
    /// The name they type.
    pub name: &'static str,
    /// Its options, with help.
    pub command: fn(clap::Command) -> clap::Command,
    /// Its plan, from its options and the configuration.
    pub plan: fn(&clap::ArgMatches, &Settings) -> Result<Plan>,
}

/// One workflow.
pub struct Workflow {
    /// Its jobs.
    pub jobs: &'static JobSet,
    /// Its tasks, the main one first.
    pub tasks: &'static [Task],
}

/// A task from its name, its options and the function that plans it.
macro_rules! task {
    ($name:expr, $options:ty, $plan:path) => {
        Task {
            name: $name,
            command: <$options>::augment_args,
            plan: |matches, settings| $plan(&<$options>::from_arg_matches(matches)?, settings),
        }
    };
}

/// All workflows. A new one is a folder, a descriptor and a row here.
pub const WORKFLOWS: &[Workflow] = &[
    Workflow {
        jobs: &answer_distribution::JOBS,
        tasks: &[task!(answer_distribution::task::NAME, answer_distribution::task::Options, answer_distribution::task::plan)],
    },
    Workflow {
        jobs: &enrollment::JOBS,
        tasks: &[
            task!(enrollment::task::NAME, enrollment::task::Options, enrollment::task::plan),
            task!(enrollment::task::GRADES_NAME, enrollment::task::GradesOptions, enrollment::task::plan_grades),
            task!(enrollment::task::EVENTS_NAME, enrollment::task::EventsOptions, enrollment::task::plan_events),
        ],
    },
    Workflow {
        jobs: &location::JOBS,
        tasks: &[
            task!(location::task::NAME, location::task::Options, location::task::plan),
            task!(location::task::HISTORY_NAME, location::task::HistoryOptions, location::task::plan_history),
        ],
    },
    Workflow {
        jobs: &user_activity::JOBS,
        tasks: &[
            task!(user_activity::task::NAME, user_activity::task::Options, user_activity::task::plan),
            task!(user_activity::task::HISTORY_NAME, user_activity::task::HistoryOptions, user_activity::task::plan_history),
        ],
    },
    Workflow {
        jobs: &video::JOBS,
        tasks: &[
            task!(video::task::NAME, video::task::Options, video::task::plan),
            task!(video::task::BY_DATE_NAME, video::task::DayOptions, video::task::plan_by_date),
            task!(video::task::VIEWING_NAME, video::task::ViewingOptions, video::task::plan_viewing),
            task!(video::task::USAGE_NAME, video::task::UsageOptions, video::task::plan_usage),
        ],
    },
    Workflow {
        jobs: &module_engagement::JOBS,
        tasks: &[
            task!(
                module_engagement::workflow_task::NAME,
                module_engagement::workflow_task::Options,
                module_engagement::workflow_task::plan
            ),
            task!(
                module_engagement::workflow_task::PARTITION_NAME,
                module_engagement::workflow_task::PartitionOptions,
                module_engagement::workflow_task::plan_partition
            ),
            task!(module_engagement::task::INTERVAL_NAME, module_engagement::task::IntervalOptions, module_engagement::task::plan_interval),
            task!(
                module_engagement::single_tasks::DATA_NAME,
                module_engagement::single_tasks::DataOptions,
                module_engagement::single_tasks::plan_data
            ),
            task!(
                module_engagement::single_tasks::MYSQL_NAME,
                module_engagement::single_tasks::MysqlOptions,
                module_engagement::single_tasks::plan_mysql
            ),
            task!(
                module_engagement::single_tasks::SUMMARY_NAME,
                module_engagement::single_tasks::SummaryOptions,
                module_engagement::single_tasks::plan_summary
            ),
            task!(
                module_engagement::single_tasks::RANGES_NAME,
                module_engagement::single_tasks::RangesOptions,
                module_engagement::single_tasks::plan_ranges
            ),
            task!(
                module_engagement::single_tasks::SEGMENTS_NAME,
                module_engagement::single_tasks::SegmentsOptions,
                module_engagement::single_tasks::plan_segments
            ),
            task!(
                module_engagement::roster_index_task::NAME,
                module_engagement::roster_index_task::Options,
                module_engagement::roster_index_task::plan
            ),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streaming::Descriptor;
    use std::collections::BTreeSet;

    #[test]
    fn descriptors_and_jobs_name_each_other() {
        for workflow in WORKFLOWS {
            let descriptor = Descriptor::parse(workflow.jobs.descriptor).unwrap();
            assert_eq!(descriptor.workflow, workflow.jobs.workflow);
            let described: BTreeSet<_> = descriptor.jobs.keys().map(String::as_str).collect();
            let coded: BTreeSet<_> = workflow.jobs.jobs.iter().map(|job| job.name).collect();
            assert_eq!(described, coded);
            for job in workflow.jobs.jobs {
                let (_, shape) = workflow.jobs.job(job.name).unwrap();
                assert_eq!(shape.map_only(), job.reducer.is_none(), "{}", job.name);
                assert!(!shape.combiner || job.combiner.is_some(), "{}", job.name);
            }
        }
    }

    #[test]
    fn every_folder_descriptor_and_pair_of_binaries_is_registered() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let names = |directory: &str, directories: bool| -> BTreeSet<String> {
            let entries = std::fs::read_dir(root.join(directory)).unwrap().map(Result::unwrap);
            let entries = entries.filter(|entry| entry.file_type().unwrap().is_dir() == directories);
            entries.map(|entry| entry.file_name().into_string().unwrap()).collect()
        };
        let registered: BTreeSet<_> = WORKFLOWS.iter().map(|workflow| workflow.jobs.workflow.to_owned()).collect();
        assert_eq!(names("src/workflows", true), registered.iter().map(|name| name.replace('-', "_")).collect());
        assert_eq!(names("jobs", false), registered.iter().map(|name| format!("{name}.toml")).collect());
        let binaries = names("bin", false);
        for workflow in WORKFLOWS {
            for binary in [workflow.jobs.mapper_binary(), workflow.jobs.reducer_binary()] {
                assert!(binaries.contains(&format!("{binary}.rs")), "{binary}");
            }
        }
    }
}

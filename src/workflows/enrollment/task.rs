//! The tasks of enrollment: `ImportEnrollmentsIntoMysql`, `CourseEnrollmentEventsTask` for the history, and
//! `CourseGradeByModeDataTask` for one of its tables (rules 03, 1, 2 and 6.5).

use anyhow::Result;
use chrono::NaiveDate;

use super::course_catalog::options::{CatalogFiles, CatalogOptions};
use super::course_catalog::tables::CatalogTable;
use super::events::{DAYS, EVENTS_NAME};
use super::tables::{
    COURSE_ENROLLMENT_BIRTH_YEAR_DAILY, COURSE_ENROLLMENT_DAILY, COURSE_ENROLLMENT_EDUCATION_LEVEL_DAILY, COURSE_ENROLLMENT_GENDER_DAILY,
    COURSE_ENROLLMENT_MODE_DAILY, COURSE_META_SUMMARY_ENROLLMENT, COURSE_PROGRAM_METADATA,
};
use super::without_lms::steps::{ACCOUNT_DAYS, DerivedRows};
use super::{changes, daily_counts, grade_by_mode, meta_summary, passing, program_metadata, state};
use crate::calendar::day;
use crate::calendar::interval::DateInterval;
use crate::config::settings::Settings;
use crate::engine::JobOutput;
use crate::engine::plan::{JobStep, Plan, State, Step, StepInput};
use crate::notice::Notice;
use crate::storage::Location;
use crate::streaming::{Job, JobOptions, NoOptions};
use crate::tasks::day_tables::{HistoryDays, partitions_state};
use crate::tasks::derivation::{ACCOUNTS, is_derived_here};
use crate::tasks::imports::Wanted;
use crate::tasks::loads::{Loads, without_rows};
use crate::tasks::logs::IntervalOptions;
use crate::tasks::options::{FromLogs, OverwrittenDays};
use crate::tasks::store::{StoreOptions, open_store};
use crate::tasks::workflow::Day;
use crate::warehouse::dataset::{Dataset, Partition};

/// The task that fills the tables.
pub(crate) const NAME: &str = "ImportEnrollmentsIntoMysql";
/// The task that only counts who passes.
pub(crate) const GRADES_NAME: &str = "CourseGradeByModeDataTask";

/// Which days, from which logs, into which warehouse.
#[derive(clap::Args, Clone, Debug)]
struct EnrolledOptions {
    #[command(flatten)]
    interval: IntervalOptions,
    #[command(flatten)]
    overwritten: OverwrittenDays,
    /// Compute the tables made from the days enrolled again
    #[arg(long)]
    overwrite_hive: bool,
    /// Compute the days enrolled themselves again, too
    #[arg(long)]
    overwrite_enrollment: bool,
    /// Day of catalog and grades; default: today (UTC)
    #[arg(long, value_parser = day::day, allow_hyphen_values = true)]
    date: Option<NaiveDate>,
    #[command(flatten)]
    from: FromLogs,
}

/// Who was enrolled in which course on which day: the tables `course_enrollment_*` and `course_meta_summary_enrollment`
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    enrolled: EnrolledOptions,
    /// Replace the rows of the tables
    #[arg(long)]
    overwrite_mysql: bool,
    /// Day of the snapshots of LMS tables that are used; default: today (UTC)
    #[arg(long, value_parser = day::day, allow_hyphen_values = true)]
    import_date: Option<NaiveDate>,
    #[command(flatten)]
    catalog: CatalogOptions,
    #[command(flatten)]
    store: StoreOptions,
}

/// How many learners of each mode pass each course: the table `course_grade_by_mode` of the warehouse
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct GradesOptions {
    #[command(flatten)]
    enrolled: EnrolledOptions,
    /// The name that --overwrite-hive had in this task
    #[arg(long, hide = true)]
    overwrite: bool,
}

/// Enrollment events of each day
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct EventsOptions {
    #[command(flatten)]
    days: HistoryDays,
}

/// What the task is told every day.
pub(crate) fn daily(day: &Day<'_>) -> Vec<String> {
    [day.interval(NAME, &["enrollments"]), day.fill_days(), day.words(&["--date", "DAY", "--import-date", "DAY", "--overwrite-mysql"])]
        .concat()
}

/// The plan of `CourseEnrollmentEventsTask`.
pub(crate) fn plan_events(options: &EventsOptions, settings: &Settings) -> Result<Plan> {
    let mut plan = DAYS.history(EVENTS_NAME, &options.days, settings)?;
    if is_derived_here(ACCOUNTS[0], settings, &options.days.warehouse(settings)?)? {
        plan.steps.extend(ACCOUNT_DAYS.history(EVENTS_NAME, &options.days, settings)?.steps);
    }
    Ok(plan)
}

/// Where things lie, and what is to be made again.
struct Planner<'p> {
    options: &'p EnrolledOptions,
    settings: &'p Settings,
    warehouse: Location,
    interval: DateInterval,
    date: NaiveDate,
    steps: Vec<Step>,
    notices: Vec<Notice>,
    missing_days: Vec<NaiveDate>,
}

/// The plan of `ImportEnrollmentsIntoMysql`.
pub(crate) fn plan(options: &Options, settings: &Settings) -> Result<Plan> {
    let mut planner = Planner::new(&options.enrolled, settings)?;
    planner.days_enrolled()?;
    planner.without_lms()?;
    planner.daily_tables(options)?;
    planner.meta_summary(options)?;
    Ok(Plan {
        task: NAME.to_owned(),
        steps: planner.steps,
        notices: planner.notices,
        missing_days: planner.missing_days,
        ..Plan::default()
    })
}

/// The plan of `CourseGradeByModeDataTask`.
pub(crate) fn plan_grades(options: &GradesOptions, settings: &Settings) -> Result<Plan> {
    let overwrite_hive = options.enrolled.overwrite_hive || options.overwrite;
    let enrolled = EnrolledOptions { overwrite_hive, ..options.enrolled.clone() };
    let mut planner = Planner::new(&enrolled, settings)?;
    planner.days_enrolled()?;
    planner.grade_by_mode()?;
    Ok(Plan {
        task: GRADES_NAME.to_owned(),
        steps: planner.steps,
        notices: planner.notices,
        missing_days: planner.missing_days,
        ..Plan::default()
    })
}

impl<'p> Planner<'p> {
    fn new(options: &'p EnrolledOptions, settings: &'p Settings) -> Result<Self> {
        let interval = options.interval.resolve(settings, "enrollments")?;
        let warehouse = options.from.places.warehouse.location(settings)?;
        let date = options.date.unwrap_or_else(day::today);
        Ok(Self { options, settings, warehouse, interval, date, steps: Vec::new(), notices: Vec::new(), missing_days: Vec::new() })
    }

    fn overwrite_hive(&self) -> Option<&'static str> {
        self.options.overwrite_hive.then_some("--overwrite-hive")
    }

    /// A partition by the end of the interval.
    fn at_end(&self, table: &str) -> Result<Partition> {
        Ok(Dataset::new(&self.warehouse, table)?.day(self.interval.end()))
    }

    /// A partition by `--date`.
    fn at_date(&self, table: &str) -> Result<Partition> {
        Ok(Dataset::new(&self.warehouse, table)?.day(self.date))
    }

    fn job<O: JobOptions>(&mut self, name: &str, job: (&'static Job<O>, &O), input: StepInput, output: JobOutput, state: State) {
        let job = JobStep::new(job.0, job.1, input, output, self.options.from.n_reduce_tasks);
        self.steps.push(Step::job(name, job, state));
    }

    /// The steps of rules 03, 3 to 5: events of the last days, then states and summaries.
    fn days_enrolled(&mut self) -> Result<()> {
        let (enrollment, summary) = (self.at_end("course_enrollment")?, self.at_end("course_enrollment_summary")?);
        let overwrite = self.options.overwrite_enrollment.then_some("--overwrite-enrollment");
        let state = partitions_state(&[&enrollment, &summary], overwrite)?;
        let days = self.options.overwritten.of(self.settings, "enrollments")?;
        let extracted = self.interval.overwritten(days);
        let (filling, state) = DAYS.filling(self.settings, &self.options.from, (self.interval, extracted), state)?;
        self.notices.extend(filling.notices("Enrollment events", EVENTS_NAME));
        self.missing_days.extend(filling.missing_days());
        let missing = filling.steps(&DAYS, self.settings, &self.options.from)?;
        self.steps.extend(missing);
        self.steps.extend(filling.window_step(&DAYS, self.settings, &self.options.from, &state)?);
        let input = DAYS.found(&self.warehouse, &self.days_read(&extracted))?;
        let tables = [(state::ENROLLMENT, &enrollment), (super::summary::SUMMARY, &summary)];
        let output = JobOutput::Tables(tables.map(|(path, place)| (path.to_owned(), place.directory().clone())).to_vec());
        self.job("Days enrolled", (&state::JOB, &state::Options { interval: self.interval }), input, output, state);
        Ok(())
    }

    /// With more overwritten days than the interval has, days before it are fed on, too (rules 03, 3.3).
    fn days_read(&self, extracted: &DateInterval) -> DateInterval {
        DateInterval::new(self.interval.start().min(extracted.start()), self.interval.end())
    }

    /// What stands in for the LMS database where there is none (rules 10, 8).
    fn without_lms(&mut self) -> Result<()> {
        let extracted = self.interval.overwritten(self.options.overwritten.of(self.settings, "enrollments")?);
        let read = self.days_read(&extracted);
        let (settings, warehouse, from) = (self.settings, &self.warehouse, &self.options.from);
        let overwrite = self.options.overwrite_enrollment.then_some("--overwrite-enrollment");
        let rows = DerivedRows { settings, warehouse, from, interval: self.interval, extracted, read, overwrite };
        rows.add(&mut self.steps, &mut self.notices)
    }

    fn wanted(&self, table: &'static str, date: NaiveDate) -> Wanted<'_> {
        Wanted { table, date, end: self.interval.end(), warehouse: &self.warehouse, overwrite: false }
    }

    /// The five tables by day (rules 03, 6.1 to 6.4).
    fn daily_tables(&mut self, options: &Options) -> Result<()> {
        let partitions = daily_counts::TABLES.iter().map(|table| self.at_end(table)).collect::<Result<Vec<_>>>()?;
        let state = partitions_state(&partitions.iter().collect::<Vec<_>>(), self.overwrite_hive())?;
        let date = options.import_date.unwrap_or_else(day::today);
        let import = self.wanted("auth_userprofile", date).planned(self.settings)?;
        let profiles = import.add(&state, &mut self.steps, &mut self.notices);
        let (enrollment, work) = (self.at_end("course_enrollment")?, self.at_end("course_enrollment_changes")?);
        let inputs = StepInput::Directories(vec![enrollment.directory().clone(), profiles.directory().clone()]);
        let job = (&changes::JOB, &changes::Options { interval: self.interval });
        self.job("Changes of each group", job, inputs, JobOutput::Directory(work.directory().clone()), state.clone());
        let places = daily_counts::TABLES.iter().zip(&partitions);
        let output = JobOutput::Tables(places.map(|(table, place)| (format!("{table}/"), place.directory().clone())).collect());
        let input = StepInput::Directories(vec![work.directory().clone()]);
        self.job("Learners of each group and day", (&daily_counts::JOB, &NoOptions {}), input, output, state);
        for (name, table) in [
            (changes::GENDERS, &COURSE_ENROLLMENT_GENDER_DAILY),
            (changes::BIRTH_YEAR, &COURSE_ENROLLMENT_BIRTH_YEAR_DAILY),
            (changes::EDUCATION, &COURSE_ENROLLMENT_EDUCATION_LEVEL_DAILY),
            (changes::DAILY, &COURSE_ENROLLMENT_DAILY),
            (changes::MODE, &COURSE_ENROLLMENT_MODE_DAILY),
        ] {
            let place = self.at_end(name)?;
            self.load(options, table, &place)?;
        }
        Ok(())
    }

    fn load(&mut self, options: &Options, table: &'static crate::stores::table::Table, place: &Partition) -> Result<()> {
        let loads = Loads {
            options: &options.store,
            settings: self.settings,
            task: NAME,
            identity: vec![
                ("interval", self.interval.to_string()),
                ("date", self.date.to_string()),
                ("warehouse_path", self.warehouse.to_string()),
            ],
            logs: &self.options.from.logs,
            overwrite: options.overwrite_mysql,
            // A catalog need not have programs.
            allow_empty: table.name == COURSE_PROGRAM_METADATA.name,
        };
        self.steps.push(loads.step(table, place.directory())?);
        Ok(())
    }

    /// Who passes, by course and mode (rules 03, 6.5).
    fn grade_by_mode(&mut self) -> Result<Partition> {
        let (grades, passing) = (self.at_date("course_grade_by_mode")?, self.at_date("course_grade_passing")?);
        let state = partitions_state(&[&grades], self.overwrite_hive())?;
        // Grades are imported into the warehouse, whatever the destination of other imports (rules 09, 1).
        let wanted = self.wanted("grades_persistentcoursegrade", self.date);
        let import = wanted.planned_at(&self.warehouse, self.settings)?;
        let imported = import.add(&state, &mut self.steps, &mut self.notices);
        let enrollment = self.at_end("course_enrollment")?;
        let inputs = StepInput::Directories(vec![enrollment.directory().clone(), imported.directory().clone()]);
        self.job(
            "Mode of each passing learner",
            (&passing::JOB, &NoOptions {}),
            inputs,
            JobOutput::Directory(passing.directory().clone()),
            state.clone(),
        );
        let input = StepInput::Directories(vec![passing.directory().clone()]);
        self.job(
            "Passing learners of each mode",
            (&grade_by_mode::JOB, &NoOptions {}),
            input,
            JobOutput::Directory(grades.directory().clone()),
            state,
        );
        Ok(grades)
    }

    /// Grades, catalog and the summary of each course (rules 03, 6.5 to 6.7).
    fn meta_summary(&mut self, options: &Options) -> Result<()> {
        let enabled = options.catalog.is_enabled(self.settings)?;
        let overwrite = self.overwrite_hive();
        let grades = self.grade_by_mode()?;
        let summary = self.at_end("course_meta_summary_enrollment")?;
        let state = partitions_state(&[&summary], overwrite)?;
        let mut inputs = vec![self.at_end(changes::MODE)?.directory().clone(), grades.directory().clone()];
        if enabled {
            let programs = partitions_state(&[&self.at_date("course_program_metadata")?], overwrite)?;
            let readers = [(CatalogTable::Courses, &state), (CatalogTable::Programs, &programs)];
            let needed: Vec<_> = readers.iter().filter(|(_, reader)| matches!(reader, State::Due(_))).map(|(table, _)| *table).collect();
            let steps = self.catalog(options).steps(&needed)?;
            self.steps.extend(steps);
            inputs.push(self.catalog(options).directory(CatalogTable::Courses)?);
        }
        let output = JobOutput::Directory(summary.directory().clone());
        let job = (&meta_summary::JOB, &meta_summary::Options { interval: self.interval });
        self.job("Summary of each course", job, StepInput::Directories(inputs), output, state);
        self.load(options, &COURSE_META_SUMMARY_ENROLLMENT, &summary)?;
        self.programs(options, enabled)
    }

    fn programs(&mut self, options: &Options, enabled: bool) -> Result<()> {
        if !enabled {
            let store = open_store(&options.store, self.settings)?;
            self.steps.push(without_rows(&COURSE_PROGRAM_METADATA, store, "the course catalog is off"));
            return Ok(());
        }
        let programs = self.at_date("course_program_metadata")?;
        let state = partitions_state(&[&programs], self.overwrite_hive())?;
        let input = StepInput::Directories(vec![self.catalog(options).directory(CatalogTable::Programs)?]);
        let output = JobOutput::Directory(programs.directory().clone());
        self.job("Programs of each course run", (&program_metadata::JOB, &NoOptions {}), input, output, state);
        self.load(options, &COURSE_PROGRAM_METADATA, &programs)
    }

    /// The files of the course catalog of `--date`.
    fn catalog<'c>(&'c self, options: &'c Options) -> CatalogFiles<'c> {
        CatalogFiles { options: &options.catalog, settings: self.settings, warehouse: &self.warehouse, date: self.date }
    }
}

//! The whole command line of the driver: its commands, and a task for each of the registry.
//!
//! Help tells them in groups: commands by purpose, tasks by workflow, options by topic.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command};

use super::command_groups::groups;
use super::heeds::{Heeds, of_every_task, told};
use super::launcher::LAUNCHERS;
use super::run_options::RunOptions;
use super::{
    Workflows, backfill, clean, compare, completions, daily, demo, doctor, examples, explain, export, job, launcher, list, man, map,
    near_names, old_options, plan_forms, report, setup, status, task_parameter, tasks, topics,
};
use crate::generate::GenerateOptions;
use crate::programs::version::VERSION;
use crate::wrong_usage::wrong_usage;

/// Which commands and tasks a command line has. To make one takes its time, and there are many.
#[derive(Clone, Copy, Debug)]
enum Chosen<'w> {
    All,
    /// Those that these words name
    Named(&'w [OsString]),
}

impl Chosen<'_> {
    fn has(self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(words) => words.iter().any(|word| word == name),
        }
    }
}

/// The whole command line.
pub(crate) fn command(workflows: Workflows) -> Command {
    command_with(workflows, Chosen::All)
}

/// The command line as far as these words can reach it: they mean the same to it as to the whole one, but for what is told of errors.
pub(super) fn command_for(workflows: Workflows, words: &[OsString]) -> Command {
    command_with(workflows, Chosen::Named(words))
}

/// What the words mean. Errors and help are those of the whole command line.
pub(super) fn parsed(workflows: Workflows, words: &[OsString]) -> clap::error::Result<ArgMatches> {
    let parsed = command_for(workflows, words).try_get_matches_from(words).or_else(|error| match error.kind() {
        ErrorKind::DisplayVersion => Err(error),
        _ => command(workflows).try_get_matches_from(words),
    });
    parsed.map_err(|error| near_names::only(workflows, error))
}

fn command_with(workflows: Workflows, chosen: Chosen<'_>) -> Command {
    let driver = Command::new("insights").version(VERSION).subcommand_required(true).arg_required_else_help(true);
    let driver = of_commands(workflows, chosen, RunOptions::augment_args(driver).mut_args(topics::placed));
    let driver =
        with_chosen(workflows, chosen, driver).about("Open edX tracking logs to Insights tables, and reports of them").long_about(None);
    let groups = groups(workflows, &driver);
    driver.override_usage("insights COMMAND [OPTIONS]\n       insights TASK [OPTIONS]").help_template(format!(
        "{{about}}\n\n{{usage-heading}} {{usage}}\n\n{groups}`insights COMMAND --help` and `insights TASK --help` tell the options.\n\nOptions:\n  \
         -h, --help     Print help\n  -V, --version  Print version\n\nExamples:\n  insights demo\n  insights report /var/log/tracking\n  \
         insights plan daily\n  insights daily\n"
    ))
}

/// A command: its name, its options, what it does, and which options of every task it heeds.
type CommandRow = (&'static str, fn(Command) -> Command, &'static str, Heeds);

const COMMANDS: &[CommandRow] = &[
    ("list", list::ListOptions::augment_args, "Lists the tasks, jobs and tables of each workflow", Heeds::Nothing),
    ("demo", demo::DemoOptions::augment_args, "Generates some weeks of logs, runs all workflows, shows what they found", Heeds::Machine),
    ("generate", GenerateOptions::augment_args, "Generates realistic tracking logs and LMS tables", Heeds::Nothing),
    ("together", with_tasks_as_words, "Runs several tasks; those that read the same logs read them once", Heeds::All),
    (daily::NAME, daily::DailyOptions::augment_args, DAILY, Heeds::All),
    (
        "report",
        report::ReportCommand::augment_args,
        "Writes an HTML report of log files, or of a result store: an overview, and a page for each course",
        Heeds::MachineAndConfiguration,
    ),
    (
        setup::init::NAME,
        setup::init::InitOptions::augment_args,
        "Writes a complete, commented configuration file, or shows what is in force",
        Heeds::Configuration,
    ),
    (
        doctor::NAME,
        doctor::DoctorOptions::augment_args,
        "Looks at everything that a night needs, and says what to do about what is not in order",
        Heeds::All,
    ),
    (explain::NAME, explain::ExplainOptions::augment_args, "Says what a counter, an exit code, a task or a setting means", Heeds::Nothing),
    (
        status::NAME,
        status::StatusOptions::augment_args,
        "Shows the days of each table, what is due, the result stores, the roster, the last runs, locks and leftovers",
        Heeds::Configuration,
    ),
    (
        clean::NAME,
        clean::CleanOptions::augment_args,
        "Removes what dead runs left behind and markers of long ago; shows it first",
        Heeds::Configuration,
    ),
    (
        "export",
        export::ExportOptions::augment_args,
        "Writes tables as Parquet, CSV or JSON lines, for other programs",
        Heeds::Configuration,
    ),
    (map::NAME, map::with_options, "Maps the files whose paths are the lines of the standard input", Heeds::Nothing),
    (backfill::NAME, backfill::BackfillOptions::augment_args, BACKFILL, Heeds::All),
    (job::NAME, job::JobOptions::augment_args, "Runs one job of a workflow on given files", Heeds::All),
    (
        "completions",
        completions::CompletionsOptions::augment_args,
        "Prints a script by which a shell completes commands, tasks and options of all programs",
        Heeds::Nothing,
    ),
    (
        "compare",
        compare::CompareOptions::augment_args,
        "Compares two result stores table by table, and shows the first differences",
        Heeds::Configuration,
    ),
    ("man", man::ManOptions::augment_args, "Prints a man page, or writes those of all programs", Heeds::Nothing),
    (LAUNCHERS[0], launcher::with_words, "Runs a task by the command line of the old launch-task", Heeds::All),
    (LAUNCHERS[1], launcher::with_words, "Runs a task by the command line of the old remote-task, if its host is this machine", Heeds::All),
];

fn of_commands(workflows: Workflows, chosen: Chosen<'_>, driver: Command) -> Command {
    let commands = COMMANDS.iter().filter(|(name, ..)| chosen.has(name));
    let driver =
        commands.fold(driver, |driver, (name, options, about, heeds)| driver.subcommand(told(options(Command::new(*name)), about, *heeds)));
    if !chosen.has("plan") {
        return driver;
    }
    let plan = Command::new("plan").subcommand_required(true).args(plan_forms::arguments()).subcommand(daily_command());
    let plan = plan.subcommand(told(backfill::BackfillOptions::augment_args(Command::new(backfill::NAME)), BACKFILL, Heeds::All));
    let plan = with_chosen(workflows, chosen, plan);
    driver.subcommand(told(plan, "Shows what a task would do and why, without running it", Heeds::All))
}

fn with_tasks_as_words(together: Command) -> Command {
    let tasks = Arg::new("tasks").required(true).num_args(1..).value_name("TASK OPTIONS");
    together.arg(tasks.help("A task with its options, quoted as one word"))
}

const BACKFILL: &str = "Makes missing days of the history, for all workflows but engagement at once";
const DAILY: &str = "Runs everything that is due for a day; each log file is read once";

fn daily_command() -> Command {
    told(daily::DailyOptions::augment_args(Command::new(daily::NAME)), DAILY, Heeds::All)
}

/// A command with a subcommand for each task.
pub(super) fn with_tasks(workflows: Workflows, command: Command) -> Command {
    with_chosen(workflows, Chosen::All, command)
}

fn with_chosen(workflows: Workflows, chosen: Chosen<'_>, command: Command) -> Command {
    tasks(workflows).filter(|task| chosen.has(task.name)).fold(command, |command, task| {
        let task = old_options::with_overwrite((task.command)(Command::new(task.name)).mut_args(topics::placed));
        let examples = examples::of_task(&task);
        // Of an option that is repeated the last one counts; of lists all do (`task_section`).
        command.subcommand(task.after_help(examples).args_override_self(true))
    })
}

/// Options of every task that were given to a command without use for them.
///
/// # Errors
/// There is one.
pub(super) fn refuse_unheeded(driver: &Command, matches: &ArgMatches) -> anyhow::Result<()> {
    let Some((name, _)) = matches.subcommand() else { return Ok(()) };
    if name == map::NAME {
        // Without an option before them its words have gone to the job already.
        return Err(wrong_usage(
            "`insights map` takes options of the job only, behind its name: insights map WORKFLOW JOB OPTIONS. Leave out what stands before.".to_owned(),
        ));
    }
    let reads_settings = COMMANDS.iter().find(|(known, ..)| *known == name).is_none_or(|(.., heeds)| heeds.reads_settings());
    if !reads_settings && matches.value_source(task_parameter::ID) == Some(ValueSource::CommandLine) {
        return Err(wrong_usage(format!("`insights {name}` has no use for parameters of tasks; leave them out.")));
    }
    let Some(command) = driver.find_subcommand(name) else { return Ok(()) };
    for option in of_every_task() {
        let id = option.get_id();
        let hidden = command.get_arguments().any(|known| known.get_id() == id && known.is_hide_set());
        if hidden && matches.value_source(id.as_str()) == Some(ValueSource::CommandLine) {
            let option = option.get_long().unwrap_or_default();
            return Err(wrong_usage(format!("`insights {name}` has no use for --{option}; leave it out.")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflows::WORKFLOWS;

    #[test]
    fn the_command_line_is_consistent() {
        command(WORKFLOWS).debug_assert();
    }

    #[test]
    fn every_command_says_first_what_it_does() {
        for command in command(WORKFLOWS).get_subcommands() {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(!about.is_empty() && !about.contains("Options of"), "{}: {about:?}", command.get_name());
        }
    }

    #[test]
    fn a_day_may_be_days_ago_wherever_one_is_typed() {
        let typed_days = [std::any::TypeId::of::<chrono::NaiveDate>(), std::any::TypeId::of::<crate::calendar::interval::DateInterval>()];
        let mut found = 0;
        for command in command(WORKFLOWS).get_subcommands() {
            for option in
                command.get_arguments().filter(|option| typed_days.iter().any(|kind| option.get_value_parser().type_id() == *kind))
            {
                assert!(option.is_allow_hyphen_values_set(), "{} {option}", command.get_name());
                found += 1;
            }
        }
        assert!(found > 30, "{found}");
    }

    /// All values of a command and the one below it.
    fn understood(matches: &ArgMatches) -> String {
        let raw = |id: &str| matches.try_get_raw(id).ok().flatten().map(Iterator::collect::<Vec<_>>);
        let values = matches.ids().map(|id| format!("{id} {:?}", raw(id.as_str())));
        let below = matches.subcommand().map(|(name, given)| format!("{name}: {}", understood(given)));
        values.chain(below).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_part_of_the_command_line_understands_its_words_as_the_whole_does() {
        let lines: [&[&str]; 6] = [
            &["daily", "--date", "2024-03-04", "--threads", "2"],
            &["plan", "--format", "json", "daily"],
            &["--threads", "2", "plan", "UserActivityTask", "--interval", "2024-03-04-2024-03-05"],
            &["report", "list", "demo"],
            &["together", "daily", "list"],
            &["launch-task", "UserActivityTask", "--interval", "x"],
        ];
        for line in lines {
            let words: Vec<OsString> = ["insights"].iter().chain(line).map(Into::into).collect();
            let part = command_for(WORKFLOWS, &words).try_get_matches_from(&words).unwrap();
            assert_eq!(understood(&part), understood(&command(WORKFLOWS).try_get_matches_from(&words).unwrap()), "{line:?}");
        }
        let told = |words: &[&str]| parsed(WORKFLOWS, &words.iter().map(Into::into).collect::<Vec<_>>()).unwrap_err().to_string();
        assert!(told(&["insights", "--help"]).contains("UserActivityTask"));
        assert!(told(&["insights", "dayly"]).contains("daily"));
        assert!(told(&["insights", "UserActvityTask"]).contains("tip: a similar subcommand exists: 'UserActivityTask'"));
        let option = told(&["insights", "UserActivityTask", "--intervall", "2014"]);
        assert!(option.contains("tip: a similar argument exists: '--interval'"), "{option}");
        // What is hardly alike is not told, and no command in place of a task.
        for line in
            [&["insights", "NoSuchTask"][..], &["insights", "plan", "NoSuchTask"], &["insights", "UserActivityTask", "--credentials"]]
        {
            let told = told(line);
            assert!(!told.contains("similar") && !told.contains("--n-reduce-tasks"), "{told}");
        }
        assert_eq!(told(&["insights", "--version"]), format!("insights {VERSION}\n"));
    }

    #[test]
    fn an_option_without_effect_is_refused() {
        let outcome = |words: &[&str]| {
            let matches = command(WORKFLOWS).try_get_matches_from([&["insights"], words].concat()).unwrap();
            refuse_unheeded(&command(WORKFLOWS), &matches).map_err(|error| error.to_string())
        };
        let parameter = "--task-parameter=UserActivityTask.interval=2014";
        assert!(outcome(&["generate", parameter]).unwrap_err().contains("parameters of tasks"));
        assert!(outcome(&["daily", parameter]).is_ok() && outcome(&["UserActivityTask", "--interval=2014", parameter]).is_ok());
        assert_eq!(outcome(&["generate", "--pool", "x"]).unwrap_err(), "`insights generate` has no use for --pool; leave it out.");
        assert!(outcome(&["--threads", "2", "list"]).is_err());
        for words in [&["map", "-q", "enrollment", "events"][..], &["--verbose", "map", "enrollment", "events"]] {
            assert!(outcome(words).unwrap_err().contains("options of the job only, behind its name"));
        }
        assert!(outcome(&["--threads", "2", "demo"]).is_ok() && outcome(&["daily", "--pool", "x"]).is_ok());
    }
}

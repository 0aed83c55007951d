//! What `today`, `yesterday` and days ago meant in this run, said once.

use std::any::TypeId;

use chrono::NaiveDate;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

use crate::calendar::day;
use crate::calendar::interval::DateInterval;
use crate::say;

/// Says the days that options name by their distance from today.
pub(super) fn tell(program: &str, command: &Command, matches: &ArgMatches) {
    let resolved = resolved(command, matches);
    if !resolved.is_empty() {
        say!("{program}: Today is {} (UTC): {}.", day::today(), resolved.join(", "));
    }
}

fn resolved(command: &Command, matches: &ArgMatches) -> Vec<String> {
    let mut all: Vec<_> = command.get_arguments().filter_map(|option| of_option(option, matches)).collect();
    if let Some((name, given)) = matches.subcommand()
        && let Some(subcommand) = command.find_subcommand(name)
    {
        all.extend(resolved(subcommand, given));
    }
    all
}

fn of_option(option: &Arg, matches: &ArgMatches) -> Option<String> {
    let (id, kind) = (option.get_id().as_str(), option.get_value_parser().type_id());
    let is_day = kind == TypeId::of::<NaiveDate>();
    if !is_day && kind != TypeId::of::<DateInterval>() || matches.value_source(id) != Some(ValueSource::CommandLine) {
        return None;
    }
    matches.get_raw(id)?.next().filter(|raw| day::is_relative(&raw.to_string_lossy()))?;
    let name = option.get_long().unwrap_or(id);
    if is_day {
        return matches.get_one::<NaiveDate>(id).map(|day| format!("--{name} is {day}"));
    }
    matches.get_one::<DateInterval>(id).map(|days| format!("--{name} is {}..{}", days.start(), days.end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_that_move_are_told() {
        let option = |name: &'static str| Arg::new(name).long(name).allow_hyphen_values(true);
        let command = Command::new("x").arg(option("date").value_parser(day::day)).arg(option("days").value_parser(day::interval));
        let command = Command::new("y").subcommand(command.arg(option("name")));
        let told = |words: &[&str]| resolved(&command, &command.clone().try_get_matches_from([&["y", "x"], words].concat()).unwrap());
        let days = day::interval("-2..today").unwrap();
        let expected = format!("--days is {}..{}", days.start(), days.end());
        assert_eq!(told(&["--date", "2024-03-04", "--days", "-2..today", "--name", "today"]), [expected]);
        assert_eq!(told(&["--date", "today"]), [format!("--date is {}", day::today())]);
    }
}

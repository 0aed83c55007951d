//! The last lines of every help: command lines to begin with. Those of a task follow from its options.

use clap::{Arg, Command};

/// Values that stand in for an operator's.
const VALUES: &[(&str, &str)] = &[
    ("interval", "2024-03-04..2024-03-11"),
    ("interval_end", "today"),
    ("date", "today"),
    ("end_date", "today"),
    ("name", "answers-2024-03-04"),
    ("src", "'[\"/data/tracking\"]'"),
    ("dest", "/data/answers"),
    ("output_root", "/data/answers/csv"),
    ("marker", "/data/answers/marker"),
];

/// Columns of a line of an example: help would break a longer one anywhere, and a terminal may have no more.
const WIDTH: usize = 78;

/// Options that choose days, where a task requires none; the first that it has.
const CHOOSING: [&str; 3] = ["interval_end", "end_date", "interval"];

/// Command lines of the commands by name.
const COMMANDS: &[(&str, &[&str])] = &[
    ("demo", &["insights demo", "insights demo --events 2000000 --courses 12"]),
    (
        "report",
        &[
            "insights report /var/log/tracking --open",
            "insights report '/data/host*/tracking.log*.gz' --interval 2024-03 --geolocation GeoLite2-Country.mmdb",
            "insights report --sqlite insights-report/insights.sqlite --out /var/www/insights",
        ],
    ),
    (
        "generate",
        &["insights generate --out logs", "insights generate --interval 2024-03-04..2024-03-11 --events 100000 --gzip --tables --out logs"],
    ),
    ("daily", &["insights plan daily", "insights daily", "insights daily --only video", "insights daily --skip answer-distribution"]),
    (
        "init",
        &[
            "insights init --output insights.cfg --logs /var/log/tracking --warehouse /data/warehouse",
            "insights init --from /etc/insights/override.cfg --output insights.cfg",
            "insights init --show",
        ],
    ),
    ("doctor", &["insights doctor", "insights doctor ImportEnrollmentsIntoMysql --format json"]),
    ("status", &["insights status", "insights status UserActivityTask", "insights status --format json"]),
    ("clean", &["insights clean", "insights clean --older-than 30 --yes"]),
    (
        "export",
        &[
            "insights export --all --sqlite insights.sqlite --out tables",
            "insights export course_activity video --format csv --credentials result.json --out tables",
        ],
    ),
    ("explain", &["insights explain 20", "insights explain UserActivityTask", "insights explain 'Discard Missing User ID'"]),
    (
        "backfill",
        &["insights backfill --from 2024-01-01 --to today", "insights backfill --from 2023-01-01 --to 2024-01-01 --days 14 --dry-run"],
    ),
    ("plan", &["insights plan daily", "insights plan UserActivityTask --interval 2024-03", "insights plan daily --format json"]),
    (
        "together",
        &["insights together 'UserActivityTask --interval 2024-03' 'UserVideoViewingByDateTask --interval 2024-03 --overwrite-n-days 0'"],
    ),
    ("list", &["insights list", "insights list --format markdown"]),
    (
        "job",
        &[
            "insights job user-activity daily --input logs --output activity -- --interval 2024-03",
            "insights job user-activity daily --print pipe -- --interval 2024-03",
        ],
    ),
    ("map", &["insights map user-activity daily --interval 2024-03"]),
    ("launch-task", &["launch-task UserActivityTask --local-scheduler --interval 2024-03"]),
    ("remote-task", &["remote-task --host localhost --wait --skip-setup UserActivityTask --interval 2024-03"]),
    ("completions", &["insights completions bash", "insights completions fish"]),
    ("man", &["insights man", "insights man --out /usr/local/share/man/man1"]),
    (
        "compare",
        &["insights compare old.sqlite new.sqlite", "insights compare /etc/insights/old.json#reports configured video course_activity"],
    ),
];

/// The text behind the help of a command; empty if nothing is known of it.
pub(super) fn of_command(name: &str) -> String {
    let lines = COMMANDS.iter().find(|(known, _)| *known == name).map_or(&[][..], |(_, lines)| lines);
    text(lines.iter().map(|line| (*line).to_owned()))
}

/// The text behind the help of a task.
pub(super) fn of_task(task: &Command) -> String {
    let required: Vec<_> = task.get_arguments().filter(|option| option.is_required_set()).collect();
    let chosen =
        if required.is_empty() { CHOOSING.iter().find_map(|id| task.get_arguments().find(|option| option.get_id() == *id)) } else { None };
    let options: String = required.into_iter().chain(chosen).map(words).collect();
    let name = task.get_name();
    text([format!("insights plan {name}{options}"), format!("insights {name}{options}")].into_iter())
}

fn words(option: &Arg) -> String {
    let value = VALUES.iter().find(|(id, _)| option.get_id() == *id).map_or("VALUE", |(_, value)| value);
    option.get_long().map(|name| format!(" --{name} {value}")).unwrap_or_default()
}

fn text(lines: impl Iterator<Item = String>) -> String {
    let lines: Vec<_> = lines.map(|line| folded(&line)).collect();
    if lines.is_empty() { String::new() } else { format!("Examples:\n  {}", lines.join("\n  ")) }
}

/// A command line in lines that a shell reads as one. An option and its value stay together.
fn folded(command: &str) -> String {
    let mut pieces: Vec<String> = Vec::new();
    let mut is_quoted = false;
    for word in command.split(' ') {
        match pieces.last_mut() {
            Some(piece) if is_quoted || is_option(piece) && !word.starts_with('-') => {
                piece.push(' ');
                piece.push_str(word);
            }
            _ => pieces.push(word.to_owned()),
        }
        is_quoted ^= word.matches('\'').count() % 2 == 1;
    }
    let mut text = String::new();
    let mut used = 2;
    for piece in pieces {
        let length = piece.chars().count();
        // Room for the sign that the line goes on.
        if used > 2 && used + 1 + length + 2 > WIDTH {
            text.push_str(" \\\n      ");
            used = 6 + length;
        } else {
            let before = if used > 2 { " " } else { "" };
            text.push_str(before);
            used += before.len() + length;
        }
        text.push_str(&piece);
    }
    text
}

fn is_option(piece: &str) -> bool {
    piece.starts_with("--") && !piece.contains(' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programs::insights::command::command;
    use crate::workflows::WORKFLOWS;

    #[test]
    fn long_lines_end_between_options() {
        assert_eq!(folded("insights list"), "insights list");
        let long = format!("insights report '/data/host*/{}' --interval 2024-03 --geolocation {}", "x".repeat(20), "y".repeat(30));
        let (first, second) = long.split_once(" --geolocation").unwrap();
        assert_eq!(folded(&long), format!("{first} \\\n      --geolocation{second}"));
        assert_eq!(shlex::split(&folded(&long).replace("\\\n", "")), shlex::split(&long));
    }

    #[test]
    fn every_example_is_a_command_line() {
        let driver = command(WORKFLOWS);
        for (name, _) in COMMANDS {
            assert!(driver.find_subcommand(name).is_some(), "{name}");
        }
        for command in driver.get_subcommands() {
            let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(examples.starts_with("Examples:\n  "), "{} has no examples", command.get_name());
            assert!(examples.lines().all(|line| line.chars().count() <= WIDTH), "{examples}");
            for line in examples.replace(" \\\n", " ").lines().skip(1).filter(|line| line.trim().starts_with("insights ")) {
                let outcome = driver.clone().try_get_matches_from(shlex::split(line).unwrap());
                assert!(outcome.is_ok(), "{line}\n{}", outcome.unwrap_err());
            }
        }
    }
}

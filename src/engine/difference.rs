//! What a result was made from, and what it would be made from now: the difference as a sentence.

use crate::lms::tables::table;
use crate::warehouse::record::{Record, RecordedInput, lengthened};

/// The first difference that matters; none if the result would be made from the same.
///
/// An input that is not there any more is none: it was cleared away, and whoever needs it makes it again.
pub(super) fn difference(then: &Record, now: &Record) -> Option<String> {
    if then.job != now.job {
        return Some("its record is of another job or version".to_owned());
    }
    if then.rules != now.rules {
        return Some(format!("the rules of {} changed: it was made by version {}, they are at {}", now.job, then.rules, now.rules));
    }
    let options = option_changed(&then.options, &now.options);
    options.or_else(|| inputs_changed(&then.inputs, &now.inputs))
}

/// Options by name: `--name value`, `--name=value`, or `--name` alone.
fn by_name(options: &[String]) -> Vec<(&str, &str)> {
    let mut named: Vec<(&str, &str)> = Vec::new();
    for word in options {
        match word.strip_prefix("--") {
            Some(_) => named.push(word.split_once('=').unwrap_or((word, ""))),
            None => match named.last_mut() {
                Some((_, value)) if value.is_empty() => *value = word,
                _ => named.push((word, "")),
            },
        }
    }
    named
}

fn option_changed(then: &[String], now: &[String]) -> Option<String> {
    let (then, now) = (by_name(then), by_name(now));
    let value_of =
        |options: &[(&str, &str)], name: &str| options.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    for (name, value) in &now {
        match value_of(&then, name) {
            Some(old) if old == *value => {}
            Some(old) => return Some(format!("{name} changed from {old} to {value}")),
            None => return Some(format!("{name} is {value}, and was not given")),
        }
    }
    let gone = then.iter().find(|(name, _)| value_of(&now, name).is_none());
    gone.map(|(name, value)| format!("{name} was {value}, and is not given any more"))
}

fn name_of(input: &RecordedInput) -> &str {
    match input {
        RecordedInput::Directory { name, .. } | RecordedInput::Days { name, .. } => name,
    }
}

fn inputs_changed(then: &[RecordedInput], now: &[RecordedInput]) -> Option<String> {
    for input in now {
        let Some(old) = then.iter().find(|old| name_of(old) == name_of(input)) else {
            return Some(format!("it was made without {}", name_of(input)));
        };
        let changed = match (old, input) {
            (RecordedInput::Directory { made: old, .. }, RecordedInput::Directory { name, made }) => {
                (made.is_some() && made != old).then(|| directory_changed(name))
            }
            (RecordedInput::Days { days: then, made: old, .. }, RecordedInput::Days { name, days, made }) => {
                if then == days {
                    days_changed(name, days, old, made)
                } else {
                    Some(format!("the days of {name} were {then}, and are {days}"))
                }
            }
            _ => Some(format!("it was made from another kind of {}", name_of(input))),
        };
        if changed.is_some() {
            return changed;
        }
    }
    let gone = then.iter().find(|old| !now.iter().any(|input| name_of(input) == name_of(old)));
    gone.map(|old| format!("it was made with {}", name_of(old)))
}

fn directory_changed(name: &str) -> String {
    let (of, day) = name.split_once('/').unwrap_or((name, ""));
    match table(of) {
        Some(_) => format!("the import of {of} ({day}) was made anew"),
        None => format!("{name} was made by another run"),
    }
}

fn days_changed(name: &str, days: &str, then: &str, now: &str) -> Option<String> {
    if then == now {
        return None;
    }
    let start: chrono::NaiveDate = days.get(..10)?.parse().ok()?;
    let pairs = start.iter_days().zip(lengthened(then).zip(lengthened(now)));
    let mut changed = pairs.filter(|(_, (old, new))| old != new);
    let (day, (old, new)) = changed.next()?;
    let what = match (old, new) {
        ("-", _) => "was not there",
        (_, "-") => "is not there any more",
        _ => "was made by another run",
    };
    let more = match changed.count() {
        0 => String::new(),
        more => format!(", and {more} more days differ"),
    };
    Some(format!("day {day} of {name} {what}{more}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(options: &[&str], inputs: &[RecordedInput]) -> Record {
        let options = options.iter().map(|word| (*word).to_owned()).collect();
        Record { job: "enrollment/state".to_owned(), rules: 1, options, inputs: inputs.to_vec(), ..Record::default() }
    }

    fn directory(name: &str, made: Option<&str>) -> RecordedInput {
        RecordedInput::Directory { name: name.to_owned(), made: made.map(str::to_owned) }
    }

    fn days(made: &str) -> RecordedInput {
        RecordedInput::Days { name: "events".to_owned(), days: "2014-05-01-2014-05-06".to_owned(), made: made.to_owned() }
    }

    #[test]
    fn the_difference_is_told() {
        let then =
            record(&["--interval", "2014", "--ccx=true"], &[directory("auth_userprofile/dt=2014-05-06", Some("a")), days("a*3 - b")]);
        assert_eq!(difference(&then, &then.clone()), None);
        let change = |change: &dyn Fn(&mut Record)| {
            let mut now = then.clone();
            change(&mut now);
            difference(&then, &now).unwrap_or_default()
        };
        let options = |words: &[&str]| {
            let words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
            change(&|now| now.options.clone_from(&words))
        };
        assert_eq!(options(&["--interval", "2015", "--ccx=true"]), "--interval changed from 2014 to 2015");
        assert_eq!(options(&["--interval", "2014", "--ccx=true", "--x", "y"]), "--x is y, and was not given");
        assert_eq!(options(&["--interval", "2014"]), "--ccx was true, and is not given any more");
        assert!(change(&|now| now.rules = 2).contains("made by version 1, they are at 2"));
        assert!(change(&|now| now.job = "a/b".to_owned()).contains("another job"));
        let inputs = |first, second| change(&|now| now.inputs = vec![directory("auth_userprofile/dt=2014-05-06", first), days(second)]);
        assert_eq!(inputs(Some("b"), "a*3 - b"), "the import of auth_userprofile (dt=2014-05-06) was made anew");
        assert_eq!(inputs(None, "a*3 - b"), "", "what is cleared away makes nothing stale");
        assert_eq!(inputs(Some("a"), "a*2 c - b"), "day 2014-05-03 of events was made by another run");
        assert_eq!(inputs(Some("a"), "a*5"), "day 2014-05-04 of events was not there, and 1 more days differ");
        assert_eq!(inputs(Some("a"), "- a*2 - b"), "day 2014-05-01 of events is not there any more");
        let more = change(&|now| now.inputs.push(directory("course_catalog/dt=2014-05-06", Some("c"))));
        assert_eq!(more, "it was made without course_catalog/dt=2014-05-06");
        assert_eq!(change(&|now| drop(now.inputs.pop())), "it was made with events");
    }
}

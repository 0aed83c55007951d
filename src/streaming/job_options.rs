//! Options of a job: a struct that a task fills in, and that its mapper and reducer get. In between they are words of a command line,
//! which both directions take from the one definition.

use std::fmt::Display;
use std::path::PathBuf;

use clap::ValueEnum as _;

use crate::calendar::interval::DateInterval;
use crate::tracking::CourseKeyRules;

/// What [`job_options!`](crate::job_options) makes of a struct.
pub trait JobOptions: clap::Args {
    /// Adds the words of these options; [`JobArguments::parse`](super::JobArguments::parse) reads them back.
    fn add_words(&self, words: &mut Vec<String>);

    /// The words of these options.
    fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        self.add_words(&mut words);
        words
    }
}

/// A field of such a struct.
pub trait OptionField {
    /// Adds the words of the field of this name.
    fn add_field(&self, name: &str, words: &mut Vec<String>);
}

/// Defines the options of a job: a struct of `clap::Args` whose values can be written as the words that they are read from.
///
/// Fields are flags (`bool`), values, optional values, and structs of options that are flattened.
#[macro_export]
macro_rules! job_options {
    ($(#[$of_struct:meta])* $visibility:vis struct $name:ident {
        $($(#[$of_field:meta])* $field_visibility:vis $field:ident: $type:ty),* $(,)?
    }) => {
        $(#[$of_struct])*
        #[derive(clap::Args, Clone, Debug)]
        $visibility struct $name {
            $($(#[$of_field])* $field_visibility $field: $type),*
        }

        impl $crate::streaming::JobOptions for $name {
            #[allow(unused_variables)] // there may be no field
            fn add_words(&self, words: &mut Vec<String>) {
                $($crate::streaming::job_options::OptionField::add_field(&self.$field, stringify!($field), words);)*
            }
        }

        impl $crate::streaming::job_options::OptionField for $name {
            fn add_field(&self, _name: &str, words: &mut Vec<String>) {
                $crate::streaming::JobOptions::add_words(self, words);
            }
        }
    };
}

job_options! {
    /// For jobs without options: anything given is an error.
    #[derive(Copy, Default)]
    pub struct NoOptions {}
}

job_options! {
    /// What most jobs over the events of some days are told.
    #[derive(Copy)]
    pub struct EventOptions {
        /// Days whose events count
        #[arg(long)]
        pub interval: DateInterval,
        /// Which course ids count.
        #[command(flatten)]
        pub rules: CourseKeyRules,
    }
}

fn add(name: &str, value: &dyn Display, words: &mut Vec<String>) {
    words.extend([option(name), value.to_string()]);
}

fn option(field: &str) -> String {
    format!("--{}", field.replace('_', "-"))
}

macro_rules! values {
    ($($type:ty),*) => {
        $(impl OptionField for $type {
            fn add_field(&self, name: &str, words: &mut Vec<String>) {
                add(name, self, words);
            }
        })*
    };
}

values!(String, u32, u64, usize, i64, f64, chrono::NaiveDate, DateInterval);

impl OptionField for bool {
    fn add_field(&self, name: &str, words: &mut Vec<String>) {
        words.extend(self.then(|| option(name)));
    }
}

impl OptionField for PathBuf {
    fn add_field(&self, name: &str, words: &mut Vec<String>) {
        add(name, &self.display(), words);
    }
}

impl<T: OptionField> OptionField for Option<T> {
    fn add_field(&self, name: &str, words: &mut Vec<String>) {
        if let Some(value) = self {
            value.add_field(name, words);
        }
    }
}

impl OptionField for CourseKeyRules {
    /// Says nothing where the rules are the usual ones.
    fn add_field(&self, _name: &str, words: &mut Vec<String>) {
        let usual = Self::default();
        words.extend((self.ccx != usual.ccx).then(|| format!("--ccx={}", self.ccx)));
        let urls = self.course_urls.to_possible_value().filter(|_| self.course_urls != usual.course_urls);
        words.extend(urls.map(|urls| format!("--course-urls={}", urls.get_name())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streaming::JobArguments;

    job_options! {
        struct Options {
            #[arg(long)]
            largest_share: f64,
            #[arg(long)]
            user_name: Option<String>,
            #[arg(long)]
            with_ids: bool,
            #[command(flatten)]
            of_events: EventOptions,
        }
    }

    #[test]
    fn words_are_read_back() {
        for (user_name, with_ids, ccx) in [(None, false, true), (Some("a b".to_owned()), true, false)] {
            let of_events =
                EventOptions { interval: "2014-05".parse().unwrap(), rules: CourseKeyRules { ccx, ..CourseKeyRules::default() } };
            let options = Options { largest_share: 0.05, user_name, with_ids, of_events };
            let read = JobArguments::new(options.words()).parse::<Options>().unwrap();
            assert_eq!(format!("{read:?}"), format!("{options:?}"));
        }
        assert!(NoOptions {}.words().is_empty());
    }
}

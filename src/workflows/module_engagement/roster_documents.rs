//! Job `roster-documents`: roster rows as documents of the index, one JSON object `{"_id": …, "_source": …}` a line (rules 07, 10.3).
//! Map only.

use anyhow::{Context, Result};
use serde_json::{Map, Number, Value, json};

use crate::job_options;
use crate::streaming::{Job, Mapper, Output};
use crate::warehouse::columns::{columns, not_null};

/// The job.
pub(crate) const JOB: Job<DocumentOptions> =
    Job::over_rows(super::NAME, "roster-documents", "Documents of the roster index, one JSON object a line", |options, _| {
        Ok(Box::new(options))
    });

/// A term of an index has at most so many bytes.
const LONGEST_TERM: usize = 32_766;

const FIRST_NAMES: [&str; 20] = [
    "Ada", "Ben", "Cara", "Dan", "Eva", "Finn", "Gina", "Hugo", "Ida", "Jan", "Kim", "Leo", "Mia", "Noah", "Olga", "Paul", "Rosa", "Sam",
    "Tina", "Udo",
];
const LAST_NAMES: [&str; 10] = ["Baker", "Carter", "Fisher", "Gardner", "Hunter", "Mason", "Miller", "Potter", "Taylor", "Weaver"];

job_options! {
    /// How rows become documents.
    #[derive(Copy)]
    pub(crate) struct DocumentOptions {
        /// Documents made of each row
        #[arg(long, default_value_t = 1)]
        pub scale_factor: u32,
        /// Replace names and email addresses by made-up ones
        #[arg(long)]
        pub obfuscate: bool,
    }
}

/// How a column stands in the document.
#[derive(Clone, Copy)]
enum Form {
    Text,
    /// As text, and null rather than left out.
    TextOrNull,
    Integer,
    Float,
    List,
}

const COLUMNS: [(&str, Form); 27] = [
    ("course_id", Form::Text),
    ("username", Form::Text),
    ("start_date", Form::Text),
    ("end_date", Form::Text),
    ("email", Form::TextOrNull),
    ("name", Form::TextOrNull),
    ("enrollment_mode", Form::Text),
    ("enrollment_date", Form::Text),
    ("cohort", Form::Text),
    ("problem_attempts", Form::Integer),
    ("problems_attempted", Form::Integer),
    ("problems_completed", Form::Integer),
    ("problem_attempts_per_completed", Form::Float),
    ("videos_viewed", Form::Integer),
    ("discussion_contributions", Form::Integer),
    ("segments", Form::List),
    ("attempt_ratio_order", Form::Integer),
    ("user_id", Form::Integer),
    ("language", Form::Text),
    ("location", Form::Text),
    ("year_of_birth", Form::Integer),
    ("level_of_education", Form::Text),
    ("gender", Form::Text),
    ("mailing_address", Form::Text),
    ("city", Form::Text),
    ("country", Form::Text),
    ("goals", Form::Text),
];

impl DocumentOptions {
    /// Hands out the identifier and the JSON text of each document of a row.
    ///
    /// # Errors
    /// The row is not of this table, or `take` fails.
    pub(crate) fn documents(self, row: &[u8], mut take: impl FnMut(&str, &str) -> Result<()>) -> Result<()> {
        let mut source = document(row)?;
        let text = |name: &str| source.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (course_id, username) = (text("course_id"), text("username"));
        if self.obfuscate {
            source.insert("email".to_owned(), json!(format!("{username}@example.com")));
            source.insert("name".to_owned(), json!(made_up_name(&username)));
        }
        let source = serde_json::to_string(&source)?;
        for copy in 0..self.scale_factor {
            let id = if copy == 0 { format!("{course_id}|{username}") } else { format!("{course_id}|{username}|{copy}") };
            take(&id, &source)?;
        }
        Ok(())
    }
}

impl Mapper for DocumentOptions {
    fn map(&mut self, line: &[u8], output: &mut Output<'_>) -> Result<()> {
        self.documents(line, |id, source| {
            let id = Value::String(id.to_owned());
            output.line(format!("{{\"_id\": {id}, \"_source\": {source}}}").as_bytes())
        })
    }
}

/// The source of a row's document.
fn document(line: &[u8]) -> Result<Map<String, Value>> {
    let row = columns::<27>(line).context("A row of module_engagement_roster has not 27 columns.")?;
    let mut source = Map::new();
    for ((name, form), column) in COLUMNS.iter().zip(row) {
        let text = not_null(column).map(std::str::from_utf8).transpose().context("A row of module_engagement_roster is not UTF-8.")?;
        if let Some(value) = value(*form, text).with_context(|| format!("The column {name} of module_engagement_roster cannot be used."))? {
            source.insert((*name).to_owned(), value);
        }
    }
    Ok(source)
}

fn value(form: Form, text: Option<&str>) -> Result<Option<Value>> {
    let Some(text) = text else { return Ok(matches!(form, Form::TextOrNull).then_some(Value::Null)) };
    Ok(match form {
        Form::Text | Form::TextOrNull => Some(json!(cut(text))),
        Form::Integer => Some(json!(text.parse::<i64>().with_context(|| format!("{text:?} is no integer."))?)),
        Form::Float => Number::from_f64(text.parse().with_context(|| format!("{text:?} is no number."))?).map(Value::Number),
        Form::List => Some(text.split(',').map(cut).collect()),
    })
}

/// Longer terms would stop the load.
fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(LONGEST_TERM)).unwrap_or(text)
}

/// The same for the same learner in every run.
fn made_up_name(username: &str) -> String {
    let hash = username.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    let pick = |names: &[&'static str], hash: u64| {
        let place = usize::try_from(hash % (names.len().max(1) as u64)).unwrap_or_default();
        names.get(place).copied().unwrap_or_default()
    };
    format!("{} {}", pick(&FIRST_NAMES, hash >> 40), pick(&LAST_NAMES, hash >> 20))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streaming::{AnyJob, Counters, JobArguments};

    const ROW: &str = "c/o/r\tbob\t2020-03-01\t2020-03-08\tb@x\tBob B\tverified\t2020-03-01\t\\N\t5\t2\t1\t5.0\t1\t0\t\t5\t5\t\t\\N\t1990\t\\N\t\\N\t\\N\t\\N\t\\N\tab";

    fn documents(options: &[&str]) -> Vec<Value> {
        let (mut lines, mut counters) = (Vec::new(), Counters::default());
        let mut mapper = JOB.mapper(&JobArguments::new(options.iter().copied())).unwrap();
        mapper.map(ROW.as_bytes(), &mut Output::new(&mut lines, &mut counters)).unwrap();
        lines.iter().map(|line: &Vec<u8>| serde_json::from_slice(line).unwrap()).collect()
    }

    #[test]
    fn the_example_of_the_specification() {
        let expected = json!({"course_id":"c/o/r","username":"bob","start_date":"2020-03-01","end_date":"2020-03-08","email":"b@x","name":"Bob B",
            "enrollment_mode":"verified","enrollment_date":"2020-03-01","problem_attempts":5,"problems_attempted":2,"problems_completed":1,
            "problem_attempts_per_completed":5.0,"videos_viewed":1,"discussion_contributions":0,"segments":[""],"attempt_ratio_order":5,
            "user_id":5,"language":"","year_of_birth":1990,"goals":"ab"});
        assert_eq!(documents(&[]), [json!({"_id": "c/o/r|bob", "_source": expected})]);
    }

    #[test]
    fn copies_and_made_up_names() {
        let copies = documents(&["--scale-factor", "3", "--obfuscate"]);
        let ids: Vec<_> = copies.iter().map(|document| document["_id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["c/o/r|bob", "c/o/r|bob|1", "c/o/r|bob|2"]);
        assert_eq!(copies[0]["_source"]["email"], "bob@example.com");
        assert_ne!(copies[0]["_source"]["name"], "Bob B");
        assert_eq!(copies[0]["_source"]["name"], documents(&["--obfuscate"])[0]["_source"]["name"]);
        assert!(documents(&["--scale-factor", "0"]).is_empty());
    }

    #[test]
    fn terms_are_cut_at_a_character() {
        let long = "é".repeat(20_000);
        assert_eq!(cut(&long).len(), LONGEST_TERM);
        assert_eq!(cut(&format!("x{long}")).len(), LONGEST_TERM - 1);
    }
}

//! The courses: ids of all forms, with their problems, videos and discussion topics.

use super::random::Random;

const ORGANISATIONS: [&str; 6] = ["edX", "MITx", "BerkX", "HarvardX", "UPx", "Univ-Ex"];
const NAMES: [&str; 6] = ["DemoX", "6.002x", "CS188.1x", "PH207x", "Intro_Stats", "Bio-101"];
const RUNS: [&str; 5] = ["2014_T1", "Spring_2014", "1T2014", "R1", "2014"];
/// Vocabulary of questions, answers and posts.
pub(super) const WORDS: [&str; 32] = [
    "time", "course", "problem", "answer", "video", "learn", "matter", "energy", "force", "vector", "graph", "node", "prime", "cell",
    "gene", "market", "price", "law", "history", "river", "stone", "light", "field", "charge", "wave", "sample", "mean", "proof", "lemma",
    "data", "code", "été",
];
const PROBLEM_NAMES: [(&str, &str); 8] = [
    ("Problem ", ""),
    ("Exercise ", ""),
    ("Exercise ", ""),
    ("Homework ", ""),
    ("Exam question ", ""),
    ("Übung ", ""),
    ("Quiz \"", "\""),
    ("Q", ", part\\a"),
];
const ANSWER_FORMS: [(&str, &str); 8] = [
    ("<p>", "</p>"),
    ("<text>", " <b>bold</b></text>"),
    ("", ""),
    ("&lt;", "&gt; &amp; more"),
    ("", "<br/>line"),
    ("<span class=\"m\">\\(", "^2\\)</span>"),
    ("<table><tr><td>", "</td><td>2</td></tr></table>"),
    ("", " &eacute;&nbsp;x"),
];
/// Learners of a course in proportion to those of others, and how far into the time it opens, in hundredths.
const SIZES: [(u64, i64); 6] = [(8, 0), (3, 0), (13, 0), (1, 30), (5, 0), (2, 50)];
const RESPONSES: [Response; 12] = [
    Response::MultipleChoice,
    Response::MultipleChoice,
    Response::MultipleChoice,
    Response::Choice,
    Response::Choice,
    Response::Option,
    Response::Option,
    Response::Numerical,
    Response::Numerical,
    Response::Text,
    Response::Formula,
    Response::Custom,
];

/// How a part of a problem is answered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Response {
    MultipleChoice,
    Choice,
    Option,
    Numerical,
    Text,
    Formula,
    Custom,
}

impl Response {
    /// The name in a submission's `response_type`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::MultipleChoice => "multiplechoiceresponse",
            Self::Choice => "choiceresponse",
            Self::Option => "optionresponse",
            Self::Numerical => "numericalresponse",
            Self::Text => "stringresponse",
            Self::Formula => "formularesponse",
            Self::Custom => "customresponse",
        }
    }
}

/// One input field of a problem.
pub(super) struct Part {
    pub(super) id: String,
    pub(super) response: Response,
    /// Value id and text of each choice; the first two are right.
    pub(super) choices: Vec<(String, String)>,
    pub(super) question: String,
    /// Variant of a randomised problem; 0 stands for none.
    pub(super) variant: u64,
}

/// A problem with its parts.
pub(super) struct Problem {
    pub(super) id: String,
    pub(super) display_name: String,
    pub(super) parts: Vec<Part>,
    /// 0 (anyone solves it) to 99.
    pub(super) difficulty: u64,
}

/// A video; about a third of the players do not report a duration.
pub(super) struct Video {
    pub(super) id: String,
    pub(super) duration: Option<Duration>,
    pub(super) code: String,
    /// How many of a hundred viewers stay to the end.
    pub(super) holds: u64,
    /// The second that viewers go back to, in hundredths of the length.
    pub(super) replayed: i64,
}

/// Length of a video in seconds, in the number form that its player writes.
#[derive(Clone, Copy)]
pub(super) enum Duration {
    Whole(i64),
    Fractional(f64),
}

impl Duration {
    pub(super) fn whole_seconds(self) -> i64 {
        match self {
            Self::Whole(seconds) => seconds,
            #[allow(clippy::cast_possible_truncation, reason = "the generator's durations are below an hour")]
            Self::Fractional(seconds) => seconds as i64,
        }
    }
}

/// A course run and its content, the same for the same seed and number.
pub(super) struct Course {
    pub(super) id: String,
    pub(super) organisation: &'static str,
    name: &'static str,
    run: String,
    has_new_keys: bool,
    /// Its learners in proportion to those of other courses.
    pub(super) size: u64,
    /// How far into the generated time it opens, in hundredths.
    pub(super) opens: i64,
    pub(super) problems: Vec<Problem>,
    pub(super) videos: Vec<Video>,
    pub(super) topics: Vec<String>,
    pub(super) chapters: Vec<String>,
}

impl Course {
    /// Course `number`: odd ones have `course-v1:` keys, every seventh a run with a letter outside ASCII.
    pub(super) fn new(seed: u64, number: usize) -> Self {
        let random = &mut Random::for_part(seed, "course", number as u64);
        let organisation = ORGANISATIONS[number % ORGANISATIONS.len()];
        let name = NAMES[(number * 5 + number / 6) % NAMES.len()];
        let mut run = RUNS[(number * 3) % RUNS.len()].to_owned();
        if number >= 30 {
            run = format!("{run}_{number}");
        }
        let has_new_keys = number % 2 == 1;
        let id = if number % 7 == 6 {
            format!("course-v1:{organisation}+{name}+Kürs_{number}")
        } else if has_new_keys {
            format!("course-v1:{organisation}+{name}+{run}")
        } else {
            format!("{organisation}/{name}/{run}")
        };
        let (size, opens) = SIZES[number % SIZES.len()];
        let mut course = Self {
            id,
            organisation,
            name,
            run,
            has_new_keys,
            size,
            opens,
            problems: Vec::new(),
            videos: Vec::new(),
            topics: (0..5).map(|_| random.hex(32)).collect(),
            chapters: (0..6).map(|_| random.hex(32)).collect(),
        };
        course.topics.push(format!("i4x-{organisation}-{name}-course"));
        let (problems, videos) = (9 + random.index(8), 6 + random.index(9));
        course.problems = (0..problems).map(|at| course.problem(random, at)).collect();
        course.videos = (0..videos).map(|_| course.video(random)).collect();
        course
    }

    /// The usage key of a block of this course.
    pub(super) fn block(&self, kind: &str, hash: &str) -> String {
        let Self { organisation, name, run, .. } = self;
        if self.has_new_keys {
            format!("block-v1:{organisation}+{name}+{run}+type@{kind}+block@{hash}")
        } else {
            format!("i4x://{organisation}/{name}/{kind}/{hash}")
        }
    }

    /// The id under which pages know a block.
    fn page_id(&self, kind: &str, hash: &str) -> String {
        if self.has_new_keys { hash.to_owned() } else { format!("i4x-{}-{}-{kind}-{hash}", self.organisation, self.name.replace('.', "_")) }
    }

    fn problem(&self, random: &mut Random, at: usize) -> Problem {
        let hash = random.hex(32);
        let page_id = self.page_id("problem", &hash);
        let response = random.pick(&RESPONSES);
        let count = random.pick(&[1_usize, 1, 1, 2, 3]);
        let parts = (0..count).map(|part| part_of(random, &page_id, part, response)).collect();
        let (before, after) = random.pick(&PROBLEM_NAMES);
        Problem {
            id: self.block("problem", &hash),
            display_name: format!("{before}{}{after}", at + 1),
            parts,
            difficulty: random.below(100),
        }
    }

    fn video(&self, random: &mut Random) -> Video {
        let hash = random.hex(32);
        let duration = match random.index(3) {
            0 => None,
            1 => Some(Duration::Fractional(random.decimal(30, 900, 6))),
            _ => Some(Duration::Whole(random.between(60, 1500))),
        };
        let youtube: String = (0..11).map(|_| char::from(random.pick(b"abcdefgXYZ0123_-"))).collect();
        let code = (random.pick(&["html5", "html5", "mobile", "hls", youtube.as_str()])).to_owned();
        let (holds, replayed) = (random.between(15, 65).unsigned_abs(), random.between(10, 80));
        Video { id: self.page_id("video", &hash), duration, code, holds, replayed }
    }
}

fn part_of(random: &mut Random, page_id: &str, part: usize, first_response: Response) -> Part {
    let choices = (0..4).map(|choice| {
        let (before, after) = random.pick(&ANSWER_FORMS);
        (format!("choice_{choice}"), format!("{before}{}{after}", random.words(&WORDS, 2)))
    });
    let choices = choices.collect();
    let response = if part == 0 || random.percent(50) { first_response } else { Response::Numerical };
    Part {
        id: format!("{page_id}_{}_1", part + 2),
        response,
        choices,
        question: format!("What is the {}?", random.words(&WORDS, 5)),
        variant: random.pick(&[0, 0, 0, 1, 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_all_forms_and_are_unique() {
        let ids: Vec<String> = (0..100).map(|number| Course::new(1, number).id).collect();
        assert!(ids.iter().any(|id| id.split('/').count() == 3));
        assert!(ids.iter().any(|id| id.starts_with("course-v1:")));
        assert!(ids.iter().any(|id| !id.is_ascii()));
        let unique: std::collections::BTreeSet<&String> = ids.iter().collect();
        assert_eq!(unique.len(), ids.len());
    }

    #[test]
    fn a_course_is_the_same_whatever_else_is_made() {
        let (one, same, other) = (Course::new(5, 3), Course::new(5, 3), Course::new(6, 3));
        assert_eq!(one.problems[0].id, same.problems[0].id);
        assert_ne!(one.problems[0].id, other.problems[0].id);
    }
}

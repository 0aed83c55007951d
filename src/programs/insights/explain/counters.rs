//! What the counters mean that jobs report, and what to do about them.

/// A counter of one or more groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CounterText {
    /// Its name.
    pub name: &'static str,
    /// What was counted.
    pub meaning: &'static str,
    /// What the operator does.
    pub remedy: &'static str,
}

const fn counter(name: &'static str, meaning: &'static str, remedy: &'static str) -> CounterText {
    CounterText { name, meaning, remedy }
}

const NOTHING: &str = "Nothing: it is the usual course of things.";
const LOGS: &str = "A few are usual. If there are many, look at what writes and copies the logs: lines cut off, or of another program.";
const EMITTER: &str = "A few are usual. If there are many, look at the program that emits these events, or at a plugin that changes them.";
const ROWS: &str = "None are expected: somebody changed files of the warehouse. Remove the directories (dt=…) that were changed, and start insights \
                    daily: it makes them anew, and what is made of them. For module_engagement instead: ModuleEngagementIntervalTask --interval \
                    FIRST..END --overwrite-from-date FIRST, then ModuleEngagementWorkflowTask --date today --overwrite. Answers are kept by \
                    name: remove the directories of the name below `dest`.";
const IMPORT: &str = "None are expected: look at the import of the LMS table, and import it again.";
const LONG: &str = "Nothing, unless they are many: such values are made by crawlers and attackers, and no table can hold them.";
const ENGINE: &str = "Look at the search engine's own log and its disk; the run tells its reasons.";

/// All of them.
pub(super) const COUNTERS: &[CounterText] = &[
    counter("Skipped Unparsed", "Lines that cannot matter to this job; most of them were not even parsed.", NOTHING),
    counter("Discard Unparseable Event", "Lines that are no JSON object.", LOGS),
    counter("Discard Missing Time Field", "Events without time.", LOGS),
    counter("Discard Malformed Time", "Events or rows whose time cannot be read.", LOGS),
    counter("Discard Line Too Long", "Lines longer than any event may be.", LOGS),
    counter(
        "Groups Out Of Order",
        "Groups that came to a reducer behind one that sorts after them: rows may be missing or twice.",
        "Run it again with records that are sorted by their bytes, as `LC_ALL=C sort` sorts them.",
    ),
    counter("Discard Missing Event Type", "Events without event_type.", EMITTER),
    counter("Discard Missing Event Data", "Events without a payload that can be read.", EMITTER),
    counter(
        "Discard Missing Course ID",
        "Events or rows of no course.",
        "Nothing: many pages belong to no course. Look at course_urls of [event-logs] if whole courses are missing.",
    ),
    counter("Discard Malformed Course ID", "Rows whose course id is none.", IMPORT),
    counter("Discard Course ID Too Long", "Course ids that no table can hold.", LONG),
    counter("Discard Missing User ID", "Events of nobody who is logged in.", NOTHING),
    counter("Discard Malformed User ID", "Events or rows whose user id is no number.", EMITTER),
    counter("Discard Malformed user_id", "Rows whose user id is no number.", EMITTER),
    counter("Discard event with malformed user_id", "Events whose user id is no number.", EMITTER),
    counter("Discard Missing Username", "Events without the name of a learner.", NOTHING),
    counter("Discard Username Too Long", "Names longer than an account's may be.", LONG),
    counter("Discard Unwritable Username", "Names with characters that a row cannot hold.", LONG),
    counter("Discard Missing Address", "Events without an address.", "Look whether a proxy before the LMS passes addresses on."),
    counter("Discard Missing Entity ID", "Events of videos, problems or forums that do not name which.", EMITTER),
    counter("Discard Unwritable ID", "Ids with characters that a row cannot hold.", LONG),
    counter("Unknown Entity Type", "Rows of a kind of entity that this version does not know.", ROWS),
    counter("Discard Non-Enrollment Event Type", "Events that name an enrollment but are of another type.", NOTHING),
    counter("Discard Enroll Missing Something", "Enrollment events that lack something; the other counters say what.", EMITTER),
    counter("Discard Enroll Missing Event Data", "Enrollment events without payload.", EMITTER),
    counter("Discard Enroll Missing course_id", "Enrollment events without a course id.", EMITTER),
    counter("Discard Enroll Missing mode", "Enrollment events without a mode.", EMITTER),
    counter("Discard Mode Too Long", "Modes of enrollments that no table can hold.", LONG),
    counter("Discard Enroll Missing user_id", "Enrollment events without a user id.", EMITTER),
    counter("Inputs with Dates", "Events with a date within the interval.", NOTHING),
    counter("Output From Mapper", "Enrollment events that count.", NOTHING),
    counter("Output Dates with Events", "Days on which somebody enrolled or left.", NOTHING),
    counter("Subset Enrollment", "Events by which a learner enrolled.", NOTHING),
    counter("Subset Unenrollment", "Events by which a learner left.", NOTHING),
    counter("Subset Mode Change", "Events by which a learner's mode changed.", NOTHING),
    counter("Subset Unchanged", "Events that changed nothing; the other counters say why.", NOTHING),
    counter("Subset Unchanged Mode", "Changes of mode to the mode that was there.", NOTHING),
    counter("Subset Unchanged Already Enrolled", "Enrollments of learners who were enrolled.", NOTHING),
    counter("Subset Unchanged Already Unenrolled", "Departures of learners who had left.", NOTHING),
    counter(
        "Subset Unchanged Enrolled Activation Mode Change",
        "Enrollments in another mode of learners who were enrolled; they change nothing here.",
        NOTHING,
    ),
    counter("Subset Unchanged Unenrolled Mode Change", "Changes of mode of learners who had left.", NOTHING),
    counter("Deactivation Mode Changed", "Departures in another mode than that of the enrollment.", NOTHING),
    counter(
        "Quality First Event Is Unenrollment",
        "Learners whose first event in a course is that they left it.",
        "If they are many, the logs begin too late: set interval_start to the first day of the site and bring the older logs.",
    ),
    counter(
        "Quality First Event Is Mode Change",
        "Learners whose first event in a course is a change of mode.",
        "If they are many, the logs begin too late: set interval_start to the first day of the site and bring the older logs.",
    ),
    counter(
        "Discard User_Course With Missing Enrollment Event",
        "Learners of a course of whom no event says that they enrolled.",
        "If they are many, the logs begin too late: set interval_start to the first day of the site and bring the older logs.",
    ),
    counter("Discard Value Too Long", "Values that no table can hold.", LONG),
    counter("Discard Malformed Row", "Rows of the warehouse that are not as their job writes them.", ROWS),
    counter("Discard Misaligned Row", "Rows with another number of fields than their job writes.", ROWS),
    counter("Discard Unreadable Row", "Rows whose JSON cannot be read.", ROWS),
    counter("Discard Malformed Profile", "Rows of auth_userprofile that cannot be read.", IMPORT),
    counter("Discard Malformed Grade", "Rows of grades_persistentcoursegrade that cannot be read.", IMPORT),
    counter("Discard Malformed Account", "Rows of auth_user that cannot be read.", IMPORT),
    counter("Discard Malformed Enrollment", "Rows of enrollments that cannot be read.", ROWS),
    counter("Discard Malformed Group", "Rows of course_groups_courseusergroup that cannot be read.", IMPORT),
    counter("Discard Malformed Group Member", "Rows of course_groups_courseusergroup_users that cannot be read.", IMPORT),
    counter(
        "Discard Further Cohort",
        "Cohorts of a learner beside the first in a course.",
        "Nothing, or remove the learner from one of them in the LMS.",
    ),
    counter(
        "Discard Learner Without Account Or Profile",
        "Enrolled learners whom auth_user or auth_userprofile do not have.",
        "A few are usual: accounts that were removed. If they are many, import all three tables of one day.",
    ),
    counter("Discard Missing Video ID", "Events of a player that do not say which video.", EMITTER),
    counter("Discard Video ID Too Long", "Ids of videos that no table can hold.", LONG),
    counter("Discard ID Too Long", "Ids of videos that no table can hold.", LONG),
    counter("Discard Malformed Place", "Events of a player whose place in the video cannot be used.", EMITTER),
    counter("Discard Viewing Behind End", "Viewings that begin behind the end of their video.", EMITTER),
    counter("Submissions", "Answers that count.", NOTHING),
    counter("Discard Unusable Submission", "Submissions without a problem, a learner or answers that can be read.", EMITTER),
    counter("Discard Problem ID Too Long", "Ids of problems that no table can hold.", LONG),
    counter("Discard Part ID Too Long", "Ids of a problem's parts that no table can hold.", LONG),
    counter("Discard Nested Too Deep", "Submissions whose answers, or what else counts of them, are nested too deep.", EMITTER),
    counter(
        "Discard Part With Other Response Type",
        "Parts of problems whose answers are of a type that is not counted.",
        "Nothing, or add the type to valid_response_types of [answer-distribution].",
    ),
    counter("CSV Names Changed", "Courses whose CSV file could not be called as usual; the log says how it is called.", NOTHING),
    counter("Duplicate Rows", "Rows of the roster of a learner who was there before.", ROWS),
    counter("Committed Batches", "Batches of documents that the search engine took.", NOTHING),
    counter("Records Indexed", "Documents that the search engine took.", NOTHING),
    counter(
        "Rejected Batches",
        "Batches that the search engine was too busy for; they were sent again.",
        "Raise throttle of [module-engagement], or lower --batch-size.",
    ),
    counter(
        "Rejected Documents",
        "Documents that the search engine was too busy for; they were sent again.",
        "Raise throttle of [module-engagement], or lower --batch-size.",
    ),
    counter("Refused Documents", "Documents that the search engine does not take.", ENGINE),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use fancy_regex::Regex;

    use super::*;

    fn sources(directory: &Path, files: &mut Vec<PathBuf>) {
        for path in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                sources(&path, files);
            } else if !path.to_string_lossy().ends_with("tests.rs") {
                files.push(path);
            }
        }
    }

    #[test]
    fn every_counter_of_the_source_has_a_text() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files = Vec::new();
        for directory in ["workflows", "streaming", "tracking", "engine", "stores/roster"] {
            sources(&root.join(directory), &mut files);
        }
        // By their place, and, where a variable holds it, by what counters are called.
        let counted = Regex::new(r#"(?:count|add)\(\s*(?:GROUP|EVENT|"[A-Z][A-Za-z]*"),\s*"([^"]+)""#).unwrap();
        let by_name =
            Regex::new(r#"(?<!starts_with\()"((?:Discard|Quality|Subset|Deactivation|Skipped|Rejected|Refused|Groups) [A-Z][^"{]*)""#)
                .unwrap();
        let mut names = BTreeSet::new();
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            let text = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap();
            for found in counted.captures_iter(text).chain(by_name.captures_iter(text)).map(Result::unwrap) {
                names.insert(found[1].to_owned());
            }
        }
        let known: BTreeSet<_> = COUNTERS.iter().map(|counter| counter.name.to_owned()).collect();
        assert_eq!(known.len(), COUNTERS.len(), "a counter is told twice");
        let lacking: Vec<_> = names.difference(&known).collect();
        assert!(lacking.is_empty(), "counters without a text: {lacking:?}");
        let gone: Vec<_> = known.difference(&names).collect();
        assert!(gone.is_empty() && names.len() > 60, "texts of counters that nobody counts: {gone:?}");
    }
}

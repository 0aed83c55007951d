//! Damage to a value of an event.

use crate::case::Damage::{Set, Text, Without};
use crate::case::Of::{Action, Address, Answer, Enrollment, Page, Video};
use crate::case::Outcome::{AsSound, Counted, Gives};
use crate::case::{COURSE, Case};

const NO_LEARNER: &str = "UserActivity: Discard Missing User ID";
const BAD_LEARNER: &str = "UserActivity: Discard Malformed User ID";
const NO_COURSE: &str = "UserActivity: Discard Missing Course ID";
const UNUSABLE: &str = "Answer Distribution: Discard Unusable Submission";
const NO_PLACE: &str = "Video Events: Discard Malformed Place";

/// The rows of the table.
pub(crate) const CASES: &[Case] = &[
    Case("no learner", Page, Without("context.user_id"), Counted(NO_LEARNER)),
    Case("a learner that is null", Page, Set("context.user_id", "null"), Counted(NO_LEARNER)),
    Case("a learner that is an empty text", Page, Set("context.user_id", "\"\""), Counted(NO_LEARNER)),
    Case("learner 0", Page, Set("context.user_id", "0"), Counted(NO_LEARNER)),
    Case("a learner's number as a text", Page, Set("context.user_id", "\"7\""), AsSound),
    Case("a learner's number as a text, of addresses", Address, Set("context.user_id", "\" 7 \""), AsSound),
    Case(
        "a learner that is a word",
        Address,
        Set("context.user_id", "\"bob\""),
        Counted("User Location: Discard event with malformed user_id"),
    ),
    Case("a learner that is a fraction", Video, Set("context.user_id", "7.9"), AsSound),
    Case("a learner that is negative", Address, Set("context.user_id", "-7"), Gives("-7")),
    Case(
        "a learner of 40 digits",
        Address,
        Set("context.user_id", "1234567890123456789012345678901234567890"),
        Counted("User Location: Discard event with malformed user_id"),
    ),
    Case("a learner that is true", Address, Set("context.user_id", "true"), Gives("\\t1\\t")),
    Case("a learner that is an object", Page, Set("context.user_id", "{\"id\": 7}"), Counted(BAD_LEARNER)),
    Case("a learner with a TAB", Page, Set("context.user_id", r#""7\t8""#), Counted(BAD_LEARNER)),
    Case(
        "a learner that is an array, of a video",
        Video,
        Set("context.user_id", "[7]"),
        Counted("Video Events: Discard Malformed User ID"),
    ),
    Case(
        "an enrollment without a learner",
        Enrollment,
        Without("event.user_id"),
        Counted("Enrollment Events: Discard Enroll Missing user_id"),
    ),
    Case("an enrollment without a mode", Enrollment, Without("event.mode"), Counted("Enrollment Events: Discard Enroll Missing mode")),
    Case("a mode that is an object", Enrollment, Set("event.mode", "{}"), Counted("Enrollment Events: Discard Enroll Missing mode")),
    Case(
        "a mode with a line end",
        Enrollment,
        Set("event.mode", r#""au\ndit""#),
        Counted("Enrollment Events: Discard Enroll Missing mode"),
    ),
    Case("a mode of 300 characters", Enrollment, Text(long_mode), Counted("Enrollment Events: Discard Mode Too Long")),
    Case("no course", Page, Without("context.course_id"), Counted(NO_COURSE)),
    Case("a course id that is a word", Page, Set("context.course_id", "\"bogus\""), Counted(NO_COURSE)),
    Case("a course id with two parts", Page, Set("context.course_id", "\"edX/DemoX\""), Counted(NO_COURSE)),
    Case(
        "a course id that lacks its run",
        Enrollment,
        Set("event.course_id", "\"course-v1:a+b\""),
        Counted("Enrollment Events: Discard Enroll Missing course_id"),
    ),
    Case("a course id that is a number", Video, Set("context.course_id", "12"), Counted("Video Events: Discard Missing Course ID")),
    Case("a course id with a TAB", Page, Set("context.course_id", r#""course-v1:a+b\t+c""#), Counted(NO_COURSE)),
    Case("a course id with blanks around it", Page, Set("context.course_id", r#""  course-v1:a+b+c\n""#), AsSound),
    Case("a course id of 300 characters", Page, Text(long_course), Counted("UserActivity: Discard Course ID Too Long")),
    Case(
        "a course id of 300 characters, of an answer",
        Answer,
        Text(long_course),
        Counted("Answer Distribution: Discard Course ID Too Long"),
    ),
    Case(
        "a course id of 300 characters, of an enrollment",
        Enrollment,
        Text(long_course),
        Counted("Enrollment Events: Discard Course ID Too Long"),
    ),
    Case(
        "a course id of 300 characters, of an action",
        Action,
        Text(long_course),
        Counted("Module Engagement: Discard Course ID Too Long"),
    ),
    Case("a course id in another script", Answer, Set("context.course_id", "\"course-v1:Универ+b+c\""), Gives("Универ")),
    Case("no user name", Action, Without("username"), Counted("Module Engagement: Discard Missing Username")),
    Case("a user name that is null", Action, Set("username", "null"), Counted("Module Engagement: Discard Missing Username")),
    Case("a user name of blanks", Action, Set("username", "\"  \""), Counted("Module Engagement: Discard Missing Username")),
    Case("a user name that is a number", Action, Set("username", "12"), Counted("Module Engagement: Discard Missing Username")),
    Case(
        "a user name of 31 characters",
        Action,
        Set("username", "\"abcdefghijklmnopqrstuvwxyzabcde\""),
        Counted("Module Engagement: Discard Username Too Long"),
    ),
    Case("a user name with blanks around it", Action, Set("username", r#"" bob\n""#), AsSound),
    Case("a user name with a TAB inside", Action, Set("username", r#""b\tob""#), Counted("Module Engagement: Discard Unwritable ID")),
    Case("the user name `\\N`", Action, Set("username", r#""\\N""#), Counted("Module Engagement: Discard Unwritable ID")),
    Case("the user name `None`", Action, Set("username", "\"None\""), Gives("None")),
    Case("the user name `nan`", Action, Set("username", "\"nan\""), Gives("nan")),
    Case("no event type", Page, Without("event_type"), Counted("UserActivity: Discard Missing Event Type")),
    Case("an event type that is a number", Page, Set("event_type", "12"), Counted("UserActivity: Discard Missing Event Type")),
    Case("no source", Page, Without("event_source"), AsSound),
    Case("no address", Address, Without("ip"), Counted("User Location: Discard Missing Address")),
    Case("an empty address", Address, Set("ip", "\"\""), Counted("User Location: Discard Missing Address")),
    Case("an address that is none", Address, Set("ip", "\"unknown\""), Gives("unknown")),
    Case("an address of the sixth version", Address, Set("ip", "\"2001:db8::1\""), Gives("2001:db8::1")),
    Case("an answer without a problem", Answer, Without("event.problem_id"), Counted(UNUSABLE)),
    Case("an answer without answers", Answer, Set("event.answers", "{}"), Counted(UNUSABLE)),
    Case("answers that are a text", Answer, Set("event.answers", "\"x\""), Counted(UNUSABLE)),
    Case("a submission that is an array", Answer, Set("event.submission", "[]"), Counted(UNUSABLE)),
    Case("an answer without a course", Answer, Without("context.course_id"), Counted(UNUSABLE)),
    Case("an answer 12,000 arrays deep", Answer, Text(deep_answer), Counted("Answer Distribution: Discard Nested Too Deep")),
    Case("an answer that is an array of arrays", Answer, Set("event.submission.p_2_1.answer", "[[\"a\"], [\"b\"]]"), Gives("[[")),
    Case("a problem id of 300 characters", Answer, Text(long_problem), Counted("Answer Distribution: Discard Problem ID Too Long")),
    Case("a grade that is infinite", Answer, Set("event.grade", "Infinity"), Gives("Infinity")),
    Case("an action without a problem", Action, Without("event.problem_id"), Counted("Module Engagement: Discard Missing Entity ID")),
    Case("a video without an id", Video, Without("event.id"), Counted("Video Events: Discard Missing Video ID")),
    Case("a video id that is a number", Video, Set("event.id", "12"), Counted("Video Events: Discard Missing Video ID")),
    Case("a video id with a TAB", Video, Set("event.id", r#""v\tw""#), Counted("Video Events: Discard Unwritable ID")),
    Case("a video id of 300 characters", Video, Text(long_video), Counted("Video Events: Discard Video ID Too Long")),
    Case("a video without a place", Video, Without("event.currentTime"), Counted(NO_PLACE)),
    Case("a place that is null", Video, Set("event.currentTime", "null"), Counted(NO_PLACE)),
    Case("a place that is negative", Video, Set("event.currentTime", "-1"), Counted(NO_PLACE)),
    Case("a place behind ten hours", Video, Set("event.currentTime", "36001"), Counted(NO_PLACE)),
    Case("a place that is infinite", Video, Set("event.currentTime", "1e999"), Counted(NO_PLACE)),
    Case("a place that is not a number", Video, Set("event.currentTime", "NaN"), Counted(NO_PLACE)),
    Case("a place that is a word", Video, Set("event.currentTime", "\"abc\""), Counted(NO_PLACE)),
    Case("a place as a text", Video, Set("event.currentTime", "\"10\""), AsSound),
    Case("a duration that is infinite", Video, Set("event.duration", "1e999"), Gives("\t-1\t")),
    Case("a duration that is a word", Video, Set("event.duration", "\"long\""), Gives("\t-1\t")),
];

fn long_course(line: &str) -> Vec<u8> {
    line.replace(COURSE, &format!("course-v1:{}+b+c", "a".repeat(300))).into()
}

fn long_problem(line: &str) -> Vec<u8> {
    line.replace("block@p", &format!("block@{}", "p".repeat(300))).into()
}

fn long_mode(line: &str) -> Vec<u8> {
    line.replace("\"audit\"", &format!("\"{}\"", "m".repeat(300))).into()
}

fn long_video(line: &str) -> Vec<u8> {
    line.replace("\"id\":\"v\"", &format!("\"id\":\"{}\"", "v".repeat(300))).into()
}

fn deep_answer(line: &str) -> Vec<u8> {
    line.replace("\"blue\"", &format!("{}1{}", "[".repeat(12_000), "]".repeat(12_000))).into()
}

//! Every text of the report, in one place: translate this file.
use serde_json::{Value, json};

/// Language of the texts, as HTML names it.
pub const LANGUAGE: &str = "en";

/// Name of the report.
pub const REPORT: &str = "Course insights";
/// First link of each page.
pub const SKIP: &str = "Skip to the numbers";
/// Link back.
pub const ALL_COURSES: &str = "All courses";
/// Button.
pub const THEME: &str = "Light or dark";
/// Names a list of links.
pub const LENSES: &str = "On this page";
/// Begins the line that tells the day of a lens.
pub const UP_TO: &str = "Up to";
/// The same for rows without a day.
pub const LOADED: &str = "As loaded on";
/// Heading of a notice.
pub const PERSONAL: &str = "This report holds personal data: it names learners. Keep it where only course teams can read it.";
/// Shown where scripts do not run.
pub const NO_SCRIPT: &str = "Without scripts this page shows its tables only: no charts, sorting, search or downloads.";
/// Names a field.
pub const SEARCH: &str = "Search";
/// Button.
pub const DOWNLOAD: &str = "Download CSV";
/// Names a list.
pub const CHOOSE_PROBLEM: &str = "Problem part";
/// Names a list.
pub const CHOOSE_VIDEO: &str = "Video";

/// Texts that the page's script uses; `{…}` is filled in there.
pub fn of_script() -> Value {
    json!({
        "rows": "{shown} of {all} rows",
        "all_rows": "{all} rows",
        "everything": "All of them",
        "sorted": "Sorted by {column}, {direction}",
        "ascending": "ascending",
        "descending": "descending",
        "no_match": "No row matches.",
        "correct_mark": "✓ ",
        "yes": answers::YES,
        "video_chart": "Line chart of viewers and replays along the video {video}"
    })
}

/// A trend for people who hear the page.
pub fn from_to(first: &str, last: &str) -> String {
    format!("from {first} to {last}")
}

/// When the report was made.
pub fn made(time: &str) -> String {
    format!("Made on {time} UTC from the result store. Days are days of UTC.")
}

/// How to read the downloads.
pub const ABOUT_DOWNLOADS: &str = "A download holds the rows that its table shows, in that order, as CSV in UTF-8. A text that a spreadsheet would take for a \
     formula (it begins with =, +, -, @, a tab or a line break) gets an apostrophe before it.";

/// Licences of what the report carries.
pub const ABOUT_SOURCES: &str = "Charts: Apache ECharts (Apache License 2.0). Map: Natural Earth (public domain).";

/// A table that was cut to fit the page.
pub fn cut(shown: &str, all: &str, table: &str) -> String {
    format!("The first {shown} of {all} rows; the rest is in the table {table} of the result store.")
}

/// A print shows only the first rows.
pub const PRINT_CUT: &str = "Printed are the first 20 rows.";

/// Why a lens is empty: its table is not there.
pub fn no_table(table: &str, workflow: &str) -> String {
    format!("Nothing to show: the result store has no table {table}. It is made by {workflow}.")
}

/// Why a lens is empty: its table has no rows at all.
pub fn empty_table(table: &str, workflow: &str) -> String {
    format!("Nothing to show: the table {table} is empty. It is filled by {workflow}.")
}

/// The overview page.
pub mod site {
    /// Title.
    pub const TITLE: &str = "All courses";
    /// What it shows.
    pub const SENTENCE: &str = "Every course with its learners of today, and how enrollment went in the last 26 weeks.";
    /// Heading of the grid.
    pub const GRID: &str = "Courses";
    /// Heading of the charts.
    pub const TRENDS: &str = "The whole site";
    /// Sentence under it.
    pub const TRENDS_SENTENCE: &str = "Sums over all courses: learners enrolled on each day, and learners active in each week. Who takes \
         two courses counts twice.";
    /// No course at all.
    pub const NO_COURSES: &str =
        "The result store holds no course yet. Run the workflows first; `insights daily` runs everything that is due.";
    /// Column.
    pub const COURSE: &str = "Course";
    /// Column.
    pub const AVAILABILITY: &str = "Availability";
    /// Column.
    pub const ENROLLED: &str = "Enrolled";
    /// Column.
    pub const CHANGE: &str = "In 7 days";
    /// Column.
    pub const TREND: &str = "26 weeks";
    /// Column.
    pub const ACTIVE: &str = "Active last week";
    /// Column.
    pub const VIDEO: &str = "Played a video";
    /// Column.
    pub const PROBLEM: &str = "Tried a problem";
    /// Column.
    pub const FORUM: &str = "Posted";
    /// Column.
    pub const DAY: &str = "Day";
    /// Column.
    pub const WEEK: &str = "Week from";
    /// Caption.
    pub const GRID_CAPTION: &str = "All courses with learners and activity";
    /// Caption.
    pub const DAYS_CAPTION: &str = "Learners enrolled in all courses, by day";
    /// Caption.
    pub const WEEKS_CAPTION: &str = "Learners active in all courses, by week";
    /// Chart.
    pub const DAYS_CHART: &str = "Line chart of learners enrolled in all courses, by day";
    /// Chart.
    pub const WEEKS_CHART: &str = "Line chart of weekly activity in all courses";
    /// Headings of the two.
    pub const ENROLLMENT_HEADING: &str = "Enrollment";
    /// Headings of the two.
    pub const ACTIVITY_HEADING: &str = "Weekly activity";
}

/// Figures at the top of a page.
pub mod figures {
    /// Figure.
    pub const COURSES: &str = "courses";
    /// Figure.
    pub const ENROLLED: &str = "enrolled now";
    /// Figure.
    pub const CHANGE: &str = "in the last 7 days";
    /// Figure.
    pub const EVER: &str = "ever enrolled";
    /// Figure.
    pub const ACTIVE: &str = "active in the last week";
    /// Figure.
    pub const PASSING: &str = "passing";
}

/// Enrollment.
pub mod enrollment {
    /// Title.
    pub const TITLE: &str = "Enrollment";
    /// Sentence.
    pub const SENTENCE: &str = "How many learners were enrolled at the end of each day, in all and by enrollment mode.";
    /// Caption.
    pub const CAPTION: &str = "Learners enrolled by day and mode";
    /// Column.
    pub const DAY: &str = "Day";
    /// Column.
    pub const ENROLLED: &str = "Enrolled";
    /// Column.
    pub const EVER: &str = "Ever enrolled";
    /// Column for the smallest modes.
    pub const OTHER_MODES: &str = "Other modes";
    /// Heading.
    pub const ALL: &str = "All learners";
    /// Heading.
    pub const BY_MODE: &str = "By mode";
    /// Chart.
    pub const ALL_CHART: &str = "Line chart of enrolled learners by day";
    /// Chart.
    pub const MODE_CHART: &str = "Stacked areas of enrolled learners by day and mode";
    /// Reason.
    pub const NO_ROWS: &str = "Nobody has enrolled in this course in the days that were counted.";
    /// Workflow.
    pub const WORKFLOW: &str = "the enrollment workflow (ImportEnrollmentsIntoMysql)";
}

/// Demographics.
pub mod demographics {
    /// Title.
    pub const TITLE: &str = "Demographics";
    /// Sentence.
    pub const SENTENCE: &str = "Age, education and gender of the learners enrolled on the last day, as they state them in their profiles.";
    /// Heading.
    pub const AGE: &str = "Age";
    /// Heading.
    pub const EDUCATION: &str = "Education";
    /// Heading.
    pub const GENDER: &str = "Gender";
    /// Column.
    pub const BIRTH_YEAR: &str = "Birth year";
    /// Column.
    pub const LEARNERS: &str = "Learners";
    /// Column.
    pub const SHARE: &str = "Share";
    /// Caption.
    pub const AGE_CAPTION: &str = "Learners by age";
    /// Caption.
    pub const EDUCATION_CAPTION: &str = "Learners by highest education";
    /// Caption.
    pub const GENDER_CAPTION: &str = "Learners by gender";
    /// Chart.
    pub const AGE_CHART: &str = "Bar chart of learners by age";
    /// Chart.
    pub const EDUCATION_CHART: &str = "Bar chart of learners by highest education";
    /// Chart.
    pub const GENDER_CHART: &str = "Bar chart of learners by gender";
    /// A profile without it.
    pub const NOT_TOLD: &str = "Not told";
    /// Reason.
    pub const NO_ROWS: &str = "Nobody was enrolled in this course on the last day, or the site has no profiles of learners: those come with an import of the \
         LMS database.";
    /// Workflow.
    pub const WORKFLOW: &str = super::enrollment::WORKFLOW;

    /// Levels of education.
    pub fn education(level: &str) -> &str {
        match level {
            "primary" => "Primary school",
            "junior_secondary" => "Junior secondary school",
            "secondary" => "Secondary school",
            "associates" => "Associate degree",
            "bachelors" => "Bachelor",
            "masters" => "Master",
            "doctorate" => "Doctorate",
            "none" => "None",
            "other" => "Other",
            unknown => unknown,
        }
    }

    /// Genders.
    pub fn gender(code: &str) -> &str {
        match code {
            "f" => "Female",
            "m" => "Male",
            "o" => "Other",
            unknown => unknown,
        }
    }
}

/// Geography.
pub mod geography {
    /// Title.
    pub const TITLE: &str = "Geography";
    /// Sentence.
    pub const SENTENCE: &str = "The country from which each enrolled learner was last active.";
    /// Caption.
    pub const CAPTION: &str = "Learners by country";
    /// Column.
    pub const COUNTRY: &str = "Country";
    /// Column.
    pub const CODE: &str = "Code";
    /// Column.
    pub const LEARNERS: &str = "Learners";
    /// Column.
    pub const SHARE: &str = "Share";
    /// Chart.
    pub const CHART: &str = "Map of the world, countries coloured by learners";
    /// Learners without a country.
    pub const UNKNOWN: &str = "Unknown";
    /// Reason.
    pub const NO_ROWS: &str =
        "No learner of this course has been located. Countries need a geolocation database: `--geolocation FILE` names one.";
    /// Workflow.
    pub const WORKFLOW: &str = "the geography workflow (InsertToMysqlLastCountryPerCourseTask), which needs a geolocation database: `--geolocation FILE` names one";
}

/// Weekly activity.
pub mod activity {
    /// Title.
    pub const TITLE: &str = "Weekly activity";
    /// Sentence.
    pub const SENTENCE: &str = "How many learners did anything, played a video, tried a problem or posted in the forum in each week.";
    /// Caption.
    pub const CAPTION: &str = "Active learners by week";
    /// Column.
    pub const WEEK: &str = "Week from";
    /// Column.
    pub const ACTIVE: &str = "Active";
    /// Column.
    pub const VIDEO: &str = "Played a video";
    /// Column.
    pub const PROBLEM: &str = "Tried a problem";
    /// Column.
    pub const FORUM: &str = "Posted in the forum";
    /// Chart.
    pub const CHART: &str = "Line chart of active learners by week";
    /// Reason.
    pub const NO_ROWS: &str = "Nobody was active in this course in the weeks that were counted. The week that is running is never counted.";
    /// Workflow.
    pub const WORKFLOW: &str = "the engagement workflow (InsertToMysqlCourseActivityTask)";
}

/// Videos.
pub mod videos {
    /// Title.
    pub const TITLE: &str = "Videos";
    /// Sentence.
    pub const SENTENCE: &str =
        "How many of the learners who began a video were still there at its end, worst drop-off first, and what they saw second by second.";
    /// Caption.
    pub const CAPTION: &str = "Videos by drop-off";
    /// Heading.
    pub const LIST: &str = "Drop-off";
    /// Heading.
    pub const SECONDS: &str = "Second by second";
    /// Column.
    pub const VIDEO: &str = "Video";
    /// Column.
    pub const MINUTES: &str = "Minutes";
    /// Column.
    pub const START: &str = "Viewers at start";
    /// Column.
    pub const END: &str = "Viewers at end";
    /// Column.
    pub const DROP: &str = "Drop-off";
    /// Column.
    pub const HOURS: &str = "Hours watched";
    /// Chart.
    pub const CHART: &str = "Bar chart of viewers at the start and at the end of the first 12 videos of the table";
    /// Column.
    pub const SECOND: &str = "From second";
    /// Column.
    pub const VIEWERS: &str = "Viewers";
    /// Column.
    pub const REPLAYS: &str = "Replays";
    /// Caption.
    pub const SECONDS_CAPTION: &str = "Viewers and replays of each part of the chosen video";
    /// Reason.
    pub const NO_ROWS: &str = "Nobody has played a video of this course in the days that were counted.";
    /// Workflow.
    pub const WORKFLOW: &str = "the video workflow (InsertToMysqlAllVideoTask)";
}

/// Answer distributions.
pub mod answers {
    /// Title.
    pub const TITLE: &str = "Answers";
    /// Sentence.
    pub const SENTENCE: &str = "Which answers learners gave in their first and in their last submission, and how many of them were correct, hardest problems first.";
    /// Caption.
    pub const PROBLEMS_CAPTION: &str = "Parts of problems, hardest first";
    /// Caption.
    pub const ANSWERS_CAPTION: &str = "Answers to each part of a problem";
    /// Heading.
    pub const PROBLEMS: &str = "Problems";
    /// Heading.
    pub const DISTRIBUTION: &str = "Answers";
    /// Column.
    pub const PROBLEM: &str = "Problem";
    /// Column.
    pub const PART: &str = "Part";
    /// Column.
    pub const QUESTION: &str = "Question";
    /// Column.
    pub const ANSWER: &str = "Answer";
    /// Column.
    pub const CORRECT: &str = "Correct";
    /// Column.
    pub const FIRST: &str = "First submission";
    /// Column.
    pub const LAST: &str = "Last submission";
    /// Column.
    pub const LEARNERS: &str = "Learners";
    /// Column.
    pub const FIRST_CORRECT: &str = "Correct at first";
    /// Column.
    pub const LAST_CORRECT: &str = "Correct at last";
    /// Value.
    pub const YES: &str = "Yes";
    /// Value.
    pub const NO: &str = "No";
    /// Value.
    pub const EMPTY_ANSWER: &str = "(empty)";
    /// Chart.
    pub const PROBLEMS_CHART: &str = "Bar chart of the share of correct first and last submissions of the first 12 parts of the table";
    /// Chart.
    pub const ANSWERS_CHART: &str = "Bar chart of first and last submissions by answer of the chosen part";
    /// Reason.
    pub const NO_ROWS: &str = "Nobody has answered a problem of this course in the days that were counted.";
    /// Workflow.
    pub const WORKFLOW: &str = "the answer distribution workflow (AnswerDistributionWorkflow)";
}

/// Learner engagement.
pub mod engagement {
    /// Title.
    pub const TITLE: &str = "Learner engagement";
    /// Sentence.
    pub const SENTENCE: &str =
        "How many learners stand out in the last week, and where the lower 15 and the upper 15 percent of them begin for each metric.";
    /// Heading.
    pub const SEGMENTS: &str = "Segments";
    /// Heading.
    pub const RANGES: &str = "Metric ranges";
    /// Column.
    pub const SEGMENT: &str = "Segment";
    /// Column.
    pub const MEANING: &str = "What it means";
    /// Column.
    pub const LEARNERS: &str = "Learners";
    /// Column.
    pub const METRIC: &str = "Metric";
    /// Column.
    pub const LOW_TO: &str = "Low is below";
    /// Column.
    pub const HIGH_FROM: &str = "High is from";
    /// Column.
    pub const LOW: &str = "Learners low";
    /// Column.
    pub const NORMAL: &str = "Learners normal";
    /// Column.
    pub const HIGH: &str = "Learners high";
    /// Caption.
    pub const SEGMENTS_CAPTION: &str = "Learners by segment";
    /// Caption.
    pub const RANGES_CAPTION: &str = "Ranges of each metric and learners in them";
    /// Chart.
    pub const SEGMENTS_CHART: &str = "Bar chart of learners by segment";
    /// Chart.
    pub const RANGES_CHART: &str = "Stacked bars of learners with low, normal and high values of each metric";
    /// Reason.
    pub const NO_ROWS: &str = "Nobody was active in this course in the week that was measured.";
    /// Workflow.
    pub const WORKFLOW: &str = "the learner analytics workflow (ModuleEngagementWorkflowTask)";

    /// Segments in their order: name and meaning.
    pub const KNOWN: [(&str, &str); 4] = [
        ("Highly engaged", "High in problems, videos or discussion"),
        ("Struggling", "Many attempts for each problem completed"),
        ("Disengaging", "Active in the week before, not in this one"),
        ("Others", "Active, in none of the segments above"),
    ];

    /// Names of the metrics.
    pub fn metric(name: &str) -> &str {
        match name {
            "discussion_contributions" => "Discussion contributions",
            "problem_attempts" => "Problem attempts",
            "problem_attempts_per_completed" => "Attempts per completed problem",
            "problems_attempted" => "Problems tried",
            "problems_completed" => "Problems completed",
            "videos_viewed" => "Videos viewed",
            unknown => unknown,
        }
    }
}

/// Learners by name.
pub mod learners {
    /// Title.
    pub const TITLE: &str = "Learners";
    /// Sentence.
    pub const SENTENCE: &str = "What each active learner did in the last week. This list is personal data.";
    /// Caption.
    pub const CAPTION: &str = "Learners who were active in the last week";
    /// Column.
    pub const USERNAME: &str = "Username";
    /// Column.
    pub const SEGMENTS: &str = "Segments";
    /// Column.
    pub const DAYS: &str = "Days active";
    /// Chart.
    pub const CHART: &str = "Bar chart of problems tried and completed and of videos viewed by the first 12 learners of the table";
    /// Reason.
    pub const NO_ROWS: &str = super::engagement::NO_ROWS;
}

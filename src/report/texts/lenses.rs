//! Texts of the lenses of a course's page.

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

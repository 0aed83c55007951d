//! Texts of the lenses of a course's page.

/// Enrollment.
pub(crate) mod enrollment {
    use chrono::NaiveDate;

    /// Title.
    pub(crate) const TITLE: &str = "Enrollment";
    /// Sentence.
    pub(crate) const SENTENCE: &str = "How many learners were enrolled at the end of each day, in all and by enrollment mode.";
    /// Caption.
    pub(crate) const CAPTION: &str = "Learners enrolled by day and mode";
    /// Column.
    pub(crate) const DAY: &str = "Day";
    /// Column.
    pub(crate) const ENROLLED: &str = "Enrolled";
    /// Column.
    pub(crate) const EVER: &str = "Ever enrolled";
    /// Column for the smallest modes.
    pub(crate) const OTHER_MODES: &str = "Other modes";
    /// Note: what is not in the counts, which are made from events.
    pub(crate) fn since(first: NaiveDate) -> String {
        format!("Counted from enrollment events since {first}; who enrolled before is missing.")
    }

    /// Heading.
    pub(crate) const ALL: &str = "All learners";
    /// Heading.
    pub(crate) const BY_MODE: &str = "By mode";
    /// Chart.
    pub(crate) const ALL_CHART: &str = "Line chart of enrolled learners by day";
    /// Chart.
    pub(crate) const MODE_CHART: &str = "Stacked areas of enrolled learners by day and mode";
}

/// Demographics.
pub(crate) mod demographics {
    /// Title.
    pub(crate) const TITLE: &str = "Demographics";
    /// Sentence.
    pub(crate) const SENTENCE: &str =
        "Age, education and gender of the learners enrolled on the last day, as they state them in their profiles.";
    /// Heading.
    pub(crate) const AGE: &str = "Age";
    /// Heading.
    pub(crate) const EDUCATION: &str = "Education";
    /// Heading.
    pub(crate) const GENDER: &str = "Gender";
    /// Column.
    pub(crate) const BIRTH_YEAR: &str = "Birth year";
    /// Column.
    pub(crate) const LEARNERS: &str = "Learners";
    /// Column.
    pub(crate) const SHARE: &str = "Share";
    /// Caption.
    pub(crate) const AGE_CAPTION: &str = "Learners by age";
    /// Caption.
    pub(crate) const EDUCATION_CAPTION: &str = "Learners by highest education";
    /// Caption.
    pub(crate) const GENDER_CAPTION: &str = "Learners by gender";
    /// Chart.
    pub(crate) const AGE_CHART: &str = "Bar chart of learners by age";
    /// Chart.
    pub(crate) const EDUCATION_CHART: &str = "Bar chart of learners by highest education";
    /// Chart.
    pub(crate) const GENDER_CHART: &str = "Bar chart of learners by gender";
    /// A profile without it.
    pub(crate) const NOT_TOLD: &str = "Not told";

    /// Levels of education.
    pub(crate) fn education(level: &str) -> &str {
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
    pub(crate) fn gender(code: &str) -> &str {
        match code {
            "f" => "Female",
            "m" => "Male",
            "o" => "Other",
            unknown => unknown,
        }
    }
}

/// Geography.
pub(crate) mod geography {
    /// Title.
    pub(crate) const TITLE: &str = "Geography";
    /// Sentence.
    pub(crate) const SENTENCE: &str = "The country from which each enrolled learner was last active.";
    /// Caption.
    pub(crate) const CAPTION: &str = "Learners by country";
    /// Column.
    pub(crate) const COUNTRY: &str = "Country";
    /// Column.
    pub(crate) const CODE: &str = "Code";
    /// Column.
    pub(crate) const LEARNERS: &str = "Learners";
    /// Column.
    pub(crate) const SHARE: &str = "Share";
    /// Chart.
    pub(crate) const CHART: &str = "Map of the world, countries coloured by learners";
    /// Learners without a country.
    pub(crate) const UNKNOWN: &str = "Unknown";
}

/// Weekly activity.
pub(crate) mod activity {
    /// Title.
    pub(crate) const TITLE: &str = "Weekly activity";
    /// Sentence.
    pub(crate) const SENTENCE: &str =
        "How many learners did anything, played a video, tried a problem or posted in the forum in each week.";
    /// Caption.
    pub(crate) const CAPTION: &str = "Active learners by week";
    /// Column.
    pub(crate) const WEEK: &str = "Week from";
    /// Column.
    pub(crate) const ACTIVE: &str = "Active";
    /// Column.
    pub(crate) const VIDEO: &str = "Played a video";
    /// Column.
    pub(crate) const PROBLEM: &str = "Tried a problem";
    /// Column.
    pub(crate) const FORUM: &str = "Posted in the forum";
    /// Chart.
    pub(crate) const CHART: &str = "Line chart of active learners by week";
}

/// Videos.
pub(crate) mod videos {
    /// Title.
    pub(crate) const TITLE: &str = "Videos";
    /// Sentence.
    pub(crate) const SENTENCE: &str = "How many of the learners who began a video were still there at its end, worst drop-off first, and what they saw second by second. Videos that fewer than 10 learners began come last.";
    /// Caption.
    pub(crate) const CAPTION: &str = "Videos by drop-off";
    /// Heading.
    pub(crate) const LIST: &str = "Drop-off";
    /// Heading.
    pub(crate) const SECONDS: &str = "Second by second";
    /// Column.
    pub(crate) const VIDEO: &str = "Video";
    /// Column.
    pub(crate) const MINUTES: &str = "Minutes";
    /// Column.
    pub(crate) const START: &str = "Viewers at start";
    /// Column.
    pub(crate) const END: &str = "Viewers at end";
    /// Column.
    pub(crate) const DROP: &str = "Drop-off";
    /// Column.
    pub(crate) const HOURS: &str = "Hours watched";
    /// Chart.
    pub(crate) const CHART: &str = "Bar chart of viewers at the start and at the end of the first 12 videos of the table";
    /// Column.
    pub(crate) const SECOND: &str = "From second";
    /// Column.
    pub(crate) const VIEWERS: &str = "Viewers";
    /// Column.
    pub(crate) const REPLAYS: &str = "Replays";
    /// Caption.
    pub(crate) const SECONDS_CAPTION: &str = "Viewers and replays of each part of the chosen video";
    /// Note.
    pub(crate) const COARSE: &str = "A video of more than six hours has longer steps; each tells the five seconds of it with the most viewers, and those with the most replays.";
    /// Not all videos fit the page.
    pub(crate) fn cut(shown: &str, all: &str, table: &str) -> String {
        format!("The {shown} of {all} videos that most learners began; the others are in the table {table} of the result store.")
    }
}

/// Answer distributions.
pub(crate) mod answers {
    /// Title.
    pub(crate) const TITLE: &str = "Answers";
    /// Sentence.
    pub(crate) const SENTENCE: &str = "Which answers learners gave in their first and in their last submission, and how many of them were correct, hardest problems first. Problems that fewer than 10 learners answered come last.";
    /// Caption.
    pub(crate) const PROBLEMS_CAPTION: &str = "Parts of problems, hardest first";
    /// Caption.
    pub(crate) const ANSWERS_CAPTION: &str = "Answers to each part of a problem";
    /// Heading.
    pub(crate) const PROBLEMS: &str = "Problems";
    /// Heading.
    pub(crate) const DISTRIBUTION: &str = "Answers";
    /// Column.
    pub(crate) const PROBLEM: &str = "Problem";
    /// Column.
    pub(crate) const PART: &str = "Part";
    /// Column.
    pub(crate) const QUESTION: &str = "Question";
    /// Column.
    pub(crate) const ANSWER: &str = "Answer";
    /// Column.
    pub(crate) const CORRECT: &str = "Correct";
    /// Column.
    pub(crate) const FIRST: &str = "First submission";
    /// Column.
    pub(crate) const LAST: &str = "Last submission";
    /// Column.
    pub(crate) const LEARNERS: &str = "Learners";
    /// Column.
    pub(crate) const FIRST_CORRECT: &str = "Correct at first";
    /// Column.
    pub(crate) const LAST_CORRECT: &str = "Correct at last";
    /// Value.
    pub(crate) const YES: &str = "Yes";
    /// Value.
    pub(crate) const NO: &str = "No";
    /// Value.
    pub(crate) const EMPTY_ANSWER: &str = "(empty)";
    /// Many answers in one row.
    pub(crate) fn others(number: &str) -> String {
        format!("Other answers: {number} different")
    }
    /// Chart.
    pub(crate) const PROBLEMS_CHART: &str =
        "Bar chart of the share of correct first and last submissions of the first 12 parts of the table";
    /// Chart.
    pub(crate) const ANSWERS_CHART: &str = "Bar chart of first and last submissions by answer of the chosen part";
}

/// Learner engagement.
pub(crate) mod engagement {
    /// Title.
    pub(crate) const TITLE: &str = "Learner engagement";
    /// Sentence.
    pub(crate) const SENTENCE: &str = "How many learners stand out in the last seven days, and where the lower 15 and the upper 15 percent of them begin for each metric.";
    /// Heading.
    pub(crate) const SEGMENTS: &str = "Segments";
    /// Heading.
    pub(crate) const RANGES: &str = "Metric ranges";
    /// Column.
    pub(crate) const SEGMENT: &str = "Segment";
    /// Column.
    pub(crate) const MEANING: &str = "What it means";
    /// Column.
    pub(crate) const LEARNERS: &str = "Learners";
    /// Column.
    pub(crate) const METRIC: &str = "Metric";
    /// Column.
    pub(crate) const LOW_TO: &str = "Low is below";
    /// Column.
    pub(crate) const HIGH_FROM: &str = "High is from";
    /// Note.
    pub(crate) const NO_LOW: &str =
        "A metric without a bound for low has no low learners: the 15 percent with the lowest values have 0 there, and nobody has less.";
    /// Note.
    pub(crate) const INFINITE: &str = "Where high is from ∞, high are those who completed no problem, or tried none: they have infinitely many attempts per completed one.";
    /// Note.
    pub(crate) const SEVERAL: &str = "A learner may be highly engaged and struggling at once, and counts in both rows.";
    /// Column.
    pub(crate) const LOW: &str = "Learners low";
    /// Column.
    pub(crate) const NORMAL: &str = "Learners normal";
    /// Column.
    pub(crate) const HIGH: &str = "Learners high";
    /// Caption.
    pub(crate) const SEGMENTS_CAPTION: &str = "Learners by segment";
    /// Caption.
    pub(crate) const RANGES_CAPTION: &str = "Ranges of each metric and learners in them";
    /// Chart.
    pub(crate) const SEGMENTS_CHART: &str = "Bar chart of learners by segment";
    /// Chart.
    pub(crate) const RANGES_CHART: &str = "Stacked bars of learners with low, normal and high values of each metric";

    /// Segments in their order: name and meaning.
    pub(crate) const KNOWN: [(&str, &str); 4] = [
        ("Highly engaged", "High in problems tried or completed, in videos or in discussion"),
        ("Struggling", "In the high range of attempts per completed problem; who completed none, or tried none, has infinitely many"),
        ("Disengaging", "Active in the seven days before, not in these"),
        ("Others", "Active, in none of the segments above"),
    ];

    /// Learners of the roster without activity: name and meaning.
    pub(crate) const INACTIVE: (&str, &str) = ("Inactive", "Active neither in these seven days nor in the seven before");
    /// Learners of the roster who have left: name and meaning.
    pub(crate) const UNENROLLED: (&str, &str) = ("Unenrolled", "Was enrolled once, and is no longer");

    /// The segments of a learner, as the table of segments calls them.
    pub(crate) fn segments(names: &[&str]) -> String {
        let [.., (others, _)] = KNOWN;
        if names.is_empty() { others.to_owned() } else { names.join(", ") }
    }

    /// Names of the roster's segments.
    pub(crate) fn segment(name: &str) -> &str {
        let [(engaged, _), (struggling, _), (disengaging, _), _] = KNOWN;
        match name {
            "highly_engaged" => engaged,
            "struggling" => struggling,
            "disengaging" => disengaging,
            "inactive" => INACTIVE.0,
            "unenrolled" => UNENROLLED.0,
            unknown => unknown,
        }
    }

    /// Names of the metrics.
    pub(crate) fn metric(name: &str) -> &str {
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
pub(crate) mod learners {
    /// Title.
    pub(crate) const TITLE: &str = "Learners";
    /// Sentence.
    pub(crate) const SENTENCE: &str = "What each active learner did in the last seven days. This list is personal data.";
    /// Caption.
    pub(crate) const CAPTION: &str = "Learners who were active in the last seven days";
    /// Column.
    pub(crate) const USERNAME: &str = "Username";
    /// Column.
    pub(crate) const SEGMENTS: &str = "Segments";
    /// Column.
    pub(crate) const DAYS: &str = "Days active";
    /// Sentence, with a roster.
    pub(crate) const ROSTER_SENTENCE: &str =
        "Everybody who is or was enrolled, by segment, and what they did in the last seven days. This list is personal data.";
    /// Caption, with a roster.
    pub(crate) const ROSTER_CAPTION: &str = "Learners of the course and their last seven days, the active ones first";
    /// Column.
    pub(crate) const NAME: &str = "Name";
    /// Column.
    pub(crate) const COHORT: &str = "Cohort";
    /// Column.
    pub(crate) const MODE: &str = "Enrollment mode";
    /// Note.
    pub(crate) const NO_ROSTER: &str = "No names and no inactive learners: there is no roster in the warehouse. Run ModuleEngagementWorkflowTask, or name the warehouse with `--warehouse`.";
    /// Note.
    pub(crate) const NOT_IN_ROSTER: &str = "No names and no inactive learners: the roster of the warehouse has nobody of this course. It is made from enrollments and from the LMS tables \
         auth_user and auth_userprofile.";
    /// Chart.
    pub(crate) const CHART: &str = "Bar chart of problems tried and completed and of videos viewed by the first 12 learners of the table";
}

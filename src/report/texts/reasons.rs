//! Why a lens shows nothing. Pages tell it to course teams; what whoever runs the report may do stands in the terminal only, but for the one
//! file that every report of logs lacks at first.

/// The texts of one lens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reasons {
    /// Nothing of the course.
    pub course: &'static str,
    /// Nothing at all, in a report of logs.
    pub logs: &'static str,
    /// Nothing at all, in a result store that workflows fill.
    pub site: &'static str,
    /// What to do about the first two, if anything.
    pub remedy: Option<&'static str>,
    /// Which workflow fills the table.
    pub workflow: &'static str,
}

/// Enrollment.
pub(crate) const ENROLLMENT: Reasons = Reasons {
    course: "Nobody has enrolled in this course in the days that were counted.",
    logs: "Nobody enrolled in a course in these logs.",
    site: "Enrollments have not been counted on this site yet.",
    remedy: None,
    workflow: "the enrollment workflow (ImportEnrollmentsIntoMysql)",
};

/// Demographics.
pub(crate) const DEMOGRAPHICS: Reasons = Reasons {
    course: "No learner who is enrolled in this course states age, education or gender.",
    logs: "Age, education and gender stand in the profiles of learners, which logs do not hold.",
    site: "Age, education and gender have not been counted on this site yet.",
    remedy: Some("Profiles come with an import of the LMS database: [database-import] names it, and `insights daily` imports them."),
    workflow: ENROLLMENT.workflow,
};

/// The site has no profiles.
pub(crate) const NO_PROFILES: &str = "Age, education and gender stand in the profiles of learners, which this site does not import.";

/// The course has no learners of whom profiles could tell anything.
pub(crate) fn nobody_enrolled(day: &str) -> String {
    format!("Nobody was enrolled in this course on {day}.")
}

/// Geography.
pub(crate) const GEOGRAPHY: Reasons = Reasons {
    course: "No country of a learner of this course is known.",
    logs: "Countries were not looked up for this report. They need a geolocation database, such as GeoLite2-Country.mmdb, which MaxMind gives \
           to everybody with a free account (https://dev.maxmind.com/geoip): whoever makes the report names its file by --geolocation FILE.",
    site: "Countries have not been looked up on this site yet.",
    remedy: None,
    workflow: "the geography workflow (InsertToMysqlLastCountryPerCourseTask), which needs a geolocation database (geolocation_data of [geolocation])",
};

/// Weekly activity.
pub(crate) const ACTIVITY: Reasons = Reasons {
    course: "Nobody was active in this course in the weeks that were counted.",
    logs: "Nobody was active in a course in these logs.",
    site: "Weekly activity has not been counted on this site yet.",
    remedy: None,
    workflow: "the user activity workflow (InsertToMysqlCourseActivityTask)",
};

/// Videos.
pub(crate) const VIDEOS: Reasons = Reasons {
    course: "No viewing of a video of this course is complete in the days that were counted: nobody played one up to a pause, a jump or its end.",
    logs: "No viewing of a video is complete in these logs: nobody played one up to a pause, a jump or its end.",
    site: "Videos have not been counted on this site yet.",
    remedy: None,
    workflow: "the video workflow (InsertToMysqlAllVideoTask)",
};

/// Answer distributions.
pub(crate) const ANSWERS: Reasons = Reasons {
    course: "Nobody has answered a problem of this course in the days that were counted.",
    logs: "Nobody answered a problem in these logs.",
    site: "Answers have not been counted on this site yet.",
    remedy: None,
    workflow: "the answer distribution workflow (AnswerDistributionWorkflow)",
};

/// Learner engagement, and learners by name.
pub(crate) const ENGAGEMENT: Reasons = Reasons {
    course: "Nobody tried a problem, played a video or posted in this course in the seven days that were measured.",
    logs: "Nobody tried a problem, played a video or posted in the last seven days of these logs.",
    site: "What learners did in the last seven days has not been measured on this site yet.",
    remedy: None,
    workflow: "the module engagement workflow (ModuleEngagementWorkflowTask)",
};

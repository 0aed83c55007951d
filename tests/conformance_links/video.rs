//! The jobs of video.

use super::{Case, LOGS, Link, made, made_at, read};

pub(super) const LINKS: [Link; 3] = [
    Link {
        workflow: "video",
        job: "viewing",
        makes: &[made("user_video_viewing")],
        reads: &[LOGS],
        combines: false,
        day_files: None,
        options: interval,
    },
    Link {
        workflow: "video",
        job: "by-date",
        makes: &[made("user_video_viewing_by_date")],
        reads: &[read("user_video_viewing", "video_viewing/dt=2014-05-01")],
        combines: false,
        day_files: Some(("video_viewing_by_date", "video_viewing_")),
        options: interval,
    },
    Link {
        workflow: "video",
        job: "usage",
        makes: &[made_at("video_usage", "video_usage/"), made_at("video_timeline", "video_timeline/"), made_at("video", "video/")],
        reads: &[read("user_video_viewing_by_date", "video_viewing_by_date/dt=2014-05-01")],
        combines: false,
        day_files: None,
        options: threshold,
    },
];

const KNOWN: [&str; 3] = ["interval", "overwrite_n_days", "dropoff_threshold"];

fn interval(case: &Case) -> Result<Vec<String>, String> {
    case.only(&KNOWN)?;
    Ok(case.passed_on(&["interval"]))
}

fn threshold(case: &Case) -> Result<Vec<String>, String> {
    case.only(&KNOWN)?;
    Ok(case.passed_on(&["dropoff_threshold"]))
}

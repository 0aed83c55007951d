//! The jobs of geography.

use super::{Case, LOGS, Link, made, read};

const PLAIN: Link = Link { workflow: "location", job: "", makes: &[], reads: &[], combines: false, day_files: None, options: no_options };

pub(super) const LINKS: [Link; 4] = [
    Link {
        job: "daily-address",
        makes: &[made("last_daily_ip")],
        reads: &[LOGS],
        combines: true,
        day_files: Some(("last_ip_of_user_id", "last_ip_of_user_")),
        options: interval,
        ..PLAIN
    },
    Link {
        job: "last-country",
        makes: &[made("last_country_of_user")],
        reads: &[read("last_daily_ip", "last_ip_of_user_id/dt=2014-05-01")],
        combines: true,
        options: database,
        ..PLAIN
    },
    Link {
        job: "enrollment-country",
        makes: &[made("enrollment_country")],
        reads: &[
            read("last_country_of_user", "last_country_of_user_id/dt=2014-05-01"),
            read("student_courseenrollment", "student_courseenrollment/dt=2014-05-01"),
        ],
        ..PLAIN
    },
    Link {
        job: "country-counts",
        makes: &[made("course_enrollment_location_current")],
        reads: &[read("enrollment_country", "enrollment_country")],
        combines: true,
        options: date,
        ..PLAIN
    },
];

fn no_options(case: &Case) -> Result<Vec<String>, String> {
    case.only(&["interval", "date"])?;
    Ok(Vec::new())
}

fn interval(case: &Case) -> Result<Vec<String>, String> {
    case.only(&["interval", "date"])?;
    Ok(case.passed_on(&["interval"]))
}

fn date(case: &Case) -> Result<Vec<String>, String> {
    case.only(&["interval", "date"])?;
    Ok(case.passed_on(&["date"]))
}

fn database(case: &Case) -> Result<Vec<String>, String> {
    case.only(&["interval", "date"])?;
    let file = case.side_file("geo_mmdb").ok_or("the case has no database")?;
    Ok(vec!["--geolocation-data".to_owned(), file])
}

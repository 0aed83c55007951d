//! Every text of the report, in one place: translate this folder. Here is what frames a page; [`lenses`] has the lenses of a course.

mod lenses;
pub(crate) mod reasons;
pub(crate) mod weeks;

pub(crate) use lenses::{activity, answers, demographics, engagement, enrollment, geography, learners, videos};
use serde_json::{Value, json};

/// Language of the texts, as HTML names it.
pub(crate) const LANGUAGE: &str = "en";

/// Name of the report.
pub(crate) const REPORT: &str = "Course insights";
/// First link of each page.
pub(crate) const SKIP: &str = "Skip to the numbers";
/// Link back.
pub(crate) const ALL_COURSES: &str = "All courses";
/// Button.
pub(crate) const THEME: &str = "Light or dark";
/// Opens a title that was cut.
pub(crate) const WHOLE_TITLE: &str = "The whole title";
/// Names a list of links.
pub(crate) const LENSES: &str = "On this page";
/// Begins the line that tells the day of a lens.
pub(crate) const UP_TO: &str = "Up to";
/// Heading of a notice.
pub(crate) const PERSONAL: &str = "This report holds personal data: it names learners. Keep it where only course teams can read it.";
/// Shown where scripts do not run.
pub(crate) const NO_SCRIPT: &str = "Without scripts this page shows its tables only: no charts, sorting, search or downloads.";
/// Names a field.
pub(crate) const SEARCH: &str = "Search";
/// Button.
pub(crate) const DOWNLOAD: &str = "Download CSV";
/// Tells of which table a field or a button is.
pub(crate) fn of_table(name: &str, caption: &str) -> String {
    format!("{name}: {caption}")
}
/// Names a list.
pub(crate) const CHOOSE_PROBLEM: &str = "Problem part";
/// Names a list.
pub(crate) const CHOOSE_VIDEO: &str = "Video";

/// Texts that the page's script uses; `{…}` is filled in there.
pub(crate) fn of_script() -> Value {
    json!({
        "rows": "{shown} of {all} rows",
        "all_rows": "{all} rows",
        "one_row": "1 row",
        "drawn": "The chart shows the first {drawn} of the {all} rows of the table, in its order.",
        "everything": "All of them",
        "sorted": "Sorted by {column}, {direction}",
        "ascending": "ascending",
        "descending": "descending",
        "no_match": "No row matches.",
        "first_rows": "The first {kept} of {all} rows",
        "rows_of_first": "{shown} of the first {kept} of {all} rows",
        "no_match_of_first": "No row of the first {kept} of {all} matches.",
        "no_match_of_frequent": "No row matches; rare answers have none of their own.",
        "correct_mark": "✓ ",
        "yes": answers::YES,
        "video_chart": "Line chart of viewers and replays along the video {video}"
    })
}

/// A trend for people who hear the page.
pub(crate) fn from_to(first: &str, last: &str) -> String {
    format!("from {first} to {last}")
}

/// When the report was made.
pub(crate) fn made(time: &str) -> String {
    format!("Made on {time} UTC from the result store. Days are days of UTC.")
}

/// How to read the downloads.
pub(crate) const ABOUT_DOWNLOADS: &str = "A download holds the rows that its table shows, in that order, as CSV in UTF-8. A text that a spreadsheet would take for a \
     formula (it begins with =, +, -, @, a tab or a line break) gets an apostrophe before it.";

/// Licences of what the report carries.
pub(crate) const ABOUT_SOURCES: &str = "Charts: Apache ECharts (Apache License 2.0). Map: Natural Earth (public domain).";

/// A table that was cut to fit the page.
pub(crate) fn cut(shown: &str, all: &str, table: &str) -> String {
    format!("The first {shown} of {all} rows; the rest is in the table {table} of the result store.")
}

/// A table of which each part was cut.
pub(crate) fn cut_of_parts(shown: &str, all: &str, table: &str) -> String {
    format!(
        "{shown} of {all} rows: of each part the answers that most learners gave, and a row with the sum of its others. All are in the table \
         {table} of the result store."
    )
}

/// The same of a table of the warehouse.
pub(crate) fn cut_of_warehouse(shown: &str, all: &str, table: &str) -> String {
    format!("The first {shown} of {all} rows; the rest is in the dataset {table} of the warehouse.")
}

/// Texts that were cut to fit the page.
pub(crate) fn cut_texts(longest: usize, table: &str) -> String {
    format!(
        "Texts of more than {longest} characters are cut, here and in the download, and end with …; they are whole in the table {table} of the \
         result store."
    )
}

/// The same of a table of the warehouse.
pub(crate) fn cut_texts_of_warehouse(longest: usize, table: &str) -> String {
    format!(
        "Texts of more than {longest} characters are cut, here and in the download, and end with …; they are whole in the dataset {table} of the \
         warehouse."
    )
}

/// A print shows only the first rows.
pub(crate) const PRINT_CUT: &str = "Printed are the first 20 of these rows.";

/// What to do about a lens that is empty: its table is not there.
pub(crate) fn no_table(table: &str, workflow: &str) -> String {
    format!("The result store has no table {table}. It is made by {workflow}.")
}

/// What to do about a lens that is empty: its table has no rows at all.
pub(crate) fn empty_table(table: &str, workflow: &str) -> String {
    format!("The table {table} is empty. It is filled by {workflow}.")
}

/// The overview page.
pub(crate) mod site {
    use crate::report::counted_week::CountedWeek;

    /// Title.
    pub(crate) const TITLE: &str = "All courses";
    /// What the grid shows: enrollment of a day, activity of a week.
    pub(crate) fn sentence(day: Option<&str>, weeks: usize, week: Option<CountedWeek>) -> String {
        let enrolled =
            day.map_or_else(|| "Every course with its learners".to_owned(), |day| format!("Every course with its learners of {day}"));
        let trend = match weeks {
            0 => String::new(),
            1 => ", how enrollment went in one week".to_owned(),
            _ => format!(", how enrollment went in {weeks} weeks"),
        };
        let active = week.map(|week| format!(", and who was active {}", super::figures::days_of(week))).unwrap_or_default();
        format!("{enrolled}{trend}{active}.")
    }
    /// What the grid is about, where it is empty.
    pub(crate) const SENTENCE: &str = "Every course with its learners.";
    /// Heading of the grid.
    pub(crate) const GRID: &str = "Courses";
    /// Heading of the charts.
    pub(crate) const TRENDS: &str = "The whole site";
    /// Sentence under it.
    pub(crate) const TRENDS_SENTENCE: &str = "Sums over all courses: learners enrolled on each day, and learners active in each week. Who takes \
         two courses counts twice.";
    /// No course at all.
    pub(crate) const NO_COURSES: &str = "The result store holds no course yet.";
    /// What to do about it.
    pub(crate) const NO_COURSES_REMEDY: &str = "Run the workflows first; `insights daily` runs everything that is due.";
    /// No course in logs.
    pub(crate) const NO_COURSES_IN_LOGS: &str = "No event of these logs names a course.";
    /// Column.
    pub(crate) const COURSE: &str = "Course";
    /// Column.
    pub(crate) const AVAILABILITY: &str = "Availability";
    /// Column.
    pub(crate) const ENROLLED: &str = "Enrolled";
    /// Column.
    pub(crate) const CHANGE: &str = "Last 7 days";
    /// Column: how far the small lines go back.
    pub(crate) fn trend(weeks: usize) -> String {
        match weeks {
            0 => "Trend".to_owned(),
            1 => "1 week".to_owned(),
            _ => format!("{weeks} weeks"),
        }
    }
    /// Column: active learners of the week.
    pub(crate) fn active(week: CountedWeek) -> String {
        if week.first == week.last { format!("Active on {}", week.first) } else { format!("Active {} to {}", week.first, week.last) }
    }
    /// Column, without a week.
    pub(crate) const ACTIVE: &str = "Active";
    /// Column.
    pub(crate) const VIDEO: &str = "Played a video";
    /// Column.
    pub(crate) const PROBLEM: &str = "Tried a problem";
    /// Column.
    pub(crate) const FORUM: &str = "Posted";
    /// Column.
    pub(crate) const DAY: &str = "Day";
    /// Column.
    pub(crate) const WEEK: &str = "Week from";
    /// Caption.
    pub(crate) const GRID_CAPTION: &str = "All courses with learners and activity";
    /// Caption.
    pub(crate) const DAYS_CAPTION: &str = "Learners enrolled in all courses, by day";
    /// Caption.
    pub(crate) const WEEKS_CAPTION: &str = "Learners active in all courses, by week";
    /// Chart.
    pub(crate) const DAYS_CHART: &str = "Line chart of learners enrolled in all courses, by day";
    /// Chart.
    pub(crate) const WEEKS_CHART: &str = "Line chart of weekly activity in all courses";
    /// Headings of the two.
    pub(crate) const ENROLLMENT_HEADING: &str = "Enrollment";
    /// Headings of the two.
    pub(crate) const ACTIVITY_HEADING: &str = "Weekly activity";
}

/// Figures at the top of a page.
pub(crate) mod figures {
    use crate::report::counted_week::CountedWeek;

    /// Figure.
    pub(crate) const COURSES: [&str; 2] = ["course", "courses"];
    /// Figure.
    pub(crate) fn enrolled(day: Option<&str>) -> String {
        day.map_or_else(|| "enrolled".to_owned(), |day| format!("enrolled on {day}"))
    }
    /// Figure.
    pub(crate) const CHANGE: &str = "change of enrollment in the last 7 days";
    /// Figure.
    pub(crate) const EVER: &str = "ever enrolled";
    /// Figure.
    pub(crate) fn active(week: Option<CountedWeek>) -> String {
        week.map_or_else(|| "active".to_owned(), |week| format!("active {}", days_of(week)))
    }
    /// Figure.
    pub(crate) const PASSING: &str = "passing";

    /// The days of a week.
    pub(super) fn days_of(week: CountedWeek) -> String {
        let CountedWeek { first, last, .. } = week;
        let days = if first == last { format!("on {first}") } else { format!("from {first} to {last}") };
        super::weeks::why_unfinished(&week).map_or_else(|| days.clone(), |why| format!("{days} ({why})"))
    }
}

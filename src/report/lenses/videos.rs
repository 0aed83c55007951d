//! Videos by drop-off, and what learners saw second by second.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use anyhow::Result;
use chrono::NaiveDate;

use super::LEAST_LEARNERS;
use crate::report::cell::{Cell, Column};
use crate::report::course::Source;
use crate::report::lens::{Chart, ChartKind, Lens, Table, Timeline, View};
use crate::report::texts::{reasons, videos as texts};
use crate::workflows::video::tables::{VIDEO, VIDEO_TIMELINE};

const ID: &str = "videos";
/// Bars of the chart.
const DRAWN: usize = 12;
/// Steps of one video that fit a page: six hours of segments. A longer video has longer steps.
const STEPS: i64 = 6 * 3600 / 5;
/// Segments of the longest video, a week: what lies behind them is no place in a video.
const SEGMENTS: i64 = 7 * 24 * 3600 / 5;

struct Video {
    key: String,
    name: String,
    duration: Option<i64>,
    step: i64,
    start: i64,
    end: i64,
    seconds: Option<i64>,
}

/// The lens.
pub(crate) fn lens(source: &mut Source, course: &str, last_day: Option<NaiveDate>) -> Result<Lens> {
    let sql = "SELECT pipeline_video_id, encoded_module_id, duration, segment_length, users_at_start, users_at_end, total_viewed_seconds \
               FROM video WHERE course_id = ? ORDER BY id";
    let rows = source.rows(&VIDEO, sql, &[course])?;
    let mut videos: Vec<Video> = rows
        .iter()
        .filter_map(|row| {
            Some(Video {
                key: row.text(0)?,
                name: row.text(1)?,
                duration: row.integer(2),
                step: row.integer(3).filter(|step| *step > 0).unwrap_or(5),
                start: row.integer(4).unwrap_or(0),
                end: row.integer(5).unwrap_or(0),
                seconds: row.integer(6),
            })
        })
        .collect();
    if videos.is_empty() {
        let reason = source.reason(&VIDEO, &reasons::VIDEOS);
        return Ok(Lens::empty(ID, texts::TITLE, texts::SENTENCE, reason));
    }
    // By the share that left, in millionths; of equals the one that more learners began. What few began comes last.
    videos.sort_by_key(|video| {
        let left = lost(video).map(|lost| lost * 1_000_000 / video.start);
        (video.start < LEAST_LEARNERS, Reverse(left), Reverse(video.start), video.name.clone())
    });
    let timelines = timelines(source, course, &videos)?;
    let rows = videos.iter().map(|video| {
        vec![
            Cell::Text(video.name.clone()),
            video.duration.map_or(Cell::Missing, |duration| fraction(duration, 60)),
            Cell::Count(video.start),
            Cell::Count(video.end),
            lost(video).map_or(Cell::Missing, |lost| Cell::share(lost, video.start)),
            video.seconds.map_or(Cell::Missing, |seconds| fraction(seconds, 3600)),
        ]
    });
    let table = Table {
        caption: texts::CAPTION.into(),
        file: ID,
        columns: vec![
            Column::text(texts::VIDEO),
            Column::number(texts::MINUTES),
            Column::number(texts::START),
            Column::number(texts::END),
            Column::number(texts::DROP),
            Column::number(texts::HOURS),
        ],
        rows: rows.collect(),
        parts: Vec::new(),
        stored_in: VIDEO.name,
        in_warehouse: None,
    };
    let charts = vec![(None, Chart::new(ChartKind::Bars, 0, vec![2, 3], texts::CHART).of_first(DRAWN))];
    let views = vec![View::new(Some(texts::LIST), charts, table)];
    // The rows tell no day.
    let up_to = last_day.map(|day| day.to_string());
    Ok(Lens { up_to, views, timelines, empty: None, ..Lens::empty(ID, texts::TITLE, texts::SENTENCE, "") })
}

/// Learners that left before the end; nothing where nobody saw the start. A video may win viewers: then it lost less than none.
fn lost(video: &Video) -> Option<i64> {
    (video.start > 0).then_some(video.start - video.end)
}

#[allow(clippy::cast_precision_loss, reason = "shown with two decimals")]
fn fraction(number: i64, unit: i64) -> Cell {
    Cell::Decimal(number as f64 / unit as f64)
}

/// Viewers and replays of each video, those first that most learners began.
fn timelines(source: &mut Source, course: &str, videos: &[Video]) -> Result<Vec<Timeline>> {
    let sql = "SELECT t.pipeline_video_id, t.segment, t.num_users, t.num_views FROM video_timeline t JOIN (SELECT DISTINCT \
               pipeline_video_id FROM video WHERE course_id = ?) v ON t.pipeline_video_id = v.pipeline_video_id";
    let mut segments: HashMap<String, BTreeMap<i64, [i64; 2]>> = HashMap::new();
    for row in source.rows(&VIDEO_TIMELINE, sql, &[course])? {
        let segment = row.integer(1).filter(|segment| (0..SEGMENTS).contains(segment));
        if let (Some(key), Some(segment)) = (row.text(0), segment) {
            segments.entry(key).or_default().insert(segment, [row.integer(2).unwrap_or(0), row.integer(3).unwrap_or(0)]);
        }
    }
    let mut shown: Vec<&Video> = videos.iter().collect();
    shown.sort_by_key(|video| Reverse(video.start));
    let of_video = |video: &Video| timeline(video, segments.get(&video.key)?);
    Ok(shown.into_iter().filter_map(of_video).collect())
}

/// Viewers and replays of a video, by segment; of a long one by several, with those of the segment that has the most.
fn timeline(video: &Video, segments: &BTreeMap<i64, [i64; 2]>) -> Option<Timeline> {
    let (last, _) = segments.last_key_value()?;
    let merged = last / STEPS + 1;
    // Segments that nobody saw have no row.
    let mut steps: Vec<(i64, i64)> = (0..=last / merged).map(|_| (0, 0)).collect();
    for (segment, [users, views]) in segments {
        if let Some((viewers, replays)) = usize::try_from(segment / merged).ok().and_then(|step| steps.get_mut(step)) {
            *viewers = (*viewers).max(*users);
            *replays = (*replays).max(views - users);
        }
    }
    let (viewers, replays) = steps.into_iter().unzip();
    Some(Timeline { name: video.name.clone(), step: video.step.saturating_mul(merged), is_coarse: merged > 1, viewers, replays })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_videos_keep_their_ends() {
        let video = Video { key: String::new(), name: String::new(), duration: None, step: 5, start: 9, end: 1, seconds: None };
        let of = |segments: &[(i64, [i64; 2])]| timeline(&video, &segments.iter().copied().collect()).unwrap();
        let short = of(&[(0, [9, 12]), (2, [3, 2]), (STEPS - 1, [1, 1])]);
        assert_eq!((short.step, short.viewers.len(), &short.viewers[..3], &short.replays[..3]), (5, 4320, &[9, 0, 3][..], &[3, 0, 0][..]));
        // Eight hours: the most of two segments each.
        let long = of(&[(0, [9, 12]), (1, [7, 20]), (2, [4, 4]), (5759, [2, 3])]);
        assert_eq!((long.step, long.viewers.len(), &long.viewers[..3], &long.replays[..3]), (10, 2880, &[9, 4, 0][..], &[13, 0, 0][..]));
        assert_eq!((long.viewers.last(), long.replays.last()), (Some(&2), Some(&1)));
        assert!(of(&[(SEGMENTS - 1, [1, 1])]).viewers.len() <= usize::try_from(STEPS).unwrap());
    }
}

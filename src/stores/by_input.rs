//! Beside its marker a load keeps who made its input, so that a table is loaded again when that has changed, or when the table's marker is
//! missing in this store (rules 10, 7).

use std::collections::HashMap;

use anyhow::Result;

use super::marker_table::UPDATE_ID_LENGTH;
use super::rows::TextRows;
use super::{LoadMode, LoadReport, LoadRequest, ResultStore};

/// What decides whether rows are loaded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ByInput<'a> {
    /// Who made the input; none if that is not known.
    pub made: Option<&'a str>,
    /// A column and its value in all rows, where a table is loaded in slices.
    pub slice: Option<(&'a str, &'a str)>,
    /// Loads rows that are there once more, when they are to be replaced.
    pub repeats: bool,
}

/// Loads rows, unless they are there, and notes which values were cut and which rows were left out. The rows are asked for only if they
/// are to be loaded.
///
/// # Errors
/// The rows cannot be read, or the store refused them; the table is as it was.
pub(crate) fn load<'t>(
    store: &dyn ResultStore,
    request: LoadRequest<'_>,
    by: &ByInput<'_>,
    rows: impl FnOnce() -> Result<TextRows<'t>>,
) -> Result<LoadReport> {
    let request = match settled(store, request, by)? {
        Ok(request) => request,
        Err(report) => return Ok(report),
    };
    let mut rows = rows()?.only(by.slice);
    let mut report = store.load(&request, &mut rows)?;
    if rows.cut() > 0 {
        report.notices.push(format!("{} values were cut to what their column can hold.", rows.cut()));
    }
    if report.rejected.rows() > 0 {
        report.notices.push(report.rejected.told());
    }
    Ok(report)
}

/// Makes the request that is right for what the store holds; a report if the rows are there.
///
/// # Errors
/// The store cannot tell.
fn settled<'a>(store: &dyn ResultStore, mut request: LoadRequest<'a>, by: &ByInput<'a>) -> Result<Result<LoadRequest<'a>, LoadReport>> {
    let Some(made) = by.made else { return Ok(Ok(request)) };
    request.maker = Some(made);
    let stays = request.mode == LoadMode::Append;
    if by.repeats && !stays {
        return Ok(Ok(request));
    }
    // Rows of a whole table that stay are loaded once, whoever makes them anew (rules 03, 7): added once more they would count twice.
    if stays && by.slice.is_none() {
        return Ok(match standing(store, &request, made)? {
            Standing::Older(since) => Err(LoadReport { skipped: true, outdated: true, since, ..LoadReport::default() }),
            Standing::Absent | Standing::Loaded(_) => Ok(request),
        });
    }
    match (makers_among(&store.markers(request.table)?, request.update_id), by.slice) {
        (Some(makers), _) if makers.iter().any(|maker| maker == made) => {
            let since = store.loaded_at(request.update_id)?;
            return Ok(Err(LoadReport { skipped: true, since, ..LoadReport::default() }));
        }
        // One without maker was loaded by the original, or by an older version, and counts.
        (Some(makers), _) if makers.is_empty() => {}
        // A day that was made anew takes the place of the old one, and so does one whose marker was lost: its rows may still be there.
        // Nobody asked to replace it, so that it may have become empty, as it might have been from the start.
        (makers, Some((column, value))) if stays || makers.is_some() => {
            request.mode = LoadMode::OverwriteSlice { column, value };
            request.allow_empty = true;
        }
        _ => {}
    }
    Ok(Ok(request))
}

/// What a table holds of a load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nothing.
    Absent,
    /// The rows of this input, and since when.
    Loaded(Option<String>),
    /// Rows of an input that was made anew since, and since when.
    Older(Option<String>),
}

/// What the table of a load holds of it, where its input was made by `made`.
///
/// # Errors
/// The store cannot tell.
pub(crate) fn standing(store: &dyn ResultStore, request: &LoadRequest<'_>, made: &str) -> Result<Standing> {
    let Some(makers) = makers_among(&store.markers(request.table)?, request.update_id) else { return Ok(Standing::Absent) };
    let since = store.loaded_at(request.update_id)?;
    // One without maker was loaded by the original, or by an older version, and counts.
    let is_of_input = makers.is_empty() || makers.iter().any(|maker| maker == made);
    Ok(if is_of_input { Standing::Loaded(since) } else { Standing::Older(since) })
}

/// Stands between maker and load in the marker of who made the rows of a load.
const MADE: &str = " made ";

/// Who made the rows, if a marker is that of a maker of this load.
pub(super) fn maker_of<'m>(update_id: &str, marker: &'m str) -> Option<&'m str> {
    marker.strip_suffix(update_id)?.strip_suffix(MADE)
}

/// The marker of who made the rows of a load; none if it has no room.
pub(super) fn maker_marker(request: &LoadRequest<'_>) -> Option<String> {
    let marker = format!("{}{MADE}{}", request.maker?, request.update_id);
    (marker.chars().count() <= UPDATE_ID_LENGTH).then_some(marker)
}

/// Of the markers of a table those of one load: none if it is not there, else who made its rows, as far as that is known.
fn makers_among(markers: &[String], update_id: &str) -> Option<Vec<String>> {
    makers_by_load(markers).remove(update_id).map(|makers| makers.into_iter().map(str::to_owned).collect())
}

/// Of the markers of a table, by the names of its loads, who made their rows, as far as that is known.
pub(crate) fn makers_by_load(markers: &[String]) -> HashMap<&str, Vec<&str>> {
    let mut by_load: HashMap<&str, Vec<&str>> = markers.iter().map(|marker| (marker.as_str(), Vec::new())).collect();
    for (maker, load) in markers.iter().filter_map(|marker| marker.split_once(MADE)) {
        by_load.entry(load).and_modify(|makers| makers.push(maker));
    }
    by_load
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stores::small_tables::{ENGAGEMENT, VIDEO};
    use crate::stores::sqlite::SqliteStore;
    use crate::stores::table::Table;

    struct Scene {
        folder: tempfile::TempDir,
        store: SqliteStore,
    }

    impl Scene {
        /// Loads rows, and says whether it did, and how.
        fn load(&self, table: &Table, mode: LoadMode<'_>, by: ByInput<'_>, rows: &'static str) -> String {
            match settled(&self.store, LoadRequest { mode, ..LoadRequest::new(table, "id") }, &by).unwrap() {
                Err(report) => format!("skipped {}{}", report.skipped, if report.outdated { ", outdated" } else { "" }),
                Ok(request) => {
                    let mut rows = TextRows::from_input(table, "rows", Box::new(rows.as_bytes()));
                    let report = self.store.load(&request, &mut rows).unwrap();
                    format!("{} rows, {:?}, skipped {}", report.rows, request.mode, report.skipped)
                }
            }
        }

        fn markers(&self, table: &Table) -> Vec<String> {
            let mut markers = self.store.markers(table).unwrap();
            markers.sort();
            markers
        }
    }

    fn scene() -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::new(&folder.path().join("x.sqlite"));
        Scene { folder, store }
    }

    const ROW: &str = "c|v\tc\tv\t1\t5\t1\t1\t1\n";
    const DAY: &str = "c\tu\t2014-05-01\tvideo\tv\tviewed\t1\n";

    #[test]
    fn a_table_is_replaced_when_its_input_changed_or_on_demand() {
        let scene = scene();
        assert_eq!(scene.markers(&VIDEO), [""; 0], "no file");
        let load = |made: &'static str, repeats| {
            let by = ByInput { made: Some(made), slice: None, repeats };
            scene.load(&VIDEO, LoadMode::Overwrite, by, ROW)
        };
        assert_eq!(load("one", false), "1 rows, Overwrite, skipped false");
        assert_eq!(load("one", false), "skipped true");
        assert_eq!(load("one", true), "1 rows, Overwrite, skipped false");
        assert_eq!(load("two", false), "1 rows, Overwrite, skipped false");
        assert_eq!(scene.markers(&VIDEO), ["id", "two made id"]);
    }

    #[test]
    fn rows_that_stay_are_loaded_once_and_are_outdated_when_their_input_was_made_anew() {
        let scene = scene();
        let load = |made| scene.load(&VIDEO, LoadMode::Append, ByInput { made, slice: None, repeats: true }, ROW);
        // Of an older version: without maker, and it counts.
        assert_eq!(load(None), "1 rows, Append, skipped false");
        assert_eq!(load(Some("one")), "0 rows, Append, skipped true");
        let by = ByInput { made: Some("one"), slice: None, repeats: true };
        assert_eq!(scene.load(&VIDEO, LoadMode::Overwrite, by, ROW), "1 rows, Overwrite, skipped false");
        assert_eq!(load(Some("one")), "0 rows, Append, skipped true");
        assert_eq!(load(Some("two")), "skipped true, outdated");
        assert_eq!(scene.markers(&VIDEO), ["id", "one made id"]);
        let request = LoadRequest::new(&VIDEO, "id");
        assert!(matches!(standing(&scene.store, &request, "two").unwrap(), Standing::Older(Some(since)) if !since.is_empty()));
        assert!(matches!(standing(&scene.store, &request, "one").unwrap(), Standing::Loaded(Some(_))));
        assert_eq!(standing(&scene.store, &LoadRequest::new(&VIDEO, "other"), "one").unwrap(), Standing::Absent);
    }

    #[test]
    fn makers_stand_by_the_loads_that_are_there() {
        let markers = ["r2 made day 1", "day 1", "r1 made day 1", "day 2", "r3 made day 3", "made day 2"].map(str::to_owned);
        let by_load = makers_by_load(&markers);
        let of_load = |load| by_load.get(load).cloned();
        assert_eq!(of_load("day 1"), Some(vec!["r2", "r1"]));
        // Loaded by the original, or by an older version.
        assert_eq!(of_load("day 2"), Some(vec![]));
        // A maker without its load says nothing.
        assert_eq!(of_load("day 3"), None);
        assert_eq!(makers_among(&markers, "day 1"), Some(vec!["r2".to_owned(), "r1".to_owned()]));
        assert!(makers_by_load(&[]).is_empty());
    }

    #[test]
    fn a_day_is_replaced_when_it_was_made_anew() {
        let scene = scene();
        let day = Some(("date", "2014-05-01"));
        let load = |made| scene.load(&ENGAGEMENT, LoadMode::Append, ByInput { made, slice: day, repeats: true }, DAY);
        // Of an older version: without maker, and it counts.
        assert_eq!(load(None), "1 rows, Append, skipped false");
        assert_eq!(load(Some("one")), "0 rows, Append, skipped true");
        let slice = LoadMode::OverwriteSlice { column: "date", value: "2014-05-01" };
        // Who asks to replace a day is told if there is nothing to put in its place.
        let asked = LoadRequest { mode: slice, ..LoadRequest::new(&ENGAGEMENT, "other") };
        let asked = settled(&scene.store, asked, &ByInput { made: Some("one"), slice: day, repeats: false }).unwrap().ok();
        assert_eq!(asked.map(|request| request.allow_empty), Some(false));
        let by = ByInput { made: Some("one"), slice: day, repeats: true };
        assert!(scene.load(&ENGAGEMENT, slice, by, DAY).starts_with("1 rows, OverwriteSlice"));
        assert_eq!(load(Some("one")), "skipped true");
        assert!(load(Some("two")).starts_with("1 rows, OverwriteSlice"));
        assert_eq!(scene.markers(&ENGAGEMENT), ["id", "two made id"]);
        // Its marker is lost, but its rows are not.
        let file = scene.folder.path().join("x.sqlite");
        let lost = || rusqlite::Connection::open(&file).unwrap().execute("DELETE FROM table_updates", ()).unwrap();
        assert_eq!(lost(), 2);
        assert!(load(Some("two")).starts_with("1 rows, OverwriteSlice"));
        let count = "SELECT count(*) FROM module_engagement";
        let count: i64 = rusqlite::Connection::open(&file).unwrap().query_row(count, (), |row| row.get(0)).unwrap();
        assert_eq!((count, scene.markers(&ENGAGEMENT)), (1, vec!["id".to_owned(), "two made id".to_owned()]));
        // A day that turned out to have no activity.
        let by = ByInput { made: Some("three"), slice: day, repeats: true };
        assert!(scene.load(&ENGAGEMENT, LoadMode::Append, by, "").starts_with("0 rows, OverwriteSlice"));
        assert_eq!(scene.markers(&ENGAGEMENT), ["id", "three made id"]);
    }
}

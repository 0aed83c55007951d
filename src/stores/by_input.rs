//! Beside its marker a load keeps who made its input, so that a table is loaded again when that has changed, or when the table's marker is
//! missing in this store (rules 10, 7).

use anyhow::Result;

use super::{LoadMode, LoadReport, LoadRequest, ResultStore};
use crate::storage::Location;
use crate::warehouse::record::made_by;

/// What decides whether rows are loaded.
#[derive(Clone, Copy, Debug)]
pub struct ByInput<'a> {
    /// Who made the input; none if that is not known.
    pub made: Option<&'a str>,
    /// A column and its value in all rows, where a table is loaded in slices.
    pub slice: Option<(&'a str, &'a str)>,
    /// Loads rows that are there once more, when they are to be replaced.
    pub repeats: bool,
}

/// Who made the input of a load.
///
/// # Errors
/// The store of the input failed.
pub fn maker(input: &Location) -> Result<Option<String>> {
    if input.as_str() == "-" { Ok(None) } else { made_by(input) }
}

/// Makes the request that is right for what the store holds; a report if the rows are there.
///
/// # Errors
/// The store cannot tell.
pub fn settled<'a>(
    store: &dyn ResultStore,
    mut request: LoadRequest<'a>,
    by: &ByInput<'a>,
) -> Result<Result<LoadRequest<'a>, LoadReport>> {
    let Some(made) = by.made else { return Ok(Ok(request)) };
    request.maker = Some(made);
    let stays = request.mode == LoadMode::Append;
    // Rows of a whole table that stay were loaded once, whoever makes them anew.
    if stays && by.slice.is_none() || by.repeats && !stays {
        return Ok(Ok(request));
    }
    match (store.makers(request.table, request.update_id)?, by.slice) {
        (Some(makers), _) if makers.iter().any(|maker| maker == made) => {
            return Ok(Err(LoadReport { skipped: true, ..LoadReport::default() }));
        }
        // A day that was made anew takes the place of the old one; one without maker was loaded by the original, or by an older version.
        (Some(makers), Some((column, value))) if !makers.is_empty() => request.mode = LoadMode::OverwriteSlice { column, value },
        _ => {}
    }
    Ok(Ok(request))
}

/// What stands behind the name of a load in the marker of who made its rows.
pub(super) fn maker_of<'m>(update_id: &str, marker: &'m str) -> Option<&'m str> {
    marker.strip_prefix(update_id)?.strip_prefix(' ')
}

/// The marker of who made the rows of a load.
pub(super) fn maker_marker(update_id: &str, maker: &str) -> String {
    format!("{update_id} {maker}")
}

/// Of the markers of a table those of one load: none if it is not there, else who made its rows, as far as that is known.
pub(super) fn makers_among(markers: &[String], update_id: &str) -> Option<Vec<String>> {
    markers.iter().any(|marker| marker == update_id).then(|| {
        let makers = markers.iter().filter_map(|marker| maker_of(update_id, marker));
        makers.map(str::to_owned).collect()
    })
}

//! `insights clean`: what dead runs left and markers of long ago; shown first, and removed only with `--yes`.

use anyhow::Result;
use chrono::{TimeDelta, Utc};
use clap::Args;

use crate::config::settings::Settings;
use crate::print_line;
use crate::storage::{Location, read_to_string};
use crate::tasks::logs::DayPlaces;
use crate::warehouse::RunId;
use crate::warehouse::cleaning::{
    Cleaned, OldMarker, clear_leftover, clear_lock, old_markers, remove_old_marker, unfinished_markers, without_claims,
};
use crate::warehouse::inventory::{Inventory, Leftover};
use crate::warehouse::lock::holder;
use crate::warehouse::multi_output::sweep_marker;

/// Name of the command.
pub(super) const NAME: &str = "clean";

/// Options of the command.
#[derive(Args, Clone, Debug)]
pub(super) struct CleanOptions {
    /// Markers of jobs, and what jobs of a cluster have claimed, count as old after so many days; what other dead runs left goes at once
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..))]
    older_than: u32,
    /// Removes it; without this it is only shown
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    places: DayPlaces,
}

/// What may go.
struct Found {
    warehouse: Location,
    leftovers: Vec<Leftover>,
    /// Files of locks whose process has ended.
    locks: Vec<Location>,
    markers: Vec<OldMarker>,
    /// Files of markers that were being written when their runs were killed.
    halves: Vec<Location>,
}

/// Shows, and removes if it is told to.
///
/// # Errors
/// The warehouse is not configured or cannot be read, or something cannot be removed.
pub(super) fn run(options: &CleanOptions, settings: &Settings) -> Result<()> {
    let warehouse = options.places.warehouse.location(settings)?;
    let before = Utc::now() - TimeDelta::days(options.older_than.into());
    let Inventory { leftovers, locks, .. } = Inventory::of(&warehouse)?;
    let (leftovers, claimed) = without_claims(leftovers, before);
    for left in claimed {
        print_line!("{} stays: a job of a cluster may be writing there, or beside it, for the run {}", left.place, left.run_id)?;
    }
    let is_dead = |file: &Location| read_to_string(file).ok().and_then(|text| holder(&text)).is_some_and(|(_, is_dead)| is_dead);
    let locks = locks.into_iter().filter(is_dead).collect();
    let root = options.places.markers(settings)?;
    let (markers, halves) = (old_markers(&root, before)?, unfinished_markers(&root)?);
    let found = Found { warehouse, leftovers, locks, markers, halves };
    found.show()?;
    if found.is_empty() {
        return print_line!("Nothing is to be cleaned in {}.", found.warehouse);
    }
    if !options.yes {
        return print_line!("Nothing was removed. {} clean --yes removes it; what a running run uses stays.", settings.program());
    }
    let run_id = RunId::generate();
    let mut used = 0;
    for left in &found.leftovers {
        used += told(&left.place, clear_leftover(&found.warehouse, left, &run_id, NAME)?)?;
    }
    for file in &found.locks {
        used += told(file, clear_lock(file, &run_id, NAME)?)?;
    }
    for marker in &found.markers {
        remove_old_marker(marker, before)?;
    }
    found.halves.iter().filter_map(Location::parent).try_for_each(|directory| sweep_marker(&directory.directory_form()).map(drop))?;
    let all = found.halves.len() + found.leftovers.len() + found.locks.len() + found.markers.len();
    print_line!("Removed {} of {all}.", all - used)
}

/// Tells what stays; gives how many that are.
fn told(place: &Location, cleaned: Cleaned) -> Result<usize> {
    match cleaned {
        Cleaned::Removed => Ok(0),
        Cleaned::InUse(why) => print_line!("{place} stays: {why}").map(|()| 1),
    }
}

impl Found {
    fn is_empty(&self) -> bool {
        self.halves.is_empty() && self.leftovers.is_empty() && self.locks.is_empty() && self.markers.is_empty()
    }

    fn show(&self) -> Result<()> {
        for left in &self.leftovers {
            print_line!("Leftover  {}, {} bytes, of the run {}", left.place, left.bytes, left.run_id)?;
        }
        for file in &self.locks {
            print_line!("Lock      {file}, of a run that has ended")?;
        }
        for file in &self.halves {
            print_line!("Leftover  {file}, half a marker of a run that has ended")?;
        }
        for marker in &self.markers {
            print_line!("Marker    {}, of the run {}", marker.directory, marker.run_id)?;
        }
        Ok(())
    }
}

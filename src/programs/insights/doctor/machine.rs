//! This machine: disk, descriptors, clock.

use chrono::{Local, Utc};

use super::logs::size;
use super::look::Look;
use crate::config::settings::Settings;
use crate::programs::exit_code::TASK_FAILED;
use crate::storage::{Location, may_write_into};

/// A night that finds less fails soon.
const LEAST: u64 = 256 << 20;
/// A night of a small site may use so much.
const ENOUGH: u64 = 4 << 30;
const ENOUGH_DESCRIPTORS: u64 = 1024;

/// Everything.
pub(super) fn looks(settings: &Settings) -> Vec<Look> {
    let mut looks = disks(settings);
    looks.extend(descriptors());
    looks.extend(clock());
    looks
}

fn disks(settings: &Settings) -> Vec<Look> {
    let warehouse = settings.get("hive", "warehouse_path").and_then(|place| place.parse::<Location>().ok());
    let warehouse = warehouse.as_ref().and_then(Location::as_local_path);
    let temporary = std::env::temp_dir();
    let mut looks = Vec::new();
    for (what, goes, path) in
        [("temporary files", "temporary files go", Some(temporary.as_path())), ("warehouse", "the warehouse goes", warehouse)]
    {
        let Some(path) = path else { continue };
        // What is not there yet is made below the first directory that is.
        let Some(there) = path.ancestors().find(|path| path.exists()) else { continue };
        let Ok(found) = rustix::fs::statvfs(there) else { continue };
        let free = found.f_bavail.saturating_mul(found.f_frsize);
        let told = format!("{} free for {what} at {}", size(free), path.display());
        let remedy = "Make room, or name another place (--temporary; warehouse_path of [hive]).";
        looks.push(match free {
            free if free < LEAST => Look::failure("disk", TASK_FAILED, told, remedy),
            free if free < ENOUGH => Look::warning("disk", told, remedy),
            _ => Look::ok("disk", told),
        });
        if !may_write_into(there) {
            let told = format!("This account may not write to {}, where {goes}", there.display());
            let path_given =
                if there == path { format!("give {}", path.display()) } else { format!("make {} and give it", path.display()) };
            looks.push(Look::failure("disk", TASK_FAILED, told, format!("As an administrator, {path_given} to this account.")));
        }
    }
    looks
}

fn descriptors() -> Option<Look> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    let soft = line.split_whitespace().next()?;
    let is_few = soft.parse::<u64>().is_ok_and(|number| number < ENOUGH_DESCRIPTORS);
    let told = format!("{soft} files may be open at a time");
    Some(if is_few {
        Look::warning("descriptors", told, format!("Raise it: ulimit -n {ENOUGH_DESCRIPTORS}, or LimitNOFILE of the service."))
    } else {
        Look::ok("descriptors", told)
    })
}

fn clock() -> Vec<Look> {
    let (now, local) = (Utc::now(), Local::now());
    // The oldest day on which this program can run.
    let is_set = now.date_naive().to_string().as_str() >= "2024-01-01";
    let told = format!("{} UTC; days are those of UTC, and this machine's time zone is {}", now.format("%Y-%m-%d %H:%M"), local.offset());
    vec![if is_set { Look::ok("clock", told) } else { Look::failure("clock", TASK_FAILED, told, "Set the clock.") }]
}

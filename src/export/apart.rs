//! An export writes nothing between the data files of the warehouse that it reads: what it wrote would be rows there.

use std::path::{Component, Path, PathBuf};

use anyhow::Result;

use crate::storage::Location;
use crate::stores::table::Table;
use crate::wrong_usage::wrong_usage;

/// Refuses a place whose folders of these tables are in the warehouse.
///
/// # Errors
/// See above; it is wrong usage.
pub(super) fn check_apart(warehouse: &Location, out: &Location, tables: &[&Table]) -> Result<()> {
    let held = resolved(warehouse);
    match tables.iter().find(|table| resolved(&out.directory_form().join(table.name)).starts_with(&held)) {
        None => Ok(()),
        Some(table) => Err(wrong_usage(format!(
            "--out {out} would put the files of {} into the warehouse {warehouse}, where their lines would be taken for its rows. Name a \
             place outside of it.",
            table.name
        ))),
    }
}

/// A place as one path, however it was written. What is not there yet cannot be a link.
fn resolved(place: &Location) -> PathBuf {
    let Some(path) = place.as_local_path() else {
        // Hadoop's three names of S3 are one.
        let scheme = if place.scheme().starts_with("s3") { "s3" } else { place.scheme() };
        return Path::new(scheme).join(place.authority()).join(place.path().trim_start_matches('/'));
    };
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let there = path.ancestors().find_map(|ancestor| Some((ancestor, ancestor.canonicalize().ok()?)));
    let Some((ancestor, mut resolved)) = there else { return path };
    for component in path.strip_prefix(ancestor).unwrap_or(Path::new("")).components() {
        if component == Component::ParentDir {
            resolved.pop();
        } else {
            resolved.push(component);
        }
    }
    resolved
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wrong_usage::WrongUsage;

    #[test]
    fn nothing_is_written_into_a_warehouse() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().display().to_string();
        std::fs::create_dir_all(folder.path().join("w/video")).unwrap();
        std::os::unix::fs::symlink(folder.path().join("w"), folder.path().join("link")).unwrap();
        let table = Table::new("video", &[], &[]);
        let check = |warehouse: &str, out: &str| {
            let place = |text: &str| text.replace("ROOT", &root).parse::<Location>().unwrap();
            check_apart(&place(warehouse), &place(out), &[&table])
        };
        for (warehouse, out) in [
            ("ROOT/w", "ROOT/w"),
            ("ROOT/w/", "ROOT/x/../w"),
            ("ROOT/w", "ROOT/w/video"),
            ("ROOT/w", "ROOT/w/new/below/"),
            ("ROOT/w", "ROOT/link"),
            ("ROOT/link", "ROOT/w/video/dt=2024-05-01"),
            ("ROOT/w", "file://ROOT/w"),
            ("ROOT/w/video", "ROOT/w"),
            ("s3://b/w", "s3a://b/w/"),
        ] {
            let error = check(warehouse, out).unwrap_err();
            assert!(error.is::<WrongUsage>() && error.to_string().contains("outside of it"), "{warehouse} {out}: {error}");
        }
        for (warehouse, out) in
            [("ROOT/w", "ROOT"), ("ROOT/w", "ROOT/w2"), ("ROOT/w", "ROOT/w/../x"), ("s3://b/w", "s3://c/w"), ("s3://b/w", "hdfs://b/w")]
        {
            check(warehouse, out).unwrap();
        }
    }
}

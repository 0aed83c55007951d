//! Places as Hadoop takes them, wherever it runs.

use anyhow::{Context, Result, ensure};

use crate::storage::{Entry, Location};

/// A location as Hadoop takes it wherever it runs: it looks for a path without scheme on the cluster's own file system.
///
/// # Errors
/// The path cannot be made absolute.
pub(crate) fn url(location: &Location) -> Result<String> {
    if location.scheme() != "file" {
        return Ok(location.to_string());
    }
    let path = std::path::absolute(location.path()).with_context(|| format!("The path {location} cannot be used."))?;
    let end = if location.path().ends_with('/') { "/" } else { "" };
    Ok(format!("file://{}{end}", path.display().to_string().trim_end_matches('/')))
}

/// A manifest with a line for each input.
///
/// # Errors
/// A name holds a line break.
pub(super) fn manifest_text(inputs: &[Entry]) -> Result<String> {
    let lines = inputs.iter().map(|input| manifest_line(&input.location).map(|line| line + "\n"));
    lines.collect()
}

/// The line of a manifest for a file or directory. Lines are globs, so their special characters are taken literally.
///
/// # Errors
/// The name holds a line break.
pub(crate) fn manifest_line(place: &Location) -> Result<String> {
    let path = url(place)?;
    ensure!(!path.contains(['\n', '\r']), "The file name {path:?} holds a line break and cannot stand in a manifest. Rename the file.");
    let mut line = String::new();
    for character in path.chars() {
        if r"\*?[]{}".contains(character) {
            line.push('\\');
        }
        line.push(character);
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_names_files_literally() {
        let entry = |path: &str| Entry { location: path.parse().unwrap(), size: 1 };
        let text = manifest_text(&[entry("hdfs://h:1/a b/[x].gz"), entry("s3://b/{y}*"), entry("/logs/a")]).unwrap();
        assert_eq!(text, "hdfs://h:1/a b/\\[x\\].gz\ns3://b/\\{y\\}\\*\nfile:///logs/a\n");
        assert!(manifest_text(&[entry("hdfs://h:1/a\nb")]).is_err());
    }
}

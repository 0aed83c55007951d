//! Files that travel with a job: jars, programs, and files that its tasks read.
//!
//! Hadoop takes their paths as URIs in a list with commas, and knows no blank in them. A file of this machine with such a path
//! travels by a link with a plain name; a file elsewhere must have a plain URL.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::storage::{Location, local_copy};

/// A file that travels with a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ShippedFile {
    /// Its path or URL.
    pub source: String,
    /// A plain name of its own among the files of the job.
    pub name: String,
    /// Jars are also read by Hadoop's client, which finds them on its own machine only.
    pub is_jar: bool,
}

/// Where Hadoop's client finds a file, for each way to run a job.
pub(crate) type PlaceOf<'p> = &'p dyn Fn(&ShippedFile) -> Result<String>;

impl ShippedFile {
    /// Whether it lies elsewhere than on this machine.
    pub(crate) fn is_remote(&self) -> bool {
        self.source.parse::<Location>().is_ok_and(|place| place.scheme() != "file")
    }

    /// Whether Hadoop's client must get it on its own machine first.
    pub(crate) fn is_fetched(&self) -> bool {
        self.is_jar && self.is_remote()
    }

    /// The path or URL as it is.
    ///
    /// # Errors
    /// Hadoop would not read it back.
    pub(crate) fn as_it_is(&self) -> Result<String> {
        let source = &self.source;
        let is_plain = if self.is_remote() { is_plain_url(source) } else { is_plain_path(source) };
        ensure!(
            is_plain,
            "{source} cannot be sent to the nodes: Hadoop takes no blanks, commas and other special characters in the path. Rename it."
        );
        Ok(source.clone())
    }

    /// The file for a client on this machine; what it needs besides goes into a directory.
    ///
    /// # Errors
    /// The file cannot be fetched or linked, or Hadoop would not read its URL.
    pub(crate) fn place_here(&self, directory: &Path) -> Result<String> {
        let source = &self.source;
        if !self.is_fetched() && (self.is_remote() || is_plain_path(source)) {
            return self.as_it_is();
        }
        let place = directory.join(&self.name);
        let text = place.display().to_string();
        ensure!(
            is_plain_path(&text),
            "{} cannot be sent to the nodes from {}: Hadoop takes no blanks, commas and other special characters in the path. Choose \
             another directory with --temporary.",
            self.name,
            directory.display()
        );
        std::fs::create_dir_all(directory).with_context(|| format!("Cannot make the directory {}.", directory.display()))?;
        if self.is_remote() {
            let location: Location = source.parse()?;
            let copy = local_copy(&location).with_context(|| format!("The jar {source} cannot be fetched. Check --lib-jar."))?;
            std::fs::copy(copy.path(), &place).with_context(|| format!("Cannot copy {source} to {text}."))?;
        } else {
            std::os::unix::fs::symlink(source, &place).with_context(|| format!("Cannot link {source} to {text}."))?;
        }
        Ok(text)
    }
}

/// Names of a job's files so far.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeSet<String>);

impl Names {
    /// A file of the same name, but for special characters and for a number if that name is taken.
    pub(crate) fn file(&mut self, source: &str, is_jar: bool) -> ShippedFile {
        let name = source.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let plain: String = name.chars().map(|character| if is_plain(character) { character } else { '_' }).collect();
        let mut name = plain.clone();
        let mut number = 1;
        while !self.0.insert(name.clone()) {
            number += 1;
            name = format!("{number}-{plain}");
        }
        ShippedFile { source: source.to_owned(), name, is_jar }
    }
}

fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || "._-".contains(character)
}

fn is_plain_path(path: &str) -> bool {
    path.chars().all(|character| is_plain(character) || "/=+@~".contains(character))
}

/// What `java.net.URI` reads as the path that it is, and a list with commas lets pass.
fn is_plain_url(url: &str) -> bool {
    !url.chars().any(|character| character.is_whitespace() || character.is_control() || "\"<>\\^`{|}[]%#?*,".contains(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(source: &str, is_jar: bool) -> ShippedFile {
        Names::default().file(source, is_jar)
    }

    #[test]
    fn names_are_plain_and_of_one_file_each() {
        let mut names = Names::default();
        let sources = ["/a/G L.mmdb", "/b/G_L.mmdb", "hdfs://h/G,L.mmdb", "/c/é#.dat"];
        let given: Vec<_> = sources.iter().map(|source| names.file(source, false).name).collect();
        assert_eq!(given, ["G_L.mmdb", "2-G_L.mmdb", "3-G_L.mmdb", "__.dat"]);
    }

    #[test]
    fn odd_paths_of_this_machine_travel_by_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let odd = folder.path().join("G, L%20.mmdb");
        std::fs::write(&odd, "geo").unwrap();
        let links = folder.path().join("links");
        let place = file(odd.to_str().unwrap(), false).place_here(&links).unwrap();
        assert_eq!(
            (place.as_str(), std::fs::read_to_string(&place).unwrap().as_str()),
            (links.join("G__L_20.mmdb").to_str().unwrap(), "geo")
        );
        assert_eq!(file("/plain/a.jar", true).place_here(&links).unwrap(), "/plain/a.jar");
        let error = file("/b ins/m", false).place_here(&folder.path().join("o dd")).unwrap_err().to_string();
        assert!(error.contains("--temporary"), "{error}");
    }

    #[test]
    fn odd_urls_are_refused() {
        assert_eq!(file("hdfs://h:1/geo/G.mmdb", false).as_it_is().unwrap(), "hdfs://h:1/geo/G.mmdb");
        for url in ["hdfs://h/geo/G L.mmdb", "s3://b/a,b.mmdb", "s3://b/a%20b", "s3://b/a#b"] {
            let error = file(url, false).place_here(Path::new("/tmp")).unwrap_err().to_string();
            assert!(error.contains(url) && error.contains("Rename it"), "{error}");
        }
        assert!(file("/b ins/m", false).as_it_is().is_err());
    }
}

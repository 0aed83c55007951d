//! A site for tests: logs, LMS tables, warehouses and their configuration in a directory of its own, and our programs run there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // only tests use it
#![allow(dead_code, unused_imports)] // every test program uses a part

pub(crate) mod configuration;
mod database;
mod days;
mod figures;
mod files;
mod logs;
pub(crate) mod mmdb;
mod old_documentation;
#[path = "../servers/mod.rs"]
pub(crate) mod servers;
mod store;
mod three_weeks;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub(crate) use configuration::Configuration;
pub(crate) use database::{DatabaseSite, same};
pub(crate) use days::{compact, day_of_file, days_before};
pub(crate) use figures::Figures;
pub(crate) use files::{contents_below, files_below, write_lines};
pub(crate) use logs::generated_logs;
pub(crate) use old_documentation::{FROM_DATE, OLD_LINES, TO_DATE};
pub(crate) use store::rows;
pub(crate) use three_weeks::DAY;

/// A directory of a test's own, which goes with it.
pub(crate) struct Site {
    pub folder: tempfile::TempDir,
}

impl Site {
    /// Without anything but an empty directory `logs/`.
    pub(crate) fn new() -> Self {
        let site = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(site.path("logs")).unwrap();
        site
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A path as text.
    pub(crate) fn place(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// Writes a file and the directories that it needs.
    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    /// Writes a complete directory with one file, as an import or a job leaves it.
    pub(crate) fn write_partition(&self, directory: &str, contents: impl AsRef<[u8]>) {
        self.write(&format!("{directory}/part-m-00000"), contents);
        self.write(&format!("{directory}/_SUCCESS"), "");
    }

    /// Writes the configuration `NAME.cfg` of a warehouse `NAME/` over the logs in `logs/`.
    pub(crate) fn configure(&self, name: &str, sections: &str) {
        self.write(&format!("{name}.cfg"), Configuration::of_site(self, name).text(sections));
    }

    /// A program of ours in the site's directory; nothing of this machine's settings.
    pub(crate) fn program(&self, name: &str) -> Command {
        let mut command = Command::new(programs().join(name));
        command.current_dir(self.folder.path());
        for variable in ["LUIGI_CONFIG_PATH", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
            command.env_remove(variable);
        }
        command
    }

    /// What `insights` does.
    pub(crate) fn command(&self, words: &[&str]) -> Output {
        self.program("insights").args(words).output().unwrap()
    }

    /// Runs `insights`, which must succeed, and gives what it said.
    pub(crate) fn run(&self, words: &[&str]) -> String {
        let output = self.command(words);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{words:?}: {said}");
        said
    }

    /// The same as [`Site::run`], with the name of a task or of another command by itself.
    pub(crate) fn task(&self, name: &str, arguments: &[&str]) -> String {
        self.run(&[&[name], arguments].concat())
    }

    /// The same as [`Site::command`], with the name of a task or of another command by itself.
    pub(crate) fn tried(&self, name: &str, arguments: &[&str]) -> Output {
        self.command(&[&[name], arguments].concat())
    }

    /// The files of a directory, without those that are no data.
    pub(crate) fn files(&self, directory: &str) -> Vec<PathBuf> {
        files_below(&self.path(directory))
    }

    /// The lines of a directory's files.
    pub(crate) fn lines(&self, directory: &str) -> Vec<String> {
        let texts = self.files(directory).into_iter().map(|file| fs::read_to_string(file).unwrap());
        texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
    }
}

/// The directory of our programs.
pub(crate) fn programs() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_insights")).parent().unwrap()
}

/// Standard output and standard error of a program.
pub(crate) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

//! A site after the run of a night, and the run of the next night.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use insights_pipeline::lms::tables::TABLES;
use tempfile::TempDir;

use crate::reader::Reader;
use crate::site::{DAY, Site, contents_below, days_before};
use crate::store::{Dropped, Store, Tables};

/// What a night changes; the rest of the site stays.
const CHANGED: [&str; 3] = ["site", "site-markers", "site.sqlite"];

/// When a run is killed.
#[derive(Debug)]
pub(crate) enum Kill {
    /// So long after its start.
    After(Duration),
    /// When a load has come to this step so many times.
    AtStep(&'static str, u32),
}

/// The site, with what an undisturbed run makes of it.
pub(crate) struct Scene {
    site: Site,
    earlier: TempDir,
    store: Dropped,
    before: Arc<Tables>,
    behind: Arc<Tables>,
    files: BTreeMap<String, Vec<u8>>,
    /// How long that run took.
    pub undisturbed: Duration,
}

impl Scene {
    pub(crate) fn new(store: Store) -> Self {
        let site = Site::three_weeks(1_500);
        site.daily_warehouse("site");
        let config = fs::read_to_string(site.path("site.cfg")).unwrap();
        let more = format!("[module-engagement]\nallow_empty_insert = true\n{}", store.section(site.folder.path()));
        site.write("site.cfg", config + &more);
        let night_before = days_before(DAY, 1);
        for table in TABLES {
            let import = |day: &str| site.path(&format!("site/{}/dt={day}", table.name));
            copy(&import(DAY), &import(&night_before));
        }
        let mut scene = Self {
            site,
            earlier: tempfile::tempdir().unwrap(),
            store: Dropped(store),
            before: Arc::default(),
            behind: Arc::default(),
            files: BTreeMap::new(),
            undisturbed: Duration::ZERO,
        };
        scene.succeed(&night_before, "the night before");
        scene.before = Arc::new(scene.tables());
        for name in CHANGED.map(|name| scene.site.path(name)).into_iter().filter(|path| path.exists()) {
            copy(&name, &scene.earlier.path().join(name.file_name().unwrap()));
        }
        scene.store.0.keep();
        let started = Instant::now();
        scene.succeed(DAY, "undisturbed");
        scene.undisturbed = started.elapsed();
        scene.behind = Arc::new(scene.tables());
        scene.files = scene.warehouse();
        assert!(scene.before.keys().eq(scene.behind.keys()), "the same tables every night");
        let changed = scene.before.iter().filter(|(name, rows)| **rows != scene.behind[*name]).count();
        assert!(changed > 8, "a night that changes {changed} tables shows little");
        scene
    }

    /// Back to the end of the night before.
    pub(crate) fn reset(&self) {
        for name in CHANGED {
            let path = self.site.path(name);
            let _ = fs::remove_dir_all(&path);
            for ending in ["", "-wal", "-shm", "-journal"] {
                let _ = fs::remove_file(format!("{}{ending}", path.display()));
            }
            let kept = self.earlier.path().join(name);
            if kept.exists() {
                copy(&kept, &path);
            }
        }
        self.store.0.restore();
        assert_eq!(self.tables().keys().collect::<Vec<_>>(), self.before.keys().collect::<Vec<_>>());
    }

    pub(crate) fn reader(&self) -> Reader {
        Reader::start(self.store.0.clone(), self.file(), Arc::clone(&self.before), Arc::clone(&self.behind))
    }

    /// Starts the night and kills it. False if it ended first.
    pub(crate) fn run_killed(&self, kill: &Kill) -> bool {
        let mut command = self.daily(DAY);
        let mut run = match kill {
            Kill::After(delay) => {
                let run = command.stderr(Stdio::null()).spawn().unwrap();
                sleep(*delay);
                run
            }
            Kill::AtStep(step, times) => {
                // Long enough for the kill to come first, and short where it is not this one.
                command.env("INSIGHTS_LOADER_PAUSE_AFTER", step).env("INSIGHTS_LOADER_PAUSE_SECONDS", if *times == 1 { "60" } else { "1" });
                let mut run = command.stderr(Stdio::piped()).spawn().unwrap();
                wait_for_pauses(&mut run, step, *times);
                run
            }
        };
        run.kill().unwrap();
        !run.wait().unwrap().success()
    }

    /// The night once more, to its end.
    pub(crate) fn run_again(&self, told: &str) {
        self.succeed(DAY, told);
    }

    /// Tables and warehouse are those of an undisturbed run, and there is nothing else.
    pub(crate) fn assert_undisturbed(&self, told: &str) {
        let (tables, files) = (self.tables(), self.warehouse());
        assert_eq!(tables.keys().collect::<Vec<_>>(), self.behind.keys().collect::<Vec<_>>(), "{told}");
        for (name, rows) in self.behind.iter().filter(|(name, _)| *name != "table_updates") {
            assert!(tables[name] == *rows, "{told}: {name} has {} rows instead of {}, or others", tables[name].len(), rows.len());
        }
        assert_eq!(files.keys().collect::<Vec<_>>(), self.files.keys().collect::<Vec<_>>(), "{told}");
        let differing: Vec<_> = self.files.iter().filter(|(name, bytes)| files[*name] != **bytes).map(|(name, _)| name).collect();
        assert!(differing.is_empty(), "{told}: {differing:?} have other bytes");
        let left = [self.leftovers("site"), self.leftovers("site-markers")].concat();
        assert_eq!(left, [""; 0], "{told}");
        // SQLite's own files go when the last reader closes the database.
        let beside = fs::read_dir(self.site.folder.path()).unwrap().map(|child| child.unwrap().file_name().into_string().unwrap());
        let beside: Vec<_> = beside.filter(|name| name.contains("sqlite") && name != "site.sqlite" && !self.is_quiet_lock(name)).collect();
        assert_eq!(beside, [""; 0], "{told}");
    }

    fn is_quiet_lock(&self, name: &str) -> bool {
        Path::new(name).extension().is_some_and(|ending| ending == "lock") && fs::metadata(self.site.path(name)).unwrap().len() == 0
    }

    /// Hidden things but lock files, lock files with a text, and what is on its way somewhere.
    fn leftovers(&self, folder: &str) -> Vec<String> {
        let mut found = Vec::new();
        for entry in walkdir::WalkDir::new(self.site.path(folder)).min_depth(1).into_iter().map(Result::unwrap) {
            let name = entry.file_name().to_str().unwrap();
            let is_lock = entry.path().extension().is_some_and(|ending| ending == "lock");
            let is_quiet = is_lock && entry.metadata().unwrap().len() == 0;
            let is_leftover = name.starts_with('.') || is_lock || name.contains("pending") || name.contains("replaced");
            if is_leftover && !is_quiet {
                found.push(entry.path().display().to_string());
            }
        }
        found
    }

    fn daily(&self, day: &str) -> Command {
        let mut command = match std::env::var_os("INSIGHTS_BINARY") {
            Some(binary) => Command::new(fs::canonicalize(binary).unwrap()),
            None => self.site.program("insights"),
        };
        command.current_dir(self.site.folder.path()).env_remove("LUIGI_CONFIG_PATH");
        command.args(["daily", "--config", "site.cfg", "--n-reduce-tasks", "2", "--date", day]);
        if matches!(self.store.0, Store::File) {
            command.args(["--sqlite", "site.sqlite"]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    fn succeed(&self, day: &str, told: &str) {
        let output = self.daily(day).output().unwrap();
        assert!(output.status.success(), "{told}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn file(&self) -> PathBuf {
        self.site.path("site.sqlite")
    }

    fn tables(&self) -> Tables {
        self.store.0.tables(&self.file()).unwrap()
    }

    /// Without the submissions that are kept for the next night: they are no result, and how they are cut depends on what was killed.
    fn warehouse(&self) -> BTreeMap<String, Vec<u8>> {
        let is_kept = |name: &String| name.starts_with("answers/kept_submissions_daily/");
        contents_below(&self.site.path("site")).into_iter().filter(|(name, _)| !is_kept(name)).collect()
    }
}

/// With times of change, by which a run knows what it has read.
fn copy(from: &Path, to: &Path) {
    let done = Command::new("cp").arg("-a").args([from, to]).status().unwrap();
    assert!(done.success());
}

/// Waits until a load has said so many times that it pauses, or for the end of the run.
fn wait_for_pauses(run: &mut Child, step: &str, times: u32) {
    let pause = format!("paused after {step}");
    let lines = BufReader::new(run.stderr.take().unwrap()).split(b'\n').map(Result::unwrap);
    let _ = lines.filter(|line| line.windows(pause.len()).any(|part| part == pause.as_bytes())).take(times as usize).last();
}

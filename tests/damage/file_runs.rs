//! The cases of files, each with a directory of logs of its own.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::files::{FileCase, FileOutcome};

/// Learners in the damaged file.
const LEARNERS: std::ops::Range<u32> = 1000..1400;

fn lines(learners: std::ops::Range<u32>) -> String {
    let line = |user_id: u32| {
        let event = json!({
            "username": format!("learner{user_id}"), "event_type": "page_close", "event_source": "browser", "ip": "81.2.69.160",
            "context": {"user_id": user_id, "course_id": crate::case::COURSE}, "time": "2016-02-28T10:00:00.000000+00:00", "event": {},
        });
        format!("{event}\n")
    };
    learners.map(line).collect()
}

/// Days of activity over the logs.
fn run(folder: &Path) -> (Option<i32>, String) {
    // Also where the tests run as an account that may read everything.
    let mut command = Command::new("setpriv");
    command.args(["--inh-caps=-all", "--bounding-set=-dac_override,-dac_read_search", env!("CARGO_BIN_EXE_insights")]);
    command.current_dir(folder).env_remove("LUIGI_CONFIG_PATH").stdin(Stdio::null());
    command.args(["UserActivityTask", "--config", "site.cfg", "--interval", "2016-02-28-2016-02-29", "--overwrite"]);
    let output = command.output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Learners of the result.
fn learners(folder: &Path) -> Vec<u32> {
    let file = folder.join("w/user_activity_by_user/dt=2016-02-28/user_activity_2016-02-28");
    let rows = fs::read_to_string(file).unwrap_or_default();
    let mut learners: Vec<u32> = rows.lines().map(|row| row.split('\t').next().unwrap().parse().unwrap()).collect();
    learners.sort_unstable();
    learners
}

impl FileCase {
    /// What does not come as the table says.
    pub(crate) fn wrong(&self) -> Option<String> {
        let Self(name, make, outcome) = self;
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().display();
        let logs = folder.path().join("logs");
        fs::create_dir(&logs).unwrap();
        fs::write(logs.join("tracking.log-20160228-a"), lines(1..4)).unwrap();
        let config = format!(
            "[hive]\nwarehouse_path = {here}/w\n[event-logs]\nsource = [\"{here}/logs\"]\n\
             pattern = [\".*tracking.log-(?P<date>\\\\d{{8}}).*\"]\n[map-reduce]\nmarker = {here}/markers\n"
        );
        fs::write(folder.path().join("site.cfg"), config).unwrap();
        let (code, said) = run(folder.path());
        assert_eq!((code, learners(folder.path())), (Some(0), vec![1, 2, 3]), "{said}");
        make(&logs, lines(LEARNERS).as_bytes());
        let (code, said) = run(folder.path());
        let (neighbours, damaged): (Vec<u32>, Vec<u32>) = learners(folder.path()).into_iter().partition(|id| *id < 1000);
        let is_whole = damaged == LEARNERS.collect::<Vec<_>>();
        let is_as_said = match outcome {
            FileOutcome::Read => code == Some(0) && is_whole,
            FileOutcome::ReadBut(counter) => code == Some(0) && said.contains(counter),
            FileOutcome::PassedOver(_) => code == Some(0) && damaged.is_empty(),
            FileOutcome::Refused(expected, message) => code == Some(*expected) && damaged.is_empty() && said.contains(message),
        };
        // Closed directories would stay.
        let _ = Command::new("chmod").args(["-R", "u+rwx"]).arg(&logs).status();
        let is_right = is_as_said && neighbours == [1, 2, 3] && !said.contains(['\u{1b}', '\u{7}']) && !said.contains("panicked");
        let found = format!("exit code {code:?}, {} learners of it, neighbours {neighbours:?}, “{}”", damaged.len(), said.trim());
        (!is_right).then(|| format!("{name}: should be {}, but: {found}", outcome.text()))
    }
}

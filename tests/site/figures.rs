//! How long a run takes, and how much memory it holds.

use std::fmt;
use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::Site;

/// What a run took.
pub(crate) struct Figures {
    pub seconds: f64,
    pub peak_megabytes: f64,
    pub steps: Vec<String>,
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:.1} s, at most {:.0} MB", self.seconds, self.peak_megabytes)?;
        self.steps.iter().try_for_each(|step| write!(formatter, "\n    {step}"))
    }
}

impl Figures {
    /// With twice as much of something, the time may double, and the memory stays. Prints the proportions.
    pub(crate) fn are_linear_in_bounded_memory(&self, half: &Self) {
        println!("time {:.2} times, memory {:.2} times", self.seconds / half.seconds, self.peak_megabytes / half.peak_megabytes);
        assert!(self.seconds < half.seconds * 2.6 + 0.5, "{:.1} s, then {:.1} s", half.seconds, self.seconds);
        assert!(
            self.peak_megabytes < half.peak_megabytes * 1.2 + 16.0,
            "{:.0} MB, then {:.0} MB",
            half.peak_megabytes,
            self.peak_megabytes
        );
    }
}

impl Site {
    /// Runs `insights`, or the build of it that `INSIGHTS_BINARY` names, to its end and gives how long it took and how much memory it
    /// held at most.
    pub(crate) fn measured(&self, words: &[&str]) -> Figures {
        let said = fs::File::create(self.path("measured.log")).unwrap();
        let started = Instant::now();
        let named = std::env::var_os("INSIGHTS_BINARY").map(|binary| fs::canonicalize(binary).unwrap());
        let mut command = self.program(named.map_or("insights".into(), |binary| binary.display().to_string()).as_str());
        let mut child = command.args(words).stderr(Stdio::from(said)).spawn().unwrap();
        let mut peak_megabytes = 0.0_f64;
        let status = loop {
            let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
            let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<f64>().ok());
            peak_megabytes = peak_megabytes.max(peak.unwrap_or_default() / 1024.0);
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        let seconds = started.elapsed().as_secs_f64();
        let said = fs::read_to_string(self.path("measured.log")).unwrap();
        assert!(status.success(), "{words:?}: {said}");
        let steps = said.lines().filter(|line| !line.starts_with(' ')).map(str::to_owned).collect();
        Figures { seconds, peak_megabytes, steps }
    }
}

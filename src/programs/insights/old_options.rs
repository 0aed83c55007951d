//! Options of the old pipeline's scheduler, which stand in crontabs: accepted, told once, and without effect.

use clap::Args;

/// They are the scheduler's, not a task's. What made sense there is said to do nothing here, but not refused.
#[derive(Args, Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(super) struct OldOptions {
    /// There is no central scheduler
    #[arg(long, global = true, hide = true)]
    local_scheduler: bool,
    /// Steps of a task run one after the other, and use all cores; see --threads
    #[arg(long, global = true, hide = true)]
    workers: Option<String>,
    /// Each output has a lock of its own
    #[arg(long, global = true, hide = true)]
    no_lock: bool,
    /// As above
    #[arg(long, global = true, hide = true)]
    take_lock: bool,
    /// As above
    #[arg(long, global = true, hide = true)]
    lock_size: Option<String>,
    /// As above
    #[arg(long, global = true, hide = true)]
    lock_pid_dir: Option<String>,
    /// Messages go to standard error
    #[arg(long, global = true, hide = true)]
    logging_conf_file: Option<String>,
    /// As above
    #[arg(long, global = true, hide = true)]
    log_level: Option<String>,
    /// There is no central scheduler
    #[arg(long, global = true, hide = true)]
    scheduler_host: Option<String>,
    /// As above
    #[arg(long, global = true, hide = true)]
    scheduler_port: Option<String>,
    /// As above
    #[arg(long, global = true, hide = true)]
    scheduler_url: Option<String>,
    /// As above
    #[arg(long, global = true, hide = true)]
    parallel_scheduling: bool,
    /// As above
    #[arg(long, global = true, hide = true)]
    assistant: bool,
    /// All tasks are compiled in
    #[arg(long, global = true, hide = true)]
    module: Option<String>,
}

impl OldOptions {
    /// What was given and has no effect; not those that stand in every line of the old documentation.
    pub(super) fn ignored(&self) -> Vec<&'static str> {
        let given = [
            ("--workers (cores: --threads)", self.workers.is_some()),
            ("--no-lock", self.no_lock),
            ("--take-lock", self.take_lock),
            ("--lock-size", self.lock_size.is_some()),
            ("--lock-pid-dir", self.lock_pid_dir.is_some()),
            ("--logging-conf-file", self.logging_conf_file.is_some()),
            ("--log-level", self.log_level.is_some()),
            ("--scheduler-host", self.scheduler_host.is_some()),
            ("--scheduler-port", self.scheduler_port.is_some()),
            ("--scheduler-url", self.scheduler_url.is_some()),
            ("--parallel-scheduling", self.parallel_scheduling),
            ("--assistant", self.assistant),
            ("--module", self.module.is_some()),
        ];
        given.into_iter().filter_map(|(name, given)| given.then_some(name)).collect()
    }
}

//! Signals that whoever started this process wants to be ignored.

/// Whether a signal was ignored when this process began.
pub(super) fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    u32::try_from(signal - 1).is_ok_and(|bit| mask.unwrap_or_default() >> bit & 1 == 1)
}

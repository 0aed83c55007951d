//! Why a local write or open failed, as far as the operator can do something about it.
use std::io::{self, ErrorKind};

/// Numbers of Linux; the standard library has no kinds for them.
const TOO_MANY_IN_SYSTEM: i32 = 23;
const TOO_MANY_IN_PROCESS: i32 = 24;

/// What the operator can do about a failed write, as a sentence with a space before it; empty where the cause says it all.
pub(crate) fn advice(error: &io::Error) -> &'static str {
    match (error.kind(), error.raw_os_error()) {
        (ErrorKind::StorageFull, _) => " The disk is full: make room there, or choose another place.",
        (ErrorKind::QuotaExceeded, _) => " The quota is used up: make room there, or choose another place.",
        (ErrorKind::FileTooLarge, _) => " Files may not become so large there: see the limit of the file system, and `ulimit -f`.",
        (_, Some(TOO_MANY_IN_PROCESS)) => " This process may not open more files: raise the limit with `ulimit -n`.",
        (_, Some(TOO_MANY_IN_SYSTEM)) => " The machine has too many open files: see /proc/sys/fs/file-max.",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disk_is_blamed_only_when_it_is_full() {
        for (number, word) in [(28, "disk"), (122, "quota"), (24, "ulimit -n"), (23, "machine"), (27, "ulimit -f")] {
            let advice = advice(&io::Error::from_raw_os_error(number));
            assert!(advice.contains(word), "{number}: {advice}");
        }
        for number in [2, 5, 13, 30] {
            assert_eq!(advice(&io::Error::from_raw_os_error(number)), "", "{number}");
        }
    }
}

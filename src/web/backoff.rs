//! Pauses between attempts: each twice as long as the one before, a little random, and bounded (rules 07, 10.2).

use std::io::IsTerminal;
use std::time::Duration;

use crate::error_text::visible_in_line;
use crate::say;

/// How long and how often something is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Patience {
    /// Attempts in all.
    pub attempts: u32,
    /// The pause after the first attempt that failed.
    pub first_delay: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { attempts: 10, first_delay: Duration::from_secs(2) }
    }
}

/// Lost connections come back within minutes or not at all, so pauses between attempts to connect grow no longer.
const LONGEST_CONNECTION_DELAY: Duration = Duration::from_secs(30);

/// The pauses of one thing that is tried.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    patience: Patience,
    failed: u32,
    /// Failed attempts that are followed by no pause.
    at_once: u32,
    longest: Duration,
}

impl Backoff {
    /// After the k-th rejection by a server that is too busy: first delay times 2^(k-1).
    pub(crate) const fn rejections(patience: Patience) -> Self {
        Self { patience, failed: 0, at_once: 0, longest: Duration::MAX }
    }

    /// After a lost connection: first each of `hosts` at once, then with pauses.
    pub(crate) fn lost_connections(patience: Patience, hosts: usize) -> Self {
        let at_once = u32::try_from(hosts).unwrap_or(1).max(1);
        Self { patience, failed: 0, at_once, longest: LONGEST_CONNECTION_DELAY }
    }

    /// One more attempt has failed: the pause before the next, or none when there were enough.
    pub(crate) fn next_delay(&mut self) -> Option<Duration> {
        self.failed += 1;
        if self.failed >= self.patience.attempts {
            return None;
        }
        Some(match self.failed.checked_sub(self.at_once + 1) {
            None => Duration::ZERO,
            Some(doublings) => self.jittered(doublings),
        })
    }

    /// Something was accepted, so the next rejection counts as the first.
    pub(crate) const fn start_again(&mut self) {
        self.failed = 0;
    }

    /// Many tasks are rejected in the same moment and should not come back in the same moment.
    fn jittered(&self, doublings: u32) -> Duration {
        let delay = self.patience.first_delay.saturating_mul(2_u32.saturating_pow(doublings)).min(self.longest);
        delay.mul_f64(0.75 + 0.5 * fastrand::f64())
    }
}

/// Waits and says why. The cluster ends tasks that say nothing for ten minutes, so longer pauses say it again.
pub(crate) fn wait(delay: Duration, why: &str) {
    const SAY_EVERY: Duration = Duration::from_mins(1);
    let why = visible_in_line(why);
    let mut left = delay;
    while !left.is_zero() {
        if std::io::stderr().is_terminal() {
            say!("{why}; waiting {:.1} s", left.as_secs_f64());
        } else {
            say!("reporter:status:{why}; waiting {:.1} s", left.as_secs_f64());
        }
        let nap = left.min(SAY_EVERY);
        std::thread::sleep(nap);
        left -= nap;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(mut backoff: Backoff) -> Vec<f64> {
        std::iter::from_fn(|| backoff.next_delay()).map(|delay| delay.as_secs_f64()).collect()
    }

    fn assert_near(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!((expected * 0.75..=expected * 1.25).contains(found), "{found} {expected}");
        }
    }

    #[test]
    fn ten_requests_with_nine_growing_pauses() {
        let found = delays(Backoff::rejections(Patience::default()));
        assert_near(&found, &[2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0]);
    }

    #[test]
    fn lost_connections_go_to_the_other_hosts_at_once() {
        let found = delays(Backoff::lost_connections(Patience::default(), 2));
        assert_near(&found, &[0.0, 0.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]);
        let once = Patience { attempts: 1, ..Patience::default() };
        assert!(delays(Backoff::lost_connections(once, 1)).is_empty());
    }

    #[test]
    fn progress_starts_again() {
        let mut backoff = Backoff::rejections(Patience { attempts: 2, first_delay: Duration::from_millis(1) });
        for _ in 0..5 {
            assert!(backoff.next_delay().is_some());
            backoff.start_again();
        }
        assert!(backoff.next_delay().is_some() && backoff.next_delay().is_none());
    }
}

//! Many small requests at a time: each takes its time on the way to a store and back.

use anyhow::{Result, anyhow};

/// Threads, and so requests under way.
const AT_ONCE: usize = 16;

/// Does some work for each item, 16 items at a time; gives the results in the order of the items.
///
/// # Errors
/// Of the items whose work failed, that of the first one found in order; later items may be left out.
pub fn concurrently<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> Result<R> + Sync) -> Result<Vec<R>> {
    concurrently_by(AT_ONCE, items, work)
}

/// As [`concurrently`], with a number of items at a time of one's own: for whoever has little to spend, such as descriptors.
///
/// # Errors
/// See [`concurrently`].
pub fn concurrently_by<T: Send, R: Send>(width: usize, items: Vec<T>, work: impl Fn(T) -> Result<R> + Sync) -> Result<Vec<R>> {
    let part_length = items.len().div_ceil(width.max(1)).max(1);
    let mut items = items.into_iter();
    let part = || Some(items.by_ref().take(part_length).collect::<Vec<T>>()).filter(|part| !part.is_empty());
    let parts: Vec<Vec<T>> = std::iter::from_fn(part).collect();
    let work = &work;
    std::thread::scope(|scope| {
        let start = |part: Vec<T>| scope.spawn(move || part.into_iter().map(work).collect::<Result<Vec<R>>>());
        let workers: Vec<_> = parts.into_iter().map(start).collect();
        let mut results = Vec::new();
        for worker in workers {
            results.extend(worker.join().unwrap_or_else(|_| Err(anyhow!("A thread that waits for a store panicked.")))?);
        }
        Ok(results)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::ensure;

    #[test]
    fn results_are_in_order_and_the_first_error_wins() {
        for length in [0, 1, 15, 16, 17, 1000] {
            let doubled = concurrently((0..length).collect(), |number| Ok(number * 2)).unwrap();
            assert!(doubled.into_iter().eq((0..length).map(|number| number * 2)), "{length}");
        }
        let failing = |number: u32| {
            ensure!(number % 300 != 299, "{number}");
            Ok(())
        };
        assert_eq!(concurrently((0..1000).collect(), failing).unwrap_err().to_string(), "299");
    }

    #[test]
    fn the_width_is_kept() {
        let [running, most] = [const { std::sync::atomic::AtomicUsize::new(0) }; 2];
        let order = std::sync::atomic::Ordering::SeqCst;
        let work = |()| {
            most.fetch_max(running.fetch_add(1, order) + 1, order);
            std::thread::yield_now();
            running.fetch_sub(1, order);
            Ok(())
        };
        concurrently_by(3, vec![(); 1000], work).unwrap();
        assert!(most.into_inner() <= 3);
    }

    #[test]
    fn work_is_done_at_the_same_time() {
        let meeting = std::sync::Barrier::new(AT_ONCE);
        let leaders = concurrently((0..AT_ONCE).collect(), |_| Ok(meeting.wait().is_leader())).unwrap();
        assert_eq!(leaders.into_iter().filter(|leads| *leads).count(), 1);
    }
}

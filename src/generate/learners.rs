//! The learners: names, addresses, browsers, and how active they are.

use super::random::Random;

const AGENTS: [&str; 5] = [
    "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/34.0.1847.131 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_2) AppleWebKit/537.75.14 (KHTML, like Gecko) Version/7.0.3 Safari/537.75.14",
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:29.0) Gecko/20100101 Firefox/29.0",
    "Dalvik/1.6.0 (Linux; U; Android 4.0.2; sdk Build/ICS_MR0)",
    "edX/org.edx.mobile (2.0.1; iOS)",
];

/// A learner, the same for the same seed and id.
pub(super) struct Learner {
    pub(super) id: i64,
    pub(super) username: String,
    pub(super) addresses: Vec<String>,
    pub(super) agent: &'static str,
    pub(super) session: String,
    /// 0 (guesses) to 99 (knows).
    pub(super) skill: u64,
    weight: u64,
}

impl Learner {
    /// Learner number `number`, counted from 1; `id_base` keeps the ids of several outputs apart.
    pub(super) fn new(seed: u64, number: i64, id_base: i64) -> Self {
        let id = number + id_base;
        let random = &mut Random::for_part(seed, "learner", id.unsigned_abs());
        let username = match number {
            _ if number % 97 == 33 => format!("a_very_long_username_that_is_too_long_{number}"),
            _ if number % 41 == 17 => format!("Ünïcode_{number}"),
            _ => format!("{}{number}", random.pick(&["learner_", "user-", "Student", "stu.dent_"])),
        };
        let count = random.pick(&[1_usize, 1, 2, 3]);
        let home = network(random);
        let mut addresses = Vec::with_capacity(count + 1);
        for at in 0..count {
            // Who travels is abroad.
            let (first, second) = if at == 0 || random.percent(75) { home } else { network(random) };
            addresses.push(format!("{first}.{second}.{}.{}", random.below(256), random.between(1, 254)));
        }
        if random.percent(5) {
            addresses.push(format!("2001:db8::{:x}", random.below(65_536)));
        }
        Self {
            id,
            username,
            addresses,
            agent: random.pick(&AGENTS),
            session: random.hex(32),
            skill: random.below(100),
            // A few learners do most of the work (Pareto), none more than forty times the least active one.
            weight: (1_000_000 / (1 + random.below(1000))).min(40_000),
        }
    }
}

/// The first half of an address.
fn network(random: &mut Random) -> (u64, u64) {
    (random.pick(&[18, 81, 128, 190, 203]), random.below(256))
}

/// All learners, drawn by their activity.
pub(super) struct Learners {
    pub(super) all: Vec<Learner>,
    /// Sums of the weights up to and including each learner.
    cumulated: Vec<u64>,
}

impl Learners {
    pub(super) fn new(seed: u64, count: u32, id_base: i64) -> Self {
        let all: Vec<Learner> = (1..=i64::from(count)).map(|number| Learner::new(seed, number, id_base)).collect();
        let cumulated = all.iter().scan(0, |sum, learner| {
            *sum += learner.weight;
            Some(*sum)
        });
        Self { cumulated: cumulated.collect(), all }
    }

    /// Position of a learner, active ones more often. There must be one.
    pub(super) fn draw(&self, random: &mut Random) -> usize {
        let point = random.below(self.cumulated.last().copied().unwrap_or(0));
        self.cumulated.partition_point(|&sum| sum <= point)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_all_forms() {
        let learners = Learners::new(1, 200, 1000);
        assert_eq!(learners.all.len(), 200);
        assert_eq!(learners.all[0].id, 1001);
        assert!(learners.all.iter().any(|learner| !learner.username.is_ascii()));
        assert!(learners.all.iter().any(|learner| learner.username.len() > 30));
        assert!(learners.all.iter().any(|learner| { learner.addresses.iter().any(|address| address.contains("::")) }));
    }

    #[test]
    fn active_learners_are_drawn_more_often_and_everyone_can_be() {
        let learners = Learners::new(1, 20, 0);
        let mut drawn = [0_u32; 20];
        let mut random = Random::for_part(1, "test", 0);
        for _ in 0..20_000 {
            drawn[learners.draw(&mut random)] += 1;
        }
        assert!(drawn.iter().all(|&count| count > 0), "{drawn:?}");
        let most = learners.all.iter().enumerate().max_by_key(|(_, learner)| learner.weight).unwrap().0;
        let least = learners.all.iter().enumerate().min_by_key(|(_, learner)| learner.weight).unwrap().0;
        assert!(drawn[most] > drawn[least]);
    }
}

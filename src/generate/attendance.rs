//! Which courses a learner takes, from when on and how long.

use super::courses::Course;
use super::learners::Learners;
use super::random::Random;

/// Draws of a learner before anybody will do.
const TRIES: usize = 30;
/// How long learners stay, in hundredths of the whole time: one in three leaves soon.
const STAYS: [i64; 9] = [1, 4, 12, 40, 70, 100, 100, 100, 100];

/// A learner's time in a course; moments in microseconds since 1970.
struct Place {
    course: usize,
    joins: i64,
    leaves: i64,
}

/// The places of all learners.
pub(super) struct Attendance {
    places: Vec<Vec<Place>>,
}

impl Attendance {
    /// Of the time from `start` on, `span` long, both in microseconds.
    pub(super) fn new(seed: u64, courses: &[Course], learners: &Learners, start: i64, span: i64) -> Self {
        let sizes: u64 = courses.iter().map(|course| course.size).sum();
        let places = learners.all.iter().map(|learner| {
            let random = &mut Random::for_part(seed, "attendance", learner.id.unsigned_abs());
            let mut places: Vec<Place> = Vec::new();
            for _ in 0..random.pick(&[1, 1, 2, 2, 3]) {
                let course = drawn(random, courses, sizes);
                if places.iter().all(|place| place.course != course) {
                    places.push(place(random, &courses[course], course, start, span));
                }
            }
            places
        });
        Self { places: places.collect() }
    }

    /// Positions of a learner and of a course that the learner takes at this moment. There must be one of each.
    pub(super) fn draw(&self, random: &mut Random, learners: &Learners, micros: i64) -> (usize, usize) {
        for _ in 0..TRIES {
            let learner = learners.draw(random);
            let place = random.choose(&self.places[learner]);
            if (place.joins..place.leaves).contains(&micros) {
                return (learner, place.course);
            }
        }
        let learner = learners.draw(random);
        (learner, random.choose(&self.places[learner]).course)
    }
}

/// Larger courses more often.
fn drawn(random: &mut Random, courses: &[Course], sizes: u64) -> usize {
    let mut point = random.below(sizes);
    for (at, course) in courses.iter().enumerate() {
        if point < course.size {
            return at;
        }
        point -= course.size;
    }
    0
}

/// Many join when the course opens, fewer the longer it runs.
fn place(random: &mut Random, course: &Course, number: usize, start: i64, span: i64) -> Place {
    let part = |hundredths: i64| span / 100 * hundredths;
    let open = 100 - course.opens;
    let after = if random.percent(30) { 0 } else { random.between(0, open).min(random.between(0, open)) };
    // Not all at one moment.
    let joins = start + part(course.opens + after) + if course.opens + after > 0 { random.between(0, part(1)) } else { 0 };
    let leaves = joins.saturating_add(part(random.pick(&STAYS)));
    Place { course: number, joins, leaves }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn courses_are_of_different_size_and_age() {
        let courses: Vec<Course> = (0..6).map(|number| Course::new(1, number)).collect();
        let learners = Learners::new(1, 400, 0);
        let (start, span) = (1_000_000_000, 1_000_000_000);
        let attendance = Attendance::new(1, &courses, &learners, start, span);
        let mut random = Random::for_part(1, "test", 0);
        let mut drawn = |moment: i64| {
            let mut counts = [0; 6];
            for _ in 0..4000 {
                let (learner, course) = attendance.draw(&mut random, &learners, moment);
                assert!(attendance.places[learner].iter().any(|place| place.course == course));
                counts[course] += 1;
            }
            counts
        };
        let (early, late) = (drawn(start + 1), drawn(start + span - 1));
        assert!(late.iter().all(|&count| count > 0), "{late:?}");
        assert!(late[2] > 3 * late[3], "{late:?}");
        assert!(early[3] < late[3] && early[5] < late[5], "{early:?} {late:?}");
    }
}

//! Course ids that were found to be valid: there are few, and events name them again and again.

use std::cell::RefCell;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;

use super::{CourseKeyRules, is_too_long};

/// So many ids are remembered at most; of those that fall into the same place, the last one.
const PLACES: usize = 1024;

/// Ids that are valid.
#[derive(Debug, Default)]
pub(in crate::tracking) struct KnownCourses {
    hasher: RandomState,
    /// Empty before the first id.
    places: RefCell<Vec<Option<(CourseKeyRules, String)>>>,
}

impl KnownCourses {
    /// [`CourseKeyRules::is_valid`].
    pub(in crate::tracking) fn is_valid(&self, rules: CourseKeyRules, id: &str) -> bool {
        let mut places = self.places.borrow_mut();
        if places.is_empty() {
            places.resize_with(PLACES, || None);
        }
        let place = usize::try_from(self.hasher.hash_one(id.as_bytes()) % PLACES as u64).unwrap_or_default();
        let Some(place) = places.get_mut(place) else { return rules.is_valid(id) };
        if place.as_ref().is_some_and(|(known_by, known)| known == id && *known_by == rules) {
            return true;
        }
        let is_valid = rules.is_valid(id);
        if is_valid && !is_too_long(id) {
            let (known_by, known) = place.get_or_insert_with(|| (rules, String::new()));
            *known_by = rules;
            id.clone_into(known);
        }
        is_valid
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn answers_are_those_of_the_rules(ids in prop::collection::vec("(course-v1:|ccx-v1:|)[ab]([+/][ab]){0,3}(\\+ccx@1)?", 1..40), ccx in prop::collection::vec(any::<bool>(), 40)) {
            let known = KnownCourses::default();
            for _ in 0..2 {
                for (id, &ccx) in ids.iter().zip(&ccx) {
                    let rules = CourseKeyRules { ccx, ..CourseKeyRules::default() };
                    prop_assert_eq!(known.is_valid(rules, id), rules.is_valid(id), "{}", id);
                }
            }
        }
    }
}

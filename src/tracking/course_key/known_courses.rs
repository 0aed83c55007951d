//! Course ids that were found to be valid: there are few, and events name them again and again.

use std::cell::RefCell;
use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::{CourseKeyRules, is_too_long};

/// So many ids are remembered; then all of them are forgotten.
const MOST: usize = 4096;

/// Ids that are valid, and by which rules.
#[derive(Debug, Default)]
pub(in crate::tracking) struct KnownCourses(RefCell<HashMap<String, CourseKeyRules, RandomState>>);

impl KnownCourses {
    /// [`CourseKeyRules::is_valid`].
    pub(in crate::tracking) fn is_valid(&self, rules: CourseKeyRules, id: &str) -> bool {
        let mut known = self.0.borrow_mut();
        if known.get(id).is_some_and(|known_by| *known_by == rules) {
            return true;
        }
        let is_valid = rules.is_valid(id);
        if is_valid && !is_too_long(id) {
            if known.len() >= MOST {
                known.clear();
            }
            known.insert(id.to_owned(), rules);
        }
        is_valid
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn no_more_than_so_many_are_remembered() {
        let (known, rules) = (KnownCourses::default(), CourseKeyRules::default());
        for number in 0..3 * MOST {
            assert!(known.is_valid(rules, &format!("a/b/{number}")));
            assert!(known.is_valid(rules, "a/b/c"));
            assert!(known.0.borrow().len() <= MOST);
        }
    }

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

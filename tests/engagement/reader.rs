//! What the pages of learners ask of the index, and what they rely on (rules 07, 11.3, and rules 08, 9).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::search_engine::{Engine, Kind};

/// A row of the roster as far as pages look at it.
struct Learner<'r>(Vec<&'r str>);

impl<'r> Learner<'r> {
    fn course(&self) -> &'r str {
        self.0[0]
    }

    fn username(&self) -> &'r str {
        self.0[1]
    }

    fn segments(&self) -> impl Iterator<Item = &'r str> {
        self.0[15].split(',')
    }

    fn ratio(&self) -> Option<f64> {
        self.0[12].parse().ok()
    }

    fn number(&self, column: usize) -> i64 {
        self.0[column].parse().unwrap()
    }
}

/// The course with the most learners in it, as a page shows it.
struct Page<'p> {
    engine: &'p Engine,
    alias: &'p str,
    course: &'p str,
    learners: Vec<&'p Learner<'p>>,
}

/// Checks the published index against the rows that were loaded.
pub(crate) fn check(engine: &Engine, alias: &str, day: &str, roster: &[String]) {
    let learners: Vec<_> = roster.iter().map(|row| Learner(row.split('\t').collect())).collect();
    let mut courses = BTreeMap::<&str, Vec<&Learner<'_>>>::new();
    for learner in &learners {
        courses.entry(learner.course()).or_default().push(learner);
    }
    assert_eq!(engine.count(alias), roster.len() as u64);
    check_index(engine, alias);
    check_marker(engine, alias, day);
    let (course, learners) = courses.into_iter().max_by_key(|(_, learners)| learners.len()).unwrap();
    let page = Page { engine, alias, course, learners };
    page.one_learner();
    page.filters();
    page.orders();
    page.counts();
}

/// Names and fields by which readers know a roster.
fn check_index(engine: &Engine, alias: &str) {
    let holders = engine.holders(alias);
    assert_eq!((holders.len(), &holders), (1, &engine.indexes(alias)));
    let name = &holders[0];
    assert!(name.strip_prefix(alias).is_some_and(|hash| hash.starts_with('_') && hash.len() >= 17), "{name}");
    let mappings = engine.get(&format!("/{name}/_mapping"));
    let mappings = &mappings[name]["mappings"];
    let is_typed = engine.kind == Kind::Elasticsearch;
    let properties = if is_typed { &mappings["roster_entry"]["properties"] } else { &mappings["properties"] };
    for field in ["course_id", "username", "email", "enrollment_mode", "cohort"] {
        let exact = if is_typed { json!({"type": "string", "index": "not_analyzed"}) } else { json!({"type": "keyword"}) };
        assert_eq!(properties[field], exact, "{field}");
    }
    assert_eq!(properties.as_object().unwrap().len(), 27, "nothing was mapped by guessing");
    let settings = engine.get(&format!("/{name}/_settings"));
    assert_eq!(settings[name]["settings"]["index"]["number_of_shards"], "2");
}

/// `last_updated` of a roster.
fn check_marker(engine: &Engine, alias: &str, day: &str) {
    let (count, markers) = engine.search("index_updates", json!({"query": {"term": {"target_index": alias}}}));
    assert_eq!(count, 1);
    let text = |name: &str| markers[0][name].as_str().unwrap();
    let update_id = text("update_id");
    assert!(
        update_id.contains(&format!("date={day},")) && update_id.contains(",source=[") && !update_id.contains("throttle"),
        "{update_id}"
    );
    let today = chrono::Utc::now().date_naive();
    let shown: chrono::NaiveDate = text("date").get(..10).unwrap().parse().unwrap();
    assert!(shown == today || Some(shown) == today.pred_opt(), "{shown}");
}

impl Page<'_> {
    fn search(&self, filters: &[Value], more: &Value) -> (u64, Vec<Value>) {
        let mut must = vec![json!({"term": {"course_id": self.course}})];
        must.extend_from_slice(filters);
        let mut query = json!({"query": {"bool": {"must": must}}, "size": 1000});
        more.as_object().into_iter().flatten().for_each(|(name, value)| query[name] = value.clone());
        self.engine.search(self.alias, query)
    }

    /// The learners that a search must find.
    fn finds(&self, what: &str, filter: &Value, is_one: impl Fn(&Learner<'_>) -> bool) {
        let (total, hits) = self.search(std::slice::from_ref(filter), &json!({}));
        let found: BTreeSet<_> = hits.iter().map(|hit| hit["username"].as_str().unwrap()).collect();
        let expected: BTreeSet<_> = self.learners.iter().filter(|learner| is_one(learner)).map(|learner| learner.username()).collect();
        assert!(!expected.is_empty() && expected.len() < self.learners.len(), "{what} tells nobody apart");
        assert_eq!((found, total), (expected.clone(), expected.len() as u64), "{what}");
    }

    /// Each learner is exactly one document, with what the page shows of it.
    fn one_learner(&self) {
        for learner in &self.learners {
            let (total, hits) = self.search(&[json!({"term": {"username": learner.username()}})], &json!({}));
            assert_eq!(total, 1, "{}", learner.username());
            let hit = &hits[0];
            assert_eq!(hit["segments"], json!(learner.segments().collect::<Vec<_>>()));
            assert_eq!(hit["user_id"], json!(learner.number(17)));
            assert_eq!(hit.get("problem_attempts_per_completed").and_then(Value::as_f64), learner.ratio());
        }
    }

    fn filters(&self) {
        let text = |text: &str| json!({"multi_match": {"query": text, "fields": ["name", "username", "email"]}});
        // A word of the name, whatever its case; user name and email as a whole.
        let word = self.learners.iter().find_map(|learner| learner.0[5].split(' ').find(|word| word.len() > 3 && word.is_ascii()));
        let word = word.unwrap();
        self.finds("word", &text(&word.to_uppercase()), |learner| learner.0[5].split(' ').any(|other| other.eq_ignore_ascii_case(word)));
        let last = self.learners.last().unwrap();
        for column in [1, 4] {
            self.finds(last.0[column], &text(last.0[column]), |learner| learner.username() == last.username());
        }
        // Any of some segments, none of some.
        let chosen = ["disengaging", "highly_engaged"];
        let any = json!({"terms": {"segments": chosen}});
        let is_any = |learner: &Learner<'_>| learner.segments().any(|segment| chosen.contains(&segment));
        self.finds("segments", &any, is_any);
        self.finds("ignored segments", &json!({"bool": {"must_not": [any]}}), |learner| !is_any(learner));
        for (field, column) in [("enrollment_mode", 6), ("cohort", 8)] {
            let value = self.learners.iter().map(|learner| learner.0[column]).find(|value| *value != "\\N").unwrap();
            self.finds(field, &json!({"term": {field: value}}), |learner| learner.0[column] == value);
        }
    }

    /// Engagement, the most first; and the ratio, with learners that have none at its end.
    fn orders(&self) {
        let (_, hits) = self.search(&[], &json!({"sort": [{"discussion_contributions": {"order": "desc"}}]}));
        let found: Vec<_> = hits.iter().map(|hit| hit["discussion_contributions"].as_i64().unwrap()).collect();
        let mut expected: Vec<_> = self.learners.iter().map(|learner| learner.number(14)).collect();
        expected.sort_by_key(|value| std::cmp::Reverse(*value));
        assert_eq!(found, expected);
        let rising = json!({"sort": [
            {"problem_attempts_per_completed": {"order": "asc", "missing": "_last"}},
            {"attempt_ratio_order": {"order": "desc"}},
        ]});
        let (_, hits) = self.search(&[], &rising);
        let found: Vec<_> =
            hits.iter().map(|hit| (hit["problem_attempts_per_completed"].as_f64(), hit["attempt_ratio_order"].as_i64())).collect();
        let mut expected: Vec<_> = self.learners.iter().map(|learner| (learner.ratio(), Some(learner.number(16)))).collect();
        let key = |ratio: Option<f64>| ratio.unwrap_or(f64::INFINITY);
        expected.sort_by(|(one, of_one), (other, of_other)| key(*one).total_cmp(&key(*other)).then(of_other.cmp(of_one)));
        assert_eq!(found, expected);
    }

    /// The numbers above the list.
    fn counts(&self) {
        let terms = |field: &str| json!({"terms": {"field": field}});
        let fields = ["enrollment_mode", "segments", "cohort"];
        let aggregations: BTreeMap<_, _> = fields.iter().map(|field| (*field, terms(field))).collect();
        let query = json!({"query": {"term": {"course_id": self.course}}, "size": 0, "aggs": aggregations});
        let (_, answer) = self.engine.send("POST", &format!("/{}/_search", self.alias), Some(&query));
        for (field, column) in fields.into_iter().zip([6, 15, 8]) {
            let mut expected = BTreeMap::<&str, u64>::new();
            let values = self.learners.iter().flat_map(|learner| learner.0[column].split(','));
            values.filter(|value| *value != "\\N").for_each(|value| *expected.entry(value).or_default() += 1);
            // An analysed text without any word is in no bucket.
            if self.engine.kind == Kind::Elasticsearch {
                expected.remove("");
            }
            let buckets = answer["aggregations"][field]["buckets"].as_array().unwrap();
            let found: BTreeMap<_, _> =
                buckets.iter().map(|bucket| (bucket["key"].as_str().unwrap(), bucket["doc_count"].as_u64().unwrap())).collect();
            assert_eq!(found.len(), expected.len().min(10), "{field}");
            assert!(found.iter().all(|(key, count)| expected.get(key) == Some(count)), "{field}: {found:?}, {expected:?}");
        }
    }
}

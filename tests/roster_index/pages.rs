//! What a roster page asks of the index (rules 07, 11.3).

use std::cmp::Reverse;

use serde_json::{Value, json};

use crate::scene::{COURSES, FIRST_NAMES, Learner, Scene};
use crate::search_engine::{Engine, Kind};

const LEARNERS: usize = 50_000;
const DATE: &str = "2020-03-08";

#[test]
fn fifty_thousand_learners_in_elasticsearch() {
    fifty_thousand_learners(Kind::Elasticsearch);
}

#[test]
fn fifty_thousand_learners_in_opensearch() {
    fifty_thousand_learners(Kind::OpenSearch);
}

fn fifty_thousand_learners(kind: Kind) {
    let engine = Engine::shared(kind);
    let scene = Scene::new("page", &engine.url);
    scene.write_roster(DATE, (0..LEARNERS).map(|number| Learner(number).row()));
    let said = scene.load(DATE, &[]);
    assert!(said.contains(&format!("Elasticsearch: Records Indexed = {LEARNERS}")), "{said}");
    assert!(said.contains(&format!("{LEARNERS} documents of {LEARNERS} learners")), "{said}");
    let alias = &*scene.alias;
    assert_eq!(engine.count(alias), LEARNERS as u64);
    check_names(&engine, alias);
    check_pages(&engine, alias);
    check_counts(&engine, alias);
}

/// Readers know rosters by their names and by the marker.
fn check_names(engine: &Engine, alias: &str) {
    let holders = engine.holders(alias);
    assert_eq!(holders, engine.indexes(alias));
    let hash = holders[0].strip_prefix(alias).unwrap().strip_prefix('_').unwrap();
    assert!(hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{hash}");
    let (markers, sources) = engine.search("index_updates", json!({"query": {"term": {"target_index": alias}}}));
    assert_eq!(markers, 1);
    let update_id = sources[0]["update_id"].as_str().unwrap();
    assert!(update_id.starts_with(&format!("ModuleEngagementRosterIndexTask(alias={alias},date={DATE},host=http://")), "{update_id}");
    let settings = engine.get(&format!("/{alias}/_settings"));
    let interval = settings.pointer(&format!("/{}/settings/index/refresh_interval", holders[0]));
    assert_eq!(interval, Some(&json!("1s")), "{settings}");
}

fn of_course(course: usize, more: &[Value]) -> Value {
    let mut must = vec![json!({"term": {"course_id": Learner(course).course()}})];
    must.extend_from_slice(more);
    json!({"bool": {"must": must}})
}

fn check_pages(engine: &Engine, alias: &str) {
    let learners = |course: usize| (0..LEARNERS).filter(move |number| number % COURSES == course).map(Learner);
    let text = |text: &str| json!({"multi_match": {"query": text, "fields": ["name", "username", "email"]}});
    // By part of a name, whatever its case; by user name and email as a whole.
    for (searched, expected) in [("GÜL", "Gül"), ("ada", "Ada"), ("Émile", "Émile")] {
        let (total, hits) = engine.search(alias, json!({"query": of_course(2, &[text(searched)]), "size": 20}));
        assert_eq!(total as usize, learners(2).filter(|learner| learner.name().starts_with(expected)).count(), "{searched}");
        assert!(hits.iter().all(|hit| hit["name"].as_str().unwrap().starts_with(expected)));
    }
    assert!(FIRST_NAMES.contains(&"Gül"));
    for whole in ["learner-000017", "learner-000017@example.org", "number17"] {
        let (total, hits) = engine.search(alias, json!({"query": of_course(2, &[text(whole)])}));
        assert_eq!((total, &hits[0]["username"]), (1, &json!("learner-000017")), "{whole}");
    }
    // By segment: any of, none of.
    let any = json!({"terms": {"segments": ["struggling", "inactive"]}});
    let (total, _) = engine.search(alias, json!({"query": of_course(1, std::slice::from_ref(&any))}));
    assert_eq!(total as usize, learners(1).filter(|learner| learner.0 % 4 < 2).count());
    let none = json!({"bool": {"must_not": [any]}});
    let (total, _) = engine.search(alias, json!({"query": of_course(1, &[none])}));
    assert_eq!(total as usize, learners(1).filter(|learner| learner.0 % 4 >= 2).count());
    // In the order of engagement, a page in the middle.
    let page = json!({"query": of_course(3, &[]), "sort": [{"videos_viewed": {"order": "desc"}}], "from": 40, "size": 20});
    let mut expected: Vec<_> = learners(3).collect();
    expected.sort_by_key(|learner| Reverse(learner.videos()));
    let names: Vec<_> = expected[40..60].iter().map(|learner| json!(learner.username())).collect();
    let (_, hits) = engine.search(alias, page);
    assert_eq!(hits.iter().map(|hit| hit["username"].clone()).collect::<Vec<_>>(), names);
    // Learners without a ratio come last when it rises.
    let rising =
        json!([{"problem_attempts_per_completed": {"order": "asc", "missing": "_last"}}, {"attempt_ratio_order": {"order": "desc"}}]);
    let with_ratio = learners(4).filter(|learner| learner.ratio().is_some()).count();
    let (_, hits) = engine.search(alias, json!({"query": of_course(4, &[]), "sort": rising, "from": with_ratio - 1, "size": 2}));
    assert_eq!(hits[0]["problem_attempts_per_completed"], json!(2.75));
    assert_eq!(hits[1].get("problem_attempts_per_completed"), None);
    // One learner is exactly one document.
    let one = json!({"query": of_course(2, &[json!({"term": {"username": "learner-000017"}})])});
    let (total, hits) = engine.search(alias, one);
    assert_eq!((total, &hits[0]["segments"], &hits[0]["user_id"]), (1, &json!(["highly_engaged", "struggling"]), &json!(17)));
}

/// Metadata of a course.
fn check_counts(engine: &Engine, alias: &str) {
    let terms = |field: &str| json!({"terms": {"field": field}});
    let query = json!({"query": of_course(0, &[]), "size": 0, "aggs": {"modes": terms("enrollment_mode"), "segments": terms("segments")}});
    let (_, body) = engine.send("POST", &format!("/{alias}/_search"), Some(&query));
    let bucket = |of: &str, key: &str| {
        let buckets = body["aggregations"][of]["buckets"].as_array().unwrap();
        buckets.iter().find(|bucket| bucket["key"] == key).map_or(0, |bucket| bucket["doc_count"].as_u64().unwrap())
    };
    let learners = || (0..LEARNERS).step_by(COURSES).map(Learner);
    for mode in ["verified", "audit"] {
        assert_eq!(bucket("modes", mode) as usize, learners().filter(|learner| learner.mode() == mode).count());
    }
    for segment in ["inactive", "highly_engaged", "struggling", "disengaging"] {
        let expected = learners().filter(|learner| learner.segments().split(',').any(|one| one == segment)).count();
        assert_eq!(bucket("segments", segment) as usize, expected, "{segment}");
    }
}

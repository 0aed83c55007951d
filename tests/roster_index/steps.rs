//! One load after another, and the steps of `roster-indexer` one by one.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::exported;
use crate::scene::{Learner, Scene, told};
use crate::search_engine::{Engine, Kind};

#[test]
fn loads_follow_each_other_in_elasticsearch() {
    loads_follow_each_other(Kind::Elasticsearch);
}

#[test]
fn loads_follow_each_other_in_opensearch() {
    loads_follow_each_other(Kind::OpenSearch);
}

fn loads_follow_each_other(kind: Kind) {
    let engine = Engine::shared(kind);
    let scene = Scene::new("again", &engine.url);
    let alias = &*scene.alias;
    let rows = |count: usize| (0..count).map(|number| Learner(number).row());
    let (succeeded, said) = scene.run("2020-03-08", &[]);
    assert!(!succeeded && said.contains("no complete roster") && said.contains("ModuleEngagementWorkflowTask"), "{said}");
    scene.write_roster("2020-03-08", rows(300));
    scene.load("2020-03-08", &[]);
    let first = engine.holders(alias);
    assert_eq!(engine.count(alias), 300);

    // The same again does nothing, or replaces it without a moment in which nothing is there.
    assert!(scene.load("2020-03-08", &[]).contains("skipped"));
    assert_eq!(engine.holders(alias), first);
    // An index that somebody deleted is made again, although its marker is there.
    engine.send("DELETE", &format!("/{}", first[0]), None);
    scene.load("2020-03-08", &[]);
    assert_eq!((engine.count(alias), engine.holders(alias)), (300, first.clone()));
    // Two rows of one learner are one document.
    scene.write_roster("2020-03-08", rows(200).chain(rows(7)));
    let said = scene.load("2020-03-08", &["--overwrite", "--batch-size", "10"]);
    assert!(said.contains("Duplicate Rows = 7") && said.contains("200 documents of 200 learners"), "{said}");
    // The roster was made anew, and so has an index by another name.
    let second = engine.holders(alias);
    assert_eq!((engine.count(alias), second.len()), (200, 1));
    assert_ne!(second, first);
    scene.load("2020-03-08", &["--overwrite"]);
    assert_eq!((engine.count(alias), engine.holders(alias)), (200, vec![format!("{}_2", second[0])]));

    // The next day replaces it; nothing else is left.
    scene.write_roster("2020-03-09", rows(400));
    scene.load("2020-03-09", &["--scale-factor", "2", "--obfuscate", "--runner", "pipe"]);
    assert_eq!(engine.count(alias), 800);
    assert_eq!(engine.indexes(alias), engine.holders(alias));
    let (markers, sources) = engine.search("index_updates", json!({"query": {"term": {"target_index": alias}}}));
    assert_eq!(markers, 1);
    assert!(sources[0]["update_id"].as_str().unwrap().contains("date=2020-03-09"));
    let (_, hits) = engine.search(alias, json!({"query": {"term": {"username": "learner-000001"}}}));
    assert_eq!((hits.len(), &hits[0]["email"]), (2, &json!("learner-000001@example.com")));

    // No documents are wanted: readers see an empty roster.
    scene.load("2020-03-09", &["--scale-factor", "0"]);
    assert_eq!((engine.count(alias), engine.indexes(alias)), (0, engine.holders(alias)));

    // An index that has the alias's name cannot be replaced by an alias.
    let taken = Scene::new("taken", &engine.url);
    engine.send("PUT", &format!("/{}", taken.alias), Some(&json!({})));
    taken.write_roster("2020-03-08", rows(3));
    let (succeeded, said) = taken.run("2020-03-08", &[]);
    assert!(!succeeded && said.contains("is itself called"), "{said}");
}

#[test]
fn an_alias_that_is_not_in_order_in_elasticsearch() {
    an_alias_that_is_not_in_order(Kind::Elasticsearch);
}

#[test]
fn an_alias_that_is_not_in_order_in_opensearch() {
    an_alias_that_is_not_in_order(Kind::OpenSearch);
}

/// The errors of rules 07, 9; with --overwrite the load puts things in order.
fn an_alias_that_is_not_in_order(kind: Kind) {
    let engine = Engine::shared(kind);
    let scene = Scene::new("order", &engine.url);
    let alias = &*scene.alias;
    scene.write_roster("2020-03-08", (0..30).map(|number| Learner(number).row()));
    scene.load("2020-03-08", &[]);
    let ours = engine.holders(alias).remove(0);

    // The marker is gone, but the index of the load has the alias.
    let markers = json!({"query": {"term": {"target_index": alias}}});
    let (_, found) = engine.send("POST", "/index_updates/_search", Some(&markers));
    let hit = &found["hits"]["hits"][0];
    let kind_of_document = if kind == Kind::Elasticsearch { "marker" } else { "_doc" };
    engine.send("DELETE", &format!("/index_updates/{kind_of_document}/{}", hit["_id"].as_str().unwrap()), None);
    let (succeeded, said) = scene.run("2020-03-08", &[]);
    assert!(!succeeded && said.contains(&ours) && said.contains(alias) && said.contains("--overwrite"), "{said}");
    assert_eq!((engine.indexes(alias), engine.count(alias)), (vec![ours.clone()], 30));

    // Two more indexes have the alias.
    let others = ["one", "two"].map(|name| format!("{name}{alias}"));
    for name in &others {
        engine.send("PUT", &format!("/{name}"), Some(&json!({})));
        let add = json!({"actions": [{"add": {"index": name, "alias": alias}}]});
        assert_eq!(engine.send("POST", "/_aliases", Some(&add)).0, 200);
    }
    scene.write_roster("2020-03-09", (0..40).map(|number| Learner(number).row()));
    let (succeeded, said) = scene.run("2020-03-09", &[]);
    assert!(!succeeded && others.iter().chain([&ours]).all(|name| said.contains(name.as_str())), "{said}");
    assert_eq!(engine.holders(alias).len(), 3);

    scene.load("2020-03-09", &["--overwrite"]);
    assert_eq!((engine.holders(alias), engine.count(alias)), (engine.indexes(alias), 40));
    assert!(others.iter().all(|name| engine.send("GET", &format!("/{name}/_settings"), None).0 == 404), "old indexes are removed");
}

/// Markers can be kept in another index than that of the original.
#[test]
fn markers_of_another_index() {
    for (kind, document_type) in [(Kind::Elasticsearch, "done"), (Kind::OpenSearch, "_doc")] {
        let engine = Engine::shared(kind);
        let scene = Scene::new("marked", &engine.url);
        let index = format!("updates_{}", scene.alias);
        scene.configure(&format!("host = {}\nmarker-index = {index}\nmarker-doc-type = done", engine.url));
        scene.write_roster("2020-03-08", (0..3).map(|number| Learner(number).row()));
        scene.load("2020-03-08", &[]);
        let (_, found) = engine.send("POST", &format!("/{index}/_search"), Some(&json!({})));
        let hits = found["hits"]["hits"].as_array().unwrap();
        assert_eq!((hits.len(), &hits[0]["_source"]["target_index"]), (1, &json!(scene.alias)), "{found}");
        let one = format!("/{index}/{document_type}/{}", hits[0]["_id"].as_str().unwrap());
        assert_eq!(engine.get(&one)["found"], json!(true));
        assert!(scene.load("2020-03-08", &[]).contains("skipped"));
        engine.send("DELETE", &format!("/{index}"), None);
    }
}

fn indexer(scene: &Scene, arguments: &[&str], rows: &str) -> (bool, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_roster-indexer"))
        .args(arguments)
        .current_dir(&scene.site.folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(rows.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let (succeeded, said) = told(&output);
    (succeeded, String::from_utf8(output.stdout).unwrap(), said)
}

#[test]
fn task_attempts_double_nothing_in_elasticsearch() {
    task_attempts_double_nothing(Kind::Elasticsearch);
}

#[test]
fn task_attempts_double_nothing_in_opensearch() {
    task_attempts_double_nothing(Kind::OpenSearch);
}

fn task_attempts_double_nothing(kind: Kind) {
    let engine = Engine::shared(kind);
    let scene = Scene::new("steps", &engine.url);
    let alias = &*scene.alias;
    let rows = |from: usize, to: usize| (from..to).map(|number| Learner(number).row() + "\n").collect::<String>();
    let load = ["--alias", alias, "--update-id", "by hand"];
    let prepare = || {
        let (succeeded, name, said) = indexer(&scene, &[&["prepare", "--number-of-shards", "2"], &load[..]].concat(), "");
        assert!(succeeded, "{said}");
        name.trim().to_owned()
    };
    let index = prepare();
    // A task that ran twice, and one that died in the middle and ran again.
    for (from, to) in [(0, 500), (0, 500), (500, 640), (500, 1000)] {
        let (succeeded, counts, said) =
            indexer(&scene, &["index", "--index", &index, "--batch-size", "100", "--throttle", "0"], &rows(from, to));
        assert!(succeeded, "{said}");
        assert_eq!(counts, format!("{index}\t{}\t{}\n", to - from, to - from));
        assert!(said.contains(&format!("reporter:counter:Elasticsearch,Records Indexed,{}\n", to - from)), "{said}");
    }
    let publish =
        |index: &str, documents: &str| indexer(&scene, &[&["publish", "--index", index, "--documents", documents], &load[..]].concat(), "");
    let (succeeded, _, said) = publish(&index, "1000");
    assert!(succeeded, "{said}");
    assert_eq!((engine.count(alias), engine.holders(alias)), (1000, vec![index.clone()]));

    // A wrong count publishes nothing and removes the index; abandoning does the same, but never to a published one.
    let overwriting = [&["prepare", "--overwrite"], &load[..]].concat();
    let other = indexer(&scene, &overwriting, "").1.trim().to_owned();
    assert_eq!(other, format!("{index}_2"));
    let (succeeded, _, said) = publish(&other, "5");
    assert!(!succeeded && said.contains("holds 0 documents, but 5 were sent") && said.contains("was removed"), "{said}");
    let third = indexer(&scene, &overwriting, "").1.trim().to_owned();
    for name in [&third, &index] {
        assert!(indexer(&scene, &[&["abandon", "--index", name], &load[..]].concat(), "").0);
    }
    assert_eq!((engine.count(alias), engine.indexes(alias)), (1000, vec![index]));

    let (succeeded, documents, _) = indexer(&scene, &["documents", "--scale-factor", "2"], &rows(3, 4));
    let ids: Vec<String> =
        documents.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["_id"].to_string()).collect();
    assert!(succeeded);
    assert_eq!(ids, ["\"edX/Demo3/2020|learner-000003\"", "\"edX/Demo3/2020|learner-000003|1\""]);
}

#[test]
fn the_program_of_a_plan_loads_as_the_driver_does() {
    let engine = Engine::shared(Kind::OpenSearch);
    let scene = Scene::new("planned", &engine.url);
    // The engine is named by the configuration of the plan, which the program is told of.
    scene.configure(&format!("host = {}\nmarker-index = index_updates\n{}", engine.url, exported::CLUSTER));
    scene.write_roster("2020-03-08", (0..300).map(|number| Learner(number).row()));
    let mut plan = scene.site.program("insights");
    plan.args(["plan", "ModuleEngagementRosterIndexTask", "--date", "2020-03-08", "--throttle", "0", "--scale-factor", "2"]);
    let planned = plan.args(["--indexing-tasks", "3", "--format", "hadoop"]).output().unwrap();
    let (succeeded, said) = told(&planned);
    assert!(succeeded, "{said}");
    let [command] = &exported::commands(&String::from_utf8(planned.stdout).unwrap(), "roster-indexer")[..] else { panic!("{said}") };
    let (succeeded, said) = told(&exported::run(command));
    assert!(succeeded && said.contains("600 documents of 300 learners"), "{command}: {said}");
    assert_eq!(engine.count(&scene.alias), 600);
    // It is the same load for the driver.
    assert!(scene.load("2020-03-08", &["--scale-factor", "2"]).contains("skipped"));
}

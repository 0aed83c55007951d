//! Engines that are busy, refuse documents, lose connections or die. Whatever happens, the alias points to one whole roster.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::killed::kill;
use crate::proxy::{Fate, Proxy};
use crate::scene::{Learner, Scene, told};
use crate::search_engine::{Engine, Kind};
use crate::waiting::wait_until;

const OLD: &str = "2020-03-01";
const NEW: &str = "2020-03-08";

/// A scene with a published roster of `old` learners and one of `new` that is not yet loaded.
fn scene(name: &str, engine: &Engine, old: usize, new: usize) -> Scene {
    let scene = Scene::new(name, &engine.url);
    scene.write_roster(OLD, (0..old).map(|number| Learner(number).row()));
    scene.write_roster(NEW, (0..new).map(|number| Learner(number).row()));
    scene.load(OLD, &[]);
    scene
}

/// The alias points to exactly this roster, and no other index of it is left.
fn assert_only(engine: &Engine, scene: &Scene, learners: usize) {
    assert_eq!(engine.count(&scene.alias), learners as u64);
    assert_eq!(engine.holders(&scene.alias).len(), 1);
    assert_eq!(engine.indexes(&scene.alias), engine.holders(&scene.alias));
}

#[test]
fn a_busy_elasticsearch() {
    a_busy_engine(Kind::Elasticsearch);
}

#[test]
fn a_busy_opensearch() {
    a_busy_engine(Kind::OpenSearch);
}

/// Rejected batches, rejected documents, connections lost before and after the engine did its work: all is sent again.
fn a_busy_engine(kind: Kind) {
    let engine = Engine::shared(kind);
    let scene = scene("busy", &engine, 50, 5000);
    let requests = AtomicUsize::new(0);
    let proxy = Proxy::start(&engine.url, move |request| {
        let fates = [
            Fate::Answer(429),
            Fate::RejectHalf,
            Fate::CutBefore,
            Fate::Answer(503),
            Fate::CutAfter,
            Fate::RejectHalf,
            Fate::Answer(504),
            Fate::Answer(408),
        ];
        let is_publication = request.path == "/_aliases";
        match requests.fetch_add(usize::from(request.is_bulk() || is_publication), Ordering::Relaxed) {
            number if request.is_bulk() => fates.get(number / 2).copied().unwrap_or(Fate::Pass),
            // The alias has moved, and nobody heard it.
            _ if is_publication && !PUBLISHED[kind as usize].swap(true, Ordering::Relaxed) => Fate::CutAfter,
            _ => Fate::Pass,
        }
    });
    scene.configure(&format!("host = {}", proxy.url()));
    let said = scene.load(NEW, &["--batch-size", "100"]);
    for counter in ["Rejected Batches", "Rejected Documents", "Records Indexed = 5000"] {
        assert!(said.contains(counter), "{said}");
    }
    assert_only(&engine, &scene, 5000);
}

static PUBLISHED: [AtomicBool; 2] = [const { AtomicBool::new(false) }; 2];

#[test]
fn an_engine_that_stays_busy() {
    let engine = Engine::shared(Kind::OpenSearch);
    let scene = scene("full", &engine, 50, 200);
    let proxy = Proxy::start(&engine.url, |request| if request.is_bulk() { Fate::Answer(429) } else { Fate::Pass });
    scene.configure(&format!("host = {}", proxy.url()));
    let (succeeded, said) = scene.run(NEW, &["--max-attempts", "3"]);
    assert!(!succeeded && said.contains("too busy") && said.contains("--throttle") && said.contains("was removed"), "{said}");
    assert_only(&engine, &scene, 50);
}

#[test]
fn refused_documents_in_elasticsearch() {
    refused_documents(Kind::Elasticsearch);
}

#[test]
fn refused_documents_in_opensearch() {
    refused_documents(Kind::OpenSearch);
}

/// A user id that no integer field holds.
fn refused_documents(kind: Kind) {
    let engine = Engine::shared(kind);
    let scene = scene("refused", &engine, 50, 0);
    let bad = Learner(77).row().replace("\t77\t\t", "\t99999999999\t\t");
    scene.write_roster(NEW, (0..500).map(|number| if number == 77 { bad.clone() } else { Learner(number).row() }));
    let (succeeded, said) = scene.run(NEW, &[]);
    assert!(succeeded && said.contains("edX/Demo2/2020|learner-000077") && said.contains("is left out"), "{said}");
    assert_only(&engine, &scene, 499);
    // Too many of them are no accident: the alias stays.
    scene.write_roster(NEW, (0..500).map(|number| Learner(number).row().replace(&format!("\t{number}\t\t"), "\t99999999999\t\t")));
    let (succeeded, said) = scene.run(NEW, &["--overwrite"]);
    assert!(!succeeded && said.contains("documents, more than 1% permits") && said.contains("was removed"), "{said}");
    assert_only(&engine, &scene, 499);
}

#[test]
fn a_dead_host_is_passed_over() {
    let engine = Engine::shared(Kind::OpenSearch);
    let scene = scene("hosts", &engine, 50, 200);
    let dead = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    scene.configure(&format!("host = [\"http://{dead}\", \"{}\"]", engine.url));
    scene.load(NEW, &[]);
    assert_only(&engine, &scene, 200);
    scene.configure(&format!("host = http://{dead}"));
    let (succeeded, said) = scene.run(NEW, &["--max-attempts", "2"]);
    assert!(!succeeded && said.contains(&dead.to_string()) && said.contains("[elasticsearch]"), "{said}");
}

#[test]
fn a_loader_that_is_killed() {
    let engine = Engine::shared(Kind::Elasticsearch);
    let scene = scene("killed", &engine, 50, 3000);
    let batches = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&batches);
    let proxy = Proxy::start(&engine.url, move |request| {
        counted.fetch_add(usize::from(request.is_bulk()), Ordering::Relaxed);
        Fate::Pass
    });
    scene.configure(&format!("host = {}", proxy.url()));
    let mut loader = scene.task(NEW, &["--batch-size", "50", "--throttle", "0.05"]).spawn().unwrap();
    wait_until("ten batches were sent", || batches.load(Ordering::Relaxed) > 9);
    loader.kill().unwrap();
    loader.wait().unwrap();
    assert_eq!((engine.count(&scene.alias), engine.indexes(&scene.alias).len()), (50, 2));
    let said = scene.load(NEW, &[]);
    assert!(said.contains("an earlier run left unfinished"), "{said}");
    assert_only(&engine, &scene, 3000);
}

#[test]
fn an_elasticsearch_whose_index_is_removed_while_it_is_filled() {
    an_index_that_is_removed_while_it_is_filled(Kind::Elasticsearch);
}

#[test]
fn an_opensearch_whose_index_is_removed_while_it_is_filled() {
    an_index_that_is_removed_while_it_is_filled(Kind::OpenSearch);
}

/// The engine makes an index of that name by itself, in which nobody would find a course. It is not published.
fn an_index_that_is_removed_while_it_is_filled(kind: Kind) {
    let engine = Engine::shared(kind);
    let scene = scene("removed", &engine, 50, 200);
    let (removes, other) = (AtomicBool::new(true), Engine::shared(kind));
    let alias = scene.alias.clone();
    let proxy = Proxy::start(&engine.url, move |request| {
        if request.is_bulk() && removes.swap(false, Ordering::Relaxed) {
            let published = other.holders(&alias);
            for index in other.indexes(&alias).iter().filter(|index| !published.contains(index)) {
                other.send("DELETE", &format!("/{index}"), None);
            }
        }
        Fate::Pass
    });
    scene.configure(&format!("host = {}", proxy.url()));
    let (succeeded, said) = scene.run(NEW, &[]);
    assert!(!succeeded && said.contains("is not the one that was made for this load"), "{said}");
    assert_only(&engine, &scene, 50);
    scene.load(NEW, &[]);
    assert_only(&engine, &scene, 200);
}

#[test]
fn a_second_run_leaves_the_first_alone() {
    let engine = Engine::shared(Kind::OpenSearch);
    let scene = scene("twice", &engine, 50, 3000);
    let batches = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&batches);
    let proxy = Proxy::start(&engine.url, move |request| {
        counted.fetch_add(usize::from(request.is_bulk()), Ordering::Relaxed);
        Fate::Pass
    });
    scene.configure(&format!("host = {}", proxy.url()));
    let mut first = scene.task(NEW, &["--batch-size", "50", "--throttle", "0.05"]).spawn().unwrap();
    wait_until("ten batches were sent", || batches.load(Ordering::Relaxed) > 9);
    let second = scene.task(NEW, &[]).output().unwrap();
    assert_eq!(second.status.code(), Some(10), "{}", told(&second).1);
    assert!(first.wait().unwrap().success());
    assert_only(&engine, &scene, 3000);
}

#[test]
fn elasticsearch_dies_and_comes_back() {
    the_engine_dies_and_comes_back(Kind::Elasticsearch);
}

#[test]
fn opensearch_dies_and_comes_back() {
    the_engine_dies_and_comes_back(Kind::OpenSearch);
}

/// The load goes on when the engine is back. Either all documents are there and published, or the load says that some are lost
/// and readers keep the old roster; then another run does it.
fn the_engine_dies_and_comes_back(kind: Kind) {
    let mut engine = Engine::own(kind);
    let scene = scene("dies", &engine, 50, 6000);
    // The proxy lives as long as this program, so it may not hold the engine, which ends with the test.
    let (process, batches) = (engine.process, AtomicUsize::new(0));
    let is_dead = Arc::new(AtomicBool::new(false));
    let dead = Arc::clone(&is_dead);
    let proxy = Proxy::start(&engine.url, move |request| {
        if request.is_bulk() && batches.fetch_add(1, Ordering::Relaxed) == 20 {
            kill(process);
            dead.store(true, Ordering::Relaxed);
        }
        Fate::Pass
    });
    scene.configure(&format!("host = {}", proxy.url()));
    // It is patient enough for an engine that starts on a busy machine.
    let loader = scene.task(NEW, &["--batch-size", "50", "--first-delay", "1"]).stderr(std::process::Stdio::piped()).spawn().unwrap();
    wait_until("the engine was killed", || is_dead.load(Ordering::Relaxed));
    engine.restart();
    let (succeeded, said) = told(&loader.wait_with_output().unwrap());
    if succeeded {
        assert_only(&engine, &scene, 6000);
    } else {
        assert!(said.contains("holds") && said.contains("6000 were sent"), "{said}");
        assert_only(&engine, &scene, 50);
        scene.load(NEW, &[]);
        assert_only(&engine, &scene, 6000);
    }
    assert!(said.contains("was lost"), "{said}");
}

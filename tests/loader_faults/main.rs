//! Faults of a loader, with the real executable: whatever is killed or refused when, a reader sees the old rows or the
//! new ones, a marker is never there before its rows, and the next run ends like an undisturbed one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::format_collect)] // only tests use it
// needs: mariadb

#[path = "../servers/killed.rs"]
mod killed;
mod scene;
#[path = "../servers/mod.rs"]
mod servers;
#[path = "../servers/waiting.rs"]
mod waiting;

use std::io::Write;
use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use mysql::prelude::Queryable;

use killed::kill;
use scene::*;
use servers::MariaDb;
use waiting::wait_until;

#[test]
fn mysql_overwrite_killed_after_each_step() {
    let server = MariaDb::shared();
    let steps = ["locked", "created", "deleted", "first-rows", "loaded", "marked", "committed"];
    killed_after_each_step(|| Scene::on(&server), OVERWRITE, &steps);
    let by_insert = ["--overwrite", "--no-bulk"];
    killed_after_each_step(|| Scene::on(&server), &by_insert, &["first-rows", "loaded"]);
}

#[test]
fn mysql_swap_killed_after_each_step() {
    let server = MariaDb::shared();
    let steps = ["locked", "created", "staged", "first-rows", "loaded", "renamed", "marked", "committed"];
    killed_after_each_step(|| Scene::on(&server), SWAP, &steps);
}

#[test]
fn mysql_append_killed_after_each_step() {
    let server = MariaDb::shared();
    let steps = ["locked", "created", "first-rows", "loaded", "marked", "committed"];
    killed_after_each_step(|| Scene::on(&server), &[], &steps);
}

#[test]
fn sqlite_killed_after_each_step() {
    let steps = ["locked", "created", "deleted", "first-rows", "loaded", "marked", "committed"];
    killed_after_each_step(Scene::in_file, OVERWRITE, &steps);
    killed_after_each_step(Scene::in_file, SWAP, &["deleted", "marked"]);
    killed_after_each_step(Scene::in_file, &[], &["first-rows", "committed"]);
}

/// After a swap that was interrupted before its marker, the markers agree with the rows, whoever comes next.
#[test]
fn an_unmarked_swap_is_repaired_by_any_next_run() {
    let server = MariaDb::shared();
    let interrupted = || {
        let scene = Scene::on(&server);
        let mut loader = scene.loader("new", SWAP).env("INSIGHTS_LOADER_PAUSE_AFTER", "renamed").spawn().unwrap();
        wait_for_pause(&mut loader, "renamed");
        loader.kill().unwrap();
        loader.wait().unwrap();
        scene
    };
    let scene = interrupted();
    // Without overwriting, the same rows must not be loaded twice …
    scene.load("new", &[]);
    scene.assert_holds(&new_rows(), &["new"]);
    // … and the replaced rows do not count as loaded.
    let scene = interrupted();
    scene.load("old", &[]);
    scene.assert_holds(&[&new_rows()[..], OLD].concat(), &["old"]);
}

#[test]
fn two_loaders_at_once() {
    let server = MariaDb::shared();
    for (scene, options) in [(Scene::on(&server), OVERWRITE), (Scene::on(&server), SWAP), (Scene::in_file(), OVERWRITE)] {
        // One waits for the other, and both succeed.
        let poll = Poll::start(&scene.place, new_rows());
        let loaders: Vec<Child> = (0..2).map(|_| scene.loader("new", options).spawn().unwrap()).collect();
        for loader in loaders {
            let done = loader.wait_with_output().unwrap();
            assert!(done.status.success(), "{}", text(&done));
        }
        poll.end();
        scene.assert_holds(&new_rows(), &["new"]);
    }
}

#[test]
fn a_second_loader_gives_up_after_its_wait() {
    let server = MariaDb::shared();
    for (scene, expected) in [
        (Scene::on(&server), "Another loader is filling the table video_timeline"),
        (Scene::in_file(), "Locking the table video_timeline failed"),
    ] {
        let mut first = scene.loader("new", OVERWRITE).env("INSIGHTS_LOADER_PAUSE_AFTER", "loaded").spawn().unwrap();
        wait_for_pause(&mut first, "loaded");
        let started = Instant::now();
        scene.refused("new", &["--overwrite", "--lock-wait=1"], expected);
        assert!(started.elapsed() < Duration::from_secs(15));
        first.kill().unwrap();
        first.wait().unwrap();
        scene.load("new", OVERWRITE);
        scene.assert_holds(&new_rows(), &["new"]);
    }
}

#[test]
fn a_locked_table_is_waited_for_and_explained() {
    let server = MariaDb::shared();
    let scene = Scene::on(&server);
    let mut other = server.connect();
    other.query_drop(format!("USE {}", scene.database)).unwrap();
    for options in [["--overwrite", "--lock-wait=1"].as_slice(), &[SWAP, &["--lock-wait=1"]].concat()] {
        other.query_drop("LOCK TABLES video_timeline READ, table_updates READ").unwrap();
        scene.refused("new", options, "SHOW FULL PROCESSLIST");
        other.query_drop("UNLOCK TABLES").unwrap();
    }
    // A lock that goes away in time is only a delay.
    other.query_drop("LOCK TABLES video_timeline READ").unwrap();
    let loader = scene.loader("new", OVERWRITE).spawn().unwrap();
    wait_until("the loader waits for the lock", || {
        let waits = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE STATE LIKE 'Waiting for table%lock' AND DB = ?";
        other.exec_first(waits, (&scene.database,)).unwrap() == Some(1)
    });
    other.query_drop("UNLOCK TABLES").unwrap();
    let done = loader.wait_with_output().unwrap();
    assert!(done.status.success(), "{}", text(&done));
    scene.assert_holds(&new_rows(), &["new"]);
}

#[test]
fn a_refused_rename_changes_nothing() {
    let server = MariaDb::shared();
    let scene = Scene::on(&server);
    let account = format!("few_{}", scene.database);
    let mut root = server.connect();
    root.query_drop(format!("CREATE USER '{account}'@'%' IDENTIFIED BY 'few-rights'")).unwrap();
    let rights = format!("GRANT SELECT, INSERT, UPDATE, DELETE, CREATE ON {}.* TO '{account}'@'%'", scene.database);
    root.query_drop(rights).unwrap();
    scene.write_credentials("user.json", Some((&account, "few-rights")));
    scene.refused("new", SWAP, "Putting the new rows of video_timeline in place failed");
    scene.refused("new", SWAP, "Grant the account");
    // Deleting needs no such right, and what the account cannot drop is in nobody's way.
    let done = scene.loader("new", OVERWRITE).output().unwrap();
    assert!(done.status.success() && text(&done).contains("which an earlier load left, stays"), "{}", text(&done));
    assert_eq!((scene.place.rows().unwrap(), scene.place.markers().unwrap()), (new_rows(), vec!["new".to_owned()]));
    assert!(scene.place.tables().len() > 2, "{:?}", scene.place.tables());
    // The full account sweeps it.
    scene.write_credentials("user.json", None);
    scene.load("old", SWAP);
    assert_eq!(scene.place.tables().len(), 2, "{:?}", scene.place.tables());
    root.query_drop(format!("DROP USER '{account}'@'%'")).unwrap();
}

#[test]
fn a_refused_commit_changes_nothing() {
    let server = MariaDb::shared();
    let scene = Scene::on(&server);
    let pausing = |scene: &Scene| {
        let mut command = scene.loader("new", &["--overwrite", "--lock-wait=1"]);
        command.env("INSIGHTS_LOADER_PAUSE_AFTER", "marked").env("INSIGHTS_LOADER_PAUSE_SECONDS", "5");
        let mut loader = command.spawn().unwrap();
        wait_for_pause(&mut loader, "marked");
        loader
    };
    // An administrator ends the connection between the marker and the commit.
    let loader = pausing(&scene);
    let mut other = server.connect();
    let sessions: Vec<u64> = other.query(format!("SELECT ID FROM information_schema.PROCESSLIST WHERE DB = '{}'", scene.database)).unwrap();
    for id in &sessions {
        other.query_drop(format!("KILL {id}")).unwrap();
    }
    let done = loader.wait_with_output().unwrap();
    scene.check_refusal(&done, "Committing the rows of video_timeline failed");
    scene.load("new", OVERWRITE);
    scene.assert_holds(&new_rows(), &["new"]);
}

#[test]
fn a_server_killed_in_the_middle_keeps_the_old_rows() {
    let mut server = MariaDb::own(&[]);
    for options in [OVERWRITE, SWAP, &["--overwrite", "--no-bulk"]] {
        let scene = Scene::on(&server);
        let mut loader = scene.loader("-", &[options, &["--update-id=new"]].concat()).stdin(Stdio::piped()).spawn().unwrap();
        let mut input = loader.stdin.take().unwrap();
        input.write_all(lines(&new_rows()).as_bytes()).unwrap();
        let mut other = server.connect();
        wait_until("the loader has begun to write rows", || {
            let writes = "SELECT COUNT(*) FROM information_schema.INNODB_TRX JOIN information_schema.PROCESSLIST ON trx_mysql_thread_id = ID \
                          WHERE DB = ? AND trx_rows_modified > 0";
            other.exec_first(writes, (&scene.database,)).unwrap() == Some(1)
        });
        kill(server.process);
        // The loader may end before it has read this.
        let _ = input.write_all(lines(&new_rows()).as_bytes());
        drop(input);
        let done = loader.wait_with_output().unwrap();
        server.restart();
        let scene = scene.moved_to(&server);
        scene.check_refusal(&done, "was lost");
        scene.load("new", options);
        scene.assert_holds(&new_rows(), &["new"]);
    }
}

#[test]
fn wrong_places_and_credentials_are_explained() {
    let server = MariaDb::shared();
    let scene = Scene::on(&server);
    let path = scene.input("user.json");
    for (host, port, password, expected) in [
        (server.host.as_str(), server.port, "s3cret-wrong", "Check username and password in the credentials file"),
        ("no-such-host.invalid", server.port, "s3cret-wrong", "cannot be reached"),
        ("127.0.0.1", 1, "s3cret-wrong", "Check host and port in the credentials file"),
    ] {
        let json = serde_json::json!({"host": host, "port": port, "username": server.user, "password": password});
        std::fs::write(&path, json.to_string()).unwrap();
        let done = scene.loader("new", OVERWRITE).output().unwrap();
        scene.check_refusal(&done, expected);
        assert!(!text(&done).contains("s3cret"), "{}", text(&done));
    }
    // Something that takes the connection and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    std::fs::write(&path, serde_json::json!({"host": "127.0.0.1", "port": port, "username": "u", "password": "p"}).to_string()).unwrap();
    scene.check_refusal(&scene.loader("new", OVERWRITE).output().unwrap(), "did not answer in time");
    std::fs::remove_file(&path).unwrap();
    scene.check_refusal_as(20, &scene.loader("new", OVERWRITE).output().unwrap(), "cannot be read");
}

//! `insights daily` over a small site, killed at moments that a seed chooses: the next run ends as an undisturbed one, readers never see
//! an empty or mixed table, and nothing is left over. `KILLS` is the number of kills (6; 200 with `--ignored`), `SEED` the seed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program
// needs: mariadb, except with QUICK=1

mod reader;
mod scene;
#[path = "../site/mod.rs"]
mod site;
mod store;

use std::time::Instant;

use scene::{Kill, Scene};
use store::Store;

/// Steps of a load after which it can be held.
const STEPS: [&str; 9] = ["locked", "created", "staged", "deleted", "first-rows", "loaded", "renamed", "marked", "committed"];
/// One in so many kills comes at a step of a load, the others at any moment.
const AT_A_STEP: u64 = 3;
/// One in so many reruns is killed too.
const AGAIN: u64 = 4;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable} must be a number, not {text:?}.")))
}

/// A kill that lands within a run of this length, or at a step.
fn next_kill(random: &mut fastrand::Rng, longest: std::time::Duration) -> Kill {
    if random.u64(..AT_A_STEP) == 0 {
        Kill::AtStep(STEPS[random.usize(..STEPS.len())], random.u32(1..=3))
    } else {
        Kill::After(longest.mul_f64(random.f64()))
    }
}

/// Rounds until so many runs were killed in each kind of store. A round begins with the tables of the night before.
fn killed(kills: u64) {
    let (kills, seed) = (number("KILLS").unwrap_or(kills), number("SEED").unwrap_or(20_140_521));
    let started = Instant::now();
    let mut stores = vec![Store::file()];
    if std::env::var_os("QUICK").is_none() {
        stores.push(Store::server());
    }
    let (share, mut done, mut looks) = (kills.div_ceil(stores.len() as u64), 0, 0);
    for store in stores {
        let kind = store.kind();
        let mut random = fastrand::Rng::with_seed(seed);
        let scene = Scene::new(store);
        let (mut landed, mut rounds) = (0, 0);
        while landed < share {
            rounds += 1;
            assert!(rounds <= 4 * share + 8, "{kind}: of {rounds} runs only {landed} could be killed");
            scene.reset();
            let reader = scene.reader();
            let mut told = Vec::new();
            loop {
                let kill = next_kill(&mut random, scene.undisturbed);
                told.push(format!("{kill:?}"));
                landed += u64::from(scene.run_killed(&kill));
                if random.u64(..AGAIN) != 0 {
                    break;
                }
            }
            let told = format!("{kind}, seed {seed}, round {rounds}: {}", told.join(", "));
            scene.run_again(&told);
            looks += reader.end(&told);
            scene.assert_undisturbed(&told);
        }
        println!("{kind}: {landed} kills in {rounds} rounds, an undisturbed run takes {:.1} s", scene.undisturbed.as_secs_f64());
        done += landed;
    }
    println!("{done} kills in {:.0} s (seed {seed}); readers looked {looks} times", started.elapsed().as_secs_f64());
}

#[test]
fn a_few_kills() {
    killed(6);
}

#[test]
#[ignore = "long; tests/run.sh --load runs it"]
fn two_hundred_kills() {
    killed(200);
}

//! The documents of the archive and of the Debian package: their links lead to files that are handed out, too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // only tests use it

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use walkdir::WalkDir;

/// Runs a command of `packaging/`, which must succeed.
fn made(script: &str, words: &[&Path]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging").join(script);
    let output = Command::new(&script).args(words).output().unwrap();
    assert!(output.status.success(), "{}: {}", script.display(), String::from_utf8_lossy(&output.stderr));
}

/// Where the links of a page lead; brackets in examples are no links.
fn links(page: &str) -> Vec<String> {
    let outside: String = page.split("\n```").step_by(2).collect();
    // Words of code are left out; a link has words, or such code, before its target.
    let lines = outside.lines().map(|line| line.split('`').step_by(2).collect::<Vec<_>>().join("`"));
    let targets = lines.flat_map(|line| line.split("](").skip(1).map(str::to_owned).collect::<Vec<_>>());
    targets.filter_map(|rest| rest.split([')', '#']).next().map(str::to_owned)).filter(|target| !target.is_empty()).collect()
}

/// The links of all pages below a directory that lead nowhere, and how many there are in all.
fn dead_links(directory: &Path) -> (Vec<String>, usize) {
    let (mut dead, mut all) = (Vec::new(), 0);
    let pages = WalkDir::new(directory).into_iter().map(|entry| entry.unwrap().into_path());
    for page in pages.filter(|path| path.extension().is_some_and(|end| end == "md")) {
        let targets = links(&fs::read_to_string(&page).unwrap());
        for target in targets.iter().filter(|target| !target.contains("://")) {
            all += 1;
            if !page.with_file_name(target).exists() {
                dead.push(format!("{}: {target}", page.strip_prefix(directory).unwrap().display()));
            }
        }
    }
    (dead, all)
}

#[test]
fn no_link_of_the_archive_is_dead() {
    let folder = tempfile::tempdir().unwrap();
    made("documents.sh", &[folder.path()]);
    let (dead, all) = dead_links(folder.path());
    assert_eq!(dead, [""; 0]);
    assert!(all > 50, "{all}");
    fs::remove_file(folder.path().join("emr/README.md")).unwrap();
    assert!(!dead_links(folder.path()).0.is_empty(), "one that is dead is found");
}

#[test]
fn no_link_of_the_package_is_dead() {
    let folder = tempfile::tempdir().unwrap();
    let (tree, package, root) = (folder.path().join("tree"), folder.path().join("p.deb"), folder.path().join("root"));
    let documents = tree.join("share/doc/insights-pipeline");
    made("documents.sh", &[&documents]);
    // What the archive has besides.
    let others = ["bin/insights", "share/man/man1/insights.1", "share/zsh/site-functions/_insights"].map(PathBuf::from);
    let beside = ["THIRD-PARTY-LICENCES.txt", "override.cfg"].map(|name| Path::new("share/doc/insights-pipeline").join(name));
    for file in others.iter().chain(&beside) {
        fs::create_dir_all(tree.join(file).parent().unwrap()).unwrap();
        fs::write(tree.join(file), "").unwrap();
    }
    let words = [tree.as_path(), Path::new("1"), Path::new("amd64"), &package];
    made("debian/build.sh", &words);
    let unpacked = Command::new("dpkg-deb").arg("-x").args([&package, &root]).status().unwrap();
    assert!(unpacked.success());
    let (dead, all) = dead_links(&root);
    assert_eq!(dead, [""; 0]);
    assert!(all > 50, "{all}");
}

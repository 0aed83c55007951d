//! Every help text as it stands in `help/`. `WRITE=1 cargo test --test driver help` writes them anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::site::Site;

/// The words behind which each help stands, by the name of its page.
fn helps(site: &Site) -> BTreeMap<String, (String, Vec<String>)> {
    site.run(&["man", "--out", "man"]);
    let pages = fs::read_dir(site.path("man")).unwrap().map(|page| page.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned());
    let of_page = |page: String| {
        let words = match page.strip_prefix("insights-") {
            Some(command) => ("insights".to_owned(), vec![command.to_owned()]),
            None if page.ends_with("-task") => ("insights".to_owned(), vec![page.clone()]),
            None => (page.clone(), Vec::new()),
        };
        (page, words)
    };
    pages.map(of_page).collect()
}

#[test]
fn every_help_is_as_it_was_read() {
    let site = Site::new();
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/driver/help"));
    let writes = std::env::var_os("WRITE").is_some();
    if writes {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
    }
    let helps = helps(&site);
    assert!(helps.len() > 50, "{:?}", helps.keys());
    let mut different = Vec::new();
    for (page, (program, words)) in &helps {
        let output = site.program(program).args(words).arg("--help").env("COLUMNS", "100").output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{page}");
        let text = String::from_utf8(output.stdout).unwrap().replace(env!("CARGO_PKG_VERSION"), "VERSION");
        assert!(!text.starts_with("Options of") && text.contains("Usage: "), "{page}: {text}");
        let file = folder.join(format!("{page}.txt"));
        if writes {
            fs::write(file, text).unwrap();
        } else if fs::read_to_string(file).ok() != Some(text) {
            different.push(page);
        }
        if words.is_empty() {
            let version = site.program(program).arg("--version").output().unwrap();
            let version = String::from_utf8(version.stdout).unwrap();
            let begins = format!("{program} {} (", env!("CARGO_PKG_VERSION"));
            assert!(version.starts_with(&begins) && version.ends_with("rules 1)\n") && version.lines().count() == 1, "{version}");
        }
    }
    assert!(different.is_empty(), "the help of {different:?} has changed; read it, and write it anew");
    let known: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path().file_stem().unwrap().to_owned()).collect();
    assert_eq!(known.len(), helps.len(), "a help of a command that is no more");
}

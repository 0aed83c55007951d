//! The operator's guide, typed word for word: from nothing to a night, then five things broken on purpose, each with its one command.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // only tests use it
// needs: mariadb, opensearch

mod broken;
mod operator;
mod page;
#[path = "../servers/search_engine.rs"]
mod search_engine;
#[path = "../site/mod.rs"]
mod site;

use operator::Operator;

#[test]
fn the_guide_leads_from_nothing_to_quiet_nights() {
    let operator = Operator::on_an_empty_machine();
    let blocks = page::blocks();
    assert!(blocks.len() >= 15, "{}", blocks.len());
    for block in &blocks {
        match block.name {
            "" => looked_at(&operator, block.text),
            "password" => broken::password(&operator, block.text),
            "late-log" => broken::late_log(&operator, block.text),
            "disk" => broken::disk(&operator, block.text),
            "index" => broken::index(&operator, block.text),
            "table" => broken::table(&operator, block.text),
            other => panic!("the page has a block {other} that nothing is broken for"),
        }
    }
    for name in ["password", "late-log", "disk", "index", "table"] {
        assert!(blocks.iter().any(|block| block.name == name), "{name}");
    }
}

#[test]
fn the_page_shows_what_init_puts_into_force() {
    let site = site::Site::new();
    let init = page::blocks().into_iter().find(|block| block.text.starts_with("insights init")).unwrap();
    let init = init.text.replace("/etc/insights/override.cfg", "override.cfg").replace("\\\n", " ");
    let words: Vec<&str> = init.split_whitespace().skip(1).collect();
    site.run(&words);
    let written = std::fs::read_to_string(site.path("override.cfg")).unwrap();
    let mut in_force: Vec<&str> = Vec::new();
    for line in written.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).chain(["["]) {
        // A section without a setting says nothing.
        if line.starts_with('[') && in_force.last().is_some_and(|before| before.starts_with('[')) {
            in_force.pop();
        }
        in_force.push(line);
    }
    in_force.pop();
    assert_eq!(in_force, page::configuration().lines().collect::<Vec<_>>());
}

/// Types a block, which must succeed; those that tell how things are must say that they are well.
fn looked_at(operator: &Operator, block: &str) {
    let said = operator.types(block);
    if block.starts_with("insights --version") {
        assert!(said.starts_with("insights "), "{said}");
    } else if block.contains(" doctor") {
        assert!(said.contains(" 0 failures") && said.contains("its 6 tables can be read"), "{said}");
    } else if block.contains(" status") {
        let alias = &operator.alias;
        assert!(!said.contains(": due: "), "nothing is due after a good night: {said}");
        assert!(said.contains("\ndone 0\n") && said.contains(&format!("Roster: alias {alias}: {alias}_")), "{said}");
        assert!(said.contains("insights_run_last_success_timestamp_seconds{command=\"daily\"}"), "{said}");
    } else if block.contains(" clean") {
        assert!(said.contains("Nothing is to be cleaned"), "{said}");
    } else if block.contains("DROP DATABASE") {
        assert!(!operator.site.path("var/warehouse").exists() && operator.site.path("etc").read_dir().unwrap().next().is_none());
        assert_eq!(said.matches("\"acknowledged\":true").count(), 2, "{said}");
        let left = operator.types("curl -sS 'http://127.0.0.1:9200/_cat/indices?h=index'");
        assert!(!left.contains(&operator.alias), "{left}");
    }
}

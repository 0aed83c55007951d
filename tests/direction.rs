//! The direction of the house (`docs/architecture.md`): a floor uses only floors below it, and no files stand in a circle.
//!
//! What a file uses is read from its syntax: `use` trees and paths that begin with `crate` or `super`.

#![allow(clippy::unwrap_used, clippy::panic)] // fails its test

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;
use syn::visit::{self, Visit};
use walkdir::WalkDir;

/// Top floor first; those of one row do not use each other.
const FLOORS: &[&[&str]] = &[
    &["programs"],
    &["export", "report"],
    &["workflows"],
    &["tasks"],
    &["engine"],
    &["lms"],
    &["stores"],
    &["web"],
    &["warehouse"],
    &["config", "generate"],
    &["storage"],
    &["streaming"],
    &["tracking"],
    &["standard_streams"],
    &["calendar", "error_text", "notice"],
    &["wrong_usage"],
];

/// Macros, which stand at the root wherever they are written.
const MACROS: &[&str] = &["job_options", "print_line", "say", "say_at", "task"];

/// A module's name as segments below the crate, such as `engine::hadoop`.
type Module = Vec<String>;

/// What a file names.
#[derive(Default)]
struct Uses {
    paths: BTreeSet<Module>,
    in_tests: BTreeSet<Module>,
    inside_tests: bool,
}

impl Uses {
    fn add(&mut self, path: Module) {
        if matches!(path.first().map(String::as_str), Some("crate" | "super" | "self")) {
            if self.inside_tests {
                self.in_tests.insert(path)
            } else {
                self.paths.insert(path)
            };
        }
    }

    fn tree(&mut self, before: &Module, tree: &syn::UseTree) {
        let with = |name: &syn::Ident| [&before[..], &[name.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.tree(&with(&path.ident), &path.tree),
            syn::UseTree::Name(name) => self.add(with(&name.ident)),
            syn::UseTree::Rename(name) => self.add(with(&name.ident)),
            syn::UseTree::Glob(_) => self.add(before.clone()),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.tree(before, item)),
        }
    }
}

impl<'a> Visit<'a> for Uses {
    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        self.tree(&Vec::new(), &item.tree);
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        self.add(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_item_mod(&mut self, module: &'a syn::ItemMod) {
        let before = self.inside_tests;
        // `super` of an inner module is the file itself.
        self.inside_tests |= module.content.is_some();
        visit::visit_item_mod(self, module);
        self.inside_tests = before;
    }
}

/// All files of the crate by module, with what they use.
fn files() -> BTreeMap<Module, Uses> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let entries = WalkDir::new(&root).into_iter().map(Result::unwrap);
    let sources = entries.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "rs"));
    let files = sources.map(|entry| {
        let relative = entry.path().strip_prefix(&root).unwrap().with_extension("");
        let mut module: Module = relative.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
        if module.last().is_some_and(|name| name == "mod" || name == "lib") {
            module.pop();
        }
        let mut uses = Uses { inside_tests: module.last().is_some_and(|name| name.ends_with("tests")), ..Uses::default() };
        uses.visit_file(&syn::parse_file(&fs::read_to_string(entry.path()).unwrap()).unwrap());
        (module, uses)
    });
    files.collect()
}

/// The path below the crate, if it is one of ours.
fn absolute(module: &Module, path: &[String]) -> Option<Module> {
    match path.first()?.as_str() {
        "crate" => Some(path[1..].to_vec()),
        "self" => Some([module, &path[1..]].concat()),
        "super" => {
            let ups = path.iter().take_while(|part| *part == "super").count();
            Some([&module[..module.len().checked_sub(ups)?], &path[ups..]].concat())
        }
        _ => None,
    }
}

fn floor(name: &str) -> usize {
    let place = FLOORS.iter().position(|names| names.contains(&name));
    place.unwrap_or_else(|| panic!("{name} has no floor: give it its place in tests/direction.rs and docs/architecture.md"))
}

#[test]
fn floors_use_only_floors_below() {
    let mut wrong = BTreeSet::new();
    for (module, uses) in files() {
        let Some(from) = module.first() else { continue };
        for path in uses.paths.iter().chain(&uses.in_tests).filter(|path| path[0] == "crate") {
            let Some(to) = path
                .get(1)
                .filter(|to| *to != from && !MACROS.contains(&to.as_str()) && to.starts_with(|first: char| first.is_lowercase()))
            else {
                continue;
            };
            if floor(to) <= floor(from) {
                wrong.insert(format!("{} uses {}", module.join("::"), path.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "{} imports go up:\n{}", wrong.len(), wrong.into_iter().collect::<Vec<_>>().join("\n"));
}

/// In each folder, the files and folders directly inside must not use each other in a circle. The folder's own `mod.rs` is its face: what
/// it gathers from inside is not counted.
#[test]
fn neighbours_do_not_use_each_other_in_a_circle() {
    let files = files();
    let mut graphs: BTreeMap<Module, (Vec<String>, DiGraphMap<usize, ()>)> = BTreeMap::new();
    for (module, uses) in &files {
        for path in uses.paths.iter().filter_map(|path| absolute(module, path)) {
            // The longest beginning that is a file; what follows are names in it.
            let Some(target) = (0..=path.len()).rev().map(|length| &path[..length]).find(|beginning| files.contains_key(*beginning)) else {
                continue;
            };
            let shared = module.iter().zip(target).take_while(|(one, other)| one == other).count();
            let (Some(from), Some(to)) = (module.get(shared), target.get(shared)) else { continue };
            let (names, graph) = graphs.entry(module[..shared].to_vec()).or_default();
            let [from, to] = [from, to].map(|name| {
                names.iter().position(|known| known == name).unwrap_or_else(|| {
                    names.push(name.clone());
                    names.len() - 1
                })
            });
            graph.add_edge(from, to, ());
        }
    }
    let circles = graphs.iter().flat_map(|(folder, (names, graph))| {
        let circles = tarjan_scc(graph).into_iter().filter(|circle| circle.len() > 1);
        circles.map(|circle| {
            let members: Vec<_> = circle.iter().map(|member| names[*member].as_str()).collect();
            format!("{}: {}", folder.join("::"), members.join(", "))
        })
    });
    let circles: Vec<_> = circles.collect();
    assert!(circles.is_empty(), "{} circles:\n{}", circles.len(), circles.join("\n"));
}

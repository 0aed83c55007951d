//! What shells and `man` are given.

use std::fs;
use std::process::Command;

use crate::site::{Site, programs};

/// The shell, with our programs on its path; it must say nothing on standard error. Gives what it prints.
fn typed(site: &Site, shell: &str, commands: &str) -> String {
    let path = format!("{}:{}", programs().display(), std::env::var("PATH").unwrap());
    let output = Command::new(shell).args(["-c", commands]).env("PATH", path).current_dir(site.folder.path()).output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A site with the script for a shell, as `completions`, if the shell is here.
fn with_script(shell: &str) -> Option<Site> {
    let site = Site::new();
    let script = site.command(&["completions", shell]);
    assert!(script.status.success() && script.stdout.len() < 10_000, "{}", script.stdout.len());
    site.write("completions", script.stdout);
    Command::new(shell).args(["-c", "true"]).status().is_ok_and(|status| status.success()).then_some(site)
}

#[test]
fn bash_completes_tasks_commands_and_options() {
    let site = with_script("bash").unwrap();
    // The signs that end a word for bash are words of their own; behind one of them the word is empty.
    let completed_words = |words: &[&str], last: &str| {
        let (words, program) = (words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" "), words[0]);
        let line = format!(
            "source completions; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             $(complete -p {program} | sed 's/.*-F \\([^ ]*\\).*/\\1/') {program} '{last}' ''; echo \"${{COMPREPLY[*]}}\""
        );
        typed(&site, "bash", &line)
    };
    let completed = |words: &str| {
        let words: Vec<_> = words.split(' ').collect();
        completed_words(&words, words.last().unwrap())
    };
    assert_eq!(completed("insights UserAct"), "UserActivityTask");
    assert_eq!(completed("insights dai"), "daily");
    assert_eq!(completed("insights daily --onl"), "--only");
    assert_eq!(completed("launch-task UserAct"), "UserActivityTask");
    assert_eq!(completed("mysql-loader --overw"), "--overwrite");
    assert_eq!(completed("video-mapper vie"), "viewing");

    assert_eq!(completed("insights remote-task UserActivityTask --interv"), "--interval");
    assert_eq!(completed("insights --threads 2 UserActivityTask --threa"), "--threads");
    assert_eq!(completed("insights plan dai"), "daily");
    assert_eq!(completed("insights plan --format j"), "json");
    assert_eq!(completed_words(&["insights", "plan", "--format", "=", "j"], "j"), "json");
    assert_eq!(completed_words(&["insights", "plan", "--format", "="], ""), "text json mermaid dot hadoop emr-steps");
    assert_eq!(completed("insights completions z"), "zsh");
    // Names of what there is.
    for (words, expected) in [
        ("insights status UserAct", "UserActivityTask"),
        ("insights status video UserAct", "UserActivityTask"),
        ("insights doctor UserAct", "UserActivityTask"),
        ("insights explain 2", "2 20"),
        ("insights export vi", "video video_timeline"),
        ("insights daily --only vi", "video"),
        ("insights man re", "remote-task report"),
        ("insights job vid", "video"),
        ("insights job video v", "viewing"),
    ] {
        assert_eq!(completed(words), expected, "{words}");
    }
    assert!(completed("insights UserActivityTask --").contains("--interval --overwrite "));
    // What commands do not heed is not shown; the shell knows files and what is behind two dashes.
    assert_eq!(completed("insights generate --poo"), "");
    assert_eq!(completed("insights daily --config a"), "");
    assert_eq!(completed("insights job video viewing -- --interv"), "");
    assert_eq!(
        typed(&site, "bash", "source completions; complete -p roster-indexer"),
        "complete -o bashdefault -o default -F _insights roster-indexer"
    );
}

/// The parts of the completion system that the script calls, as they would be called.
const ZSH: &str = "compdef() { }; _files() { echo files }; _describe() { print -l -- ${(P)2} }; source ./completions; \
                   completed() { words=(\"$@\"); CURRENT=$#; PREFIX=$words[-1]; _insights }; ";

#[test]
fn zsh_completes_tasks_commands_and_options() {
    let Some(site) = with_script("zsh") else { return };
    let completed = |words: &str| typed(&site, "zsh", &format!("{ZSH} completed {words}"));
    assert_eq!(completed("insights UserActivityT"), "UserActivityTask:What each learner did in each course on each day");
    assert!(completed("insights daily --onl").starts_with("--only:Run only this task"));
    assert_eq!(completed("insights plan --format=js"), "--format=json:");
    assert_eq!(completed("insights daily --config ''"), "files");
}

#[test]
fn fish_completes_tasks_commands_and_options() {
    let Some(site) = with_script("fish") else { return };
    site.write("night.cfg", "");
    let completed = |words: &str| typed(&site, "fish", &format!("source completions; complete --do-complete '{words}'"));
    assert_eq!(completed("insights UserActivityT"), "UserActivityTask\tWhat each learner did in each course on each day");
    assert!(completed("insights daily --onl").starts_with("--only\tRun only this task"));
    assert_eq!(completed("insights plan --format=js"), "--format=json");
    assert_eq!(completed("insights daily --config nigh"), "night.cfg");
}

#[test]
fn other_shells_get_a_script_and_unknown_ones_the_list() {
    let site = Site::new();
    let script = |shell: &str| String::from_utf8(site.command(&["completions", shell]).stdout).unwrap();
    assert!(script("zsh").starts_with("#compdef insights ") && script("fish").contains("complete --command insights "));
    assert_eq!(site.command(&["completions", "tcsh"]).status.code(), Some(2));
}

#[test]
fn man_pages_have_the_parts_of_one() {
    let site = Site::new();
    site.run(&["man", "--out", "man"]);
    for entry in fs::read_dir(site.path("man")).unwrap().map(Result::unwrap) {
        let text = fs::read_to_string(entry.path()).unwrap();
        let name = entry.path().file_stem().unwrap().to_str().unwrap().to_owned();
        let macros = text.lines().filter_map(|line| line.strip_prefix('.'));
        let macros: Vec<_> = macros.map(|line| line.split(' ').next().unwrap_or_default()).collect();
        assert!(
            macros.iter().all(|name| ["TH", "SH", "SS", "TP", "PP", "IP", "RS", "RE", "br", "ie", "el", "nf", "fi", "sp"].contains(name)),
            "{name}: {macros:?}"
        );
        for part in [".TH ", ".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION"] {
            assert_eq!(text.matches(part).count(), 1, "{name}: {part}");
        }
        assert!(text.contains(&format!("{} \\- ", name.replace('-', "\\-"))), "{name}");
    }
    let page = site.command(&["man", "UserActivityTask"]);
    assert!(String::from_utf8_lossy(&page.stdout).contains("insights\\-UserActivityTask \\- What each learner did"));
    assert_eq!(site.command(&["man", "UserActivtyTask"]).status.code(), Some(2));
}

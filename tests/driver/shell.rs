//! What shells and `man` are given.

use std::fs;
use std::process::Command;

use crate::site::Site;

#[test]
fn bash_completes_tasks_commands_and_options() {
    let site = Site::new();
    let script = site.command(&["completions", "bash"]);
    assert!(script.status.success());
    site.write("completions.bash", script.stdout);
    let completed = |words: &str| {
        let last = words.split(' ').next_back().unwrap();
        let program = words.split(' ').next().unwrap();
        let line = format!(
            "source completions.bash; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             $(complete -p {program} | sed 's/.*-F \\([^ ]*\\).*/\\1/') {program} '{last}' ''; echo \"${{COMPREPLY[*]}}\""
        );
        let output = Command::new("bash").args(["-c", &line]).current_dir(site.folder.path()).output().unwrap();
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(completed("insights UserAct"), "UserActivityTask");
    assert_eq!(completed("insights dai"), "daily");
    assert_eq!(completed("insights daily --onl"), "--only");
    assert_eq!(completed("launch-task UserAct"), "UserActivityTask");
    assert_eq!(completed("mysql-loader --overw"), "--overwrite");
    assert_eq!(completed("video-mapper vie"), "viewing");
}

#[test]
fn other_shells_get_a_script_and_unknown_ones_the_list() {
    let site = Site::new();
    let script = |shell: &str| String::from_utf8(site.command(&["completions", shell]).stdout).unwrap();
    assert!(script("zsh").contains("#compdef insights") && script("fish").contains("complete -c insights"));
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

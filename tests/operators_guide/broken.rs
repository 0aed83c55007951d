//! Five things broken on purpose: what is said of each, and that the block of the page repairs it.

use std::fs;

use chrono::Days;
use serde_json::Value;

use crate::operator::Operator;
use crate::site::contents_below;

/// The account of the result store gets another password.
pub(crate) fn password(operator: &Operator, repair: &str) {
    operator.types("mariadb -e \"ALTER USER 'pipeline'@'%' IDENTIFIED BY 'NEW-PASSWORD'\"");
    let said = operator.fails(30, "insights --config /etc/insights/override.cfg daily");
    assert!(said.contains("Access denied for user"), "{said}");
    assert_eq!(exit_codes(operator, "var"), (30, 30));
    let said = operator.fails(30, "insights --config /etc/insights/override.cfg doctor");
    assert!(said.contains("→ Check username and password in the credentials file."), "{said}");
    let said = operator.insights("status");
    assert!(said.contains("The result store cannot be read."), "{said}");
    operator.types(repair);
    assert_eq!(exit_codes(operator, "var"), (0, 0));
}

/// Yesterday's log, and the little that today's has of that day, come after the night.
pub(crate) fn late_log(operator: &Operator, repair: &str) {
    let directory = other_site(operator, "late", "");
    let (yesterday, today) = (operator.first_day + Days::new(8), operator.first_day + Days::new(9));
    let files: Vec<String> = [yesterday, today].map(Operator::log).into_iter().filter(|log| operator.site.path(log).exists()).collect();
    assert!(!files.is_empty());
    let away = |log: &str| operator.site.path(&log.replace("logs/", "late/"));
    for log in &files {
        fs::rename(operator.site.path(log), away(log)).unwrap();
    }
    let here = |commands: &str| format!("cd {directory}; {}", commands.replace("override.cfg", "late.cfg"));
    let said = operator.types(&here("insights --config /etc/insights/override.cfg doctor"));
    assert!(said.contains("→ Look after what rotates and copies the logs."), "{said}");
    let said = operator.fails(30, &here("insights --config /etc/insights/override.cfg daily"));
    assert!(said.contains("Cannot overwrite the table module_engagement with an empty result set"), "{said}");
    assert!(said.contains(&format!("there is no log file of {yesterday}. Bring it to its place, and start again.")), "{said}");
    assert!(!said.contains("make these days anew"), "the next night reads them: {said}");
    assert_eq!(exit_codes(operator, "late"), (30, 30));
    let said = operator.types(&here("insights --config /etc/insights/override.cfg status"));
    assert!(said.contains("ModuleEngagementWorkflowTask: due"), "{said}");
    for log in &files {
        fs::rename(away(log), operator.site.path(log)).unwrap();
    }
    operator.types(&here(repair));
    assert_eq!(exit_codes(operator, "late"), (0, 0));

    // The other tasks have taken the day as an empty one, and make it anew, too.
    let enrolled = operator.site.path(&format!("late/warehouse/course_enrollment_events/dt={yesterday}"));
    assert!(contents_below(&enrolled).values().map(Vec::len).sum::<usize>() > 0);
}

/// The disk of the warehouse is smaller than a night, and then larger.
pub(crate) fn disk(operator: &Operator, repair: &str) {
    // The first days of this little site have no learner who did anything.
    let directory = other_site(operator, "disk", "allow_empty_insert = true");
    let may_mount = "unshare --map-root-user --mount true";
    if !operator.tries(may_mount).status.success() {
        // Containers may forbid it: no disk can be made full then.
        operator.types(&repair.replace("override.cfg", "disk.cfg"));
        return;
    }
    let night = "insights --config /etc/insights/override.cfg";
    let commands = format!(
        "mkdir warehouse\nmount -t tmpfs -o size=200k none warehouse\n{night} doctor || echo doctor $?\n{night} daily || echo daily $?\n\
         mount -o remount,size=200m warehouse\n{repair}\n{night} status\n"
    );
    operator.site.write("disk/commands", operator.placed(&commands.replace("override.cfg", "disk.cfg")));
    let said = operator.types(&format!("cd {directory}; unshare --map-root-user --mount bash -eu commands"));
    for expected in ["failure  disk", "→ Make room, or name another place", "doctor 30", "No space left on device", "daily 30"] {
        assert!(said.contains(expected), "{expected}\n{said}");
    }
    assert!(said.contains("InsertToMysqlCourseActivityTask: up to date"), "{said}");
    assert_eq!(exit_codes(operator, "disk"), (0, 0));
}

/// Somebody deletes the roster's index.
pub(crate) fn index(operator: &Operator, repair: &str) {
    for index in operator.engine.indexes(&operator.alias) {
        operator.engine.send("DELETE", &format!("/{index}"), None);
    }
    let said = operator.insights("status");
    assert!(said.contains("no index has the alias"), "{said}");
    operator.types(repair);
    let aliased = operator.engine.holders(&operator.alias);
    assert_eq!(aliased.len(), 1, "{aliased:?}");
    let said = operator.insights("status");
    assert!(said.contains(&format!("Roster: alias {}: {}", operator.alias, aliased[0])), "{said}");
}

/// Somebody drops a table.
pub(crate) fn table(operator: &Operator, repair: &str) {
    let rows = "mariadb -N -e 'SELECT COUNT(*) FROM reports.course_activity'";
    let before = operator.types(rows);
    operator.types("mariadb -e 'DROP TABLE reports.course_activity'");
    let said = operator.insights("status");
    assert!(said.lines().any(|line| line.starts_with("  course_activity ") && line.ends_with("not there")), "{said}");
    operator.types(repair);
    assert!(before.trim() != "0" && operator.types(rows) == before, "{before}");
}

/// A site over the same logs with a warehouse and a result store of its own, in a directory of this name, which it gives. `engagement`
/// goes into `[module-engagement]`.
fn other_site(operator: &Operator, name: &str, engagement: &str) -> String {
    let site = &operator.site;
    fs::create_dir(site.path(name)).unwrap();
    let page = fs::read_to_string(site.path("etc/override.cfg")).unwrap();
    let of_servers = |line: &&str| !["credentials = ", "database = ", "host = "].iter().any(|setting| line.starts_with(setting));
    let lines: Vec<&str> = page.lines().filter(of_servers).collect();
    let text = lines.join("\n").replace(&site.place("var/warehouse"), &site.place(&format!("{name}/warehouse")));
    let text = text.replace(&site.place("var/summary"), &site.place(&format!("{name}/summary")));
    let text = text.replace(&site.place("var/insights.prom"), &site.place(&format!("{name}/insights.prom")));
    site.write(&format!("etc/{name}.cfg"), text.replace("\n[module-engagement]\n", &format!("\n[module-engagement]\n{engagement}\n")));
    site.place(name)
}

/// The exit code of the last night, in the summary and in the metrics of a directory.
fn exit_codes(operator: &Operator, directory: &str) -> (u64, u64) {
    let read = |name: &str| fs::read_to_string(operator.site.path(&format!("{directory}/{name}"))).unwrap();
    let summary: Value = serde_json::from_str(&read("summary.json")).unwrap();
    let metrics = read("insights.prom");
    let metric = metrics.lines().find_map(|line| line.strip_prefix("insights_run_exit_code{command=\"daily\"} ")).unwrap();
    (summary["exit_code"].as_u64().unwrap(), metric.parse().unwrap())
}

//! The examples, and the commands of `emr/README.md`.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::emr::Scenario;
use crate::{DONE, at_once, said_by};

/// The command of the line in `examples/crontab`, with directories of a test in place of the machine's.
fn command_of_crontab(folder: &Path) -> String {
    let table = fs::read_to_string("emr/examples/crontab").unwrap();
    let line = table.lines().find_map(|line| line.strip_prefix("10 4 * * *  ")).unwrap();
    assert!(!line.contains('%'), "cron takes it for the end of the line: {line}");
    let line = line.replace("/opt/insights-pipeline/", concat!(env!("CARGO_MANIFEST_DIR"), "/"));
    ["/etc/insights/", "/var/log/", "/var/lock/"].iter().fold(line, |line, place| line.replace(place, &format!("{}/", folder.display())))
}

/// Runs it as cron does, with the settings of a scenario; gives what cron would mail.
fn mail_of_cron(scenario: &Scenario, folder: &Path) -> String {
    let value = |value: &OsStr| format!("'{}'", value.to_str().unwrap());
    let command = scenario.run_task();
    let settings: String = command
        .get_envs()
        .map(|(name, set)| {
            let name = name.to_str().unwrap();
            set.map_or_else(|| format!("unset {name}\n"), |set| format!("export {name}={}\n", value(set)))
        })
        .collect();
    fs::write(folder.join("insights.env"), settings).unwrap();
    let mut cron = Command::new("sh");
    cron.arg("-c").arg(command_of_crontab(folder)).env_clear().env("PATH", "/usr/bin:/bin").current_dir(folder);
    said_by(&cron.output().unwrap())
}

#[test]
fn the_line_of_the_crontab_mails_failures_and_leaves_a_run_at_work_alone() {
    let folder = tempfile::tempdir().unwrap();
    let log = || fs::read_to_string(folder.path().join("insights-daily.log")).unwrap();
    let refused = json!({"code": "ValidationException", "message": "The subnet subnet-1 does not exist"});
    let failing = Scenario::new(&json!({"faults": {"RunJobFlow": [refused]}}));
    let mail = mail_of_cron(&failing, folder.path());
    assert!(mail.contains("subnet-1 does not exist") && log() == mail, "{mail}");

    let lock = folder.path().join("insights");
    let mut holder = Command::new("flock");
    let mut holder =
        holder.arg(&lock).args(["sh", "-c", "echo held; read end"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut held = [0; 5];
    std::io::Read::read_exact(holder.stdout.as_mut().unwrap(), &mut held).unwrap();
    let scenario = Scenario::new(&at_once("COMPLETED", DONE));
    let left_out = mail_of_cron(&scenario, folder.path());
    assert!(left_out.contains("the run before is still at work"), "{left_out}");
    assert!(scenario.requests("").is_empty() && log() == mail);
    drop(holder.stdin.take());
    holder.wait().unwrap();

    assert_eq!(mail_of_cron(&scenario, folder.path()), "");
    assert!(log().starts_with(&mail) && log().contains("daily is done"), "{}", log());
}

/// The lines of `emr/README.md` between a line and the end of the next block of commands.
fn commands_after(beginning: &str) -> String {
    let text = fs::read_to_string("emr/README.md").unwrap();
    let (_, rest) = text.split_once(beginning).unwrap();
    let (_, block) = rest.split_once("```sh\n").unwrap();
    block.split_once("```").unwrap().0.to_owned()
}

#[test]
fn the_template_by_itself_makes_a_cluster() {
    let scenario = Scenario::new(&json!({}));
    let mut command = scenario.command("bash");
    command.args(["-euc", &commands_after("The template by itself")]);
    command.env("EMR_LOG_URI", scenario.location("emr-logs/")).env("EMR_PACKAGE", scenario.location("package/insights.tar.gz"));
    command.env("EMR_SUBNETS", "subnet-1,subnet-2").env("EMR_SERVICE_ROLE", "insights-emr");
    let done = command.env("EMR_INSTANCE_PROFILE", "insights-nodes").env("AWS_DEFAULT_REGION", "us-east-1").output().unwrap();
    assert!(done.status.success(), "{}", said_by(&done));
    let created = &scenario.requests("RunJobFlow")[0];
    assert_eq!(created["Instances"]["Ec2SubnetIds"], json!(["subnet-1", "subnet-2"]));
    assert_eq!((&created["ServiceRole"], &created["JobFlowRole"]), (&json!("insights-emr"), &json!("insights-nodes")));
    let action = json!({"Path": scenario.location("package/install.sh"), "Args": [scenario.location("package/insights.tar.gz")]});
    assert_eq!(created["BootstrapActions"][0]["ScriptBootstrapAction"], action);
}

#[test]
fn the_roles_are_made_by_the_commands_for_them() {
    let scenario = Scenario::new(&json!({}));
    let iam = scenario.folder.path().join("iam");
    fs::create_dir(&iam).unwrap();
    for entry in fs::read_dir("emr/iam").unwrap().map(Result::unwrap) {
        let text = fs::read_to_string(entry.path()).unwrap().replace("ACCOUNT", "123456789012").replace("-BUCKET", "-bucket");
        fs::write(iam.join(entry.file_name()), text).unwrap();
    }
    // Names of this test's own; what an account has once may be there from another one.
    let own = |name: &str| format!("{}-{name}", scenario.name);
    let commands = commands_after("**3. Roles.**").replace("insights-emr", &own("emr")).replace("insights-nodes", &own("nodes"));
    let (of_the_account, own_roles): (Vec<_>, Vec<_>) = commands.lines().partition(|line| line.contains("service-linked"));
    for (lines, may_fail) in [(of_the_account, true), (own_roles, false)] {
        let mut command = scenario.command("bash");
        command.args([if may_fail { "-uc" } else { "-euc" }, &lines.join("\n")]).env("AWS_DEFAULT_REGION", "us-east-1");
        let done = command.current_dir(scenario.folder.path()).output().unwrap();
        assert!(done.status.success() || may_fail, "{}", said_by(&done));
    }
    let attached = scenario.aws(&["iam", "list-attached-role-policies", "--role-name", &own("emr")]);
    assert_eq!(attached["AttachedPolicies"][0]["PolicyName"], "AmazonEMRServicePolicy_v2");
    let profile = scenario.aws(&["iam", "get-instance-profile", "--instance-profile-name", &own("nodes")]);
    assert_eq!(profile["InstanceProfile"]["Roles"][0]["RoleName"], *own("nodes"));
    let roles = scenario.aws(&["iam", "list-roles"]).to_string();
    for service in ["elasticmapreduce", "spot"] {
        assert!(roles.contains(&format!("/aws-service-role/{service}.amazonaws.com/")), "{roles}");
    }
}

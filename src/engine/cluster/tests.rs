//! What a configuration says of a cluster.

use std::fs;

use super::*;
use crate::config::settings::Sources;

fn settings(text: &str) -> Settings {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("override.cfg"), text).unwrap();
    Settings::load(&Sources { working_directory: directory.path().to_owned(), ..Sources::default() }).unwrap()
}

fn cluster(hadoop: &str) -> Result<Cluster> {
    Cluster::of_settings(&settings(&format!("[hadoop]\nstreaming-jar = /s.jar\n{hadoop}")), ClusterChoices::default())
}

#[test]
fn siblings_of_the_command() {
    let sibling = |command: &str| cluster(&format!("insights-jar = /i.jar\ncommand = {command}")).unwrap().sibling("mapred");
    assert_eq!(sibling("/usr/bin/hadoop"), "/usr/bin/mapred");
    assert_eq!(sibling("hadoop"), "mapred");
    assert!(is_there("sh") && is_there("/bin/sh") && !is_there("no-such-command"));
}

#[test]
fn the_streaming_jar_is_found_by_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("hadoop-3.4.1");
    let (bin, tools) = (home.join("bin"), home.join("share/hadoop/tools/lib"));
    fs::create_dir_all(&bin).unwrap();
    fs::create_dir_all(&tools).unwrap();
    for file in [bin.join("hadoop"), tools.join("hadoop-streaming-3.4.1.jar"), tools.join("hadoop-aws-3.4.1.jar")] {
        fs::write(file, "").unwrap();
    }
    let link = folder.path().join("hadoop");
    std::os::unix::fs::symlink(bin.join("hadoop"), &link).unwrap();
    let jar = tools.canonicalize().unwrap().join("hadoop-streaming-3.4.1.jar").display().to_string();
    assert_eq!(streaming_jar(link.to_str().unwrap()).unwrap(), jar);
}

#[test]
fn relative_paths_are_those_of_the_directory_of_the_command() {
    let text = "[hadoop]\ncommand = bin/hadoop\nstreaming-jar = s.jar\ninsights-jar = file:///i.jar\nbinaries = programs/\n\
                [manifest]\nlib_jar = [\"my.jar\", \"s3://b/their.jar\"]\n";
    let cluster = Cluster::of_settings(&settings(text), ClusterChoices::default()).unwrap();
    let here = std::env::current_dir().unwrap().display().to_string();
    assert_eq!(cluster.hadoop, format!("{here}/bin/hadoop"));
    assert_eq!(cluster.streaming_jar, format!("{here}/s.jar"));
    assert_eq!(cluster.insights_jar, "/i.jar");
    assert_eq!(cluster.binaries.trim_end_matches('/'), format!("{here}/programs"));
    assert_eq!(cluster.lib_jars, [format!("{here}/my.jar"), "s3://b/their.jar".to_owned()]);
}

#[test]
fn the_scheduler_names_the_property_of_the_pool() {
    let property = |line: &str| cluster(&format!("insights-jar = /i.jar\n{line}")).map(|cluster| cluster.scheduler.pool_property());
    assert_eq!(property("").unwrap(), "mapreduce.job.queuename");
    assert_eq!(property("scheduler = fair").unwrap(), "mapred.fairscheduler.pool");
    assert_eq!(property("scheduler = capacity").unwrap(), "mapred.job.queue.name");
    let error = property("scheduler = fifo").unwrap_err().to_string();
    assert!(error.contains("[hadoop]") && error.contains("fair or capacity"), "{error}");
}

#[test]
fn secrets_are_kept_off_the_command_line() {
    let text = "insights-jar = /i.jar\n[job-conf]\nfs.s3a.secret.key = of-this-test\nmapreduce.map.env.AWS_REGION = eu\n";
    let cluster = cluster(text).unwrap();
    let open: Vec<_> = cluster.open_properties().collect();
    assert_eq!(open, [("mapreduce.map.env.AWS_REGION".to_owned(), "eu".to_owned())]);
    let folder = tempfile::tempdir().unwrap();
    let path = cluster.write_secret_properties(folder.path()).unwrap().unwrap();
    assert!(fs::read_to_string(path).unwrap().contains("of-this-test"));
    let error = cluster.without_secrets().unwrap_err().to_string();
    assert!(error.contains("fs.s3a.secret.key in [job-conf]") && !error.contains("of-this-test"), "{error}");
}

#[test]
fn without_hadoop_the_settings_are_named_by_which_commands_can_be_printed() {
    let planned = |text: &str| Cluster::of_settings(&settings(text), ClusterChoices::default());
    let error = planned("[hadoop]\ncommand = no-such-command\ninsights-jar = /i.jar\n").unwrap_err();
    let told = error.to_string();
    assert!(error.is::<NoHadoop>() && told.contains("set streaming-jar and insights-jar in [hadoop]"), "{told}");
    assert!(!told.contains("--runner"), "{told}");
    planned("[hadoop]\ncommand = no-such-command\nstreaming-jar = /s.jar\ninsights-jar = /i.jar\n").unwrap();
}

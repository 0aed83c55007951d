//! The archive of the programs, packed and installed.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::emr::Scenario;
use crate::said_by;

/// A directory of programs as `cargo build` leaves it; all but the driver do nothing.
fn programs(scenario: &Scenario, driver: &str) -> PathBuf {
    let folder = scenario.folder.path().join("programs");
    fs::create_dir_all(&folder).unwrap();
    let names = fs::read_dir("bin").unwrap().map(|file| file.unwrap().path().file_stem().unwrap().to_owned());
    for name in names {
        let text = if name == "insights" { driver } else { "#!/bin/sh\n" };
        fs::write(folder.join(&name), text).unwrap();
        fs::set_permissions(folder.join(&name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    fs::write(folder.join("insights-hadoop.jar"), "jar").unwrap();
    folder
}

#[test]
fn an_archive_is_packed_fetched_checked_and_installed() {
    let scenario = Scenario::new(&json!({}));
    let (home, packed) = (scenario.folder.path().join("opt/insights"), scenario.folder.path().join("packed"));
    fs::create_dir_all(home.parent().unwrap()).unwrap();
    let pack = |driver: &str, missing: Option<&str>| {
        let programs = programs(&scenario, driver);
        if let Some(name) = missing {
            fs::remove_file(programs.join(name)).unwrap();
        }
        let done = Command::new("emr/package.sh").arg(&packed).env("BINARIES", programs).output().unwrap();
        (done.status.success(), said_by(&done))
    };
    let install = |archive: &str, sum: &str| {
        let mut command = scenario.command("bash");
        // As on a node: the script is fetched, too, and AWS_REGION is not set there.
        command.arg(packed.join("install.sh")).arg(scenario.location(archive)).args(Some(sum).filter(|sum| !sum.is_empty()));
        let done = command.env("INSIGHTS_HOME", &home).env_remove("AWS_REGION").output().unwrap();
        (done.status.success(), said_by(&done))
    };
    let version = || String::from_utf8(Command::new(home.join("bin/insights")).output().unwrap().stdout).unwrap();

    let (succeeded, said) = pack("#!/bin/sh\necho one\n", Some("lms-import"));
    assert!(!succeeded && said.contains("lms-import. Build them: cargo build --release --bins"), "{said}");
    let (succeeded, said) = pack("#!/bin/sh\nexit 1\n", None);
    assert!(!succeeded && said.contains("does not run on this machine"), "{said}");
    let (succeeded, said) = pack("#!/bin/sh\n# GLIBC_2.39\n", None);
    assert!(!succeeded && said.contains("GLIBC_2.39") && said.contains("musl"), "{said}");

    let (succeeded, said) = pack("#!/bin/sh\necho one\n", None);
    assert!(succeeded, "{said}");
    scenario.put_object("one.tar.gz", &fs::read(packed.join("insights.tar.gz")).unwrap());
    let sum = fs::read_to_string(packed.join("insights.tar.gz.sha256")).unwrap().split(' ').next().unwrap().to_owned();
    for _ in 0..2 {
        let (succeeded, said) = install("one.tar.gz", &sum.to_uppercase());
        assert!(succeeded && said.contains("one is in "), "{said}");
    }
    assert_eq!(
        (version().as_str(), home.join("bin/insights-hadoop.jar").exists(), home.join("bin/video-mapper").exists()),
        ("one\n", true, true)
    );

    let (succeeded, said) = pack("#!/bin/sh\necho two\n", None);
    assert!(succeeded, "{said}");
    scenario.put_object("two.tar.gz", &fs::read(packed.join("insights.tar.gz")).unwrap());
    scenario.put_object("damaged.tar.gz", b"not an archive");
    for (archive, sum, expected) in [
        ("two.tar.gz", &*sum, "is not the expected archive"),
        ("damaged.tar.gz", "", "is no archive of package.sh"),
        ("missing.tar.gz", "", "could not be fetched"),
    ] {
        let (succeeded, said) = install(archive, sum);
        assert!(!succeeded && said.contains(expected), "{said}");
        assert_eq!(version(), "one\n");
    }
    let (succeeded, said) = install("two.tar.gz", "");
    assert!(succeeded, "{said}");
    assert_eq!(version(), "two\n");
}

/// A command that runs with an owner who shares nothing with others.
fn private(command: &Command) -> Command {
    let mut shell = Command::new("bash");
    shell.args(["-c", "umask 077 && exec \"$@\"", "bash"]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            shell.env(name, value)
        } else {
            shell.env_remove(name)
        };
    }
    shell
}

/// The permissions of everything in a directory and of itself, by path.
fn modes(directory: &Path) -> BTreeMap<PathBuf, u32> {
    let mut found = BTreeMap::from([(directory.to_owned(), fs::metadata(directory).unwrap().permissions().mode() & 0o777)]);
    for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.append(&mut modes(&entry.path()));
        } else {
            found.insert(entry.path(), entry.metadata().unwrap().permissions().mode() & 0o777);
        }
    }
    found
}

#[test]
fn everybody_may_run_the_programs_whatever_the_umask() {
    let scenario = Scenario::new(&json!({}));
    let (home, packed) = (scenario.folder.path().join("opt/insights"), scenario.folder.path().join("packed"));
    fs::create_dir_all(home.parent().unwrap()).unwrap();
    let mut command = Command::new("emr/package.sh");
    command.arg(&packed).env("BINARIES", programs(&scenario, "#!/bin/sh\necho one\n"));
    let done = private(&command).output().unwrap();
    assert!(done.status.success(), "{}", said_by(&done));
    let listed = Command::new("tar").arg("-tvzf").arg(packed.join("insights.tar.gz")).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.lines().count() > 10 && listed.lines().all(|line| line.get(1..10) == Some("rwxr-xr-x")), "{listed}");

    // An archive that was packed with a directory for its owner only is installed for everybody, too.
    let unpacked = scenario.folder.path().join("unpacked");
    fs::create_dir(&unpacked).unwrap();
    let shell = format!(
        "tar -xzf {0}/insights.tar.gz -C {1} && chmod 700 {1}/bin && tar -czf {0}/old.tar.gz -C {1} bin",
        packed.display(),
        unpacked.display()
    );
    assert!(Command::new("sh").args(["-c", &shell]).status().unwrap().success());
    for archive in ["insights.tar.gz", "old.tar.gz"] {
        scenario.put_object(archive, &fs::read(packed.join(archive)).unwrap());
        let mut command = scenario.command("bash");
        command.arg(packed.join("install.sh")).arg(scenario.location(archive)).env("INSIGHTS_HOME", &home);
        let done = private(&command).output().unwrap();
        assert!(done.status.success(), "{}", said_by(&done));
        let modes = modes(&fs::canonicalize(&home).unwrap());
        assert!(modes.len() > 10 && modes.values().all(|mode| *mode == 0o755), "{archive}: {modes:?}");
    }
}

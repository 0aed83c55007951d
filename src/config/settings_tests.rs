//! Order of the sources, environment, references, typed values and messages.

use std::fs;

use super::*;

fn load(files: &[(&str, &str)], edit: impl FnOnce(&Path, &mut Sources)) -> anyhow::Result<Settings> {
    let directory = tempfile::tempdir()?;
    for (name, text) in files {
        fs::write(directory.path().join(name), text)?;
    }
    let mut sources = Sources { working_directory: directory.path().to_owned(), ..Sources::default() };
    edit(directory.path(), &mut sources);
    Settings::load(&sources)
}

fn of(text: &str) -> Settings {
    load(&[("override.cfg", text)], |_, _| {}).unwrap()
}

#[test]
fn later_files_win_key_by_key_and_the_environment_over_all() {
    let files = [
        ("client.cfg", "[s]\na = client\nb = client\nc = client\nd = client\ne = client\n"),
        ("luigi.cfg", "[s]\nb = luigi\nc = luigi\nd = luigi\ne = luigi\n"),
        ("override.cfg", "[s]\nC = override\nd = override\ne = override\n"),
        ("more.cfg", "[s]\nd = more\ne = more\n"),
    ];
    let settings = load(&files, |directory, sources| {
        sources.files = vec![ConfigFile::Required(Location::from_path(&directory.join("more.cfg")).unwrap())];
        sources.environment = vec![("INSIGHTS_S_E".into(), "variable %(x)s".into()), ("S_A".into(), "no".into())];
    })
    .unwrap();
    let values = ["a", "b", "c", "d", "e"].map(|key| settings.get("s", key).unwrap());
    assert_eq!(values, ["client", "luigi", "override", "more", "variable %(x)s"]);
    assert_eq!(settings.get("s", "B"), Some("luigi"));
    assert_eq!(settings.get("S", "a"), None);
    assert!(settings.origin("s", "d").unwrap().ends_with("more.cfg, line 2"));
    assert_eq!(settings.origin("s", "e"), Some("the environment variable INSIGHTS_S_E"));
}

#[test]
fn a_setting_of_the_command_line_wins_over_all() {
    let settings = load(&[("override.cfg", "[DEFAULT]\nd = 1\n[T]\na = file\n")], |_, sources| {
        sources.environment = vec![("INSIGHTS_T_A".into(), "variable".into())];
        let given = |section: &str, key: &str| GivenSetting {
            section: section.to_owned(),
            key: key.to_owned(),
            value: "given".to_owned(),
            origin: format!("the option --{section}-{key}"),
        };
        sources.given = vec![given("T", "a"), given("U", "a")];
    })
    .unwrap();
    assert_eq!((settings.get("T", "a"), settings.origin("T", "a")), (Some("given"), Some("the option --T-a")));
    assert_eq!((settings.get("U", "a"), settings.get("U", "d"), settings.get("T", "d")), (Some("given"), None, Some("1")));
}

#[test]
fn the_file_of_luigi_config_path_stands_in_for_the_local_ones() {
    let files = [("luigi.cfg", "[s]\na = local\n"), ("named.cfg", "[s]\nb = named\n")];
    let settings = load(&files, |directory, sources| sources.luigi_config_path = Some(directory.join("named.cfg"))).unwrap();
    assert_eq!((settings.get("s", "a"), settings.get("s", "b")), (None, Some("named")));
}

#[test]
fn a_missing_file_is_an_error_or_a_notice() {
    let error = load(&[], |_, sources| sources.files = vec![ConfigFile::Required("/no/such.cfg".parse().unwrap())]).unwrap_err();
    assert!(error.to_string().contains("/no/such.cfg"), "{error}");
    let settings = load(&[], |_, sources| sources.files = vec![ConfigFile::Optional("/no/such.cfg".parse().unwrap())]).unwrap();
    assert!(settings.notices().iter().any(|notice| notice.text().contains("/no/such.cfg")));
}

#[test]
fn a_directory_is_no_file_of_configuration() {
    let of_command_line = load(&[], |directory, sources| {
        sources.files = vec![ConfigFile::Required(Location::from_path(directory).unwrap())];
    });
    let of_luigi = load(&[], |directory, sources| sources.luigi_config_path = Some(directory.to_owned()));
    for error in [of_command_line.unwrap_err(), of_luigi.unwrap_err()] {
        assert!(error.is::<WrongUsage>() && error.to_string().ends_with("is a directory; name a file."), "{error}");
    }
}

#[test]
fn references_reach_the_own_section_and_the_default_section_across_files() {
    let settings = load(
        &[
            ("luigi.cfg", "[DEFAULT]\nroot = s3://old\n[x]\np = %(root)s/p\nq = %%d %(gone)s\n"),
            ("override.cfg", "[DEFAULT]\nroot = s3://b\n"),
        ],
        |_, _| {},
    )
    .unwrap();
    assert_eq!(settings.get("x", "p"), Some("s3://b/p"));
    assert_eq!(settings.get("x", "root"), Some("s3://b"));
    assert_eq!(settings.get("unknown", "root"), None);
    assert_eq!(settings.get("x", "q"), Some("%%d %(gone)s"));
    assert!(settings.notices().iter().any(|notice| notice.text().contains("gone") && notice.text().contains("line 5")));
}

#[test]
fn typed_values_and_their_errors() {
    let settings = of("[s]\nyes = On\nno = FALSE\nn = -1\nx = 0.05\nlist = [\"a\",\n  \"b\"]\nbad = [hunter2\nnan = NaN\ninf = -inf\n");
    assert_eq!(settings.flag("s", "yes").unwrap(), Some(true));
    assert_eq!(settings.flag("s", "no").unwrap(), Some(false));
    assert_eq!(settings.flag("s", "unset").unwrap(), None);
    assert_eq!(settings.integer("s", "n").unwrap(), Some(-1));
    assert_eq!(settings.float("s", "x").unwrap(), Some(0.05));
    assert_eq!(settings.list("s", "list").unwrap(), Some(vec!["a".into(), "b".into()]));
    assert!(["nan", "inf"].iter().all(|key| settings.float("s", key).is_err()), "nothing that could be compared or counted with");
    let errors = [
        settings.flag("s", "bad").unwrap_err(),
        settings.integer("s", "bad").unwrap_err(),
        settings.float("s", "bad").unwrap_err(),
        settings.list("s", "bad").unwrap_err(),
    ];
    for error in errors.map(|error| format!("{error:?}")) {
        assert!(error.contains("override.cfg, line 8") && !error.contains("hunter2"), "{error}");
    }
}

#[test]
fn a_missing_setting_says_how_to_set_it() {
    let error = of("").require("database-export", "credentials", "--credentials").unwrap_err().to_string();
    for part in ["--credentials", "INSIGHTS_DATABASE_EXPORT_CREDENTIALS", "[database-export]"] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_section_lists_its_keys() {
    let files = [
        ("luigi.cfg", "[job-conf]\nmapred.child.env = A=b\nMapreduce.Map.Env.AWS_REGION = us\n"),
        ("override.cfg", "[job-conf]\nmapreduce.map.env.AWS_REGION = eu\n[other]\nz = 2\n"),
    ];
    let settings = load(&files, |_, _| {}).unwrap();
    let entries: Vec<_> = settings.section("job-conf").collect();
    assert_eq!(entries, [("mapred.child.env", "A=b"), ("mapreduce.map.env.AWS_REGION", "eu")]);
    assert_eq!(settings.get("job-conf", "MAPREDUCE.map.env.aws_region"), Some("eu"));
}

#[test]
fn malformed_files_are_named_and_values_stay_out_of_debug() {
    let error = format!("{:?}", load(&[("override.cfg", "[s]\nhunter2\n")], |_, _| {}).unwrap_err());
    assert!(error.contains("override.cfg") && error.contains("Line 2") && !error.contains("hunter2"), "{error}");
    assert!(!format!("{:?}", of("[s]\nclient_secret = hunter2\n")).contains("hunter2"));
}

#[test]
fn a_known_setting_must_not_refer_to_nothing() {
    let error = load(&[("override.cfg", "[hive]\nwarehouse_path = %(gone)s/w\n")], |_, _| {}).unwrap_err();
    assert!(error.is::<WrongUsage>());
    for part in ["warehouse_path of [hive]", "override.cfg, line 2", "%(gone)s", "[DEFAULT]"] {
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn commands_that_are_told_name_the_files_that_this_one_named() {
    assert_eq!(of("").program(), "insights");
    let mut quoted = String::new();
    let settings = load(&[("my site.cfg", "")], |directory, sources| {
        let place = directory.join("my site.cfg");
        quoted = format!("insights --config '{}' --additional-config no.cfg", place.display());
        sources.files = vec![ConfigFile::Required(Location::from_path(&place).unwrap()), ConfigFile::Optional("no.cfg".parse().unwrap())];
    });
    assert_eq!(settings.unwrap().program(), quoted);
}

#[test]
fn a_section_that_became_a_part_of_a_value_is_told() {
    let settings = of("[videos]\ninterval_start = 2024-01-01\n  [event-logs]\nsource = /logs\n");
    let [notice] = settings.notices() else { panic!("{:?}", settings.notices()) };
    let warning = notice.warning_text().unwrap();
    assert!(
        warning.starts_with("Line 3 of ") && warning.contains("[event-logs] is a part of interval_start of [videos] (line 2)"),
        "{warning}"
    );
}

#[test]
fn paths_of_several_lines_or_in_quotes_are_refused() {
    let refused = |text: &str, variable: Option<&str>| {
        let outcome = load(&[("override.cfg", text)], |_, sources| {
            sources.environment = variable.map(|value| ("INSIGHTS_HIVE_WAREHOUSE_PATH".into(), value.into())).into_iter().collect();
        });
        let error = outcome.unwrap_err();
        assert!(error.is::<WrongUsage>());
        error.to_string()
    };
    let lines = refused("[hive]\nwarehouse_path = /w\n  [event-logs]\nsource = /logs\n", None);
    for part in ["warehouse_path of [hive]", "override.cfg, line 2", "several lines", "Line 3 of ", "Remove the blanks"] {
        assert!(lines.contains(part), "{lines}");
    }
    assert!(refused("[hive]\nwarehouse_path =\n  /w\n", None).contains("several lines"));
    assert!(refused("[hive]\nwarehouse_path = \"/w\"\n", None).contains("in quotes"));
    assert!(refused("[ModuleEngagementWorkflowTask]\nmarker = '/w'\n", None).contains("in quotes"));
    assert!(refused("", Some("\"/w\"")).contains("the environment variable INSIGHTS_HIVE_WAREHOUSE_PATH"));
}

#[test]
fn keys_in_the_section_of_a_task_may_have_dashes() {
    let settings = of(
        "[DEFAULT]\nn_reduce_tasks = 1\n[UserActivityTask]\nn-reduce-tasks = 2\noverwrite-n-days = 3\noverwrite_n_days = 4\n[hive]\nwarehouse-path = /w\n",
    );
    assert_eq!(settings.get("UserActivityTask", "n_reduce_tasks"), Some("2"));
    assert_eq!(settings.get("UserActivityTask", "overwrite_n_days"), Some("4"), "underscores first");
    assert_eq!(settings.get("hive", "warehouse_path"), None);
}

use super::*;
use crate::config::settings::Sources;

fn settings(values: &[(&str, &str)]) -> Settings {
    let environment = values.iter().map(|(key, value)| (format!("INSIGHTS_ELASTICSEARCH_{key}"), (*value).to_owned())).collect();
    Settings::load(&Sources { environment, ..Sources::default() }).unwrap()
}

fn connection(values: &[(&str, &str)]) -> Connection {
    Connection::of_settings(&settings(values), &ConnectionOptions::default()).unwrap().unwrap()
}

#[test]
fn addresses_in_all_forms() {
    for (text, expected) in [
        ("es", "http://es:9200"),
        ("es:80", "http://es:80"),
        ("http://es/", "http://es:9200"),
        ("https://es", "https://es:443"),
        ("https://es:9443/search/", "https://es:9443/search"),
        ("http://[::1]:9201", "http://[::1]:9201"),
        ("http://[::1]", "http://[::1]:9200"),
        ("[::1]", "http://[::1]:9200"),
        ("[2001:db8::1]:9201", "http://[2001:db8::1]:9201"),
        ("[2001:db8::1]", "http://[2001:db8::1]:9200"),
        ("[fe80::1%eth0]:9201", "http://[fe80::1%eth0]:9201"),
        (r#"[ "http://[2001:db8::1]:1", "[::1]" ]"#, "http://[2001:db8::1]:1 http://[::1]:9200"),
        (r#"["http://one:1/", "two"]"#, "http://one:1 http://two:9200"),
        ("[http://one:1/]", "http://one:1"),
    ] {
        assert_eq!(connection(&[("HOST", text)]).host_names(), expected, "{text}");
    }
    for text in ["ftp://es", "es:port", "http://:9200", "[\"a\", 1]"] {
        assert!(Connection::of_settings(&settings(&[("HOST", text)]), &ConnectionOptions::default()).is_err(), "{text}");
    }
    assert!(Connection::of_settings(&settings(&[]), &ConnectionOptions::default()).unwrap().is_none());
    assert!(Connection::of_settings(&settings(&[("HOST", "[]")]), &ConnectionOptions::default()).unwrap().is_none());
}

#[test]
fn credentials_of_the_address_and_of_the_section() {
    let values = [("HOST", r#"["http://aladdin:open%20sesame@one", "two"]"#), ("USERNAME", "u"), ("PASSWORD", "p")];
    let connection = connection(&values);
    let found: Vec<_> = connection.hosts.iter().map(|host| host.authorization().unwrap()).collect();
    assert_eq!(found, ["Basic YWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Basic dTpw"]);
    assert!(Connection::of_settings(&settings(&[("HOST", "one"), ("USERNAME", "u")]), &ConnectionOptions::default()).is_err());
}

#[test]
fn secrets_are_not_shown_and_not_taken_from_the_command_line() {
    let values = [("HOST", "http://user:hunter2@one")];
    assert!(!format!("{:?} {}", connection(&values), connection(&values).host_names()).contains("hunter2"));
    let with = |host: &str| {
        let options = ConnectionOptions { host: Some(host.to_owned()), ..ConnectionOptions::default() };
        Connection::of_settings(&settings(&[]), &options)
    };
    let refused = with("http://user:hunter2@one").unwrap_err().to_string();
    assert!(refused.contains("[elasticsearch]") && !refused.contains("hunter2"), "{refused}");
    let bad = Connection::of_settings(&settings(&[("HOST", "http://user:hunter2@one:x")]), &ConnectionOptions::default()).unwrap_err();
    assert!(!format!("{bad:#}").contains("hunter2"));
}

#[test]
fn tasks_read_what_the_driver_wrote() {
    let directory = tempfile::tempdir().unwrap();
    let file = connection(&[("HOST", "http://user:hunter2@one"), ("TIMEOUT", "7")]).to_private_file(directory.path()).unwrap();
    let read = Connection::of_private_file(file.path()).unwrap();
    assert_eq!((read.timeout, read.hosts[0].authorization().is_some()), (7, true));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(file.path().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    std::fs::write(file.path(), "hunter2").unwrap();
    assert!(!format!("{:#}", Connection::of_private_file(file.path()).unwrap_err()).contains("hunter2"));
}

#[test]
fn aws_means_https_and_a_region() {
    let aws = |host: &str, region: &[(&str, &str)]| {
        let found = connection(&[&[("HOST", host), ("CONNECTION_TYPE", "aws")], region].concat());
        (found.host_names(), found.aws_region.unwrap())
    };
    let expected = |url: &str, region: &str| (url.to_owned(), region.to_owned());
    assert_eq!(aws("search.example.com", &[]), expected("https://search.example.com:443", "us-east-1"));
    assert_eq!(aws("search.example.com/es/", &[]), expected("https://search.example.com:443/es", "us-east-1"));
    assert_eq!(aws("https://one:8443", &[("REGION", "eu-west-1")]), expected("https://one:8443", "eu-west-1"));
    assert!(
        Connection::of_settings(&settings(&[("HOST", "http://one"), ("CONNECTION_TYPE", "aws")]), &ConnectionOptions::default()).is_err()
    );
    assert!(Connection::of_settings(&settings(&[("HOST", "x"), ("CONNECTION_TYPE", "ftp")]), &ConnectionOptions::default()).is_err());
}

#[test]
fn options_win_over_the_section() {
    let values = [("HOST", "one"), ("TIMEOUT", "7"), ("CONNECTION_TYPE", "aws")];
    let options = ConnectionOptions { host: Some("two".to_owned()), timeout: Some(9), connection_type: Some("urllib".to_owned()) };
    let found = Connection::of_settings(&settings(&values), &options).unwrap().unwrap();
    assert_eq!((found.host_names(), found.timeout, found.aws_region), ("http://two:9200".to_owned(), 9, None));
    assert_eq!((connection(&[("HOST", "one")]).timeout, connection(&values).timeout), (60, 7));
    for timeout in [0, -1] {
        let options = ConnectionOptions { timeout: Some(timeout), ..ConnectionOptions::default() };
        assert!(Connection::of_settings(&settings(&values), &options).is_err());
    }
    // An empty host on the command line means that no index is wanted.
    let none = ConnectionOptions { host: Some(String::new()), ..ConnectionOptions::default() };
    assert!(Connection::of_settings(&settings(&values), &none).unwrap().is_none());
}

//! `lms-import` against a real server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test program
// needs: mariadb hadoop s3

#[path = "servers/remote.rs"]
mod remote;
mod site;

use std::fs;
use std::path::Path;
use std::process::Output;

use insights_pipeline::storage::{read_to_string, write_bytes};
use insights_pipeline::warehouse::selection::job_output_files;
use mysql::prelude::Queryable;
use mysql::{Conn, OptsBuilder};

use site::DatabaseSite;
use site::servers::MariaDb;

struct Scene {
    site: DatabaseSite,
    database: String,
}

impl Scene {
    fn new(name: &str) -> Self {
        Self::on(MariaDb::shared(), name)
    }

    fn on(server: std::sync::Arc<MariaDb>, name: &str) -> Self {
        let scene = Self { site: DatabaseSite::on(server), database: format!("lms_{name}_{}", std::process::id()) };
        scene.site.execute(&format!("CREATE DATABASE {} CHARACTER SET utf8mb4", scene.database));
        scene.site.write_credentials("lms.json", &scene.site.server.password);
        scene
    }

    fn connect(&self, database: Option<&str>) -> Conn {
        let MariaDb { host, port, user, password, .. } = &*self.site.server;
        let options = OptsBuilder::new().ip_or_hostname(Some(host)).tcp_port(*port).user(Some(user)).pass(Some(password)).db_name(database);
        Conn::new(options.prefer_socket(false)).unwrap()
    }

    fn query(&self, statement: &str) {
        self.connect(Some(&self.database)).query_drop(statement).unwrap();
    }

    fn import(&self, arguments: &[&str]) -> Output {
        self.import_to("w", "lms.json", arguments)
    }

    fn import_to(&self, destination: &str, credentials: &str, arguments: &[&str]) -> Output {
        let places = ["--destination", destination, "--credentials", credentials];
        let common = [&places[..], &["--database", &self.database, "--import-date", "2014-05-08"]].concat();
        self.site.program("lms-import").args(common).args(arguments).output().unwrap()
    }

    fn imported(&self, arguments: &[&str]) -> String {
        let output = self.import(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        said
    }

    fn partition(&self, table: &str) -> std::path::PathBuf {
        self.site.path(&format!("w/{table}/dt=2014-05-08"))
    }

    fn lines(&self, table: &str) -> Vec<Vec<u8>> {
        lines_of(&self.partition(table))
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = self.connect(None).query_drop(format!("DROP DATABASE {}", self.database));
    }
}

fn lines_of(directory: &Path) -> Vec<Vec<u8>> {
    let mut lines = Vec::new();
    for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        if entry.file_name().to_string_lossy().starts_with("part-") {
            let bytes = fs::read(entry.path()).unwrap();
            lines.extend(bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec));
        }
    }
    lines.sort();
    lines
}

const ENROLLMENT: &str = "CREATE TABLE student_courseenrollment (id INT AUTO_INCREMENT PRIMARY KEY, user_id INT, course_id VARCHAR(255), \
                          created DATETIME(6), is_active TINYINT(1), mode VARCHAR(100))";

#[test]
fn generated_tables_come_out_as_the_generator_says() {
    let scene = Scene::new("generated");
    let arguments = [
        "generate",
        "--interval",
        "2014-05-01-2014-05-08",
        "--events",
        "500",
        "--users",
        "300",
        "--out",
        "expected",
        "--tables",
        "--sql",
        "lms.sql",
    ];
    scene.site.run(&arguments);
    scene.site.fill(&scene.database, "lms.sql");
    scene.imported(&[]);
    for table in insights_pipeline::lms::tables::TABLES {
        let expected = lines_of(&scene.site.path(&format!("expected/{}/dt=2014-05-08", table.name)));
        assert!(scene.lines(table.name) == expected, "{} differs", table.name);
        assert!(!expected.is_empty(), "{}", table.name);
        let metadata: serde_json::Value =
            serde_json::from_slice(&fs::read(scene.partition(table.name).join("_metadata")).unwrap()).unwrap();
        assert_eq!(metadata["format"]["null_string"], "\\\\N");
        assert!(scene.partition(table.name).join("_SUCCESS").exists());
    }
    let parts = fs::read_dir(scene.partition("auth_user"))
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("part-m-"));
    assert_eq!(parts.count(), 4);
    assert!(scene.imported(&[]).contains("auth_user: skipped"));
}

#[test]
fn odd_values_have_the_forms_of_the_import() {
    let scene = Scene::new("odd");
    scene.query(ENROLLMENT);
    scene.query("INSERT INTO student_courseenrollment VALUES (7, 1, 'a/b/c', '2014-06-27 16:02:38', 1, 'honor'), (8, NULL, 'é\tü\\n\\r', NULL, 0, ''), (9, 3, 'x', '2014-06-27 16:02:38.25', NULL, NULL)");
    scene.imported(&["student_courseenrollment", "--num-mappers", "3"]);
    let expected = [
        "7\u{1}1\u{1}a/b/c\u{1}2014-06-27 16:02:38.0\u{1}true\u{1}honor\n",
        "8\u{1}\\N\u{1}é\tü  \u{1}\\N\u{1}false\u{1}\n",
        "9\u{1}3\u{1}x\u{1}2014-06-27 16:02:38.25\u{1}\\N\u{1}\\N\n",
    ];
    assert_eq!(scene.lines("student_courseenrollment"), expected.map(|line| line.as_bytes().to_vec()));
    // Only rows under the condition, and made anew.
    scene.imported(&["student_courseenrollment", "--overwrite", "--where", "is_active = 1 -- and no others"]);
    assert_eq!(scene.lines("student_courseenrollment").len(), 1);
    // Keys may be unsigned and as large as they can be.
    scene.query("ALTER TABLE student_courseenrollment MODIFY id BIGINT UNSIGNED");
    scene.query("INSERT INTO student_courseenrollment VALUES (18446744073709551615, 1, 'z', NULL, 0, '')");
    scene.imported(&["student_courseenrollment", "--overwrite", "--num-mappers", "3"]);
    assert_eq!(scene.lines("student_courseenrollment").len(), 4);
    scene.query("DELETE FROM student_courseenrollment");
    scene.imported(&["student_courseenrollment", "--overwrite"]);
    assert!(scene.lines("student_courseenrollment").is_empty());
}

#[test]
fn failures_are_told_and_leave_the_old_import() {
    let scene = Scene::new("failures");
    scene.query(ENROLLMENT);
    scene.query("INSERT INTO student_courseenrollment VALUES (1, 1, 'a/b/c', NOW(), 1, 'honor')");
    let failed = |arguments: &[&str]| {
        let output = scene.import(arguments);
        assert_eq!(output.status.code(), Some(30));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let said = failed(&["auth_user"]);
    assert!(said.contains("auth_user") && said.contains("doesn't exist") && said.contains("09-lms-import.md"), "{said}");
    assert!(!said.contains("MySqlError"), "{said}");
    scene.query("CREATE TABLE auth_userprofile (id INT PRIMARY KEY, user_id INT)");
    let said = failed(&["auth_userprofile"]);
    assert!(said.contains("Unknown column") && said.contains("another release") && !said.contains("MySqlError"), "{said}");
    let (account, database) = (format!("reader_{}", std::process::id()), &scene.database);
    scene.query(&format!("CREATE USER '{account}'@'%' IDENTIFIED BY 'none'"));
    scene.query(&format!("GRANT SELECT ON `{database}`.`student_courseenrollment` TO '{account}'@'%'"));
    let MariaDb { host, port, .. } = &*scene.site.server;
    let credentials = serde_json::json!({"host": host, "port": port, "username": account, "password": "none"});
    scene.site.write("reader.json", credentials.to_string());
    let output = scene.import_to("w", "reader.json", &["auth_userprofile"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains(&format!("GRANT SELECT ON `{database}`.* TO")) && !said.contains("INSERT"), "{said}");
    scene.query(&format!("DROP USER '{account}'@'%'"));
    assert!(!scene.partition("auth_user").exists());
    let unknown = scene.import(&["no_such"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("No workflow reads the table no_such"));
    assert_eq!(scene.import(&["--num-mappers", "0"]).status.code(), Some(2));
    scene.imported(&["student_courseenrollment"]);
    for condition in ["nonsense =", "nonsense = 1", "id < 3) or (1 = 1", "1 = 1 order by id", " "] {
        let output = scene.import(&["student_courseenrollment", "--overwrite", "--where", condition]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && said.contains("--where"), "{condition} {said}");
    }
    assert_eq!(scene.lines("student_courseenrollment").len(), 1);
    let wrong = fs::read_to_string(scene.site.path("lms.json")).unwrap().replace(&scene.site.server.password, "wrong-secret");
    fs::write(scene.site.path("lms.json"), wrong).unwrap();
    let said = failed(&["student_courseenrollment", "--overwrite"]);
    assert!(said.contains("cannot be used") && !said.contains("wrong-secret"), "{said}");
    // An import without its metadata is not complete.
    fs::remove_file(scene.partition("student_courseenrollment").join("_metadata")).unwrap();
    let said = failed(&["student_courseenrollment"]);
    assert!(said.contains("cannot be used"), "{said}");
}

#[test]
fn accounts_of_few_connections_import_with_those() {
    let scene = Scene::new("few");
    scene.query(ENROLLMENT);
    scene.query("INSERT INTO student_courseenrollment (user_id, course_id, created, is_active, mode) SELECT seq, 'a/b/c', '2014-05-01', 1, 'honor' FROM seq_1_to_3000");
    let account = format!("few_{}", std::process::id());
    scene.query(&format!("CREATE USER '{account}'@'%' IDENTIFIED BY 'none' WITH MAX_USER_CONNECTIONS 1"));
    scene.query(&format!("GRANT SELECT, RELOAD ON *.* TO '{account}'@'%'"));
    let MariaDb { host, port, .. } = &*scene.site.server;
    let credentials = serde_json::json!({"host": host, "port": port, "username": account, "password": "none"});
    scene.site.write("few.json", credentials.to_string());
    for (most, told, files) in [(1, "with 1 connection.", 1), (3, "with 2 connections.", 2), (5, "", 4)] {
        scene.query(&format!("ALTER USER '{account}'@'%' WITH MAX_USER_CONNECTIONS {most}"));
        let output = scene.import_to("w", "few.json", &["student_courseenrollment", "--overwrite"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && said.contains(told), "{most}: {said}");
        assert_eq!(said.contains("no more connections"), most < 5, "{most}: {said}");
        assert_eq!(scene.lines("student_courseenrollment").len(), 3000, "{most}");
        let written = fs::read_dir(scene.partition("student_courseenrollment")).unwrap();
        let parts = written.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("part-m-")).count();
        assert_eq!(parts, files, "{most}");
    }
    scene.query(&format!("DROP USER '{account}'@'%'"));
}

#[test]
fn imports_and_credentials_lie_in_any_store() {
    let scene = Scene::new("stores");
    scene.query(ENROLLMENT);
    scene.query("INSERT INTO student_courseenrollment (user_id, course_id, created, is_active, mode) SELECT seq, 'a/b/c', '2014-05-01', 1, 'é' FROM seq_1_to_3000");
    scene.imported(&["student_courseenrollment"]);
    let expected = scene.lines("student_courseenrollment");
    for root in [remote::hadoop::new_directory(), remote::s3::new_directory("s3")] {
        let credentials = root.join("lms.json");
        write_bytes(&credentials, &fs::read(scene.site.path("lms.json")).unwrap()).unwrap();
        let warehouse = root.join("w");
        for told in ["student_courseenrollment: 3000 rows", "student_courseenrollment: skipped"] {
            let done = scene.import_to(warehouse.as_str(), credentials.as_str(), &["student_courseenrollment"]);
            let said = String::from_utf8_lossy(&done.stderr);
            assert!(done.status.success() && said.contains(told), "{said}");
        }
        let partition = warehouse.join("student_courseenrollment/dt=2014-05-08/");
        let files = job_output_files(&partition).unwrap();
        let texts = files.iter().map(|file| read_to_string(&file.location).unwrap()).collect::<String>();
        let mut lines: Vec<_> = texts.split_inclusive('\n').map(|line| line.as_bytes().to_vec()).collect();
        lines.sort();
        assert!(lines == expected, "the rows in {root} differ");
    }
}

#[test]
fn all_ranges_show_the_same_moment() {
    let scene = Scene::new("snapshot");
    scene.query(ENROLLMENT);
    scene.query("INSERT INTO student_courseenrollment (user_id, course_id, created, is_active, mode) SELECT seq, 'a/b/c', NOW(6), 1, 'm0' FROM seq_1_to_20000");
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut conn = scene.connect(Some(&scene.database));
            for number in 1.. {
                if stop.load(std::sync::atomic::Ordering::Relaxed) {
                    break;
                }
                conn.query_drop(format!("UPDATE student_courseenrollment SET mode = 'm{number}'")).unwrap();
            }
        });
        for _ in 0..3 {
            scene.imported(&["student_courseenrollment", "--overwrite"]);
            let lines = scene.lines("student_courseenrollment");
            assert_eq!(lines.len(), 20_000);
            let modes: std::collections::BTreeSet<_> =
                lines.iter().map(|line| line.rsplit(|byte| *byte == 1).next().unwrap().to_vec()).collect();
            assert_eq!(modes.len(), 1, "rows of several moments");
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

/// A certificate authority, as PEM, and what signs with it.
fn authority(name: &str) -> (String, rcgen::Issuer<'static, rcgen::KeyPair>) {
    let mut parameters = rcgen::CertificateParams::new(Vec::new()).unwrap();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = parameters.self_signed(&key).unwrap().pem();
    (certificate, rcgen::Issuer::new(parameters, key))
}

/// A server that has a certificate for 127.0.0.1, and an account that may only come over TLS.
#[test]
fn the_certificate_of_the_server_is_checked_if_the_credentials_name_an_authority() {
    let files = tempfile::tempdir().unwrap();
    let path = |name: &str| files.path().join(name).display().to_string();
    let (certificate, issuer) = authority("The site's own");
    fs::write(path("ca.pem"), certificate).unwrap();
    fs::write(path("other.pem"), authority("Somebody else").0).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let of_server = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    fs::write(path("server.pem"), of_server.pem()).unwrap();
    fs::write(path("key.pem"), key.serialize_pem()).unwrap();
    let tls = [format!("--ssl-cert={}", path("server.pem")), format!("--ssl-key={}", path("key.pem"))];
    let server = std::sync::Arc::new(MariaDb::own(&tls.iter().map(String::as_str).collect::<Vec<_>>()));
    let scene = Scene::on(server, "tls");
    scene.query(ENROLLMENT);
    scene.query("INSERT INTO student_courseenrollment VALUES (1, 1, 'a/b/c', '2014-05-01', 1, 'honor')");
    scene.query("CREATE USER 'private'@'%' IDENTIFIED BY 'over-tls-only' REQUIRE SSL");
    scene.query("GRANT ALL ON *.* TO 'private'@'%'");

    let import = |host: &str, port: u16, authority: Option<&str>| {
        let authority = authority.map(|file| format!(r#", "ssl_ca": "{}""#, path(file))).unwrap_or_default();
        let text = format!(r#"{{"host": "{host}", "port": {port}, "username": "private", "password": "over-tls-only"{authority}}}"#);
        fs::write(scene.site.path("tls.json"), text).unwrap();
        let output = scene.import_to("w", "tls.json", &["student_courseenrollment", "--overwrite"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!said.contains("over-tls-only"), "{said}");
        (output.status.code(), said)
    };
    let port = scene.site.server.port;
    for authority in [None, Some("ca.pem")] {
        let (code, said) = import("127.0.0.1", port, authority);
        assert_eq!(code, Some(0), "{authority:?}: {said}");
        assert_eq!(scene.lines("student_courseenrollment").len(), 1);
    }
    scene.query("DELETE FROM student_courseenrollment");
    // Another authority, another name than the certificate's, a server without TLS, and no file.
    for (host, port, authority, reason) in [
        ("127.0.0.1", port, "other.pem", "is not trusted"),
        ("localhost", port, "ca.pem", "is not trusted"),
        ("127.0.0.1", MariaDb::shared().port, "ca.pem", "offers no TLS"),
    ] {
        let (code, said) = import(host, port, Some(authority));
        assert_eq!(code, Some(30), "{said}");
        assert!(said.contains(reason) && said.contains("ssl_ca") && said.contains(host), "{said}");
    }
    let (code, said) = import("127.0.0.1", port, Some("no-such.pem"));
    assert!(code == Some(20) && said.contains("no-such.pem") && said.contains("ssl_ca"), "{code:?} {said}");
    assert_eq!(scene.lines("student_courseenrollment").len(), 1, "the import of before is still there");
}

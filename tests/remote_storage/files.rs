//! Reading and writing: large files, compressed ones, files that vanish, keys that other tools make.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use insights_pipeline::config::credentials::Credentials;
use insights_pipeline::storage::decompression::open_log;
use insights_pipeline::storage::{Location, is_not_found, local_copy, read_to_string, store_for, write_bytes};
use insights_pipeline::stores::row::Row;
use insights_pipeline::stores::rows::{RowSource, TextRows};
use insights_pipeline::workflows::location::geolocation::GeolocationDatabase;
use insights_pipeline::workflows::user_activity::tables::COURSE_ACTIVITY;

use crate::{roots, servers};

/// Bytes that no codec makes small, and that differ from place to place.
fn noise(length: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(7);
    std::iter::repeat_with(|| random.u8(..)).take(length).collect()
}

#[test]
fn large_files_come_back_as_they_were_written() {
    // More than two parts of an S3 upload; not a whole number of parts, buffers or packets.
    let content = noise(37 * 1024 * 1024 + 4321);
    for root in roots() {
        let place = root.join("large.bin");
        let store = store_for(&place).unwrap();
        let mut file = store.create(&place).unwrap();
        for piece in content.chunks(1_000_003) {
            file.write_all(piece).unwrap();
        }
        assert_eq!(store.entry(&place).unwrap(), None, "{place} is seen before its commit");
        file.commit().unwrap();
        assert_eq!(store.entry(&place).unwrap().unwrap().size, content.len() as u64);
        let mut read = Vec::new();
        store.open(&place).unwrap().read_to_end(&mut read).unwrap();
        assert!(read == content, "{place} differs from what was written");
        // A reader that stops early leaves the next one undisturbed.
        let mut some = [0; 100];
        store.open(&place).unwrap().read_exact(&mut some).unwrap();
        assert_eq!(some[..], content[..100]);
        let copy = local_copy(&place).unwrap();
        assert!(std::fs::read(copy.path()).unwrap() == content, "the copy of {place} differs");
        let path = copy.path().to_owned();
        drop(copy);
        assert!(!path.exists());
    }
}

#[test]
fn compressed_logs_are_inflated_on_the_way() {
    let text = "{\"username\": \"ann\"}\n".repeat(200_000);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let stored = gzip.finish().unwrap();
    for root in roots() {
        let place = root.join("tracking.log-20140501.gz");
        // Concatenated members are one stream.
        write_bytes(&place, &[stored.as_slice(), &stored].concat()).unwrap();
        let mut read = String::new();
        open_log(&place).unwrap().read_to_string(&mut read).unwrap();
        assert!(read == text.repeat(2));
        write_bytes(&place, &stored[..stored.len() - 9]).unwrap();
        let error = open_log(&place).unwrap().read_to_end(&mut Vec::new()).unwrap_err().to_string();
        assert!(error.contains(place.as_str()) && error.contains("cut off"), "{error}");
    }
}

#[test]
fn a_file_that_vanished_after_the_listing_is_named() {
    for root in roots() {
        let place = root.join("logs/tracking.log-20140501");
        write_bytes(&place, b"{}\n").unwrap();
        let store = store_for(&root).unwrap();
        let listed = store.list(&root.directory_form()).unwrap();
        store.remove(&place).unwrap();
        let error = open_log(&listed[0].location).err().unwrap();
        assert!(is_not_found(&error), "{error:#}");
        let text = error.to_string();
        assert!(text.contains(place.as_str()) && text.contains("removed or renamed since"), "{text}");
    }
}

#[test]
fn a_dropped_file_leaves_nothing_behind() {
    for root in roots() {
        let place = root.join("directory/dropped");
        let store = store_for(&place).unwrap();
        let mut file = store.create(&place).unwrap();
        file.write_all(&noise(20 * 1024 * 1024)).unwrap();
        drop(file);
        assert_eq!(store.list(&root).unwrap(), []);
        assert_eq!(store.sweep_pending(&root.join("directory")).unwrap(), 0);
    }
}

/// Puts an object as other tools do, past this program.
fn put(place: &Location, body: &[u8]) {
    let endpoint = servers::variable("AWS_ENDPOINT_URL", "s3.sh start DIR");
    let url = format!("{endpoint}/{}{}", place.authority(), place.path());
    assert!(ureq::put(&url).send(body).unwrap().status().is_success());
}

#[test]
fn keys_that_other_tools_make_in_s3_are_listed_and_read() {
    let root = servers::s3::new_directory("s3");
    put(&root.join("logs/"), b"");
    put(&root.join("logs_$folder$"), b"");
    put(&root.join("logs//double.log"), b"double");
    put(&root.join("logs/a+b&c=d.log"), b"signs");
    let store = store_for(&root).unwrap();
    let listed = store.list(&root.directory_form()).unwrap();
    let names: Vec<_> = listed.iter().map(|entry| entry.location.as_str().strip_prefix(root.as_str()).unwrap()).collect();
    assert_eq!(names, ["/logs//double.log", "/logs/a+b&c=d.log"]);
    let texts: Vec<_> = listed.iter().map(|entry| read_to_string(&entry.location).unwrap()).collect();
    assert_eq!(texts, ["double", "signs"]);
    assert!(store.directory_exists(&root.join("logs")).unwrap());
    store.remove(&root.join("logs")).unwrap();
    store.remove(&root.join("logs_$folder$")).unwrap();
    assert!(!store.exists(&root.join("logs")).unwrap());
}

/// As [`put`], with the key as it stands: clients make another one of `..`.
fn put_as_it_stands(place: &Location, body: &str) {
    let endpoint = servers::variable("AWS_ENDPOINT_URL", "s3.sh start DIR");
    let host = endpoint.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(host).unwrap();
    let path = format!("/{}{}", place.authority(), place.path());
    let length = body.len();
    write!(connection, "PUT {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn keys_that_no_url_holds_are_refused_by_name() {
    let root = servers::s3::new_directory("s3");
    put(&root.join("b.log"), b"another");
    put_as_it_stands(&root.join("logs/../b.log"), "dots");
    let store = store_for(&root).unwrap();
    let errors = [store.list(&root.directory_form()).err().unwrap(), store.open(&root.join("logs/../b.log")).err().unwrap()];
    for error in errors {
        let text = error.to_string();
        assert!(text.contains("/logs/../b.log\" has a part that is . or ..") && text.contains("Rename the object"), "{text}");
    }
    assert!(store.remove(&root.join("logs")).is_err());
    assert_eq!(read_to_string(&root.join("b.log")).unwrap(), "another");
}

#[test]
fn credentials_rows_and_geolocation_come_from_any_store() {
    let database = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance/last_country_of_user/ip_kinds/geo.mmdb");
    for root in roots() {
        let place = root.join("output.json");
        write_bytes(&place, br#"{"host": "db", "port": "3307", "username": "u", "password": "p"}"#).unwrap();
        assert_eq!(Credentials::read(&place).unwrap().port, 3307);
        let error = Credentials::read(&root.join("none.json")).unwrap_err();
        assert!(error.to_string().contains("none.json") && is_not_found(&error), "{error:#}");

        for (name, text) in [("part-00001", "b\tx\ty\tz\t1\n"), ("part-00000", "a\tx\ty\tz\t1\n"), ("_SUCCESS", "")] {
            write_bytes(&root.join("table").join(name), text.as_bytes()).unwrap();
        }
        for (place, expected) in [(root.join("table/"), &["a", "b"][..]), (root.join("table/part-00001"), &["b"])] {
            let (mut rows, mut row, mut seen) = (TextRows::from_location(&COURSE_ACTIVITY, &place).unwrap(), Row::default(), Vec::new());
            while rows.next_row(&mut row).unwrap() {
                seen.push(String::from_utf8(row.values().next().unwrap().unwrap().to_vec()).unwrap());
            }
            assert_eq!(seen, expected, "{place}");
        }
        let missing = TextRows::from_location(&COURSE_ACTIVITY, &root.join("nothing/")).err().unwrap();
        assert!(is_not_found(&missing) && format!("{missing:#}").contains("nothing"), "{missing:#}");

        let stored = root.join("geo.mmdb");
        write_bytes(&stored, &std::fs::read(database).unwrap()).unwrap();
        let remote = GeolocationDatabase::open(local_copy(&stored).unwrap().path()).unwrap();
        let local = GeolocationDatabase::open(Path::new(database)).unwrap();
        assert_eq!(remote.country("1.1.1.1").code, "US");
        for ip in ["1.1.1.1", "2001:db8::1", "7.7.7.7", "8.8.8.8", "9.9.9.9"] {
            assert_eq!(remote.country(ip), local.country(ip), "{ip}");
        }
    }
}

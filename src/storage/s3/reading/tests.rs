use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use object_store::ClientOptions;
use object_store::aws::AmazonS3Builder;
use object_store::client::{HttpConnector, ReqwestConnector};

use super::*;
use crate::storage::remote::wait_for;

const SIZE: usize = 100_000;

fn content() -> Vec<u8> {
    (0..SIZE).map(|number| u8::try_from(number % 251).unwrap()).collect()
}

/// How a server answers one request after the other.
#[derive(Clone, Copy)]
struct Answers {
    /// After so many bytes, times the number of the request, the connection is lost.
    lost_after: fn(usize) -> usize,
    knows_ranges: bool,
    tag: fn(usize) -> &'static str,
}

const CUTTING: Answers = Answers { lost_after: |_| 9_000, knows_ranges: true, tag: |_| "\"one\"" };

/// An endpoint with one object; gives the requests that it got.
fn serve(answers: Answers) -> (Bucket, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (sender, requests) = channel();
    std::thread::spawn(move || {
        for (number, connection) in listener.incoming().enumerate() {
            let request = answer(connection.unwrap(), number, answers);
            if sender.send(request).is_err() {
                return;
            }
        }
    });
    let _ = rustls::crypto::ring::default_provider().install_default();
    let options = ClientOptions::new().with_allow_http(true);
    let builder = AmazonS3Builder::new().with_bucket_name("b").with_endpoint(&endpoint).with_region("r");
    let store = builder.with_access_key_id("k").with_secret_access_key("s").with_client_options(options.clone()).build().unwrap();
    let bucket = Bucket {
        name: "b".to_owned(),
        url: format!("{endpoint}/b"),
        region: "r".to_owned(),
        credentials_from: String::new(),
        reader: store.clone(),
        writer: store,
        http: ReqwestConnector::default().connect(&options).unwrap(),
    };
    (bucket, requests)
}

fn answer(mut connection: TcpStream, number: usize, answers: Answers) -> String {
    let lines: Vec<_> = BufReader::new(&connection).lines().map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
    let request = lines.join("\n").to_lowercase();
    let asked = request.split_once("range: bytes=").map(|(_, rest)| rest.split_once('-').unwrap().0.parse().unwrap());
    let from = asked.filter(|_| answers.knows_ranges);
    let (status, range) = match from {
        Some(from) => ("206 Partial Content", format!("Content-Range: bytes {from}-{}/{SIZE}\r\n", SIZE - 1)),
        None => ("200 OK", String::new()),
    };
    let (content, tag) = (content(), (answers.tag)(number));
    let rest = &content[from.unwrap_or(0)..];
    let head = format!("HTTP/1.1 {status}\r\nETag: {tag}\r\nContent-Length: {}\r\n{range}Connection: close\r\n\r\n", rest.len());
    connection.write_all(head.as_bytes()).unwrap();
    // Who reads no further than the head may be gone by now.
    let _ = connection.write_all(&rest[..rest.len().min((answers.lost_after)(number))]);
    let _ = connection.shutdown(Shutdown::Write);
    request
}

/// What is read, and the error that ended it.
fn read(bucket: Bucket) -> (Vec<u8>, Option<String>) {
    let read = async {
        let (mut reading, mut all) = (Reading::open(Arc::new(bucket), "logs//a b.log").await.unwrap(), Vec::new());
        loop {
            match reading.next().await {
                Ok(Some(bytes)) => all.extend_from_slice(&bytes),
                Ok(None) => return (all, None),
                Err(refusal) => return (all, Some(reading.meaning(&refusal).1)),
            }
        }
    };
    wait_for(read).unwrap()
}

#[test]
fn more_losses_than_tries_are_made_up_for_while_bytes_come() {
    let (bucket, requests) = serve(CUTTING);
    let (read, error) = read(bucket);
    assert_eq!(error, None);
    assert!(read == content());
    let requests: Vec<_> = requests.iter().take(12).collect();
    assert!(requests[0].starts_with("get /b/logs//a%20b.log http") && !requests[0].contains("range:"), "{}", requests[0]);
    assert!(requests[11].contains("range: bytes=99000-") && requests[11].contains("if-match: \"one\""), "{}", requests[11]);
}

#[test]
fn a_server_without_ranges_is_read_again_from_the_begin() {
    let (bucket, _requests) = serve(Answers { knows_ranges: false, lost_after: |number| (number + 1) * 40_000, ..CUTTING });
    let (read, error) = read(bucket);
    assert_eq!(error, None);
    assert!(read == content());
}

#[test]
fn an_object_that_was_replaced_meanwhile_is_not_read_on() {
    let (bucket, requests) = serve(Answers { tag: |number| if number < 2 { "\"one\"" } else { "\"two\"" }, ..CUTTING });
    let (read, error) = read(bucket);
    let error = error.unwrap();
    assert!(error.starts_with("another file has replaced it") && error.contains("Run again"), "{error}");
    assert!(read == content()[..18_000]);
    assert_eq!(requests.iter().take(3).count(), 3);
    assert!(requests.try_recv().is_err());
}

#[test]
fn a_server_that_no_longer_answers_is_given_up() {
    let (bucket, _requests) = serve(Answers { lost_after: |number| if number == 0 { 9_000 } else { 0 }, ..CUTTING });
    let (read, error) = read(bucket);
    let error = error.unwrap();
    assert!(error.contains("cannot be reached, tried 7 times in"), "{error}");
    assert_eq!(read.len(), 9_000);
}

//! A server of canned answers on this machine, for tests of clients.
#![allow(dead_code)] // each test program uses a part

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// One request as it came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// `GET /path?query`
    pub line: String,
    /// `http://address`
    pub host: String,
    pub authorization: String,
    pub body: String,
}

/// What the server does.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    Status(u16, String),
    /// Says nothing for so long.
    Late(Duration),
    /// Promises twice as many bytes as come.
    Half(String),
    /// Closes the connection.
    Closed,
}

impl Reply {
    pub(crate) fn json(value: &serde_json::Value) -> Self {
        Self::Status(200, value.to_string())
    }
}

type Answer = dyn Fn(&Asked, usize) -> Reply + Send + Sync;

/// Answers until the test program ends.
pub(crate) struct JsonServer {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl JsonServer {
    /// `answer` gets the request and how many requests came before.
    pub(crate) fn start(answer: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (asked, answer): (Arc<Mutex<Vec<Asked>>>, Arc<Answer>) = (Arc::default(), Arc::new(answer));
        let all = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (all, answer) = (Arc::clone(&all), Arc::clone(&answer));
                std::thread::spawn(move || serve(stream, &all, answer.as_ref()));
            }
        });
        Self { url, asked }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The first lines of requests for a path.
    pub(crate) fn lines(&self, path: &str) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).filter(|line| line.contains(path)).collect()
    }
}

fn serve(mut stream: TcpStream, all: &Mutex<Vec<Asked>>, answer: &Answer) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut asked, mut length, mut line) = (Asked::default(), 0, String::new());
    while reader.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
        let text = line.trim_end().to_owned();
        line.clear();
        if text.is_empty() {
            break;
        }
        match text.split_once(": ") {
            _ if asked.line.is_empty() => text.trim_end_matches(" HTTP/1.1").clone_into(&mut asked.line),
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.parse().unwrap(),
            Some((name, value)) if name.eq_ignore_ascii_case("authorization") => value.clone_into(&mut asked.authorization),
            Some((name, value)) if name.eq_ignore_ascii_case("host") => asked.host = format!("http://{value}"),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    asked.body = String::from_utf8(body).unwrap();
    let before = {
        let mut all = all.lock().unwrap();
        all.push(asked.clone());
        all.len() - 1
    };
    let (status, body, length) = match answer(&asked, before) {
        Reply::Closed => return,
        Reply::Late(delay) => {
            std::thread::sleep(delay);
            return;
        }
        Reply::Status(status, body) => (status, body.clone(), body.len()),
        Reply::Half(body) => (200, body.clone(), body.len() * 2),
    };
    let head = format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    // The client may have gone.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
}

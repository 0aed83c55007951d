//! A small HTTP proxy before a real engine: it passes requests on, rejects them, cuts connections, speaks TLS, checks passwords.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::Arc;

use serde_json::{Value, json};

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Passed on.
    Pass,
    /// Answered with this status; the engine never sees it.
    Answer(u16),
    /// The connection is cut before the engine sees it.
    CutBefore,
    /// The engine answers, and nobody hears it.
    CutAfter,
    /// The engine gets the first half of a batch; the other documents are rejected one by one, as by a full queue.
    RejectHalf,
}

/// A request as the proxy decides on it.
pub(crate) struct Request {
    pub method: String,
    pub path: String,
    pub authorization: Option<String>,
    body: Vec<u8>,
}

impl Request {
    pub(crate) fn is_bulk(&self) -> bool {
        self.path.ends_with("/_bulk")
    }
}

/// The proxy; its address.
pub(crate) struct Proxy {
    pub port: u16,
}

type Decide = dyn Fn(&Request) -> Fate + Send + Sync;

impl Proxy {
    /// Plain HTTP before the engine at this address.
    pub(crate) fn start(upstream: &str, decide: impl Fn(&Request) -> Fate + Send + Sync + 'static) -> Self {
        Self::serve(upstream, None, Arc::new(decide))
    }

    /// The same with TLS.
    pub(crate) fn start_tls(
        upstream: &str,
        tls: Arc<rustls::ServerConfig>,
        decide: impl Fn(&Request) -> Fate + Send + Sync + 'static,
    ) -> Self {
        Self::serve(upstream, Some(tls), Arc::new(decide))
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn serve(upstream: &str, tls: Option<Arc<rustls::ServerConfig>>, decide: Arc<Decide>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let upstream = upstream.to_owned();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (upstream, tls, decide) = (upstream.clone(), tls.clone(), Arc::clone(&decide));
                std::thread::spawn(move || {
                    // A connection that ends early is what some tests are about.
                    let _ = match tls {
                        None => one_request(stream, &upstream, &*decide),
                        Some(config) => rustls::ServerConnection::new(config)
                            .map_err(std::io::Error::other)
                            .and_then(|connection| one_request(rustls::StreamOwned::new(connection, stream), &upstream, &*decide)),
                    };
                });
            }
        });
        Self { port }
    }
}

fn one_request(stream: impl Read + Write, upstream: &str, decide: &Decide) -> std::io::Result<()> {
    let mut stream = BufReader::with_capacity(64 * 1024, stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let header = |name: &str| {
        let named = lines.iter().skip(1).filter_map(|line| line.split_once(':'));
        named.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned()).next()
    };
    let mut words = lines[0].split(' ').map(str::to_owned);
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    let mut body = vec![0; header("content-length").map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body)?;
    let request = Request { method, path, authorization: header("authorization"), body };
    let (status, answer) = match decide(&request) {
        Fate::CutBefore => return Ok(()),
        Fate::CutAfter => {
            pass_on(upstream, &request, &request.body);
            return Ok(());
        }
        Fate::Answer(status) => (status, json!({"error": "answered by the proxy"}).to_string().into_bytes()),
        Fate::Pass => pass_on(upstream, &request, &request.body),
        Fate::RejectHalf => reject_half(upstream, &request),
    };
    let length = answer.len();
    let head = format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    let stream = stream.get_mut();
    stream.write_all(head.as_bytes())?;
    if request.method != "HEAD" {
        stream.write_all(&answer)?;
    }
    stream.flush()
}

/// The engine's answer; 504 when there is none, as proxies say it.
fn pass_on(upstream: &str, request: &Request, body: &[u8]) -> (u16, Vec<u8>) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().into();
    let builder = ureq::http::Request::builder().method(&*request.method).uri(format!("{upstream}{}", request.path));
    let answer = if matches!(&*request.method, "GET" | "HEAD" | "DELETE") {
        agent.run(builder.body(()).unwrap())
    } else {
        agent.run(builder.header("content-type", "application/json").body(body).unwrap())
    };
    match answer {
        Ok(mut answer) => (answer.status().as_u16(), answer.body_mut().read_to_vec().unwrap_or_default()),
        Err(_) => (504, Vec::new()),
    }
}

fn reject_half(upstream: &str, request: &Request) -> (u16, Vec<u8>) {
    let lines: Vec<_> = request.body.split_inclusive(|byte| *byte == b'\n').collect();
    let (taken, rejected) = lines.split_at(lines.len() / 4 * 2);
    let (status, answer) = if taken.is_empty() { (200, b"{\"items\":[]}".to_vec()) } else { pass_on(upstream, request, &taken.concat()) };
    let mut answer: Value = serde_json::from_slice(&answer).unwrap_or_else(|_| json!({"items": []}));
    for action in rejected.iter().step_by(2) {
        let action: Value = serde_json::from_slice(action).unwrap();
        answer["items"]
            .as_array_mut()
            .unwrap()
            .push(json!({"index": {"_id": action["index"]["_id"], "status": 429, "error": "queue full"}}));
    }
    (status, answer.to_string().into_bytes())
}

//! An engine behind TLS of a private authority and a password.
use std::sync::Arc;

use crate::proxy::{Fate, Proxy};
use crate::scene::{Learner, Scene};
use crate::search_engine::{Engine, Kind};

const DATE: &str = "2020-03-08";

#[test]
fn tls_and_passwords_from_the_configuration() {
    let engine = Engine::shared(Kind::OpenSearch);
    let certificate = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = rustls::pki_types::PrivateKeyDer::try_from(certificate.signing_key.serialize_der()).unwrap();
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.cert.der().clone()], key)
        .unwrap();
    // "learner:open sesame"
    let proxy = Proxy::start_tls(&engine.url, Arc::new(tls), |request| match request.authorization.as_deref() {
        Some("Basic bGVhcm5lcjpvcGVuIHNlc2FtZQ==") => Fate::Pass,
        _ => Fate::Answer(401),
    });
    let scene = Scene::new("secured", "");
    let authority = scene.path("authority.pem");
    std::fs::write(&authority, certificate.cert.pem()).unwrap();
    scene.write_roster(DATE, (0..100).map(|number| Learner(number).row()));
    let host = format!("host = https://127.0.0.1:{}", proxy.port);
    let trusted = format!("ca_certificate = {}", authority.display());

    scene.configure(&format!("{host}\nusername = learner\npassword = open sesame"));
    let (succeeded, said) = scene.run(DATE, &["--max-attempts", "2"]);
    assert!(!succeeded && said.contains("ca_certificate"), "{said}");

    scene.configure(&format!("{host}\n{trusted}\nusername = learner\npassword = hunter2"));
    let (succeeded, said) = scene.run(DATE, &["--max-attempts", "2"]);
    assert!(!succeeded && said.contains("refuses these credentials") && !said.contains("hunter2"), "{said}");

    // A password on the command line is refused, wherever it is right.
    let (succeeded, said) = scene.run(DATE, &["--host", &format!("https://learner:hunter2@127.0.0.1:{}", proxy.port)]);
    assert!(!succeeded && said.contains("command line") && !said.contains("hunter2"), "{said}");

    let with_password = host.replace("https://", "https://learner:open%%20sesame@");
    scene.configure(&format!("{with_password}\n{trusted}"));
    let said = scene.load(DATE, &[]);
    assert!(!said.contains("sesame"), "{said}");
    assert_eq!(engine.count(&scene.alias), 100);
    let (_, markers) = engine.search("index_updates", serde_json::json!({"query": {"term": {"target_index": scene.alias}}}));
    assert!(!markers[0].to_string().contains("sesame"));
    let left = std::fs::read_dir(&scene.folder)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("roster-connection-"));
    assert_eq!(left.count(), 0, "the file with the password is gone");
}

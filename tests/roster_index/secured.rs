//! An engine behind TLS of a private authority and a password.

use std::sync::Arc;

use crate::proxy::{Fate, Proxy, Request};
use crate::scene::{Learner, Scene, told};
use crate::search_engine::{Engine, Kind};

const DATE: &str = "2020-03-08";

/// The engine behind TLS, and the PEM text of the authority that signed its certificate.
fn behind_tls(engine: &Engine, decide: impl Fn(&Request) -> Fate + Send + Sync + 'static) -> (Proxy, String) {
    let certificate = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = rustls::pki_types::PrivateKeyDer::try_from(certificate.signing_key.serialize_der()).unwrap();
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.cert.der().clone()], key)
        .unwrap();
    (Proxy::start_tls(&engine.url, Arc::new(tls), decide), certificate.cert.pem())
}

#[test]
fn tls_and_passwords_from_the_configuration() {
    let engine = Engine::shared(Kind::OpenSearch);
    // "learner:open sesame"
    let (proxy, pem) = behind_tls(&engine, |request| match request.authorization.as_deref() {
        Some("Basic bGVhcm5lcjpvcGVuIHNlc2FtZQ==") => Fate::Pass,
        _ => Fate::Answer(401),
    });
    let scene = Scene::new("secured", "");
    let authority = scene.path("authority.pem");
    std::fs::write(&authority, pem).unwrap();
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
    let left = std::fs::read_dir(&scene.site.folder)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("roster-connection-"));
    assert_eq!(left.count(), 0, "the file with the password is gone");
}

#[test]
fn requests_are_signed_with_the_credentials_of_a_profile() {
    let engine = Engine::shared(Kind::OpenSearch);
    let (proxy, pem) = behind_tls(&engine, |request| {
        let authorization = request.authorization.as_deref().unwrap_or_default();
        let is_of_key = authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIDOFPROFILE/");
        let is_signed =
            authorization.contains("/eu-west-1/es/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=");
        if is_of_key && is_signed { Fate::Pass } else { Fate::Answer(403) }
    });
    let scene = Scene::new("signed", "");
    let (authority, profile) = (scene.path("authority.pem"), scene.path("credentials"));
    std::fs::write(&authority, pem).unwrap();
    std::fs::write(&profile, "[night]\naws_access_key_id = AKIDOFPROFILE\naws_secret_access_key = hunter2\n").unwrap();
    scene.write_roster(DATE, (0..100).map(|number| Learner(number).row()));
    // Without a scheme: signed requests go by HTTPS.
    let host = format!("host = 127.0.0.1:{}\nca_certificate = {}\nregion = eu-west-1", proxy.port, authority.display());
    scene.configure(&host);
    let run = |options: &[&str]| {
        let mut task = scene.task(DATE, options);
        task.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY").env_remove("AWS_SESSION_TOKEN");
        task.env("AWS_SHARED_CREDENTIALS_FILE", &profile).env("AWS_PROFILE", "night");
        told(&task.output().unwrap())
    };
    let (succeeded, said) = run(&["--connection-type", "aws"]);
    assert!(succeeded && !said.contains("hunter2"), "{said}");
    assert_eq!(engine.count(&scene.alias), 100);
    scene.configure(&format!("{host}\nconnection_type = aws"));
    assert!(run(&[]).1.contains("skipped"), "the marker is found by signed requests");
    std::fs::write(&profile, "[night]\naws_access_key_id = ANOTHER\naws_secret_access_key = hunter2\n").unwrap();
    let (succeeded, said) = run(&["--overwrite"]);
    assert!(!succeeded && said.contains("refuses these credentials"), "{said}");
}

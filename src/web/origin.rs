//! Addresses that an answer names: followed only to the server that was asked, so that nobody else gets its token.

use anyhow::{Context, Result, ensure};
use ureq::http::Uri;

use super::shown::shown;

/// The address of a further page, on the server of `root` and over its scheme: a server behind a proxy may think that it is asked
/// without TLS.
///
/// # Errors
/// It is of another server, or no address.
pub(crate) fn on_same_server(root: &str, next: &str) -> Result<String> {
    let parsed = |text: &str| text.parse::<Uri>().ok().filter(|uri| uri.host().is_some() && uri.scheme_str().is_some());
    let (of_root, of_next) = (parsed(root), parsed(next));
    let of_root = of_root.with_context(|| format!("{} is no address.", shown(root)))?;
    let of_next = of_next.with_context(|| format!("The next page {} is no address.", shown(next)))?;
    let host = |uri: &Uri| uri.host().unwrap_or_default().to_ascii_lowercase();
    let port = |uri: &Uri| {
        uri.port_u16().or(match uri.scheme_str() {
            Some("http") => Some(80),
            Some("https") => Some(443),
            _ => None,
        })
    };
    let same_scheme = of_root.scheme_str() == of_next.scheme_str();
    // Without TLS the same server has another port, which none names.
    let same_port =
        if same_scheme { port(&of_root) == port(&of_next) } else { of_next.port().is_none() || of_next.port_u16() == of_root.port_u16() };
    ensure!(
        host(&of_root) == host(&of_next) && same_port,
        "The next page is at {}, not on the configured server {}; it is not followed, since it would get the access token.",
        shown(next),
        shown(root)
    );
    let authority = of_root.authority().map(ToString::to_string).unwrap_or_default();
    let path = of_next.path_and_query().map(ToString::to_string).unwrap_or_default();
    Ok(format!("{}://{authority}{path}", of_root.scheme_str().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_configured_server_is_asked() {
        let root = "https://catalog.example/api/v1";
        for (next, expected) in [
            ("https://catalog.example/api/v1/course_runs/?page=2", "https://catalog.example/api/v1/course_runs/?page=2"),
            ("https://CATALOG.example:443/x?y", "https://catalog.example/x?y"),
            ("http://catalog.example/x?page=2", "https://catalog.example/x?page=2"),
        ] {
            assert_eq!(on_same_server(root, next).unwrap(), expected);
        }
        for other in [
            "https://other.example/api/v1/?page=2",
            "https://catalog.example.other/",
            "https://catalog.example:8443/",
            "http://catalog.example:8080/",
            "https://catalog.example@other.example/",
            "/api/v1/?page=2",
            "file:///etc/passwd",
            "",
        ] {
            assert!(on_same_server(root, other).is_err(), "{other}");
        }
        assert_eq!(on_same_server("http://u:p@h:81/", "http://h:81/a").unwrap(), "http://u:p@h:81/a");
        let error = on_same_server(root, "https://u:s3cret@other.example/?key=s3cret").unwrap_err().to_string();
        assert!(!error.contains("s3cret"), "{error}");
    }
}

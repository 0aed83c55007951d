//! Access tokens of an Open edX site (OAuth 2), asked for when the first request needs one and renewed in time (rules 09, 6.2).

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;

use super::client::{Ask, JsonClient};
use crate::config::missing::MissingSetting;
use crate::config::settings::Settings;

/// The section of the settings.
pub(crate) const SECTION: &str = "edx-rest-api";
/// A token is renewed this long before its end, or in the last tenth of its life if that is shorter.
const RENEW_BEFORE: Duration = Duration::from_secs(30);

/// Who asks, and where for tokens. Credentials come from the configuration only. `Debug` shows none.
#[derive(Clone)]
pub(crate) struct AccessSettings {
    auth_url: String,
    client_id: String,
    client_secret: String,
    user: Option<(String, String)>,
}

impl fmt::Debug for AccessSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AccessSettings").field("auth_url", &super::shown::shown(&self.auth_url)).finish_non_exhaustive()
    }
}

impl AccessSettings {
    /// What the section says.
    ///
    /// # Errors
    /// A setting is missing.
    pub(crate) fn of_settings(settings: &Settings) -> Result<Self> {
        // Not on the command line, where all users of the machine could read it.
        let required = |key: &str| {
            let value = settings.get(SECTION, key).filter(|value| !value.trim().is_empty());
            value.map(str::to_owned).ok_or_else(|| MissingSetting { section: SECTION.to_owned(), key: key.to_owned(), option: None })
        };
        let user = match settings.get(SECTION, "oauth_password") {
            Some(password) if !password.is_empty() => Some((required("oauth_username")?, password.to_owned())),
            _ => None,
        };
        Ok(Self { auth_url: required("auth_url")?, client_id: required("client_id")?, client_secret: required("client_secret")?, user })
    }

    fn form(&self) -> Vec<(&'static str, String)> {
        let grant = if self.user.is_some() { "password" } else { "client_credentials" };
        let mut form = vec![
            ("grant_type", grant.to_owned()),
            ("client_id", self.client_id.clone()),
            ("client_secret", self.client_secret.clone()),
            ("token_type", "jwt".to_owned()),
        ];
        if let Some((username, password)) = &self.user {
            form.extend([("username", username.clone()), ("password", password.clone())]);
        }
        form
    }
}

/// The right to ask: a token while it is good, then the next.
#[derive(Debug)]
pub(crate) struct Access {
    settings: AccessSettings,
    token: Option<Token>,
}

struct Token {
    header: String,
    good_until: Instant,
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Token").finish_non_exhaustive()
    }
}

impl Access {
    /// No token is asked for yet. The client will show none of the secrets.
    pub(crate) fn new(settings: AccessSettings, client: &mut JsonClient) -> Self {
        client.keep_secret(&settings.client_secret);
        if let Some((_, password)) = &settings.user {
            client.keep_secret(password);
        }
        Self { settings, token: None }
    }

    /// Value of the header `Authorization`.
    ///
    /// # Errors
    /// The site gives no token.
    pub(crate) fn header(&mut self, client: &mut JsonClient) -> Result<String> {
        if let Some(token) = self.token.as_ref().filter(|token| Instant::now() < token.good_until) {
            return Ok(token.header.clone());
        }
        let begun = Instant::now();
        let answer = client.ask_json(Ask::Form(&self.settings.auth_url, &self.settings.form()), |_| Ok(None)).with_context(|| {
            format!("No access token was given. Check auth_url, client_id and client_secret of [{SECTION}], or oauth_username and oauth_password.")
        })?;
        let text = |name: &str| answer.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let wrong = || format!("The answer of auth_url of [{SECTION}] has no access_token with the number of seconds expires_in.");
        let access_token = text("access_token").with_context(wrong)?;
        let seconds = answer.get("expires_in").and_then(Value::as_f64).filter(|seconds| (0.0..1e9).contains(seconds));
        let life = Duration::from_secs_f64(seconds.with_context(wrong)?);
        client.keep_secret(access_token);
        let header = format!("{} {access_token}", text("token_type").unwrap_or("jwt"));
        let good_until = begun + life.saturating_sub(RENEW_BEFORE.min(life / 10));
        self.token = Some(Token { header: header.clone(), good_until });
        Ok(header)
    }
}

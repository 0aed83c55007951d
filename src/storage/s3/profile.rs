//! The files that the AWS command line keeps: `~/.aws/credentials` and `~/.aws/config`.

use std::collections::HashMap;
use std::env;
use std::path::PathBuf;

/// What a profile says. Secrets: no `Debug`.
#[derive(Default)]
pub(super) struct Profile {
    pub(super) name: String,
    values: HashMap<String, String>,
}

impl Profile {
    /// The profile `AWS_PROFILE`, else `default`. Files that are missing say nothing.
    pub(super) fn load() -> Self {
        let name = env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "default".to_owned());
        let read = |variable: &str, file: &str| {
            let path = env::var_os(variable).map(PathBuf::from);
            let path = path.or_else(|| env::home_dir().map(|home| home.join(".aws").join(file)));
            path.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default()
        };
        Self::parse(name, &read("AWS_CONFIG_FILE", "config"), &read("AWS_SHARED_CREDENTIALS_FILE", "credentials"))
    }

    /// The credentials file wins over the configuration.
    fn parse(name: String, config: &str, credentials: &str) -> Self {
        let section = if name == "default" { name.clone() } else { format!("profile {name}") };
        let mut values = section_of(config, &section);
        values.extend(section_of(credentials, &name));
        Self { name, values }
    }

    /// A value such as `region`, `endpoint_url` or `aws_access_key_id`.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A way of logging in that only the AWS tools have.
    pub(super) fn unsupported(&self) -> Option<&'static str> {
        ["role_arn", "sso_session", "sso_start_url", "credential_process"].into_iter().find(|key| self.values.contains_key(*key))
    }
}

fn section_of(text: &str, wanted: &str) -> HashMap<String, String> {
    let mut inside = false;
    let mut values = HashMap::new();
    for line in text.lines() {
        let plain = line.trim();
        if let Some(section) = plain.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            inside = section.0.split_whitespace().eq(wanted.split_whitespace());
        } else if inside
            // Indented lines belong to nested settings such as `s3 =`.
            && !line.starts_with([' ', '\t'])
            && !plain.starts_with(['#', ';'])
            && let Some((key, value)) = plain.split_once('=')
        {
            values.insert(key.trim().to_lowercase(), value.trim().to_owned());
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "[default]\nregion = eu-west-1\n# aws_access_key_id = no\n[profile  night]\nRegion=us-west-2\ns3 =\n  region = nested\nrole_arn = arn\n";
    const CREDENTIALS: &str = "[default]\naws_access_key_id = A\naws_secret_access_key = a=b\n[night]\naws_access_key_id=N\n";

    #[test]
    fn both_files_make_a_profile() {
        let profile = Profile::parse("default".into(), CONFIG, CREDENTIALS);
        let keys = ["region", "aws_access_key_id", "aws_secret_access_key"];
        assert_eq!(keys.map(|key| profile.get(key)), [Some("eu-west-1"), Some("A"), Some("a=b")]);
        assert_eq!(profile.unsupported(), None);
        let profile = Profile::parse("night".into(), CONFIG, CREDENTIALS);
        assert_eq!(keys.map(|key| profile.get(key)), [Some("us-west-2"), Some("N"), None]);
        assert_eq!(profile.unsupported(), Some("role_arn"));
        assert_eq!(Profile::parse("none".into(), CONFIG, CREDENTIALS).get("region"), None);
    }
}

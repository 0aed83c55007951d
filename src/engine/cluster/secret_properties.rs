//! Properties of `[job-conf]` that hold secrets: they never stand on a command line or in a log.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result};

/// Parts of names that tell of a secret.
const SIGNS: &[&str] = &["secret", "password", "passwd", "passphrase", "token", "credential", "accesskey", "apikey", "privatekey"];

/// Keys that open something, as parts of a name between dots.
const KEYS: &[&str] = &["account.key", "access.key", "api.key", "private.key", "encryption.key", "shared.key"];

/// Parts of names that tell where a secret is, or which class looks for it.
const ABOUT_SECRETS: &[&str] = &["provider", "renewal", "binding"];
const ENDS_ABOUT_SECRETS: &[&str] = &[".file", ".path", ".class", ".id", ".separator"];

/// Whether a property holds a secret: by its name, or by a name within its value, such as `AWS_SECRET_ACCESS_KEY=…`.
pub(crate) fn is_secret(name: &str, value: &str) -> bool {
    let within = value.split([' ', ',', ';', '\n', '\t', '"', '\'']).filter_map(|word| word.split_once('='));
    names_secret(name, value)
        || within.into_iter().any(|(name, value)| names_secret(name.trim_start_matches("-D"), value))
        || value.split_once("://").is_some_and(|(_, rest)| {
            let authority = rest.split('/').next().unwrap_or_default();
            authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
        })
}

fn names_secret(name: &str, value: &str) -> bool {
    let says_how_only = ["", "true", "false"].iter().any(|word| value.trim().eq_ignore_ascii_case(word));
    let name = name.trim().to_lowercase().replace(['-', '_'], ".");
    let is_about = ABOUT_SECRETS.iter().any(|part| name.contains(part)) || ENDS_ABOUT_SECRETS.iter().any(|end| name.ends_with(end));
    let dotted = format!(".{name}.");
    let has_key = KEYS.iter().any(|key| dotted.contains(&format!(".{key}.")));
    !says_how_only && !is_about && (has_key || SIGNS.iter().any(|sign| name.contains(sign)))
}

/// Writes properties into a new file that only this user can read, as Hadoop's `-conf` takes it.
///
/// # Errors
/// The file is there already, or cannot be written.
pub(crate) fn write(path: &Path, properties: &[(String, String)]) -> Result<()> {
    let mut lines = vec!["<?xml version=\"1.0\"?>\n<configuration>".to_owned()];
    for (name, value) in properties {
        lines.push(format!("  <property><name>{}</name><value>{}</value></property>", escaped(name), escaped(value)));
    }
    lines.push("</configuration>\n".to_owned());
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(lines.join("\n").as_bytes()))
        .with_context(|| format!("Cannot write {}. Choose another --temporary.", path.display()))
}

fn escaped(text: &str) -> String {
    quick_xml::escape::escape(text).replace('\n', "&#10;")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn secrets_and_what_only_sounds_like_them() {
        let secrets = [
            ("fs.s3a.secret.key", "x"),
            ("fs.s3a.access.key", "x"),
            ("fs.s3a.session.token", "x"),
            ("fs.s3n.awsSecretAccessKey", "x"),
            ("fs.azure.account.key.logs.blob.core.windows.net", "x"),
            ("fs.azure.account.oauth2.client.secret", "x"),
            ("fs.gs.auth.service.account.private.key", "x"),
            ("javax.jdo.option.ConnectionPassword", "x"),
            ("fs.oss.accessKeySecret", "x"),
            ("my_api_key", "x"),
            ("mapreduce.map.env.AWS_SECRET_ACCESS_KEY", "x"),
            ("mapred.child.env", "A=b,AWS_SECRET_ACCESS_KEY=x"),
            ("mapreduce.map.java.opts", "-Xmx1g -Dfs.s3a.secret.key=x"),
            ("mapreduce.map.env.HTTPS_PROXY", "http://me:x@proxy:80/"),
        ];
        for (name, value) in secrets {
            assert!(is_secret(name, value), "{name}");
        }
        let open = [
            ("mapreduce.partition.keycomparator.options", "-k1"),
            ("mapreduce.map.output.key.field.separator", "."),
            ("stream.num.map.output.key.fields", "2"),
            ("mapreduce.job.keyfield.key.field.separator", "="),
            ("mapreduce.output.key.class", "org.x.Y"),
            ("fs.s3a.aws.credentials.provider", "com.x.Y"),
            ("hadoop.security.credential.provider.path", "jceks://hdfs@h:1/k.jceks"),
            ("fs.azure.account.keyprovider.logs", "org.x.Y"),
            ("mapreduce.job.complete.cancel.delegation.tokens", "false"),
            ("hadoop.security.group.mapping.ldap.bind.password.file", "/etc/x"),
            ("google.cloud.auth.service.account.json.keyfile", "/etc/x.json"),
            ("mapred.child.env", "HADOOP_USER_NAME=hadoop"),
        ];
        for (name, value) in open {
            assert!(!is_secret(name, value), "{name}");
        }
    }

    #[test]
    fn the_file_is_of_this_user_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.xml");
        write(&path, &[("a.secret".to_owned(), "<&\nx>".to_owned())]).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("<name>a.secret</name><value>&lt;&amp;&#10;x&gt;</value>"), "{text}");
        assert!(write(&path, &[]).is_err());
    }
}

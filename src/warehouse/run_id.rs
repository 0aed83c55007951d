//! The name of one run: it stands in staging names and markers.

use std::fmt;
use std::str::FromStr;

use anyhow::{Result, bail};
use chrono::Utc;

/// `20160101T093000Z-4711-0123456789abcdef`: UTC time, process id, random part. Safe in file names; sorts by time.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct RunId(String);

impl RunId {
    /// A new id for this process.
    pub fn generate() -> Self {
        let time = Utc::now().format("%Y%m%dT%H%M%SZ");
        let process = std::process::id();
        Self(format!("{time}-{process}-{:016x}", fastrand::u64(..)))
    }

    /// The text of the id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for RunId {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts: Vec<_> = text.split('-').collect();
        let all = |part: &str, kind: fn(&u8) -> bool| part.as_bytes().iter().all(kind);
        match parts[..] {
            [time, process, random]
                if time.len() == 16
                    && all(time, u8::is_ascii_alphanumeric)
                    && !process.is_empty()
                    && all(process, u8::is_ascii_digit)
                    && random.len() == 16
                    && all(random, u8::is_ascii_hexdigit) =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => bail!("The text {text} is no run id."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_and_are_read_back() {
        let (one, other) = (RunId::generate(), RunId::generate());
        assert_ne!(one, other);
        assert_eq!(one.as_str().parse::<RunId>().unwrap(), one);
        for text in ["", "a-b-c", "20160101T093000Z-1", "20160101T093000Z-1-0123456789abcdeg"] {
            assert!(text.parse::<RunId>().is_err(), "{text}");
        }
    }
}

//! Durations of videos, asked of `YouTube`: many ids in one request, seldom enough, and never so that a run fails (rules 06, 4.5).

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use crate::config::settings::Settings;
use crate::error_text::error_text;
use crate::say;
use crate::web::client::Ask;
use crate::web::{JsonClient, Limits};

const SECTION: &str = "google";
const DEFAULT_URL: &str = "https://www.googleapis.com/youtube/v3/videos";
/// What the service allows in one request.
const IDS_PER_REQUEST: usize = 50;
/// A day's quota is ten thousand requests, which other programs may need, too.
const MOST_REQUESTS: usize = 2000;
/// So many in a row, and the service is not asked for the rest.
const MOST_FAILURES: usize = 3;
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_ID: usize = 64;

/// The service, if a key is configured.
#[derive(Clone)]
pub(crate) struct YouTube {
    key: String,
    url: String,
}

impl std::fmt::Debug for YouTube {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("YouTube").field("url", &crate::web::shown::shown(&self.url)).finish_non_exhaustive()
    }
}

impl YouTube {
    /// `api_key` of `[google]`; without it nothing is ever asked. `api_url` names another address, such as a proxy's.
    pub(crate) fn of_settings(settings: &Settings) -> Option<Self> {
        let text = |key: &str| settings.get(SECTION, key).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        Some(Self { key: text("api_key")?, url: text("api_url").unwrap_or_else(|| DEFAULT_URL.to_owned()) })
    }

    /// Seconds of those videos that the service knows. Whatever goes wrong is told and makes durations unknown.
    pub(crate) fn durations(&self, ids: &[&str]) -> BTreeMap<String, u64> {
        let limits = Limits {
            timeout: Duration::from_secs(10),
            give_up_after: Duration::from_secs(10),
            connection_attempts: 2,
            ..Limits::default()
        };
        let mut client = JsonClient::new(limits);
        client.keep_secret(&self.key);
        let mut found = BTreeMap::new();
        let mut failures = 0;
        for (number, batch) in ids.chunks(IDS_PER_REQUEST).enumerate() {
            if number >= MOST_REQUESTS || failures >= MOST_FAILURES {
                let left = ids.len() - number * IDS_PER_REQUEST;
                say!("The durations of {left} videos are not asked for in this run; they stay unknown.");
                break;
            }
            if number > 0 {
                sleep(PAUSE);
            }
            let query = [("id", batch.join(",")), ("part", "contentDetails".to_owned()), ("key", self.key.clone())];
            // The status is not looked at: an error has no items.
            let answer = client.ask(Ask::Get(&self.url, &query), |_| Ok(None)).and_then(|answer| Ok((answer.status, answer.json()?)));
            match answer {
                Ok((_, answer)) if answer.get("items").is_some_and(Value::is_array) => {
                    failures = 0;
                    found.extend(durations_in(&answer, batch));
                }
                Ok((status, _)) => {
                    failures += 1;
                    say!("YouTube gives no durations of {} videos (HTTP {status}); check api_key of [{SECTION}].", batch.len());
                }
                Err(error) => {
                    failures += 1;
                    say!("YouTube gives no durations of {} videos: {}", batch.len(), error_text(&error));
                }
            }
        }
        found
    }
}

/// Whether this may be an id: anything else is not asked for, as it would change the meaning of a request.
pub(crate) fn is_id(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !text.is_empty() && text.len() <= LONGEST_ID && text.bytes().all(is_plain)
}

/// Items go by their ids; the only answer to a question for one video is of that video.
fn durations_in(answer: &Value, asked: &[&str]) -> BTreeMap<String, u64> {
    let items = answer.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let duration = |item: &Value| seconds_of(item.get("contentDetails")?.get("duration")?.as_str()?);
    if let [id] = asked {
        return items.first().and_then(duration).map(|seconds| ((*id).to_owned(), seconds)).into_iter().collect();
    }
    let of_item = |item: &Value| {
        let id = item.get("id")?.as_str().filter(|id| asked.contains(id))?;
        Some((id.to_owned(), duration(item)?))
    };
    items.iter().filter_map(of_item).collect()
}

/// `PT`, then maybe hours, minutes and seconds; what follows does not matter.
fn seconds_of(text: &str) -> Option<u64> {
    let mut rest = text.strip_prefix("PT")?;
    let mut seconds = 0_u64;
    for (unit, length) in [('H', 3600), ('M', 60), ('S', 1)] {
        let end = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, behind) = rest.split_at(end);
        if let (false, Some(behind)) = (digits.is_empty(), behind.strip_prefix(unit)) {
            seconds = digits.parse::<u64>().ok()?.checked_mul(length)?.checked_add(seconds)?;
            rest = behind;
        }
    }
    Some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn durations_of_the_specification() {
        for (text, seconds) in
            [("PT2H30M1S", 9001), ("PT2M30S", 150), ("PT4S", 4), ("PT130S", 130), ("PT1M2Sjunk", 62), ("PT", 0), ("PT5", 0), ("PT1S1M", 1)]
        {
            assert_eq!(seconds_of(text), Some(seconds), "{text}");
        }
        for text in ["P1DT2H", "P0D", "foobar", "", "pt4s", "PT99999999999999999999S", "PT9999999999999999H"] {
            assert_eq!(seconds_of(text), None, "{text}");
        }
    }

    #[test]
    fn answers_go_by_the_id_of_the_item() {
        let item = |id: &str, duration: &str| json!({"id": id, "contentDetails": {"duration": duration}});
        let answer = json!({"items": [item("b", "PT2S"), item("a", "PT1S"), item("x", "PT9S"), {"id": "c"}, {"contentDetails": 3}, 4]});
        let found = durations_in(&answer, &["a", "b", "c"]);
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [("a".to_owned(), 1), ("b".to_owned(), 2)]);
        assert_eq!(durations_in(&answer, &["z"]).get("z"), Some(&2), "the first item, as it was asked for alone");
        assert!(durations_in(&json!({"items": []}), &["a"]).is_empty());
    }

    #[test]
    fn only_plain_ids_are_asked_for() {
        assert!(is_id("3_yD-cEKoCk"));
        for text in ["", "a,b", "a&key=x", "a b", "é", &"x".repeat(65)] {
            assert!(!is_id(text), "{text}");
        }
    }

    #[test]
    fn without_a_key_there_is_no_service() {
        assert!(YouTube::of_settings(&Settings::default()).is_none());
    }
}

//! Damaged and unusual lines: what a pipeline meets in real logs sooner or later.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::event::{json_text, write_json};
use super::random::Random;

/// The kinds of damage, each named once.
macro_rules! damages {
    ($($name:ident,)*) => {
        /// How a line differs from what the LMS should have written.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Damage {
            $($name,)*
        }

        /// Every damage there is, equally likely.
        pub(super) const ALL: &[Damage] = &[$(Damage::$name,)*];
    };
}

damages! {
    NotJson,
    SyslogPrefix,
    CutOff,
    InvalidUtf8,
    EmptyPayload,
    ListPayload,
    FormPayload,
    NoContext,
    EmptyUsername,
    PaddedUsername,
    NoTime,
    BadCourse,
    TimeWithoutFraction,
    TimeWithoutZone,
    TimeWithZoneOnly,
    OtherCentury,
    OddAddress,
    OddUserId,
    TrailingBlanks,
    ByteOrderMark,
    TrailingText,
    RawTab,
    RawUnicode,
    EscapedSlashes,
    OddVideoTime,
    PayloadAsText,
    NoSubmission,
    OddAgent,
    NullPayload,
    NotANumber,
}

use Damage::{
    BadCourse, ByteOrderMark, CutOff, EmptyPayload, EmptyUsername, EscapedSlashes, FormPayload, InvalidUtf8, ListPayload, NoContext,
    NoSubmission, NoTime, NotANumber, NotJson, NullPayload, OddAddress, OddAgent, OddUserId, OddVideoTime, OtherCentury, PaddedUsername,
    PayloadAsText, RawTab, RawUnicode, SyslogPrefix, TimeWithZoneOnly, TimeWithoutFraction, TimeWithoutZone, TrailingBlanks, TrailingText,
};

/// The line in damaged form. Where a damage does not apply (a video time outside of video events) the line stays as it is.
pub(super) fn damaged(damage: Damage, line: &str, random: &mut Random) -> Result<Vec<u8>> {
    let text = match damage {
        NotJson => "not a json line".to_owned(),
        SyslogPrefix => {
            let day = random.between(1, 8);
            format!(
                "May  {day} 10:00:00 ip-10-0-0-1 [service_variant=lms][tracking][env:prod-edx] INFO  [ip-10-0-0-1  99] [logger.py:105] - {line}"
            )
        }
        CutOff => line.chars().take(1 + random.index(line.len().saturating_sub(1))).collect(),
        InvalidUtf8 => {
            let place = line.find("\"agent\": \"").map_or(0, |at| at + 10);
            let (before, after) = line.split_at(place);
            return Ok([before.as_bytes(), b"\xff\xfe\xc3", after.as_bytes()].concat());
        }
        TrailingBlanks => format!("{line}   "),
        ByteOrderMark => format!("\u{feff}{line}"),
        TrailingText => format!("{line} trailing"),
        RawTab => line.replacen("\"agent\": \"", "\"agent\": \"\t", 1),
        EscapedSlashes => line.replace('/', "\\/"),
        NotANumber => format!("{}, \"x\": NaN}}", line.strip_suffix('}').unwrap_or(line)),
        other => {
            let mut event = serde_json::from_str(line).context("A generated line is not JSON; please report this.")?;
            change(other, &mut event, random)?;
            let mut out = Vec::with_capacity(line.len());
            if other == RawUnicode {
                serde_json::to_writer(&mut out, &event).context("A generated event could not be written as JSON.")?;
            } else {
                write_json(&event, &mut out)?;
            }
            return Ok(out);
        }
    };
    Ok(text.into_bytes())
}

fn change(damage: Damage, event: &mut Value, random: &mut Random) -> Result<()> {
    let text = |event: &Value, key: &str| event[key].as_str().unwrap_or_default().to_owned();
    let time = text(event, "time");
    let head = |length: usize| time.get(..length).unwrap_or(&time);
    match damage {
        EmptyPayload => event["event"] = json!(""),
        ListPayload => event["event"] = json!([1, "x"]),
        FormPayload => event["event"] = json!("a=b&c=d"),
        NullPayload => event["event"] = Value::Null,
        NoContext => remove(event, "context"),
        NoTime => remove(event, "time"),
        EmptyUsername => event["username"] = json!(""),
        PaddedUsername => event["username"] = json!(format!("  {}\n", text(event, "username"))),
        BadCourse => {
            let course = text(&event["context"], "course_id");
            let (leading, trailing) = (format!(" {course}"), format!("{course}\n"));
            let forms = ["bogus", "edX/DemoX", "course-v1:a+b", "edX/Demo X/R", &leading, &trailing];
            event["context"]["course_id"] = json!(random.pick(&forms));
        }
        TimeWithoutFraction => event["time"] = json!(head(19)),
        TimeWithoutZone => event["time"] = json!(head(26)),
        TimeWithZoneOnly => event["time"] = json!(format!("{}+00:00", head(19))),
        OtherCentury => {
            let day = random.pick(&["1970-01-01", "2031-07-04"]);
            event["time"] = json!(format!("{day}{}", time.get(10..).unwrap_or_default()));
        }
        OddAddress => {
            event["ip"] = json!(random.pick(&["", "unknown", "999.1.2.3", "10.0.0.1, 10.0.0.2", "2001:db8::1"]));
        }
        OddUserId => {
            let id = event["context"]["user_id"].to_string();
            event["context"]["user_id"] = random.choose(&[Value::Null, json!(""), json!(id)]).clone();
        }
        OddVideoTime => return odd_video_time(event, random),
        PayloadAsText if event["event"].is_object() && event["event_type"] != "problem_check" => {
            event["event"] = json!(json_text(&event["event"])?);
        }
        NoSubmission => remove(&mut event["event"], "submission"),
        OddAgent => {
            event["agent"] = json!("back\\slash \"quote\"\ttab\nnewline \u{2028} \u{1f600}");
        }
        _ => {}
    }
    Ok(())
}

fn remove(value: &mut Value, key: &str) {
    if let Some(object) = value.as_object_mut() {
        object.shift_remove(key);
    }
}

/// Replaces the times of a video event by values that are out of range or no numbers at all.
fn odd_video_time(event: &mut Value, random: &mut Random) -> Result<()> {
    if !event["event_type"].as_str().is_some_and(|name| name.ends_with("_video")) {
        return Ok(());
    }
    let mut payload = match &event["event"] {
        Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
        payload => payload.clone(),
    };
    // serde_json has no NaN; a mark is replaced in the text instead.
    let mark = "not-a-number";
    for field in ["currentTime", "old_time"] {
        if payload.get(field).is_some() {
            let forms =
                [Value::Null, json!(-1), json!(36_001), json!(36_000), json!("abc"), json!("12.5"), json!(mark), json!(1e300), json!(0)];
            payload[field] = random.choose(&forms).clone();
        }
    }
    event["event"] = json!(json_text(&payload)?.replace(&format!("\"{mark}\""), "NaN"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"{"username": "\u00fc", "event_type": "page_close", "agent": "Mozilla", "context": {"user_id": 7, "course_id": "edX/DemoX/R"}, "time": "2014-05-01T09:00:00.000012+00:00", "event": {"a": "x/y"}}"#;
    const VIDEO: &str = r#"{"event_type": "play_video", "event": "{\"id\": \"v\", \"currentTime\": 1.5}"}"#;
    const CHECK: &str = r#"{"event_type": "problem_check", "event": {"submission": {}, "answers": {}}}"#;

    fn made(damage: Damage, line: &str) -> Vec<u8> {
        damaged(damage, line, &mut Random::for_part(1, "test", 0)).unwrap()
    }

    #[test]
    fn every_damage_changes_a_line_it_applies_to() {
        for &damage in ALL {
            let changed = [PAGE, VIDEO, CHECK].iter().any(|line| made(damage, line) != line.as_bytes());
            assert!(changed, "{damage:?} changes nothing");
        }
    }

    #[test]
    fn damages_that_keep_json_keep_it() {
        let broken = [NotJson, SyslogPrefix, CutOff, InvalidUtf8, ByteOrderMark, TrailingText, RawTab, NotANumber];
        for &damage in ALL {
            let parsed = serde_json::from_slice::<Value>(&made(damage, PAGE));
            assert_eq!(parsed.is_err(), broken.contains(&damage), "{damage:?}");
        }
    }

    #[test]
    fn samples() {
        assert!(made(RawUnicode, PAGE).windows(2).any(|bytes| bytes == "ü".as_bytes()));
        assert!(String::from_utf8(made(EscapedSlashes, PAGE)).unwrap().contains(r"x\/y"));
        assert!(String::from_utf8(made(TimeWithoutFraction, PAGE)).unwrap().contains(r#""2014-05-01T09:00:00""#));
        assert!(!String::from_utf8(made(NoSubmission, CHECK)).unwrap().contains("submission"));
        assert!(str::from_utf8(&made(InvalidUtf8, PAGE)).is_err());
    }
}

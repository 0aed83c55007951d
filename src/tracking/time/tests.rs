use proptest::prelude::*;

use super::*;

#[test]
fn times_in_all_their_forms() {
    for (text, written, sortable) in [
        ("2014-09-25T20:20:04.123456+00:00", "2014-09-25T20:20:04.123456", "2014-09-25T20:20:04.123456"),
        ("2014-09-25T20:20:04+00:00", "2014-09-25T20:20:04.000000", "2014-09-25T20:20:04.000000"),
        ("2014-09-25T20:20:04", "2014-09-25T20:20:04.000000", "2014-09-25T20:20:04.000000"),
        ("2014-09-25T20:20:04.5+00:00", "2014-09-25T20:20:04.5", "2014-09-25T20:20:04.500000"),
        ("2014-09-25T20:20:04.5", "2014-09-25T20:20:04.5", "2014-09-25T20:20:04.500000"),
        ("2014-09-25T20:20:04Z", "2014-09-25T20:20:04.000000", "2014-09-25T20:20:04.000000"),
        ("2014-09-25T20:20:04.123456789Z", "2014-09-25T20:20:04.123456", "2014-09-25T20:20:04.123456"),
        ("2014-09-25 20:20:04.123456", "2014-09-25T20:20:04.123456", "2014-09-25T20:20:04.123456"),
        ("2014-09-25 20:20:04.12 UTC", "2014-09-25T20:20:04.12", "2014-09-25T20:20:04.120000"),
        ("2014-09-25T20:20:04 UTC", "2014-09-25T20:20:04.000000", "2014-09-25T20:20:04.000000"),
        ("2014-09-25T20:20:04UTC", "2014-09-25T20:20:04.000000", "2014-09-25T20:20:04.000000"),
        ("2014-09-25 20:20:04 +0000", "2014-09-25T20:20:04.000000", "2014-09-25T20:20:04.000000"),
        ("2014-09-25T20:20:04.25+01:30", "2014-09-25T20:20:04.25", "2014-09-25T20:20:04.250000"),
        ("2014-09-25T20:20:04.5-04:00", "2014-09-25T20:20:04.5-04:00", "2014-09-25T20:20:04.500000"),
        ("2014-09-25 20:20:04-0400", "2014-09-25T20:20:04-0400.000000", "2014-09-25T20:20:04.000000"),
        ("2014-09-25T20:20:04 -04:00", "2014-09-25T20:20:04 -04:00.000000", "2014-09-25T20:20:04.000000"),
        ("2014-09-25T20:20:04.123456789-04", "2014-09-25T20:20:04.123456-04", "2014-09-25T20:20:04.123456"),
    ] {
        let time = EventTime::read(text).unwrap();
        assert_eq!((&*time.written(), &*time.sortable(), time.date()), (written, sortable, "2014-09-25"), "{text}");
        let (row, again) = (time.written(), time.written());
        let again = EventTime::read_row(&again).unwrap();
        assert_eq!((again.timestamp(), again.written()), (time.timestamp(), row), "a day file reads back");
    }
}

#[test]
fn what_is_no_time() {
    for text in [
        "",
        "2014-09-25",
        "2014-09-25T20:20",
        "2014-09-25T20:20:04.",
        "2014-09-25T20:20:04 ",
        "2014-09-25T20:20:04  UTC",
        "2014-09-25T20:20:04,5",
        "2014-09-25T20:20:04.5GMT",
        "2014-09-25T20:20:04+",
        "2014-09-25T20:20:04+24:00",
        "2014-09-25T20:20:04+14:60",
        "2014-09-25T20:20:04+05:",
        "2014-09-25T20:20:04+05:30:00:00",
        "2014-09-25T20:20:04+00:00Z",
        "2014-09-25T20:20:04-24:00",
        "2014-09-25T20:20:04-0:00",
        "2014-09-25T20:20:04Z.000000",
        "2014-09-25t20:20:04",
        "2014-09-25  20:20:04",
        "2014-9-25T20:20:04",
        "2014-09-31T20:20:04",
        "2014-09-25T24:00:00",
        " 2014-09-25T20:20:04",
        "2014-09-25T20:20:04.5é",
        "1411676404",
    ] {
        assert_eq!(EventTime::read(text), None, "{text}");
    }
}

#[test]
fn offsets_east_of_utc_are_cut_off_in_all_their_forms() {
    for offset in ["+00:00", "+0530", "+05", "+5:30", "+0", "+053000", " +05:30:00"] {
        let text = format!("2014-09-25T20:20:04.5{offset}");
        let time = EventTime::read(&text).unwrap();
        assert_eq!((time.written(), time.sortable()), ("2014-09-25T20:20:04.5".into(), "2014-09-25T20:20:04.500000".into()), "{offset}");
        assert!(!time.is_behind() && Timestamp::with_short_fields(&text) == Some(time.timestamp()), "{offset}");
    }
}

#[test]
fn day_files_of_the_original_hold_a_fraction_behind_the_zone() {
    for (text, written) in [
        ("2014-09-25T20:20:04Z.000000", "2014-09-25T20:20:04.000000"),
        ("2014-09-25T20:20:04-04:00.000000", "2014-09-25T20:20:04-04:00.000000"),
        ("2014-09-25T20:20:04.000000-04:00", "2014-09-25T20:20:04.000000-04:00"),
        ("2014-09-25T20:20:04.5Z", "2014-09-25T20:20:04.5"),
    ] {
        assert_eq!(EventTime::read_row(text).unwrap().written(), written);
    }
    assert_eq!(EventTime::read_row("2014-09-25.000000"), None);
}

#[test]
fn digits_of_a_fraction_as_the_original_took_them() {
    for (fraction, number) in [("", 0), (".5", 5), (".250", 250), (".000001", 1), (".1234567", 123_456), (".05", 5)] {
        let text = format!("2014-09-25T20:20:04{fraction}");
        assert_eq!(EventTime::read(&text).unwrap().microseconds_of_digits(), number, "{fraction}");
    }
}

#[test]
fn times_with_short_fields() {
    let iso = |text: &str| Timestamp::with_short_fields(text).map(Timestamp::iso);
    assert_eq!(iso("2014-03-01T10:00:00.000000").unwrap(), "2014-03-01T10:00:00");
    assert_eq!(iso("2014-03-01T10:00:00.5").unwrap(), "2014-03-01T10:00:00.500000");
    assert_eq!(iso("2016-02-29T23:59:59.000001").unwrap(), "2016-02-29T23:59:59.000001");
    assert_eq!(iso("2014-5-1T9:0:0.000002").unwrap(), "2014-05-01T09:00:00.000002");
    assert_eq!(iso("2014-5-1T9:0:0.5+02:00").unwrap(), "2014-05-01T09:00:00.500000");
    assert_eq!(iso("2014-03-01t10:00:00.5").unwrap(), "2014-03-01T10:00:00.500000");
    assert_eq!(iso("2014-03- 1T10:00:00.5").unwrap(), "2014-03-01T10:00:00.500000");
    for same in ["2014-5-1T9:0:0.5Z", "2014-5-1T9:0:0.5 UTC", "2014-5-1T9:0:0.5 +00:00", "2014-5-1 9:0:0.5", "2014-05- 1 9:0:0.5UTC"] {
        assert_eq!(iso(same).unwrap(), "2014-05-01T09:00:00.500000", "{same}");
    }
    for wrong in [
        "2014-5-1T9:0:0.5+",
        "2014-5-1T9:0:0.5Zx",
        "2014-5-1T9:0:0.5 ",
        "2014-5-1T9:0:0.5  UTC",
        "2014-5-1T9:0:0.5+02:00 x",
        "2014-003-01T10:00:00.0",
        "2014-03- 11T10:00:00.0",
        "2014- 3-01T10:00:00.0",
        "2014-03- 0T10:00:00.0",
        "14-03-01T10:00:00.0",
        "2014-+3-01T10:00:00.0",
        "2014-03-01T10:00:00.",
        "2014-03-01T10:00:00.1234567",
        "2014-03-01T10:00:00Z.000000",
        "2015-02-29T10:00:00.0",
        "2014-13-01T10:00:00.0",
        "2014-00-01T10:00:00.0",
        "2014-01-00T10:00:00.0",
        "2014-01-01T24:00:00.0",
        "2014-01-01T00:60:00.0",
        "2014-01-01T00:00:60.0",
        "",
        "0000-01-01T00:00:00.0",
        "2014-03-01T10:00:00.5-04:00",
    ] {
        assert!(iso(wrong).is_none(), "{wrong}");
    }
}

proptest! {
    #[test]
    fn never_panics(text in any::<String>(), near in "[0-9]{4}-[01][0-9]-[0-3][0-9][T t][0-2][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{0,9})?( |Z|UTC|[+-][0-9:]{0,5}|é)*") {
        for text in [text, near] {
            let _ = Timestamp::with_short_fields(&text);
            if let Some(time) = EventTime::read_row(&text) {
                // What is written can be read, and says the same.
                let written = time.written().into_owned();
                let again = EventTime::read_row(&written);
                prop_assert_eq!(again.map(|again| again.timestamp()), Some(time.timestamp()));
                prop_assert_eq!(again.map(|again| again.sortable().into_owned()), Some(time.sortable().into_owned()));
                prop_assert_eq!(again.map(|again| again.written().into_owned()), Some(time.written().into_owned()));
            }
        }
    }

    #[test]
    fn order_of_text_is_order_of_time(a in 0u32..86400, b in 0u32..86400, fa in "(\\.[0-9]{1,6})?", fb in "(\\.[0-9]{1,6})?") {
        let time = |s: u32, f: &str| format!("2024-02-29T{:02}:{:02}:{:02}{f}", s / 3600, s / 60 % 60, s % 60);
        let (x, y) = (time(a, &fa), time(b, &fb));
        let (x, y) = (EventTime::read(&x).unwrap(), EventTime::read(&y).unwrap());
        prop_assert_eq!(x.timestamp().cmp(&y.timestamp()), x.sortable().cmp(&y.sortable()));
    }
}

#[test]
fn offsets_west_of_utc_in_rows() {
    for (zone, offset) in
        [("-05:00", "-05:00"), ("-0330", "-03:30"), ("-00:00", "+00:00"), ("-0000", "+00:00"), ("+05:00", ""), ("Z", ""), ("", "")]
    {
        let text = format!("2014-09-25T20:20:04{zone}");
        assert_eq!(EventTime::read(&text).unwrap().offset(), offset, "{zone}");
    }
}

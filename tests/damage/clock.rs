//! Damage to the time of an event.

use crate::case::Case;
use crate::case::Damage::{Set, Without};
use crate::case::Of::{Address, Answer, Page, Video};
use crate::case::Outcome::{AsSound, Counted, Gives, NotMeant};

const MALFORMED: &str = "Event: Discard Malformed Time";
const MISSING: &str = "Event: Discard Missing Time Field";
const OTHER_DAY: &str = "the event is of no day that was asked for";

/// The rows of the table.
pub(crate) const CASES: &[Case] = &[
    Case("no time", Page, Without("time"), Counted(MISSING)),
    Case("no time, of an answer", Answer, Without("time"), Counted(MISSING)),
    Case("a time that is null", Page, Set("time", "null"), Counted(MISSING)),
    Case("an empty time", Page, Set("time", "\"\""), Counted(MISSING)),
    Case("seconds since 1970, as a number", Page, Set("time", "1456653600"), Counted(MISSING)),
    Case("seconds since 1970, as a text", Page, Set("time", "\"1456653600\""), Counted(MALFORMED)),
    Case("a word", Page, Set("time", "\"yesterday\""), Counted(MALFORMED)),
    Case("a word, of an answer", Answer, Set("time", "\"yesterday\""), Counted(MALFORMED)),
    Case("a day only", Page, Set("time", "\"2016-02-28\""), Counted(MALFORMED)),
    Case("no seconds", Page, Set("time", "\"2016-02-28T10:00\""), Counted(MALFORMED)),
    Case("no fraction", Page, Set("time", "\"2016-02-28T10:00:00+00:00\""), AsSound),
    Case("no zone", Page, Set("time", "\"2016-02-28T10:00:00.000000\""), AsSound),
    Case("`Z` for the zone", Address, Set("time", "\"2016-02-28T10:00:00.000000Z\""), AsSound),
    Case("`UTC` for the zone", Address, Set("time", "\"2016-02-28 10:00:00 UTC\""), AsSound),
    Case("a blank for the `T`", Address, Set("time", "\"2016-02-28 10:00:00.000000\""), AsSound),
    Case("two blanks for the `T`", Page, Set("time", "\"2016-02-28  10:00:00.000000\""), Counted(MALFORMED)),
    Case("a small `t`", Page, Set("time", "\"2016-02-28t10:00:00.000000\""), Counted(MALFORMED)),
    Case("nanoseconds", Address, Set("time", "\"2016-02-28T10:00:00.000000999Z\""), AsSound),
    Case("milliseconds", Video, Set("time", "\"2016-02-28T10:00:00.000Z\""), AsSound),
    Case("a point without a fraction", Page, Set("time", "\"2016-02-28T10:00:00.\""), Counted(MALFORMED)),
    Case("a comma before the fraction", Page, Set("time", "\"2016-02-28T10:00:00,5\""), Counted(MALFORMED)),
    Case("blanks around the time", Page, Set("time", "\" 2016-02-28T10:00:00 \""), Counted(MALFORMED)),
    Case("an offset to the east", Page, Set("time", "\"2016-02-28T10:00:00.000000+05:30\""), AsSound),
    Case("an offset of one digit", Page, Set("time", "\"2016-02-28T10:00:00.000000+5:30\""), AsSound),
    Case("an offset with seconds", Answer, Set("time", "\"2016-02-28T10:00:00.000000+05:30:00\""), AsSound),
    Case("an offset to the west", Address, Set("time", "\"2016-02-28T10:00:00.000000-05:00\""), Gives("-05:00")),
    Case(
        "an offset to the west, of an answer",
        Answer,
        Set("time", "\"2016-02-28T10:00:00.000000-05:00\""),
        Counted("Answer Distribution: Discard Unusable Submission"),
    ),
    Case("an offset of a whole day", Page, Set("time", "\"2016-02-28T10:00:00+24:00\""), Counted(MALFORMED)),
    Case("a zone's name", Page, Set("time", "\"2016-02-28T10:00:00 CET\""), Counted(MALFORMED)),
    Case("24:00", Page, Set("time", "\"2016-02-28T24:00:00\""), Counted(MALFORMED)),
    Case("a leap second", Page, Set("time", "\"2016-02-28T23:59:60\""), Counted(MALFORMED)),
    Case("the 60th minute", Page, Set("time", "\"2016-02-28T10:60:00\""), Counted(MALFORMED)),
    Case("a leap day", Page, Set("time", "\"2016-02-29T10:00:00\""), Gives("2016-02-29")),
    Case("a leap day of a year without one", Page, Set("time", "\"2015-02-29T10:00:00\""), Counted(MALFORMED)),
    Case("the 30th of February", Page, Set("time", "\"2016-02-30T10:00:00\""), Counted(MALFORMED)),
    Case("month 13", Page, Set("time", "\"2016-13-01T10:00:00\""), Counted(MALFORMED)),
    Case("the year 0", Page, Set("time", "\"0000-01-01T10:00:00\""), Counted(MALFORMED)),
    Case("a year of two digits", Page, Set("time", "\"16-02-28T10:00:00\""), Counted(MALFORMED)),
    Case("a day with one digit", Page, Set("time", "\"2016-3-1T10:00:00\""), Counted(MALFORMED)),
    Case("day, month, year", Page, Set("time", "\"28/02/2016 10:00:00\""), Counted(MALFORMED)),
    Case("1970, a clock that was never set", Page, Set("time", "\"1970-01-01T00:00:00\""), NotMeant(OTHER_DAY)),
    Case("the year 2031, a clock that runs ahead", Page, Set("time", "\"2031-07-04T10:00:00\""), NotMeant(OTHER_DAY)),
    Case("the last microsecond of the day before", Page, Set("time", "\"2016-02-19T23:59:59.999999\""), NotMeant(OTHER_DAY)),
    Case("digits of another script", Page, Set("time", "\"２016-02-28T10:00:00\""), Counted(MALFORMED)),
];

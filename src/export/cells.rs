//! Texts of stores and of the warehouse become typed values.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use crate::stores::table::{Column, ColumnKind};

/// One typed value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Null,
    Text(String),
    Integer(i64),
    Real(f64),
    Boolean(bool),
    Date(NaiveDate),
    Time(NaiveDateTime),
}

/// The value of a column; the error says why there is none.
pub(super) fn cell(column: &Column, text: Option<&str>) -> Result<Cell, String> {
    let Some(text) = text else {
        return if column.nullable { Ok(Cell::Null) } else { Err(format!("{} is null", column.name)) };
    };
    let found = match column.kind {
        ColumnKind::Varchar(_) | ColumnKind::LongText => Some(Cell::Text(text.to_owned())),
        ColumnKind::Int | ColumnKind::Int11 => text.parse::<i32>().ok().map(|number| Cell::Integer(number.into())),
        ColumnKind::BigInt => text.parse().ok().map(Cell::Integer),
        ColumnKind::TinyInt => boolean(text).map(Cell::Boolean),
        ColumnKind::Float | ColumnKind::Double => text.parse().ok().filter(|number: &f64| number.is_finite()).map(Cell::Real),
        ColumnKind::Date => time(text).map(|time| Cell::Date(time.date())),
        ColumnKind::DateTime => time(text).map(Cell::Time),
    };
    found.ok_or_else(|| format!("{} is {text:?}, which is no {}", column.name, column.kind.sql()))
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" => Some(true),
        "false" => Some(false),
        number => number.parse::<i64>().ok().map(|number| number != 0),
    }
}

/// A day, or a day and a time behind a blank or `T`; of a zone only that of UTC.
fn time(text: &str) -> Option<NaiveDateTime> {
    let text = text.strip_suffix('Z').or_else(|| text.strip_suffix("+00:00")).unwrap_or(text);
    let day = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|day| day.and_time(NaiveTime::MIN));
    let time = |form| NaiveDateTime::parse_from_str(text, form).ok();
    day().or_else(|| time("%Y-%m-%d %H:%M:%S%.f")).or_else(|| time("%Y-%m-%dT%H:%M:%S%.f"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stores::table::{optional, required};

    #[test]
    fn values_have_the_types_of_their_columns() {
        let of = |kind, text| cell(&optional("c", kind), text);
        let day = NaiveDate::from_ymd_opt(2024, 3, 4).unwrap();
        assert_eq!(of(ColumnKind::Date, Some("2024-03-04")), Ok(Cell::Date(day)));
        assert_eq!(of(ColumnKind::Date, Some("2024-03-04 00:00:00")), Ok(Cell::Date(day)));
        for text in ["2024-03-04 05:06:07.5", "2024-03-04T05:06:07.500000+00:00"] {
            assert_eq!(of(ColumnKind::DateTime, Some(text)), Ok(Cell::Time(day.and_hms_milli_opt(5, 6, 7, 500).unwrap())));
        }
        assert_eq!(of(ColumnKind::TinyInt, Some("1")), Ok(Cell::Boolean(true)));
        assert_eq!(of(ColumnKind::TinyInt, Some("false")), Ok(Cell::Boolean(false)));
        assert_eq!(of(ColumnKind::BigInt, Some("3000000000")), Ok(Cell::Integer(3_000_000_000)));
        assert_eq!(of(ColumnKind::Float, Some("2.5")), Ok(Cell::Real(2.5)));
        assert_eq!(of(ColumnKind::Int, None), Ok(Cell::Null));
    }

    #[test]
    fn what_does_not_fit_is_said() {
        for (kind, text) in [
            (ColumnKind::Int, "3000000000"),
            (ColumnKind::Date, "soon"),
            (ColumnKind::DateTime, "2024-03-04 05:06:07+01:00"),
            (ColumnKind::Double, "inf"),
            (ColumnKind::TinyInt, ""),
        ] {
            let error = cell(&optional("c", kind), Some(text)).unwrap_err();
            assert!(error.contains(text) && error.contains(&kind.sql()), "{error}");
        }
        assert_eq!(cell(&required("c", ColumnKind::Int), None), Err("c is null".to_owned()));
    }
}

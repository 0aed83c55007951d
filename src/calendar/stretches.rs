//! Days that follow each other, told as stretches.

use chrono::NaiveDate;

/// A few of many stretches are enough to look at.
const SHOWN: usize = 8;

/// First and last day of each stretch of days that follow each other. The days are in order.
pub fn stretches(days: impl IntoIterator<Item = NaiveDate>) -> Vec<(NaiveDate, NaiveDate)> {
    let mut stretches: Vec<(NaiveDate, NaiveDate)> = Vec::new();
    for day in days {
        match stretches.last_mut().filter(|(_, last)| last.succ_opt() == Some(day)) {
            Some((_, last)) => *last = day,
            None => stretches.push((day, day)),
        }
    }
    stretches
}

/// `2024-03-11 to 2024-03-17, 2024-03-20`: the stretches of days in order, the first ones of many.
pub fn told(days: impl IntoIterator<Item = NaiveDate>) -> String {
    let stretches = stretches(days);
    let shown: Vec<_> = stretches.iter().take(SHOWN).map(|stretch| of_stretch(*stretch)).collect();
    let more = if stretches.len() > SHOWN { ", …" } else { "" };
    shown.join(", ") + more
}

/// `2024-03-11 to 2024-03-17`, or its only day.
pub fn of_stretch((first, last): (NaiveDate, NaiveDate)) -> String {
    if first == last { first.to_string() } else { format!("{first} to {last}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_told_as_stretches() {
        let told_of = |days: &[&str]| told(days.iter().map(|day| day.parse().unwrap()));
        assert_eq!(told_of(&[]), "");
        assert_eq!(told_of(&["2024-02-29"]), "2024-02-29");
        assert_eq!(told_of(&["2024-02-28", "2024-02-29", "2024-03-01", "2024-03-05"]), "2024-02-28 to 2024-03-01, 2024-03-05");
        let many: Vec<_> = (1..=9).map(|number| format!("2024-03-{:02}", number * 2)).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        assert!(told_of(&many).ends_with("2024-03-14, 2024-03-16, …"));
    }
}

//! Numbers as text whose bytes sort as the numbers do, for the fields of a sort key.

use anyhow::{Context, Result};

/// Sixteen hexadecimal digits in the total order of floats.
pub fn sortable_float(number: f64) -> String {
    let bits = number.to_bits();
    format!("{:016x}", if number.is_sign_negative() { !bits } else { bits | 1 << 63 })
}

/// The number that [`sortable_float`] wrote.
///
/// # Errors
/// The text is something else.
pub fn float_of_sortable(text: &str) -> Result<f64> {
    let ordered = u64::from_str_radix(text, 16).with_context(|| format!("{text:?} is no sortable number."))?;
    Ok(f64::from_bits(if ordered >> 63 == 0 { !ordered } else { ordered & !(1 << 63) }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bytes_sort_as_numbers_and_read_back(left in any::<f64>(), right in any::<f64>()) {
            prop_assert_eq!(sortable_float(left).cmp(&sortable_float(right)), left.total_cmp(&right));
            prop_assert_eq!(float_of_sortable(&sortable_float(left)).unwrap().to_bits(), left.to_bits());
        }
    }
}

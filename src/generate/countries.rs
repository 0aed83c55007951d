//! A geolocation database for the addresses of made-up learners: every network of fourteen bits is of some country.
//!
//! The form is that of the format's specification: a binary tree over the bits of addresses, a data section, metadata.

/// Countries with their share of the networks, in parts of 64.
const COUNTRIES: [(&str, &str, usize); 21] = [
    ("US", "United States", 15),
    ("IN", "India", 10),
    ("BR", "Brazil", 5),
    ("GB", "United Kingdom", 4),
    ("DE", "Germany", 4),
    ("NG", "Nigeria", 3),
    ("MX", "Mexico", 3),
    ("FR", "France", 2),
    ("EG", "Egypt", 2),
    ("CN", "China", 2),
    ("CO", "Colombia", 2),
    ("ES", "Spain", 2),
    ("CA", "Canada", 2),
    ("JP", "Japan", 1),
    ("AU", "Australia", 1),
    ("KE", "Kenya", 1),
    ("PK", "Pakistan", 1),
    ("ID", "Indonesia", 1),
    ("ZA", "South Africa", 1),
    ("PL", "Poland", 1),
    ("TR", "Turkey", 1),
];
/// Bits of an IPv4 address that tell its country.
const BITS: u32 = 14;
/// Steps from the root of a tree of IPv6 addresses to its IPv4 addresses.
const TO_IPV4: u32 = 96;

/// The bytes of the file.
pub(crate) fn country_database() -> Vec<u8> {
    let (mut data, mut places) = (Vec::new(), Vec::new());
    for (code, name, share) in COUNTRIES {
        let at = u32::try_from(data.len()).unwrap_or_default();
        places.extend(std::iter::repeat_n(at, share));
        map(1, &mut data);
        text("country", &mut data);
        map(2, &mut data);
        text("iso_code", &mut data);
        text(code, &mut data);
        text("names", &mut data);
        map(1, &mut data);
        text("en", &mut data);
        text(name, &mut data);
    }
    // First the way to the IPv4 addresses, whose other branches lead nowhere; then a whole tree, level by level.
    let nodes = TO_IPV4 + (1 << BITS) - 1;
    let mut bytes = Vec::new();
    let mut record = |number: u32| bytes.extend_from_slice(number.to_be_bytes().get(1..).unwrap_or_default());
    for node in 0..TO_IPV4 {
        record(node + 1);
        record(nodes);
    }
    for node in 0..(1_u32 << BITS) - 1 {
        for branch in [2 * node + 1, 2 * node + 2] {
            match branch.checked_sub((1 << BITS) - 1) {
                // Neighbouring networks are of different countries.
                Some(leaf) => record(nodes + 16 + places.get(leaf as usize * 29 % places.len()).copied().unwrap_or_default()),
                None => record(TO_IPV4 + branch),
            }
        }
    }
    bytes.extend([0; 16]);
    bytes.extend(data);
    metadata(nodes, &mut bytes);
    bytes
}

fn metadata(nodes: u32, bytes: &mut Vec<u8>) {
    bytes.extend(b"\xab\xcd\xefMaxMind.com");
    map(9, bytes);
    for (name, number) in [
        ("binary_format_major_version", 2_u32),
        ("binary_format_minor_version", 0),
        ("ip_version", 6),
        ("record_size", 24),
        ("node_count", nodes),
    ] {
        text(name, bytes);
        // Two bytes for all but the number of nodes, which has four.
        if name == "node_count" {
            bytes.push(6 << 5 | 4);
            bytes.extend(number.to_be_bytes());
        } else {
            bytes.push(5 << 5 | 2);
            bytes.extend(number.to_be_bytes().get(2..).unwrap_or_default());
        }
    }
    text("build_epoch", bytes);
    bytes.extend([4, 2]);
    bytes.extend(1_460_000_000_u32.to_be_bytes());
    for (name, value) in [("database_type", "GeoLite2-Country"), ("description", ""), ("languages", "")] {
        text(name, bytes);
        match name {
            "description" => map(0, bytes),
            "languages" => bytes.extend([0, 4]),
            _ => text(value, bytes),
        }
    }
}

fn map(members: u8, bytes: &mut Vec<u8>) {
    bytes.push(7 << 5 | members);
}

/// A text of less than 29 bytes.
fn text(text: &str, bytes: &mut Vec<u8>) {
    bytes.push(2 << 5 | u8::try_from(text.len()).unwrap_or_default());
    bytes.extend(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use maxminddb::{Reader, geoip2};

    #[test]
    fn addresses_have_countries() {
        let reader = Reader::from_source(super::country_database()).unwrap();
        let code = |address: &str| -> Option<String> {
            let found = reader.lookup(address.parse::<IpAddr>().unwrap()).unwrap();
            found.decode::<geoip2::Country>().unwrap().and_then(|found| found.country.iso_code.map(str::to_owned))
        };
        let codes: std::collections::BTreeSet<_> =
            (0..64).flat_map(|net| [18, 81, 128, 190, 203].map(|first| code(&format!("{first}.{}.1.1", net * 4)))).collect();
        assert!(codes.len() == super::COUNTRIES.len() && codes.iter().all(Option::is_some), "{codes:?}");
        assert_eq!(code("2001:db8::1"), None);
    }
}

//! Writes small databases of the form mmdb, as the format's specification has it: a binary tree over the bits of addresses, a data
//! section, and metadata.

use std::net::{IpAddr, Ipv6Addr};

/// A value of the data section.
#[derive(Clone, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Number(u32),
    Map(Vec<(&'static str, Value)>),
    List(Vec<Value>),
}

/// A text value.
pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// The record of a country.
pub(crate) fn country(code: &str, name: &str) -> Value {
    let names = Value::Map(vec![("de", text("-")), ("en", text(name))]);
    Value::Map(vec![("country", Value::Map(vec![("iso_code", text(code)), ("names", names)]))])
}

/// What a database is to hold.
pub(crate) struct Database {
    /// Such as `GeoLite2-Country`.
    pub kind: &'static str,
    /// 4 or 6.
    pub ip_version: u32,
    /// Bits per record: 24, 28 or 32.
    pub record_size: u32,
    /// Whether `::ffff:0:0/96` leads to the IPv4 addresses, too.
    pub mapped: bool,
    /// Networks such as `18.0.0.0/8`, with their records.
    pub networks: Vec<(&'static str, Value)>,
}

impl Default for Database {
    fn default() -> Self {
        Self { kind: "GeoLite2-Country", ip_version: 6, record_size: 24, mapped: true, networks: Vec::new() }
    }
}

#[derive(Clone, Copy)]
enum Branch {
    Nothing,
    Node(usize),
    Data(usize),
}

impl Database {
    /// The bytes of the file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut data = Vec::new();
        let mut nodes = vec![[Branch::Nothing; 2]];
        for (network, value) in &self.networks {
            let at = data.len();
            encode(value, &mut data);
            let (address, length) = network.split_once('/').unwrap();
            let (bits, length) = self.bits(address.parse().unwrap(), length.parse().unwrap());
            insert(&mut nodes, &bits[..length], Branch::Data(at));
        }
        if self.ip_version == 6 && self.mapped {
            let start = (0..96).try_fold(0, |node, _| match nodes[node][0] {
                Branch::Node(next) => Some(next),
                _ => None,
            });
            if let Some(start) = start {
                let (bits, _) = self.bits("::ffff:0:0".parse().unwrap(), 0);
                insert(&mut nodes, &bits[..96], Branch::Node(start));
            }
        }
        let mut bytes = Vec::new();
        for node in &nodes {
            let [left, right] = node.map(|branch| record(branch, nodes.len()));
            let (a, b) = (left.to_be_bytes(), right.to_be_bytes());
            match self.record_size {
                24 => bytes.extend([&a[1..], &b[1..]].concat()),
                28 => bytes.extend([&a[1..], &[(a[0] << 4) | b[0]], &b[1..]].concat()),
                _ => bytes.extend([a, b].concat()),
            }
        }
        bytes.extend([0; 16]);
        bytes.extend(data);
        bytes.extend(b"\xab\xcd\xefMaxMind.com");
        self.metadata(nodes.len(), &mut bytes);
        bytes
    }

    /// The bits of an address from the tree's root on, and the length of a network counted from there.
    fn bits(&self, address: IpAddr, length: usize) -> (Vec<u8>, usize) {
        let (number, width, before) = match (address, self.ip_version) {
            (IpAddr::V4(address), 4) => (u128::from(u32::from(address)), 32, 0),
            (IpAddr::V4(address), _) => (u128::from(u32::from(address)), 128, 96),
            (IpAddr::V6(address), 6) => (u128::from(address), 128, 0),
            (IpAddr::V6(_), _) => panic!("a tree of IPv4 addresses has no IPv6 networks"),
        };
        ((0..width).rev().map(|bit| u8::from(number >> bit & 1 == 1)).collect(), length + before)
    }

    fn metadata(&self, nodes: usize, bytes: &mut Vec<u8>) {
        control(7, 9, bytes);
        let mut entry = |name: &str, kind: u8, number: u64| {
            encode(&text(name), bytes);
            let all = number.to_be_bytes();
            let skip = all.iter().take_while(|byte| **byte == 0).count();
            control(kind, 8 - skip, bytes);
            bytes.extend(&all[skip..]);
        };
        entry("binary_format_major_version", 5, 2);
        entry("binary_format_minor_version", 5, 0);
        entry("build_epoch", 9, 1_460_000_000);
        entry("ip_version", 5, self.ip_version.into());
        entry("node_count", 6, nodes as u64);
        entry("record_size", 5, self.record_size.into());
        let others = [
            ("database_type", text(self.kind)),
            ("description", Value::Map(vec![("en", text("made by a test"))])),
            ("languages", Value::List(vec![text("de"), text("en")])),
        ];
        for (name, value) in others {
            encode(&text(name), bytes);
            encode(&value, bytes);
        }
    }
}

/// What stands in a node for a branch.
fn record(branch: Branch, nodes: usize) -> u32 {
    let number = match branch {
        Branch::Nothing => nodes,
        Branch::Node(node) => node,
        Branch::Data(at) => nodes + 16 + at,
    };
    u32::try_from(number).unwrap()
}

/// Later networks win over earlier, wider ones.
fn insert(nodes: &mut Vec<[Branch; 2]>, bits: &[u8], leaf: Branch) {
    let (last, path) = bits.split_last().unwrap();
    let mut node = 0;
    for bit in path {
        let branch = nodes[node][usize::from(*bit)];
        node = if let Branch::Node(next) = branch {
            next
        } else {
            nodes.push([branch; 2]);
            let next = nodes.len() - 1;
            nodes[node][usize::from(*bit)] = Branch::Node(next);
            next
        };
    }
    nodes[node][usize::from(*last)] = leaf;
}

fn control(kind: u8, size: usize, bytes: &mut Vec<u8>) {
    let (short, rest) = match size {
        0..29 => (u8::try_from(size).unwrap(), Vec::new()),
        29..285 => (29, vec![u8::try_from(size - 29).unwrap()]),
        _ => (30, u16::try_from(size - 285).unwrap().to_be_bytes().to_vec()),
    };
    if kind < 8 {
        bytes.push(kind << 5 | short);
    } else {
        bytes.extend([short, kind - 7]);
    }
    bytes.extend(rest);
}

fn encode(value: &Value, bytes: &mut Vec<u8>) {
    match value {
        Value::Text(text) => {
            control(2, text.len(), bytes);
            bytes.extend(text.as_bytes());
        }
        Value::Number(number) => {
            control(6, 4, bytes);
            bytes.extend(number.to_be_bytes());
        }
        Value::Map(members) => {
            control(7, members.len(), bytes);
            for (name, member) in members {
                encode(&text(name), bytes);
                encode(member, bytes);
            }
        }
        Value::List(items) => {
            control(11, items.len(), bytes);
            for item in items {
                encode(item, bytes);
            }
        }
    }
}

/// The text of an address that is the IPv4 address as an IPv6 address.
pub(crate) fn mapped(address: &str) -> String {
    let IpAddr::V4(address) = address.parse().unwrap() else { panic!("{address} is no IPv4 address") };
    let mapped: Ipv6Addr = address.to_ipv6_mapped();
    mapped.to_string()
}

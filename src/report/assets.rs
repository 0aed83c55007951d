//! Files beside the pages: styles, the pages' script, the charting library and the map. The browser loads them as plain files, so pages
//! work from a disk.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::file_names::short_hash;

/// A file that all pages share. Its name tells its content, so that a new report never meets an old script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asset {
    /// Name in the folder of assets.
    pub name: String,
    /// Content.
    pub bytes: Vec<u8>,
}

/// All of them.
pub(crate) struct Assets {
    /// Styles.
    pub style: Asset,
    /// Script of the pages.
    pub script: Asset,
    /// The charting library.
    pub charts: Asset,
    /// Outlines of countries; for pages with a map.
    pub world: Asset,
}

impl Assets {
    /// The assets that were built into this program.
    pub(crate) fn new() -> Self {
        let world = concat!("echarts.registerMap(\"world\",", include_str!(concat!(env!("OUT_DIR"), "/world.json")), ");\n");
        Self {
            style: asset("report", "css", include_str!("assets/report.css")),
            script: asset("report", "js", include_str!("assets/report.js")),
            charts: asset("echarts", "js", include_str!(concat!(env!("OUT_DIR"), "/echarts.js"))),
            world: asset("world", "js", world),
        }
    }

    /// Each of them.
    pub(crate) fn all(&self) -> [&Asset; 4] {
        [&self.style, &self.script, &self.charts, &self.world]
    }
}

impl Default for Assets {
    fn default() -> Self {
        Self::new()
    }
}

fn asset(name: &str, suffix: &str, text: &str) -> Asset {
    Asset { name: format!("{name}-{}.{suffix}", short_hash(text)), bytes: text.as_bytes().to_vec() }
}

static COUNTRIES: LazyLock<HashMap<&'static str, &'static str>> =
    LazyLock::new(|| include_str!(concat!(env!("OUT_DIR"), "/countries.tsv")).lines().filter_map(|line| line.split_once('\t')).collect());

/// The English name of a country by its two letters.
pub(crate) fn country_name(code: &str) -> Option<&'static str> {
    COUNTRIES.get(code).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assets_come_with_charts_and_a_map() {
        let assets = Assets::new();
        let text = |asset: &Asset| String::from_utf8(asset.bytes.clone()).unwrap();
        assert!(text(&assets.charts).contains("echarts={}"));
        assert!(text(&assets.world).starts_with("echarts.registerMap(\"world\",{\"type\":\"FeatureCollection\""));
        assert!(assets.world.bytes.len() < 500_000, "{}", assets.world.bytes.len());
        assert_eq!(country_name("KE"), Some("Kenya"));
        assert_eq!(country_name("??"), None);
    }
}

//! Takes from published packages what the HTML report carries beside its pages: the charting library and the outlines of countries.
//!
//! Neither is a Rust library to link: `charming` is a package that holds the script of `ECharts`, `world-data` one that holds the shapes of
//! Natural Earth. See docs/decisions/report-charts.md. It also finds the commit that the programs name as theirs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use geo::{Area, BoundingRect, LineString, Polygon, Simplify};
use serde_json::{Value, json};

/// Deviation, in degrees, that nobody sees on a map of the world that is a page wide.
const TOLERANCE: f32 = 0.12;
/// Islands of less than this many square degrees are left out, unless they are all that a country has.
const SMALLEST_ISLAND: f32 = 0.08;
/// Without learners, and a fifth of the map.
const ANTARCTICA: &str = "AQ";
/// The variable by which whoever packs a source without its history names the commit.
const COMMIT: &str = "INSIGHTS_COMMIT";

fn main() -> Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=Cargo.lock");
    println!("cargo::rerun-if-env-changed={COMMIT}");
    // Cargo takes blanks away that stand at the end.
    println!("cargo::rustc-env=INSIGHTS_SOURCE=({}rules", commit().map(|commit| commit + ", ").unwrap_or_default());
    let out = PathBuf::from(std::env::var_os("OUT_DIR").context("Cargo names no OUT_DIR.")?);
    std::fs::copy(charting_script()?, out.join("echarts.js")).context("The charting library cannot be copied.")?;
    write_countries(&out)
}

/// The beginning of the commit that is built, if it is known. Git is asked for releases only: a commit would else be a reason to compile
/// everything again.
fn commit() -> Option<String> {
    if let Some(named) = std::env::var(COMMIT).ok().filter(|named| !named.is_empty()) {
        return Some(named);
    }
    if std::env::var("PROFILE").as_deref() != Ok("release") {
        return None;
    }
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    // A source that was unpacked within another repository is not a part of that.
    let root = git(&["rev-parse", "--show-toplevel"])?;
    if Path::new(&root).canonicalize().ok()? != package.canonicalize().ok()? {
        return None;
    }
    // Grows with each commit, and with each change to another branch.
    let log = package.join(git(&["rev-parse", "--git-path", "logs/HEAD"])?);
    if log.is_file() {
        println!("cargo::rerun-if-changed={}", log.display());
    }
    git(&["rev-parse", "HEAD"])?.get(..10).map(str::to_owned)
}

/// What Git answers, if it is there and has an answer.
fn git(words: &[&str]) -> Option<String> {
    let output = Command::new("git").args(words).current_dir(env!("CARGO_MANIFEST_DIR")).output().ok()?;
    let answer = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| answer.trim_end().to_owned())
}

/// The script in the package that this build has resolved, wherever Cargo keeps its sources.
fn charting_script() -> Result<PathBuf> {
    // Packages that only tests need may not be on this machine yet: then Cargo is allowed to fetch them, as for any build.
    let metadata = metadata(&["--offline"]).or_else(|_| metadata(&[]))?;
    let metadata: Value = serde_json::from_slice(&metadata)?;
    let packages = metadata["packages"].as_array().context("cargo metadata lists no packages.")?;
    let package = packages.iter().find(|package| package["name"] == "charming").context("The package charming is not resolved.")?;
    let manifest = Path::new(package["manifest_path"].as_str().context("The package charming has no path.")?);
    let folder = manifest.with_file_name("src").join("asset");
    let files = std::fs::read_dir(&folder).with_context(|| format!("{} cannot be read.", folder.display()))?;
    let mut scripts: Vec<PathBuf> = files.map(|file| Ok(file?.path())).collect::<Result<_>>()?;
    scripts.retain(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("echarts-")));
    scripts.pop().with_context(|| format!("{} holds no ECharts.", folder.display()))
}

/// Cargo's list of all packages with their places.
fn metadata(options: &[&str]) -> Result<Vec<u8>> {
    let cargo = std::env::var_os("CARGO").context("Cargo does not say where it is.")?;
    let target = std::env::var("TARGET").context("Cargo names no TARGET.")?;
    let arguments = ["metadata", "--format-version", "1", "--filter-platform", &target];
    let output = Command::new(cargo).args(arguments).args(options).output()?;
    ensure!(output.status.success(), "cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(output.stdout)
}

/// `world.json`: outlines by country code, as `GeoJSON`; `countries.tsv`: code and name.
fn write_countries(out: &Path) -> Result<()> {
    let countries: BTreeMap<_, _> = world_data::load().countries.into_iter().filter(|(code, _)| code != ANTARCTICA).collect();
    let mut names = String::new();
    let mut features = Vec::new();
    for (code, country) in &countries {
        writeln!(names, "{code}\t{}", country.common_name)?;
        let largest = country.polygons.iter().map(Area::unsigned_area).fold(0.0, f32::max);
        let shapes: Vec<Value> = country
            .polygons
            .iter()
            .filter(|polygon| polygon.unsigned_area() >= SMALLEST_ISLAND.min(largest))
            .map(|polygon| json!([ring(outline(polygon).exterior())]))
            .collect();
        features.push(json!({
            "type": "Feature",
            "properties": { "name": code },
            "geometry": { "type": "MultiPolygon", "coordinates": shapes },
        }));
    }
    ensure!(features.len() > 200, "The package world-data holds only {} countries.", features.len());
    std::fs::write(out.join("countries.tsv"), names)?;
    std::fs::write(out.join("world.json"), json!({ "type": "FeatureCollection", "features": features }).to_string())?;
    Ok(())
}

/// The polygon with fewer corners; as it is where it is too small for that.
fn outline(polygon: &Polygon<f32>) -> Polygon<f32> {
    let simple = polygon.simplify(&TOLERANCE);
    let size = polygon.bounding_rect().map_or(0.0, |bounds| bounds.width().max(bounds.height()));
    if size < 4.0 * TOLERANCE { polygon.clone() } else { simple }
}

/// Corners with two decimals: a kilometre.
fn ring(line: &LineString<f32>) -> Value {
    let rounded = |degrees: f32| (f64::from(degrees) * 100.0).round() / 100.0;
    line.coords().map(|corner| json!([rounded(corner.x), rounded(corner.y)])).collect()
}

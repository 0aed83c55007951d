//! Pages as files: which there are, how large, and what they hold.
use std::path::Path;

use insights_pipeline::report::{ReportOptions, ReportSummary, write_report};
use insights_pipeline::storage::Location;
use insights_pipeline::stores::target::StorePlace;

use crate::site::{self, Site};

pub fn report(store: &Path, folder: &Path, learners: bool) -> ReportSummary {
    let options = ReportOptions { learners, progress: false };
    write_report(&StorePlace::Sqlite(store.to_owned()), &options, &Location::from_path(folder).unwrap()).unwrap()
}

/// A place to look at: keeps its files when REPORT_TEST_FOLDER names one.
#[test]
fn report_of_a_small_site() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store.sqlite");
    Site { courses: 14, days: 540, demographic_days: 2 }.write(&store);
    let out = std::env::var_os("REPORT_TEST_FOLDER").map_or_else(|| folder.path().join("report"), Into::into);
    let summary = report(&store, &out, true);
    assert_eq!(summary.pages.len(), 15);
    for page in &summary.pages {
        assert!(page.bytes < 1_500_000, "{page:?}");
        assert!(page.lenses.iter().all(|lens| lens.empty.is_none() && lens.rows > 0), "{page:?}");
    }
}

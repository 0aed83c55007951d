//! Metric ranges are the same numbers in either result store.

use crate::site::DatabaseSite;

#[test]
fn floats_are_read_from_the_server_as_they_were_loaded() {
    let site = DatabaseSite::new();
    let database = site.new_database();
    site.write_credentials("results.json", &site.server.password);
    let row = |metric: &str, low: &str, high: &str| format!("a/b/c\t2014-05-01\t2014-05-08\t{metric}\tnormal\t{low}\t{high}\n");
    let rows = [row("problem_attempts_per_completed", "5.444444444444445", "123456.789"), row("videos_viewed", "0.1", "\\N")];
    site.write("ranges.tsv", rows.concat());
    let table = "module_engagement_metric_ranges";
    for store in [&["--credentials", "results.json", "--database", &database][..], &["--sqlite", "results.sqlite"]] {
        let loaded = site.program("mysql-loader").args([table, "--input", "ranges.tsv"]).args(store).output().unwrap();
        assert!(loaded.status.success(), "{}", String::from_utf8_lossy(&loaded.stderr));
    }
    let place = format!("results.json#{database}");
    let compared = site.command(&["compare", &place, "results.sqlite", table]);
    let told = String::from_utf8_lossy(&compared.stdout);
    assert!(compared.status.success() && told.contains("2 rows, equal"), "{told}");
    let exported =
        site.command(&["export", table, "--credentials", "results.json", "--database", &database, "--format", "csv", "--out", "out"]);
    assert!(exported.status.success(), "{}", String::from_utf8_lossy(&exported.stderr));
    let text = std::fs::read_to_string(site.path(&format!("out/{table}.csv"))).unwrap();
    assert!(text.contains("5.4444447,") && text.contains("2014-05-01,2014-05-08,") && text.contains(",123456.79"), "{text}");
}

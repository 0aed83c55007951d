//! Outputs that one process begins, a streaming job writes, and another process commits.

use insights_pipeline::engine::JobOutput;
use insights_pipeline::engine::external_commit::{self, Committed};
use insights_pipeline::storage::{Location, store_for, write_bytes};
use insights_pipeline::warehouse::RunId;
use insights_pipeline::warehouse::lock::OutputLock;
use insights_pipeline::warehouse::marker::has_marker;

use crate::roots;

fn locks(output: &JobOutput, run_id: &RunId) -> Vec<OutputLock> {
    output.roots().into_iter().map(|root| OutputLock::acquire(root, run_id, "test").unwrap()).collect()
}

fn files(root: &Location) -> Vec<(String, u64)> {
    let entries = store_for(root).unwrap().list(&root.directory_form()).unwrap();
    let files = entries.iter().map(|entry| (entry.location.relative_to(root).unwrap().to_owned(), entry.size));
    files.filter(|(name, _)| !name.ends_with("_SUCCESS") && !name.contains(".lock")).collect()
}

/// What Hadoop's client of S3 leaves for a directory: an object whose key ends in a slash.
fn mark_as_directory(directory: &Location) {
    if directory.scheme().starts_with("s3") {
        let endpoint = std::env::var("AWS_ENDPOINT_URL").unwrap();
        let address = format!("{endpoint}/{}{}/", directory.authority(), directory.path().trim_end_matches('/'));
        assert!(ureq::put(address).send_empty().unwrap().status().is_success());
    }
}

#[test]
fn an_output_is_begun_written_by_others_and_committed() {
    for root in roots() {
        let marker = root.join("marker/");
        let days = "2016-01-01-2016-01-03".parse().unwrap();
        let outputs = [
            (JobOutput::Directory(root.join("one/dt=2016-01-01/")), vec![("one/dt=2016-01-01/part-00000", 0)]),
            (
                JobOutput::Days { root: root.join("days/"), days, file_stem: "d_".to_owned(), marker: marker.clone() },
                vec![("days/dt=2016-01-01/d_2016-01-01", 0), ("days/dt=2016-01-02/d_2016-01-02", 5)],
            ),
            (
                JobOutput::Tables(["a", "b"].map(|name| (format!("{name}/"), root.join(&format!("{name}/dt=2016-01-01/")))).to_vec()),
                vec![("a/dt=2016-01-01/part-00000", 0), ("b/dt=2016-01-01/part-00007", 5)],
            ),
        ];
        let mut expected = Vec::new();
        for (output, written) in outputs {
            let overtaken = RunId::generate();
            external_commit::begin(&output, &locks(&output, &overtaken)).unwrap();
            let run_id = RunId::generate();
            external_commit::begin(&output, &locks(&output, &run_id)).unwrap();
            for run in [&overtaken, &run_id] {
                let directory = output.job_directory(run).unwrap();
                mark_as_directory(&directory);
                for path in ["dt=2016-01-02/d_2016-01-02", "b/part-00007"] {
                    if written.iter().any(|(name, size)| *size > 0 && name.ends_with(path.rsplit('/').next().unwrap())) {
                        write_bytes(&directory.join(path), b"rows\n").unwrap();
                    }
                }
                write_bytes(&directory.join("_SUCCESS"), b"{\"committer\": \"of S3\"}").unwrap();
            }
            let error = external_commit::commit(&output, &locks(&output, &overtaken)).unwrap_err().to_string();
            assert!(error.contains("no claim of this run"), "{root}: {error}");
            assert_eq!(external_commit::commit(&output, &locks(&output, &run_id)).unwrap(), Committed::Now);
            assert_eq!(external_commit::commit(&output, &locks(&output, &run_id)).unwrap(), Committed::Before);
            expected.extend(written.into_iter().map(|(name, size)| (name.to_owned(), size)));
            // What the overtaken run's job wrote behind its begin is cleared by whoever comes next.
            let next = RunId::generate();
            external_commit::begin(&output, &locks(&output, &next)).unwrap();
            store_for(&root).unwrap().remove(&output.job_directory(&next).unwrap()).unwrap();
        }
        let mut found = files(&root);
        found.retain(|(name, _)| !name.split('/').any(|part| part.starts_with('.')));
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{root}");
        assert!(has_marker(&marker).unwrap() && has_marker(&root.join("b/dt=2016-01-01/")).unwrap());
    }
}

//! What `--version` of every program says.

/// Version of the package, the commit that it was built from if that is known, and the version of the rules (rules 10, 7): 1, and one
/// more with each change of a job's rules, so that equal ones read the same logs the same way.
pub(super) const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " ", env!("INSIGHTS_SOURCE"), " 1)");

#[cfg(test)]
mod tests {
    use super::VERSION;
    use crate::workflows::WORKFLOWS;

    #[test]
    fn a_change_of_a_jobs_rules_is_a_version_of_all_rules() {
        let changes: u32 = WORKFLOWS.iter().flat_map(|workflow| workflow.jobs).map(|job| job.shape().rules_version - 1).sum();
        assert!(VERSION.ends_with(&format!("rules {})", 1 + changes)), "{VERSION}");
    }

    #[test]
    fn a_commit_is_named_by_its_beginning() {
        let (number, rest) = VERSION.split_once(" (").unwrap_or_default();
        let commit = rest.split_once(", ").map_or("0000000000", |(commit, _)| commit.trim_end_matches("-modified"));
        let is_commit = commit.len() == 10 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(number == env!("CARGO_PKG_VERSION") && is_commit, "{VERSION}");
    }
}

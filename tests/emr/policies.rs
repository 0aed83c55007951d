//! Rights: the policies of `emr/iam`.
use crate::emr::Scenario;
use serde_json::json;

#[test]
fn policies_and_the_security_configuration_are_ones_that_aws_takes() {
    let scenario = Scenario::new(&json!({}));
    for name in ["nodes", "launcher", "service-role"] {
        let document = format!("file://emr/iam/{name}.json");
        scenario.aws(&["iam", "create-policy", "--policy-name", &format!("{}-{name}", scenario.name), "--policy-document", &document]);
    }
    let document = "file://emr/cluster/security-configuration.json";
    let arguments = ["emr", "create-security-configuration", "--name", &scenario.name, "--security-configuration", document];
    assert_eq!(scenario.aws(&arguments)["Name"], *scenario.name);
}

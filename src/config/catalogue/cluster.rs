//! What runs on a cluster reads.

use super::Unset::{Default, Without};
use super::{KnownSetting, setting};

pub(super) const SECTIONS: &[(&str, &str)] = &[
    ("map-reduce", "Which runner executes jobs."),
    ("jobs", "How jobs are submitted."),
    ("manifest", "Inputs of jobs on a cluster."),
    ("hadoop", "Hadoop on this machine."),
];

pub(super) const SETTINGS: &[KnownSetting] = &[
    setting("map-reduce", "engine", "local, or hadoop for a cluster where its command is there", Default("local"), "local"),
    setting(
        "map-reduce",
        "marker",
        "Directory of the markers of complete days",
        Without("_marker/ in the warehouse"),
        "/var/lib/insights/markers/",
    ),
    setting(
        "jobs",
        "directory",
        "Directory of files as in jobs/, whose keys win over those compiled in",
        Without("only those"),
        "/etc/insights/jobs/",
    ),
    setting("manifest", "path", "Where manifests of EMR steps are written", Without("required for EMR steps"), "s3://bucket/manifests/"),
    setting(
        "manifest",
        "input_format",
        "Hadoop's input format of jobs over logs",
        Without("our own"),
        "org.edx.hadoop.input.ManifestTextInputFormat",
    ),
    setting(
        "manifest",
        "lib_jar",
        "Jars for the cluster, one or a JSON list",
        Without("none"),
        "/opt/insights/edx-analytics-hadoop-util.jar",
    ),
    setting("hadoop", "command", "The command hadoop, a name on the PATH or a path", Default("hadoop"), "hadoop"),
    setting(
        "hadoop",
        "streaming-jar",
        "hadoop-streaming.jar",
        Without("looked for below Hadoop's home"),
        "/opt/hadoop/hadoop-streaming.jar",
    ),
    setting(
        "hadoop",
        "insights-jar",
        "Our jar of input and output formats",
        Without("beside the programs"),
        "/opt/insights/insights-hadoop.jar",
    ),
    setting("hadoop", "binaries", "Programs that are sent to the nodes", Without("the directory of this program"), "/opt/insights/bin/"),
    setting(
        "hadoop",
        "log-directory",
        "Where the logs of Hadoop's client are kept",
        Without("the directory for temporary files"),
        "/var/log/insights/hadoop/",
    ),
    setting("hadoop", "pool", "Queue or pool of the cluster", Without("the cluster's own"), "default"),
    setting("hadoop", "scheduler", "fair or capacity, if the pool is one of theirs", Without("a queue of YARN"), "capacity"),
];

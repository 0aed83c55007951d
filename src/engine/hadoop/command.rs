//! The words of a streaming job's line, in the order of the original (rules 01, 8.2).

use anyhow::{Context, Result};
use itertools::Itertools;

use super::shipped::{Names, PlaceOf, ShippedFile};
use crate::engine::cluster::{Cluster, INSIGHTS_JAR, MapInput};
use crate::engine::submission::Submission;
use crate::storage::Location;
use crate::streaming::encoded_words::{COMBINE, encoded_if_needed};
use crate::streaming::{AnyJob, Input, JobShape, OutputForm};

const MANIFEST_LINES: &str = "org.openedx.insights.hadoop.ManifestInputFormat";
const MANIFEST_PATHS: &str = "org.openedx.insights.hadoop.ManifestPathsInputFormat";
const ROWS: &str = "org.openedx.insights.hadoop.RowOutputFormat";
const NAMED_FILES: &str = "org.openedx.insights.hadoop.NamedFileOutputFormat";
/// Takes the whole line for the key, and hands it on as it is.
const LINE_RESOLVER: &str = "org.openedx.insights.hadoop.LineIdentifierResolver";

/// A job as Hadoop Streaming is told of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StreamingCommand<'c> {
    /// Where it runs.
    pub cluster: &'c Cluster,
    /// The job.
    pub job: &'static dyn AnyJob,
    /// The words of its options.
    pub options: &'c [String],
    /// Number of reducers; 0 for a map-only job.
    pub reducers: usize,
    /// How it is submitted.
    pub submission: &'c Submission,
    /// The manifest of its input files, as a URL.
    pub manifest: &'c str,
    /// The directory that it writes.
    pub output: &'c str,
    /// Whether everything that the manifest names must be there.
    pub must_exist: bool,
    /// Whether the cluster writes `_SUCCESS` into the output, for a process that knows nothing else of the job.
    pub marks_success: bool,
    /// A file of properties that must not stand on a command line.
    pub secret_properties: Option<&'c str>,
}

/// What travels with a job.
#[derive(Clone, Debug)]
pub(crate) struct Shipment {
    /// Our jar and those of the operator.
    pub jars: Vec<ShippedFile>,
    /// Programs, and files that the tasks read.
    pub files: Vec<ShippedFile>,
    /// The options of the job, with the names of these files in place of their paths.
    options: Vec<String>,
}

/// The jars of every job.
pub(crate) fn jars(cluster: &Cluster, names: &mut Names) -> Vec<ShippedFile> {
    let ours = ShippedFile { source: cluster.insights_jar.clone(), ..names.file(INSIGHTS_JAR, true) };
    std::iter::once(ours).chain(cluster.lib_jars.iter().map(|jar| names.file(jar, true))).collect()
}

impl StreamingCommand<'_> {
    /// All words, the command first.
    ///
    /// # Errors
    /// An option that names a file for the tasks cannot be used, or a file cannot be put where Hadoop's client finds it.
    pub(crate) fn words(&self, place_of: PlaceOf<'_>) -> Result<Vec<String>> {
        let Shipment { jars, files, options } = self.shipment()?;
        let cluster = self.cluster;
        let jars = jars.iter().map(place_of).collect::<Result<Vec<_>>>()?;
        let mut words: Vec<String> =
            vec![cluster.hadoop.clone(), "jar".to_owned(), cluster.streaming_jar.clone(), "-libjars".to_owned(), jars.join(",")];
        let files = files.iter().map(|file| {
            let place = place_of(file)?;
            let has_its_name = place.rsplit('/').next() == Some(&file.name);
            Ok(if has_its_name { place } else { format!("{place}#{}", file.name) })
        });
        words.extend(["-files".to_owned(), files.collect::<Result<Vec<_>>>()?.join(",")]);
        if let Some(file) = self.secret_properties {
            words.extend(["-conf".to_owned(), file.to_owned()]);
        }
        for (name, value) in self.properties() {
            words.extend(["-D".to_owned(), format!("{name}={value}")]);
        }
        let task = |words: Vec<String>| words.into_iter().chain(encoded_if_needed(&options)).join(" ");
        let shape = self.shape();
        let mapper = if self.opens_paths() {
            [&self.cluster.driver, "map", shape.workflow, shape.name].map(str::to_owned).to_vec()
        } else {
            shape.mapper_words()
        };
        let combine = shape.combines.then(|| COMBINE.to_owned());
        words.extend(["-mapper".to_owned(), task(mapper.into_iter().chain(combine).collect())]);
        if self.reducers > 0 {
            words.extend(["-reducer".to_owned(), task(shape.reducer_words())]);
            words.extend(["-partitioner", "org.apache.hadoop.mapred.lib.KeyFieldBasedPartitioner"].map(str::to_owned));
        }
        let output_format = if self.shape().output == OutputForm::Files { NAMED_FILES } else { ROWS };
        let formats = ["-inputformat", self.input_format(), "-outputformat", output_format];
        words.extend(formats.map(str::to_owned));
        words.extend(["-input", self.manifest, "-output", self.output].map(str::to_owned));
        Ok(words)
    }

    fn shape(&self) -> &'static JobShape {
        self.job.shape()
    }

    fn over_logs(&self) -> bool {
        self.shape().input == Input::TrackingLogs
    }

    /// Whether mappers open the files themselves, which only the driver can.
    fn opens_paths(&self) -> bool {
        self.over_logs() && self.cluster.map_input.or(self.submission.input).unwrap_or_default() == MapInput::Paths
    }

    /// The operator's input format counts for logs; rows of the warehouse need to know their table.
    fn input_format(&self) -> &str {
        match &self.cluster.input_format {
            _ if self.opens_paths() => MANIFEST_PATHS,
            Some(format) if self.over_logs() => format,
            _ => MANIFEST_LINES,
        }
    }

    fn properties(&self) -> Vec<(String, String)> {
        let mut properties: Vec<(&str, String)> =
            vec![("mapreduce.job.name", format!("insights {} {}", self.shape().workflow, self.shape().name))];
        properties.extend(self.cluster.pool.iter().map(|pool| (self.cluster.scheduler.pool_property(), pool.clone())));
        properties.push(("mapreduce.job.reduces", self.reducers.to_string()));
        properties.push(("mapreduce.fileoutputcommitter.marksuccessfuljobs", self.marks_success.to_string()));
        properties.push(("stream.jobconf.truncate.limit", "20000".to_owned()));
        properties.push(("stream.io.identifier.resolver.class", LINE_RESOLVER.to_owned()));
        properties.push(("stream.map.output", "lines".to_owned()));
        if self.reducers > 0 {
            properties.push(("stream.reduce.input", "lines".to_owned()));
            properties.push(("stream.reduce.output", "lines".to_owned()));
            properties.push(("mapreduce.partition.keypartitioner.options", format!("-k1,{}", self.shape().group_fields())));
        }
        if self.shape().one_attempt_at_a_time {
            properties.push(("mapreduce.reduce.speculative", "false".to_owned()));
        }
        if self.input_format().starts_with("org.openedx.insights.") {
            properties.push(("stream.map.input.ignoreKey", "true".to_owned()));
        }
        if self.over_logs() {
            properties.push(("insights.input.group.across.directories", "true".to_owned()));
        } else {
            properties.push(("insights.input.skip.hidden", "true".to_owned()));
            properties.push(("insights.input.may.be.empty", "true".to_owned()));
        }
        if self.must_exist {
            properties.push(("insights.input.must.exist", "true".to_owned()));
        }
        let ours = properties.into_iter().map(|(name, value)| (name.to_owned(), value));
        let of_job = self.submission.hadoop_properties();
        let others = ours.chain(self.cluster.open_properties()).filter(|(name, _)| !of_job.iter().any(|(of_job, _)| of_job == name));
        others.chain(of_job.iter().cloned()).collect()
    }

    /// What travels with the job.
    ///
    /// # Errors
    /// An option that names a file for the tasks cannot be used.
    pub(crate) fn shipment(&self) -> Result<Shipment> {
        let mut names = Names::default();
        let jars = jars(self.cluster, &mut names);
        let directory = self.cluster.binaries.trim_end_matches('/');
        let mapper = if self.opens_paths() { vec![self.cluster.driver.clone()] } else { self.shape().mapper_words() };
        let reducer = (self.reducers > 0).then(|| self.shape().reducer_words());
        let programs = std::iter::once(mapper).chain(reducer).filter_map(|words| words.into_iter().next()).unique();
        let mut files: Vec<_> = programs.map(|program| names.file(&format!("{directory}/{program}"), false)).collect();
        let mut options = self.options.to_vec();
        for at in 0..options.len() {
            let names_file = options.get(at).is_some_and(|word| self.shape().file_options.contains(&word.as_str()));
            let Some(value) = options.get_mut(at + 1).filter(|_| names_file) else { continue };
            let place: Location = value.parse().with_context(|| format!("The file {value:?} cannot be sent to the tasks."))?;
            place.name().with_context(|| format!("{place} has no name."))?;
            let source = if place.scheme() == "file" { absolute(place.path())? } else { place.to_string() };
            let file = names.file(&source, false);
            value.clone_from(&file.name);
            files.push(file);
        }
        Ok(Shipment { jars, files, options })
    }
}

fn absolute(path: &str) -> Result<String> {
    let path = std::path::absolute(path).with_context(|| format!("The path {path} cannot be used."))?;
    Ok(path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::super::trial_jobs::{DAYS, PLACES, POSTS, TITLES};
    use super::*;
    use crate::engine::cluster::Scheduler;
    use crate::engine::submission::Property;

    fn cluster() -> Cluster {
        Cluster {
            hadoop: "hadoop".to_owned(),
            streaming_jar: "/s.jar".to_owned(),
            insights_jar: "/i.jar".to_owned(),
            binaries: "/opt/insights/bin".to_owned(),
            driver: "insights".to_owned(),
            lib_jars: vec!["s3://b/more.jar".to_owned()],
            input_format: None,
            pool: Some("night".to_owned()),
            scheduler: Scheduler::Unset,
            properties: vec![("mapreduce.map.memory.mb".to_owned(), "900".to_owned())],
            map_input: None,
            log_directory: None,
        }
    }

    fn words(job: &'static dyn AnyJob, options: &[&str], cluster: &Cluster) -> Vec<String> {
        words_of(job, options, cluster, &Submission::default())
    }

    fn words_of(job: &'static dyn AnyJob, options: &[&str], cluster: &Cluster, submission: &Submission) -> Vec<String> {
        let options: Vec<_> = options.iter().map(|word| (*word).to_owned()).collect();
        let reducers = job.shape().reducer_count(3);
        let (manifest, output) = ("file:///tmp/m", "hdfs://h/out/");
        StreamingCommand {
            cluster,
            job,
            options: &options,
            reducers,
            submission,
            manifest,
            output,
            must_exist: true,
            marks_success: false,
            secret_properties: None,
        }
        .words(&|file| Ok(file.source.replace("/geo/G L.mmdb", "/links/G_L.mmdb")))
        .unwrap()
    }

    fn has(words: &[String], wanted: &[&str]) -> bool {
        words.windows(wanted.len()).any(|window| window == wanted)
    }

    #[test]
    fn a_job_over_logs() {
        let words = words(&POSTS, &["--ccx=false"], &cluster());
        assert_eq!(words[..3], ["hadoop", "jar", "/s.jar"]);
        assert!(has(&words, &["-libjars", "/i.jar,s3://b/more.jar"]));
        assert!(has(&words, &["-files", "/opt/insights/bin/trial-mapper,/opt/insights/bin/trial-reducer"]));
        for property in [
            "mapreduce.job.reduces=3",
            "mapreduce.job.queuename=night",
            "mapreduce.partition.keypartitioner.options=-k1,3",
            "stream.map.input.ignoreKey=true",
            "stream.reduce.input=lines",
            "mapreduce.map.memory.mb=900",
        ] {
            assert!(has(&words, &["-D", property]), "{property} in {words:?}");
        }
        assert!(has(&words, &["-mapper", "trial-mapper posts --combine --ccx=false"]));
        assert!(has(&words, &["-reducer", "trial-reducer posts --ccx=false"]));
        assert!(!words.iter().any(|word| word == "-combiner"));
        assert!(has(
            &words,
            &["-inputformat", MANIFEST_LINES, "-outputformat", ROWS, "-input", "file:///tmp/m", "-output", "hdfs://h/out/"]
        ));
    }

    #[test]
    fn paths_and_formats_of_others() {
        let paths = words(&DAYS, &[], &Cluster { map_input: Some(MapInput::Paths), ..cluster() });
        assert!(has(&paths, &["-mapper", "insights map trial days"]) && has(&paths, &["-inputformat", MANIFEST_PATHS]));
        assert!(has(&paths, &["-outputformat", NAMED_FILES]));
        let theirs = Cluster { input_format: Some("org.edx.hadoop.input.ManifestTextInputFormat".to_owned()), ..cluster() };
        let over_logs = words(&DAYS, &[], &theirs);
        assert!(has(&over_logs, &["-inputformat", "org.edx.hadoop.input.ManifestTextInputFormat"]));
        assert!(!has(&over_logs, &["-D", "stream.map.input.ignoreKey=true"]), "their keys are half of the line");
        let over_rows = words(&PLACES, &[], &theirs);
        assert!(has(&over_rows, &["-inputformat", MANIFEST_LINES]));
    }

    #[test]
    fn files_of_tasks_are_shipped_under_plain_names() {
        let places = |place: &str| words(&PLACES, &["--atlas", place], &cluster());
        let words = places("/geo/G L.mmdb");
        assert!(words.iter().any(|word| word.ends_with("/trial-reducer,/links/G_L.mmdb")), "{words:?}");
        assert!(has(&words, &["-reducer", "trial-reducer places --atlas G_L.mmdb"]), "{words:?}");
        let words = places("hdfs://h/geo/G~L.mmdb");
        assert!(words.iter().any(|word| word.ends_with(",hdfs://h/geo/G~L.mmdb#G_L.mmdb")), "{words:?}");
    }

    #[test]
    fn the_pool_is_of_the_scheduler() {
        let fair = words(&DAYS, &[], &Cluster { scheduler: Scheduler::Fair, ..cluster() });
        assert!(has(&fair, &["-D", "mapred.fairscheduler.pool=night"]) && !fair.iter().any(|word| word.contains("queue")), "{fair:?}");
        let capacity = words(&DAYS, &[], &Cluster { scheduler: Scheduler::Capacity, ..cluster() });
        assert!(has(&capacity, &["-D", "mapred.job.queue.name=night"]), "{capacity:?}");
    }

    #[test]
    fn settings_of_a_job_win_over_those_of_all() {
        let submission = Submission {
            input: Some(MapInput::Paths),
            memory: std::num::NonZeroU32::new(1234),
            properties: [("x.y".to_owned(), Property::Flag(true))].into(),
            ..Submission::default()
        };
        let words = words_of(&DAYS, &[], &cluster(), &submission);
        assert!(has(&words, &["-inputformat", MANIFEST_PATHS]) && has(&words, &["-D", "x.y=true"]), "{words:?}");
        assert!(has(&words, &["-D", "mapreduce.map.memory.mb=1234"]) && !has(&words, &["-D", "mapreduce.map.memory.mb=900"]), "{words:?}");
        let lines = Cluster { map_input: Some(MapInput::Lines), ..cluster() };
        assert!(has(&words_of(&DAYS, &[], &lines, &submission), &["-inputformat", MANIFEST_LINES]), "--map-input wins");
    }

    #[test]
    fn a_job_without_reducers() {
        let words = words(&TITLES, &[], &cluster());
        assert!(has(&words, &["-D", "mapreduce.job.reduces=0"]));
        assert!(!words.iter().any(|word| word == "-reducer" || word == "-partitioner" || word.contains("trial-reducer")));
    }
}

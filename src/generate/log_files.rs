//! Log files as servers rotate them: a file per day or hour and host, plain or gzip, visible only when complete.

use std::fs::{self, Permissions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use chrono::DateTime;
use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::NamedTempFile;

use super::GenerateReport;

const BUFFER: usize = 256 * 1024;
const MICROS_PER_HOUR: i64 = 3_600_000_000;

/// Where lines go.
pub(super) enum Target {
    /// `tracking.log-YYYYMMDD` files in a directory, with more than one host in `hostN` directories below it.
    Directory(PathBuf),
    /// One file for everything.
    Single(PathBuf),
}

/// Writes lines that come in order of time; every file is finished when a later one begins.
pub(super) struct LogFiles {
    target: Target,
    hourly: bool,
    gzip: bool,
    open: Vec<Option<OpenFile>>,
    report: GenerateReport,
}

struct OpenFile {
    period: i64,
    file: NewFile,
}

impl LogFiles {
    pub(super) fn new(target: Target, hosts: usize, hourly: bool, gzip: bool) -> Self {
        let open = (0..hosts).map(|_| None).collect();
        Self { target, hourly, gzip, open, report: GenerateReport::default() }
    }

    /// Appends a line (without its end) that arrives at `micros` on a host, numbered from 0.
    pub(super) fn write(&mut self, micros: i64, host: usize, line: &[u8]) -> Result<()> {
        let (host, period) = match &self.target {
            Target::Single(_) => (0, 0),
            Target::Directory(_) if self.hourly => (host, micros.div_euclid(MICROS_PER_HOUR)),
            Target::Directory(_) => (host, micros.div_euclid(24 * MICROS_PER_HOUR)),
        };
        if self.open[host].as_ref().is_none_or(|open| open.period != period) {
            self.close(host)?;
            let file = NewFile::create(&self.path(micros, host), self.gzip)?;
            self.open[host] = Some(OpenFile { period, file });
        }
        if let Some(open) = &mut self.open[host] {
            open.file.write_all(line)?;
            open.file.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Makes the last files visible.
    pub(super) fn finish(mut self) -> Result<GenerateReport> {
        for host in 0..self.open.len() {
            self.close(host)?;
        }
        Ok(self.report)
    }

    fn close(&mut self, host: usize) -> Result<()> {
        if let Some(open) = self.open[host].take() {
            self.report.add_file(open.file.finish()?);
        }
        Ok(())
    }

    fn path(&self, micros: i64, host: usize) -> PathBuf {
        let directory = match &self.target {
            Target::Single(path) => return path.clone(),
            Target::Directory(directory) if self.open.len() > 1 => directory.join(format!("host{}", host + 1)),
            Target::Directory(directory) => directory.clone(),
        };
        let time = DateTime::from_timestamp_micros(micros).unwrap_or_default();
        let stamp = time.format(if self.hourly { "%Y%m%d-%H" } else { "%Y%m%d" });
        directory.join(format!("tracking.log-{stamp}{}", if self.gzip { ".gz" } else { "" }))
    }
}

/// A file under a hidden name that gets its own when it is complete; given up, it disappears.
pub(super) struct NewFile {
    path: PathBuf,
    writer: Writer,
}

enum Writer {
    Plain(BufWriter<NamedTempFile>),
    Gzip(Box<GzEncoder<BufWriter<NamedTempFile>>>),
}

impl NewFile {
    /// Begins a file, with the directories that lead to it.
    pub(super) fn create(path: &Path, gzip: bool) -> Result<Self> {
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(directory).with_context(|| format!("Cannot create the directory {}.", directory.display()))?;
        let file = tempfile::Builder::new()
            .prefix(".generate-")
            .permissions(Permissions::from_mode(0o644))
            .tempfile_in(directory)
            .with_context(|| format!("Cannot create a file in {}.", directory.display()))?;
        let file = BufWriter::with_capacity(BUFFER, file);
        // The encoder writes neither a time nor a name into the header, so equal lines give equal files.
        let writer = if gzip { Writer::Gzip(Box::new(GzEncoder::new(file, Compression::new(6)))) } else { Writer::Plain(file) };
        Ok(Self { path: path.to_owned(), writer })
    }

    pub(super) fn write_all(&mut self, bytes: &[u8]) -> Result<()> {
        let written = match &mut self.writer {
            Writer::Plain(file) => file.write_all(bytes),
            Writer::Gzip(encoder) => encoder.write_all(bytes),
        };
        written.with_context(|| format!("Cannot write {}.", self.path.display()))
    }

    /// Gives the file its name and says how many bytes it has.
    pub(super) fn finish(self) -> Result<u64> {
        let Self { path, writer } = self;
        let explain = || format!("Cannot finish {}.", path.display());
        let file = match writer {
            Writer::Plain(file) => file,
            Writer::Gzip(encoder) => encoder.finish().with_context(explain)?,
        };
        let file = file.into_inner().map_err(std::io::IntoInnerError::into_error).with_context(explain)?;
        let file = file.persist(&path).with_context(explain)?;
        Ok(file.metadata().with_context(explain)?.len())
    }
}

//! Countries of addresses, from a `MaxMind` database of the form mmdb (rules 04, 4).

use std::collections::BTreeSet;
use std::io::Read;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use maxminddb::{LookupResult, MaxMindDbError, Mmap, PathElement, Reader, WithinOptions, path};

use crate::error_text::quoted;

/// Stands for a name or code that is not known.
pub const UNKNOWN: &str = "UNKNOWN";

/// What a metadata section begins with; it lies in the last 128 KiB of the file.
const METADATA_MARKER: &[u8] = b"\xab\xcd\xefMaxMind.com";
const METADATA_AREA: usize = 128 * 1024;
/// So many records are looked at for a country, where the type does not tell.
const MOST_LOOKED_AT: usize = 1000;

/// An open database, mapped into memory.
pub struct GeolocationDatabase {
    reader: Reader<Mmap>,
}

/// Name and code of a country, each looked up by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Country {
    /// English name.
    pub name: String,
    /// Two letters.
    pub code: String,
}

impl GeolocationDatabase {
    /// Opens a country or city database. One of another storage is fetched by the runner before its tasks begin.
    ///
    /// # Errors
    /// There is no such file, it is of the old form `.dat`, it is damaged, or it has no countries.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_named(path, "--geolocation-data or by geolocation_data in [geolocation]")
    }

    /// The same, where errors say by what another file is named.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub(crate) fn open_named(path: &Path, by: &str) -> Result<Self> {
        let database = Self { reader: mapped(path, by)? };
        if !database.has_countries() {
            let kind = database.kind();
            bail!("The geolocation database {} is a {kind:?} and has no countries. Use a Country or City database.", path.display());
        }
        Ok(database)
    }

    /// Whether a record tells a country. Types are called as their makers like.
    fn has_countries(&self) -> bool {
        if ["Country", "City", "Enterprise"].iter().any(|known| self.kind().contains(known)) {
            return true;
        }
        let Ok(networks) = self.reader.networks(WithinOptions::default()) else { return false };
        networks.take(MOST_LOOKED_AT).flatten().any(|found| country_of(&found) != (None, None))
    }

    /// When it was made, in seconds since 1970.
    pub(crate) fn built(&self) -> u64 {
        self.reader.metadata().build_epoch
    }

    /// `database_type` of the metadata.
    pub(crate) fn kind(&self) -> String {
        self.reader.metadata().database_type.clone()
    }

    /// The country of an address. Texts that are no address, addresses that the database does not have, and damaged entries are
    /// unknown; blanks around an address make it no address (recorded so).
    pub fn country(&self, ip: &str) -> Country {
        let address = ip.parse::<IpAddr>().ok().map(|address| address.to_canonical());
        let (name, code) = address.map_or((None, None), |address| look_up(&self.reader, address));
        let known = |text: Option<String>| text.filter(|text| !text.trim().is_empty()).unwrap_or_else(|| UNKNOWN.to_owned());
        Country { name: known(name), code: known(code) }
    }
}

fn mapped(path: &Path, by: &str) -> Result<Reader<Mmap>> {
    let what = || {
        let path = path.display();
        format!("The geolocation database {path} cannot be opened. Correct its path, which is named by {by}, or bring the file there.")
    };
    check_form(&end_of(path).with_context(what)?, path, by)?;
    // Safety: the file is only read. Databases are replaced by a rename, which leaves the mapped file as it is.
    #[allow(unsafe_code)]
    let reader = unsafe { Reader::open_mmap(path) };
    let reader = reader.with_context(what)?;
    check_whole(&reader, path).with_context(|| {
        format!("The geolocation database {} is damaged, maybe not wholly copied. Get it again; no result was changed.", path.display())
    })?;
    Ok(reader)
}

/// Walks through the tree and all records, once in the life of the process: without it a damaged file would make every learner's
/// country unknown, and nobody would see why.
fn check_whole(reader: &Reader<Mmap>, path: &Path) -> Result<()> {
    static CHECKED: Mutex<BTreeSet<(PathBuf, u64, SystemTime)>> = Mutex::new(BTreeSet::new());
    let file = std::fs::metadata(path)?;
    let version = (path.to_owned(), file.len(), file.modified()?);
    let mut checked = CHECKED.lock().unwrap_or_else(PoisonError::into_inner);
    // The check refuses files without a description, which can be read all the same.
    if checked.contains(&version) || reader.metadata().description.is_empty() {
        return Ok(());
    }
    match reader.verify() {
        // Records that are nested too deeply for the check say nothing about the file.
        Ok(()) | Err(MaxMindDbError::ResourceLimit { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    checked.insert(version);
    Ok(())
}

fn look_up(reader: &Reader<Mmap>, address: IpAddr) -> (Option<String>, Option<String>) {
    // A database of IPv4 addresses only answers others with an error.
    let Ok(found) = reader.lookup(address) else { return (None, None) };
    country_of(&found)
}

/// Name and code of a record: nested as `MaxMind` has them, or flat at its top as others do.
fn country_of(found: &LookupResult<'_, Mmap>) -> (Option<String>, Option<String>) {
    let name = found.decode_path::<String>(&path!["country", "names", "en"]).ok().flatten();
    let code = found.decode_path::<String>(&path!["country", "iso_code"]).ok().flatten();
    if name.is_some() || code.is_some() {
        return (name, code);
    }
    let flat = |key: &str| found.decode_path::<String>(&[PathElement::Key(key)]).ok().flatten();
    let Some(code) = flat("country_code").or_else(|| flat("country")).filter(|code| code.len() == 2) else { return (None, None) };
    // Where only codes are told, the code stands for the name.
    (flat("country_name").or_else(|| Some(code.clone())), Some(code))
}

/// The last bytes of a file.
fn end_of(path: &Path) -> Result<Vec<u8>> {
    use std::io::{Seek, SeekFrom};
    let mut file = std::fs::File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(METADATA_AREA as u64)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn check_form(bytes: &[u8], path: &Path, by: &str) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let ends_with = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    if ends_with(&[".gz", ".tgz", ".zip", ".tar"]) {
        let is_tar = name.contains(".tar") || ends_with(&[".tgz"]);
        let command = if ends_with(&[".zip"]) {
            "unzip"
        } else if is_tar {
            "tar -xf"
        } else {
            "gunzip"
        };
        bail!(
            "{} is packed. Unpack it ({command} {}) and name the file .mmdb in it by {by}.",
            path.display(),
            quoted(&path.display().to_string())
        );
    }
    let area = bytes.get(bytes.len().saturating_sub(METADATA_AREA)..).unwrap_or_default();
    if memchr::memmem::rfind(area, METADATA_MARKER).is_none() {
        bail!(
            "{} is no geolocation database of the form mmdb. The old form GeoIP.dat is not read any more: get \
             GeoLite2-Country.mmdb from MaxMind (a free account is enough) and name it by {by}.",
            path.display()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded() -> GeolocationDatabase {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/last_country_of_user/ip_kinds/geo.mmdb");
        GeolocationDatabase::open(&path).unwrap()
    }

    #[test]
    fn names_and_codes_are_known_by_themselves() {
        let database = recorded();
        let country = |ip: &str| {
            let Country { name, code } = database.country(ip);
            format!("{name} {code}")
        };
        assert_eq!(country("1.1.1.1"), "United States US");
        assert_eq!(country("::ffff:1.1.1.1"), "United States US");
        assert_eq!(country("2001:db8::1"), "France FR");
        assert_eq!(country("7.7.7.7"), "UNKNOWN XX");
        assert_eq!(country("8.8.8.8"), "Nowhere UNKNOWN");
        for unknown in ["4.4.4.4", "6.6.6.6", "192.168.0.1", "2001:db9::1", "unknown", "1.2", "0x7f.1", "1.1.1.1 ", "1.1.1.1, 2.2.2.2", ""]
        {
            assert_eq!(country(unknown), "UNKNOWN UNKNOWN", "{unknown:?}");
        }
    }

    #[test]
    fn other_files_are_refused_with_the_way_out() {
        let directory = tempfile::tempdir().unwrap();
        let open = |name: &str, bytes: &[u8]| {
            let path = directory.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            GeolocationDatabase::open(&path).err().map(|error| format!("{error:#}"))
        };
        for (packed, command) in [("x.mmdb.gz", "gunzip"), ("GeoLite2.tar.gz", "tar -xf"), ("x.zip", "unzip")] {
            let told = open(packed, &[31; 300]).unwrap();
            assert!(told.contains("is packed. Unpack it") && told.contains(command), "{told}");
        }
        assert!(open("GeoIP.dat", &[7; 4096]).unwrap().contains("GeoLite2-Country.mmdb"));
        let whole =
            std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/last_country_of_user/ip_kinds/geo.mmdb")).unwrap();
        assert_eq!(open("good.mmdb", &whole), None);
        let at = memchr::memmem::rfind(&whole, METADATA_MARKER).unwrap();
        let damaged = [&whole[..at - 100], &[0xff; 100], &whole[at..]].concat();
        assert!(open("damaged.mmdb", &damaged).unwrap().contains("is damaged"));
        assert!(open("cut.mmdb", &whole[..at + METADATA_MARKER.len()]).unwrap().contains("cannot be opened"));
        let missing = GeolocationDatabase::open(&directory.path().join("none.mmdb")).err().unwrap();
        assert!(
            missing
                .chain()
                .any(|cause| cause.downcast_ref::<std::io::Error>().is_some_and(|cause| cause.kind() == std::io::ErrorKind::NotFound))
        );
    }
}

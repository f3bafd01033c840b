//! The manifest of a data directory: a number that is also stored in each of its databases, and the id of its key.
//!
//! Without it, an empty or missing file would look like a new installation, and a file of another directory like our
//! own.

use std::fs;
use std::io;
use std::path::Path;

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::directory::{Directory, KEY_FILE, MANIFEST_FILE};
use super::random;
use crate::Error;

/// The version of the directory's format that this program reads.
const FORM: u32 = 1;
/// The databases, each with the page size in bytes. S3 and SQS have large rows.
pub(crate) const DATABASES: [(&str, u32); 3] = [("dynamo.db", 4 << 10), ("s3.db", 16 << 10), ("sqs.db", 16 << 10)];

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    form: u32,
    /// The `application_id` of each database.
    installation: i32,
    /// The id of the key, once everything was created.
    key: Option<String>,
}

impl Manifest {
    /// Checks that all files of the directory belong together, or creates those of a new directory. Only their owner
    /// can access them.
    pub(crate) fn prepare(directory: &Directory) -> Result<Self, Error> {
        let path = directory.file(MANIFEST_FILE);
        let kept = match fs::read(&path) {
            Ok(bytes) => {
                let kept: Self = serde_json::from_slice(&bytes)
                    .map_err(|error| Error::Manifest { path: path.clone(), reason: error.to_string() })?;
                if kept.form != FORM {
                    let reason = format!("it has format {}, but this program reads format {FORM}", kept.form);
                    return Err(Error::Manifest { path, reason });
                }
                Some(kept)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(Error::io(&path, error)),
        };
        let manifest = match kept {
            Some(kept) if kept.key.is_some() => {
                for (name, _) in DATABASES {
                    check(&directory.file(name), kept.installation)?;
                }
                kept
            }
            kept => {
                // A start that was interrupted left a manifest without a key, and nothing in the files.
                if kept.is_none() {
                    require_new(directory)?;
                }
                let id = u32::from_ne_bytes(random().map_err(|error| Error::io(&path, error))?);
                let installation = i32::from_ne_bytes((id | 1).to_ne_bytes());
                let new = Self { form: FORM, installation, key: None };
                new.write(directory)?;
                for (name, page) in DATABASES {
                    create(directory, name, page, installation)?;
                }
                new
            }
        };
        for (name, _) in DATABASES {
            directory.close_to_others(name)?;
        }
        Ok(manifest)
    }

    /// Whether the directory was completed by an earlier start.
    pub(crate) fn is_complete(&self) -> bool {
        self.key.is_some()
    }

    /// Checks that the key belongs to the directory. Records the key if the directory is new, which completes it.
    pub(crate) fn complete(mut self, directory: &Directory, key: &str) -> Result<(), Error> {
        match &self.key {
            Some(kept) if kept == key => Ok(()),
            Some(_) => Err(Error::Foreign { path: directory.file(KEY_FILE) }),
            None => {
                self.key = Some(key.to_owned());
                self.write(directory)
            }
        }
    }

    fn write(&self, directory: &Directory) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(self).map_err(|error| Error::failed("directory", error))?;
        directory.replace(MANIFEST_FILE, text.as_bytes())
    }
}

/// Checks that a directory without a manifest has no data.
fn require_new(directory: &Directory) -> Result<(), Error> {
    for (name, _) in DATABASES {
        let path = directory.file(name);
        if fs::metadata(&path).is_ok_and(|file| file.len() > 0) {
            return Err(Error::Missing { path: directory.file(MANIFEST_FILE) });
        }
    }
    Ok(())
}

/// Creates a database that contains the installation's number. Its free pages can be returned to the file system.
fn create(directory: &Directory, name: &str, page: u32, installation: i32) -> Result<(), Error> {
    directory.close_to_others(name)?;
    let path = directory.file(name);
    let make = || {
        let connection = Connection::open(&path)?;
        connection.pragma_update(None, "page_size", page)?;
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        connection.pragma_update(None, "application_id", installation)
    };
    make().map_err(|error: rusqlite::Error| Error::Open { path: path.clone(), reason: error.to_string() })
}

/// Checks that a database exists, is writable, and belongs to this installation.
fn check(path: &Path, installation: i32) -> Result<(), Error> {
    match fs::OpenOptions::new().read(true).write(true).open(path) {
        Ok(file) if file.metadata().is_ok_and(|file| file.len() > 0) => {}
        Ok(_) => return Err(Error::Missing { path: path.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Error::Missing { path: path.to_owned() }),
        Err(error) => return Err(Error::io(path, error)),
    }
    let read = || Connection::open(path)?.pragma_query_value(None, "application_id", |row| row.get::<_, i32>(0));
    let found = read().map_err(|error| Error::Open { path: path.to_owned(), reason: error.to_string() })?;
    if found == installation { Ok(()) } else { Err(Error::Foreign { path: path.to_owned() }) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::Engines;

    fn error(dir: &Path) -> String {
        Engines::open(dir).expect_err("it must not start").to_string()
    }

    #[test]
    fn a_file_that_does_not_belong_stops_the_start() {
        for name in ["dynamo.db", "s3.db", "sqs.db", "kms.key", MANIFEST_FILE] {
            let [dir, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
            for dir in [&dir, &other] {
                drop(Engines::open(dir.path()).unwrap());
                drop(Engines::open(dir.path()).unwrap());
            }
            let file = dir.path().join(name);
            let kept = fs::read(&file).unwrap();
            fs::write(&file, "").unwrap();
            assert!(error(dir.path()).contains(name), "emptied");
            fs::remove_file(&file).unwrap();
            assert!(error(dir.path()).contains(name), "missing");
            assert!(!file.exists() || name == "kms.key", "{name} is not made again");
            if name != MANIFEST_FILE {
                fs::copy(other.path().join(name), &file).unwrap();
                assert!(error(dir.path()).contains("another data directory"), "foreign {name}");
            }
            fs::write(&file, kept).unwrap();
            drop(Engines::open(dir.path()).unwrap());
        }
    }

    #[test]
    fn files_are_for_their_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let engines = Engines::open(dir.path()).unwrap();
        let modes = || {
            let entries = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap());
            let mode =
                |entry: fs::DirEntry| (entry.file_name(), entry.metadata().unwrap().permissions().mode() & 0o777);
            entries.map(mode).collect::<Vec<_>>()
        };
        assert!(modes().iter().any(|(name, _)| name == "s3.db-wal"), "{:?}", modes());
        for (name, mode) in modes() {
            assert_eq!(mode, 0o600, "{name:?}");
        }
        assert_eq!(fs::metadata(dir.path()).unwrap().permissions().mode() & 0o777, 0o700);
        drop(engines);
        for (name, _) in modes() {
            fs::set_permissions(dir.path().join(name), fs::Permissions::from_mode(0o644)).unwrap();
        }
        let _engines = Engines::open(dir.path()).unwrap();
        for (name, mode) in modes() {
            assert_eq!(mode, 0o600, "{name:?}, which was open to all");
        }
    }

    /// After space was reclaimed, no file contains the deleted messages, and the files are small again.
    #[tokio::test]
    async fn deleted_data_is_gone_and_its_space_is_freed() {
        let dir = tempfile::tempdir().unwrap();
        let engines = Engines::open(dir.path()).unwrap();
        let config = aws_sdk_sqs::Config::builder()
            .behavior_version(aws_sdk_sqs::config::BehaviorVersion::latest())
            .region(aws_sdk_sqs::config::Region::new(crate::REGION))
            .credentials_provider(aws_sdk_sqs::config::Credentials::new("id", "secret", None, None, "test"))
            .endpoint_url("https://sqs.invalid")
            .http_client(engines.sqs().clone());
        let client = aws_sdk_sqs::Client::from_conf(config.build());
        client.create_queue().queue_name("inbox").send().await.unwrap();
        let queue = engines.sqs().queue("inbox").unwrap();
        let url = client.get_queue_url().queue_name("inbox").send().await.unwrap().queue_url.unwrap();
        for _ in 0..20 {
            let body = "hunter2-".repeat(20_000);
            client.send_message().queue_url(&url).message_body(body).send().await.unwrap();
        }
        let read = || ["sqs.db", "sqs.db-wal"].map(|name| fs::read(dir.path().join(name)).unwrap());
        let holds = |bytes: &[u8]| bytes.windows(16).any(|part| part == b"hunter2-hunter2-");
        assert!(read().iter().any(|bytes| holds(bytes)), "the messages must be in a file before");
        let before: usize = read().iter().map(Vec::len).sum();

        let batch = queue.receive(100, 64 << 20, queue.visibility_timeout()).await.unwrap();
        assert_eq!(queue.delete(batch.iter().map(|message| &message.receipt_handle)).await.unwrap(), 20);
        engines.reclaim().await.unwrap();
        let after = read();
        assert!(!after.iter().any(|bytes| holds(bytes)), "a deleted message is still in a file");
        let left: usize = after.iter().map(Vec::len).sum();
        assert!(left * 10 < before, "{left} of {before} bytes are left");
    }

    #[test]
    fn a_start_that_was_cut_short_is_done_again() {
        let dir = tempfile::tempdir().unwrap();
        let directory = Directory::open(dir.path()).unwrap();
        Manifest::prepare(&directory).unwrap();
        fs::remove_file(dir.path().join("sqs.db")).unwrap();
        drop(directory);
        drop(Engines::open(dir.path()).unwrap());
    }
}

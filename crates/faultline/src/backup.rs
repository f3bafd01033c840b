//! `faultline backup` and `faultline restore`: copies of a data directory.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, chown};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use cli::Remote;
use cli::output::Output;
use local_data::{ACCESS_FILE, data_dir};
use serde::{Deserialize, Serialize};
use serde_json::json;
use server::system::{POSITION_FILE, forget_unsent};
use sha2::{Digest, Sha256};

/// The file that says what a backup contains.
const CONTENTS_FILE: &str = "backup.json";
/// The version of that file.
const FORM: u32 = 1;
/// The file of a data directory without which `serve` does not start. It is restored last.
const MANIFEST_FILE: &str = "manifest.json";
/// Bytes that are copied at a time.
const CHUNK: usize = 1 << 20;

/// Options of `faultline backup`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct BackUp {
    /// Directory to create for the backup. It contains the keys: only you can access it, and so it should stay
    #[arg(value_name = "BACKUP")]
    to: PathBuf,
}

/// Options of `faultline restore`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Restore {
    /// Directory that `faultline backup` created
    #[arg(value_name = "BACKUP")]
    from: PathBuf,
    /// Send notifications that waited when the backup was made. For moving to another machine: after a restore of an older
    /// backup they would be sent again
    #[arg(long)]
    send_waiting: bool,
}

/// The contents of a backup.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Contents {
    form: u32,
    /// The version of faultline that made it.
    version: String,
    created_at: String,
    files: Vec<Entry>,
}

/// A file of a backup.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    name: String,
    bytes: u64,
    sha256: String,
}

/// Copies the data directory as it is at one moment, also while `serve` uses it.
pub(crate) fn back_up(options: &BackUp, remote: &Remote) -> anyhow::Result<()> {
    let from = data_dir(remote.data.clone())?;
    let to = &options.to;
    ensure!(!to.exists(), "{} exists: choose another name for the backup", to.display());
    // Under another name until it is complete.
    let mut unfinished = to.clone().into_os_string();
    unfinished.push(".unfinished");
    let unfinished = PathBuf::from(unfinished);
    ensure!(
        !unfinished.exists(),
        "{} exists: remove it if no other backup is being made there, or choose another name",
        unfinished.display()
    );
    let made = write_backup(&from, &unfinished).and_then(|contents| {
        fs::rename(&unfinished, to).with_context(|| format!("cannot create {}", to.display()))?;
        Ok(contents)
    });
    if made.is_err() {
        let _ = fs::remove_dir_all(&unfinished);
    }
    let contents = made?;
    sync_parent(to)?;
    let bytes: u64 = contents.files.iter().map(|file| file.bytes).sum();
    let answer = json!({ "backup": to, "createdAt": contents.created_at, "bytes": bytes });
    Output::of(remote).show(&answer, |_| format!("backed up {} to {}", megabytes(bytes), to.display()))
}

fn write_backup(from: &Path, to: &Path) -> anyhow::Result<Contents> {
    let names = embedded::backup::copy(from, to, &[ACCESS_FILE, POSITION_FILE])?;
    let entry = |name: String| {
        let path = to.join(&name);
        let (bytes, sha256) = File::open(&path)
            .and_then(|file| hashed(file, &mut io::sink()))
            .with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Entry { name, bytes, sha256 })
    };
    let files = names.into_iter().map(entry).collect::<anyhow::Result<Vec<_>>>()?;
    let created_at = cli::text::now().to_string();
    let contents = Contents { form: FORM, version: env!("CARGO_PKG_VERSION").to_owned(), created_at, files };
    let path = to.join(CONTENTS_FILE);
    let written = embedded::replace_file(&path, &serde_json::to_vec_pretty(&contents)?);
    written.with_context(|| format!("cannot write {}", path.display()))?;
    Ok(contents)
}

/// Checks a backup and copies it into the data directory, which must not have data.
pub(crate) async fn restore(options: &Restore, remote: &Remote) -> anyhow::Result<()> {
    let (from, to) = (&options.from, data_dir(remote.data.clone())?);
    let contents = read_contents(from)?;
    // Follows a link, and creates the directory first: it may be one that systemd or a container mounts.
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&to)
        .with_context(|| format!("cannot create {}", to.display()))?;
    let entries = fs::read_dir(&to).with_context(|| format!("cannot read {}", to.display()))?;
    ensure!(
        // A volume may have this directory from the start.
        entries.flatten().all(|entry| entry.file_name() == "lost+found"),
        "{} is not empty: stop faultline and move its data away, or restore into another directory with --data",
        to.display()
    );
    let restored = fill(&contents, from, &to, options.send_waiting).await;
    if restored.is_err() {
        // The directory was empty, so everything in it is of this attempt.
        for entry in fs::read_dir(&to)?.flatten() {
            let _ = fs::remove_file(entry.path());
        }
    }
    let discarded = restored?;
    let answer = json!({ "data": to, "createdAt": contents.created_at, "discardedNotifications": discarded });
    Output::of(remote).show(&answer, |_| {
        let note = match discarded {
            0 => String::new(),
            _ => format!("; notifications that waited for {discarded} destinations were discarded"),
        };
        format!("restored the backup of {} into {}{note}", contents.created_at, to.display())
    })
}

async fn fill(contents: &Contents, from: &Path, to: &Path, send_waiting: bool) -> anyhow::Result<usize> {
    // Without its manifest `serve` refuses a directory that has data, so an unfinished one is never used.
    let (last, first): (Vec<_>, Vec<_>) = contents.files.iter().partition(|file| file.name == MANIFEST_FILE);
    for entry in first.into_iter().chain(last) {
        copy_back(entry, from, to)?;
    }
    embedded::backup::verify(to)?;
    let discarded = if send_waiting { 0 } else { forget_unsent(to).await? };
    give_away(to).with_context(|| format!("cannot change the owner of the files in {}", to.display()))?;
    Ok(discarded)
}

/// Gives all files to the owner of their directory: root may restore for a service that runs as another user.
fn give_away(dir: &Path) -> io::Result<()> {
    let owner = fs::metadata(dir)?;
    for entry in fs::read_dir(dir)? {
        let (path, file) = entry.and_then(|entry| Ok((entry.path(), entry.metadata()?)))?;
        if file.is_file() && (file.uid(), file.gid()) != (owner.uid(), owner.gid()) {
            chown(path, Some(owner.uid()), Some(owner.gid()))?;
        }
    }
    Ok(())
}

fn read_contents(from: &Path) -> anyhow::Result<Contents> {
    let path = from.join(CONTENTS_FILE);
    let text = fs::read(&path).with_context(|| {
        format!("cannot read {}: name the directory that `faultline backup` created", path.display())
    })?;
    let contents: Contents = serde_json::from_slice(&text).with_context(|| format!("{} is damaged", path.display()))?;
    ensure!(
        contents.form == FORM,
        "{} has format {}, and this faultline reads format {FORM}: restore with version {} or later",
        path.display(),
        contents.form,
        contents.version
    );
    // Names come from a file: they must not lead out of the two directories.
    if let Some(entry) = contents.files.iter().find(|entry| !is_plain(&entry.name)) {
        bail!("{} is damaged: `{}` is not a file name", path.display(), entry.name.escape_debug());
    }
    Ok(contents)
}

fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

fn copy_back(entry: &Entry, from: &Path, to: &Path) -> anyhow::Result<()> {
    let (source, target) = (from.join(&entry.name), to.join(&entry.name));
    let read = File::open(&source).with_context(|| format!("{} is missing in the backup", source.display()))?;
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&target);
    let mut file = made.with_context(|| format!("cannot create {}", target.display()))?;
    let copied = hashed(read, &mut file).and_then(|found| file.sync_all().map(|()| found));
    let (bytes, sha256) =
        copied.with_context(|| format!("cannot copy {} to {}", source.display(), target.display()))?;
    ensure!(
        bytes == entry.bytes && sha256 == entry.sha256,
        "{} is damaged: it is not the file that was backed up",
        source.display()
    );
    Ok(())
}

/// Copies everything, and returns the number of bytes and their SHA-256.
fn hashed(mut from: impl Read, to: &mut impl Write) -> io::Result<(u64, String)> {
    let (mut hash, mut bytes, mut chunk) = (Sha256::new(), 0, vec![0; CHUNK]);
    loop {
        let count = from.read(&mut chunk)?;
        if count == 0 {
            let digest = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
            return Ok((bytes, digest));
        }
        hash.update(&chunk[..count]);
        to.write_all(&chunk[..count])?;
        bytes += count as u64;
    }
}

/// Syncs the directory that contains `path`, so that its name survives a power loss.
fn sync_parent(path: &Path) -> anyhow::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent).and_then(|dir| dir.sync_all()).with_context(|| format!("cannot sync {}", parent.display()))
}

fn megabytes(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000)
}

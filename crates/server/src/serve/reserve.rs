//! Space that is kept for deletions, so that a full disk can be emptied: deleting writes, too.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::{Method, Request};

/// The file in the data directory that holds the space.
const FILE: &str = "reserve";
/// Its size in bytes, unless the disk is small: deleting a project of many errors writes a few MB at a time.
const BYTES: u64 = 32 << 20;
/// The most of the free space that it takes, as a divisor.
const SHARE: u64 = 8;
/// Less free space than this, in bytes, counts as a full disk.
const FULL: u64 = 4 << 20;
/// How often it is looked whether the space can be taken back.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// The reserve of one data directory.
pub(super) struct Reserve {
    file: PathBuf,
    free: fn(&Path) -> io::Result<u64>,
    /// Set while the space is given to deletions.
    is_released: Arc<AtomicBool>,
    state: Mutex<State>,
}

enum State {
    /// The file is there, or there never was room for it.
    Kept,
    /// A deletion needed the space. When it was last looked whether there is room again.
    Released { bytes: u64, looked: Option<Instant> },
}

impl Reserve {
    /// Takes the space in `dir`, if the disk has it.
    pub(super) fn open(dir: &Path, is_released: Arc<AtomicBool>) -> Self {
        Self::with(dir, is_released, free_bytes)
    }

    fn with(dir: &Path, is_released: Arc<AtomicBool>, free: fn(&Path) -> io::Result<u64>) -> Self {
        let reserve = Self { file: dir.join(FILE), free, is_released, state: Mutex::new(State::Kept) };
        if let Ok(free) = free(dir)
            && !reserve.file.exists()
        {
            reserve.take(BYTES.min(free / SHARE));
        }
        reserve
    }

    /// Whether a request may be answered. A deletion on a full disk gets the reserve; until there is room for it again,
    /// nothing else may write.
    pub(super) fn admits<B>(&self, request: &Request<B>) -> bool {
        let deletes = is_deletion(request.method(), request.uri().path());
        let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *state {
            State::Kept if deletes && self.is_full() => {
                let bytes = fs::metadata(&self.file).map_or(0, |file| file.len());
                self.is_released.store(true, Ordering::Relaxed);
                if bytes > 0 && fs::remove_file(&self.file).is_ok() {
                    tracing::warn!(reserve.bytes = bytes, "the disk is full: its reserve is used for a deletion");
                    *state = State::Released { bytes, looked: Some(Instant::now()) };
                } else {
                    self.is_released.store(false, Ordering::Relaxed);
                }
                true
            }
            State::Kept => true,
            State::Released { bytes, looked } => {
                let (bytes, now) = (*bytes, Instant::now());
                if looked.is_none_or(|looked| now - looked >= LOOK_AGAIN) {
                    *looked = Some(now);
                    if self.free().is_ok_and(|free| free >= bytes.saturating_mul(2)) && self.take(bytes) {
                        tracing::info!(reserve.bytes = bytes, "there is room again: the disk's reserve is restored");
                        *state = State::Kept;
                        self.is_released.store(false, Ordering::Relaxed);
                        return true;
                    }
                }
                deletes || reads
            }
        }
    }

    fn is_full(&self) -> bool {
        self.free().is_ok_and(|free| free < FULL)
    }

    fn free(&self) -> io::Result<u64> {
        (self.free)(self.file.parent().unwrap_or(Path::new(".")))
    }

    /// Creates the file with its space. A file that has not all of it is none.
    fn take(&self, bytes: u64) -> bool {
        let taken = File::create(&self.file).and_then(|file| {
            let mode = rustix::fs::FallocateFlags::empty();
            rustix::fs::fallocate(&file, mode, 0, bytes).map_err(io::Error::from)
        });
        if let Err(error) = &taken {
            tracing::debug!(error.message = %error, "failed to reserve space on the disk");
            let _ = fs::remove_file(&self.file);
        }
        taken.is_ok()
    }
}

/// Whether a request deletes something, as far as its address tells: forms of pages may.
fn is_deletion(method: &Method, path: &str) -> bool {
    method == Method::DELETE || (method == Method::POST && path.contains("/pages/"))
}

fn free_bytes(dir: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(dir)?;
    Ok(disk.f_bavail * disk.f_frsize)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// What the disk of the test has left.
    static FREE: AtomicU64 = AtomicU64::new(0);

    fn request(method: Method, path: &str) -> Request<()> {
        Request::builder().method(method).uri(path).body(()).unwrap()
    }

    #[test]
    fn a_deletion_on_a_full_disk_gets_the_reserve_and_nothing_else_writes_until_it_is_back() {
        let dir = tempfile::tempdir().unwrap();
        FREE.store(256 << 20, Ordering::Relaxed);
        let is_released = Arc::<AtomicBool>::default();
        let reserve = Reserve::with(dir.path(), is_released.clone(), |_| Ok(FREE.load(Ordering::Relaxed)));
        let size = || fs::metadata(dir.path().join(FILE)).map(|file| file.len()).ok();
        assert_eq!(size(), Some(BYTES));
        let admits = |method, path: &str| reserve.admits(&request(method, path));

        FREE.store(FULL - 1, Ordering::Relaxed);
        assert!(admits(Method::POST, "/projects/shop/errors"), "the disk answers for itself");
        assert_eq!(size(), Some(BYTES), "only a deletion gets it");
        assert!(admits(Method::DELETE, "/projects/shop"));
        assert_eq!(size(), None);
        assert!(is_released.load(Ordering::Relaxed), "processing waits");
        assert!(!admits(Method::POST, "/projects/shop/errors"), "it is not for events");
        assert!(admits(Method::GET, "/projects"));
        assert!(admits(Method::POST, "/pages/projects/shop/errors"));

        // As if ten seconds had gone by.
        FREE.store(BYTES * 2, Ordering::Relaxed);
        if let State::Released { looked, .. } = &mut *reserve.state.lock().unwrap() {
            *looked = None;
        }
        assert!(admits(Method::POST, "/projects/shop/errors"));
        assert_eq!(size(), Some(BYTES));
        assert!(!is_released.load(Ordering::Relaxed));
    }

    #[test]
    fn a_small_disk_is_not_filled_by_it() {
        let dir = tempfile::tempdir().unwrap();
        let _reserve = Reserve::with(dir.path(), Arc::default(), |_| Ok(8 << 20));
        assert_eq!(fs::metadata(dir.path().join(FILE)).unwrap().len(), 1 << 20);
    }
}

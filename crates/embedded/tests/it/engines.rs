//! The data directory.

use embedded::{Engines, Error};

#[test]
fn a_directory_in_use_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let first = Engines::open(dir.path()).unwrap();
    assert!(matches!(Engines::open(dir.path()), Err(Error::InUse { .. })));
    drop(first);
    Engines::open(dir.path()).unwrap();
}

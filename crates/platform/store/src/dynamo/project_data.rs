use super::{Directory, Table};

/// Items of projects in the table of errors whose writes depend on the directory: rules are set only for a
/// project that exists, and a limit that was reached is marked in both tables. One transaction changes or checks both.
#[derive(Clone, Debug)]
pub struct ProjectData {
    pub(super) table: Table,
    pub(super) directory: Directory,
}

impl ProjectData {
    /// The data of projects in these tables.
    pub fn new(table: &Table, directory: &Directory) -> Self {
        Self { table: table.clone(), directory: directory.clone() }
    }
}

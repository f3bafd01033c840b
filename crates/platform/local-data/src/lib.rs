#![doc = include_str!("../README.md")]

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use model::id::{ProjectId, ProjectName};
use serde::{Deserialize, Serialize};

/// The file in the data directory that contains the keys. Only its owner can read it.
pub const ACCESS_FILE: &str = "access.json";

/// The keys of a local installation.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Access {
    /// A key with all permissions.
    pub admin_key: String,
    /// The first project, created for trying things out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<ProjectAccess>,
}

/// The data that an application needs to send errors to a project.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectAccess {
    pub id: ProjectId,
    pub name: ProjectName,
    /// A client key of the project.
    pub client_key: String,
}

impl Access {
    /// Reads the keys in `dir`, if there are any.
    pub fn read(dir: &Path) -> anyhow::Result<Option<Self>> {
        let path = dir.join(ACCESS_FILE);
        match std::fs::read(&path) {
            Ok(bytes) => {
                let access = serde_json::from_slice(&bytes);
                access
                    .map(Some)
                    .with_context(|| format!("{} is damaged: restore it, or remove it to get new keys", path.display()))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("failed to read {}", path.display())),
        }
    }
}

/// Returns `given`, or the user's data directory: `$XDG_DATA_HOME/faultline`, or else `~/.local/share/faultline`.
pub fn data_dir(given: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(dir) = given {
        return Ok(dir);
    }
    if let Some(dir) = set("XDG_DATA_HOME") {
        return Ok(dir.join("faultline"));
    }
    match set("HOME") {
        Some(home) => Ok(home.join(".local/share/faultline")),
        None => bail!("no home directory found for the data: set a directory with --data DIR, or use --memory"),
    }
}

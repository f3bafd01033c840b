#![doc = include_str!("../README.md")]

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use model::id::{ProjectId, ProjectName};
use serde::{Deserialize, Serialize};

/// The file in the data directory, readable by its owner only.
pub const ACCESS_FILE: &str = "access.json";

/// What a caller needs to get in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Access {
    /// The key that may do everything.
    pub admin_key: String,
    /// The first project, made for trying things out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<ProjectAccess>,
}

/// What an application needs to send errors to a project.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectAccess {
    /// Its number.
    pub id: ProjectId,
    /// Its name.
    pub name: ProjectName,
    /// A client key of it.
    pub client_key: String,
}

impl Access {
    /// The keys kept in `dir`, if it has any.
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
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }
}

/// `given`, or the user's data directory: `$XDG_DATA_HOME/faultline`, else `~/.local/share/faultline`.
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
        None => bail!("there is no home directory to keep data in: say where with --data DIR, or use --memory"),
    }
}

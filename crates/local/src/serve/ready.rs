//! What is printed when the system is ready.

use std::io::Write;
use std::net::SocketAddr;

use serde_json::json;

use crate::access::{Access, ProjectAccess};
use crate::system::Place;

/// What a person, or a program that started this one, needs to get in.
pub(super) struct Ready<'a> {
    pub(super) address: SocketAddr,
    pub(super) place: &'a Place,
    pub(super) access: (&'a Access, &'a ProjectAccess),
}

impl Ready<'_> {
    /// Prints it on standard output: one line of JSON, or some lines for a person.
    pub(super) fn print(&self, as_json: bool) -> std::io::Result<()> {
        let (access, project) = self.access;
        let (address, key, name) = (self.address, &project.client_key, &project.name);
        let (url, dsn) = (format!("http://{address}"), format!("http://{key}@{address}/{}", project.id));
        let text = match as_json {
            true => json!({
                "url": url,
                "adminKey": access.admin_key,
                "project": { "id": project.id, "name": name },
                "dsn": dsn,
                "clientKey": key,
            })
            .to_string(),
            false => {
                let admin = &access.admin_key;
                let place = match self.place {
                    Place::Memory => "in memory: gone when this process ends".to_owned(),
                    Place::Directory(dir) => format!("in {}", dir.display()),
                };
                format!(
                    "faultline {version} is ready. Everything is kept {place}\n\n\
                     address     {url}\n\
                     admin key   {admin}\n\
                     DSN         {dsn}\n\n\
                     Open the address in a browser and sign in with the admin key; or send an error, then read it back:\n\n  \
                     curl -H 'x-api-key: {key}' -d '{{\"errors\":[{{\"type\":\"Hello\",\"message\":\"first error\"}}]}}' {url}/projects/{name}/errors\n  \
                     curl -H 'x-api-key: {admin}' {url}/projects/{name}/errors\n\n\
                     Ctrl-C stops it.",
                    version = env!("CARGO_PKG_VERSION"),
                )
            }
        };
        let mut out = std::io::stdout().lock();
        writeln!(out, "{text}")?;
        out.flush()
    }
}

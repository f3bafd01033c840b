//! The output when the server is ready.

use std::io::Write;
use std::net::SocketAddr;

use http_common::BaseUrl;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use crate::system::DataLocation;
use local_data::{Access, ProjectAccess};
use model::id::Key;

/// Everything that a person, or the program that started this process, needs to connect.
pub(super) struct Ready<'a> {
    /// The address that the server listens on.
    pub(super) address: SocketAddr,
    /// The URL at which people and SDKs reach the server.
    pub(super) url: &'a BaseUrl,
    pub(super) place: &'a DataLocation,
    /// Whether the text for a person contains the admin key. It does so only once, because output ends up in logs.
    pub(super) shows_key: bool,
    pub(super) access: (&'a Access, Option<&'a ProjectAccess>),
    /// The token of the link with which the first owner joins; only at the first start.
    pub(super) owner: Option<Key>,
}

impl Ready<'_> {
    /// Prints it on standard output, as one line of JSON or as text for a person.
    pub(super) fn print(&self, as_json: bool) -> std::io::Result<()> {
        let (access, project) = self.access;
        let url = self.url.as_str();
        let owner_link = self.owner.as_ref().map(|token| format!("{url}/join/{}", token.reveal()));
        let dsn = |project: &ProjectAccess| self.url.dsn(&project.client_key, project.id);
        let text = match as_json {
            true => json!({
                "url": url,
                "adminKey": access.admin_key,
                "ownerLink": owner_link,
                "project": project.map(|project| json!({ "id": project.id, "name": project.name })),
                "dsn": project.map(dsn),
                "clientKey": project.map(|project| &project.client_key),
            })
            .to_string(),
            false => {
                let (admin, shown) = match (self.shows_key, self.place) {
                    (true, _) => (access.admin_key.as_str(), access.admin_key.clone()),
                    (false, DataLocation::Memory) => ("ADMIN-KEY", "as set with --admin-key".to_owned()),
                    (false, DataLocation::Directory(dir)) => (
                        "ADMIN-KEY",
                        format!("not shown again: `faultline admin-key --data '{}'` prints it", dir.display()),
                    ),
                };
                let listening = match self.address.ip().is_unspecified() {
                    true => format!(
                        "It listens on all addresses of this machine (port {}). Set the URL that other machines use with \
                         --public-url\n",
                        self.address.port(),
                    ),
                    false => String::new(),
                };
                let place = match self.place {
                    DataLocation::Memory => "in memory, and lost when this process ends".to_owned(),
                    DataLocation::Directory(dir) => format!("in {}", dir.display()),
                };
                let how = match project {
                    Some(project) => first_steps(project, url, admin),
                    None => "Open the address in a browser and sign in with the admin key".to_owned(),
                };
                let own = owner_link.map_or_else(String::new, |link| format!("owner link  {link}\n"));
                let dsn = project.map_or_else(|| "see the page \"Connect\" of a project".to_owned(), dsn);
                format!(
                    "faultline {version} is ready. Data is kept {place}\n\
                     {listening}\n\
                     address     {url}\n\
                     admin key   {shown}\n\
                     {own}DSN         {dsn}\n\n\
                     {how}\n\n\
                     Press Ctrl-C to stop.",
                    version = env!("CARGO_PKG_VERSION"),
                )
            }
        };
        let mut out = std::io::stdout().lock();
        writeln!(out, "{text}")?;
        out.flush()
    }
}

/// Suggests first steps with the sample project.
fn first_steps(project: &ProjectAccess, url: &str, admin: &str) -> String {
    let key = &project.client_key;
    let errors = format!("'{url}/projects/{}/errors'", utf8_percent_encode(project.name.as_str(), NON_ALPHANUMERIC));
    format!(
        "Open the address in a browser and sign in with the admin key, or send an error and read it back:\n\n  \
         curl -H 'x-api-key: {key}' -d '{{\"errors\":[{{\"type\":\"Hello\",\"message\":\"first error\"}}]}}' {errors}\n  \
         curl -H 'x-api-key: {admin}' {errors}"
    )
}

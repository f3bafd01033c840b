//! Finds out who sends, for protocols in which the key names the project.

use axum::body::Body;
use formats::inbox::Addressee;
use http::{HeaderMap, Request};
use http_common::{Caller, Limits, Unpacked};
use model::id::ProjectName;
use model::outcome::{Reason, Refusal};
use store::ports::Scope;

use crate::Ingest;

/// The most bytes of a body in which its key is looked for, if no header has it. It is checked before more is read.
const MAX_PEEK: usize = 512 << 10;

/// The sender of a request.
pub(crate) struct Client {
    pub(crate) caller: Caller,
    /// Where its events go.
    pub(crate) project: Addressee,
}

impl Client {
    /// The name of the project, as the key knows it.
    pub(crate) fn project_name(&self) -> Option<&ProjectName> {
        match (&self.project, self.caller.check_poster().ok()?) {
            (Addressee::Name(name), _) | (Addressee::Id(_), Scope::Project(_, name)) => Some(name),
            (Addressee::Id(_), Scope::All) => None,
        }
    }
}

impl Ingest {
    /// Returns the client that sent these keys, of which the first valid one counts: a proxy may have added another. A
    /// key for all projects needs the name of one.
    pub(crate) async fn find_client(
        &self,
        keys: &[&str],
        named: Option<&ProjectName>,
        headers: &HeaderMap,
    ) -> Result<Client, Refusal> {
        let mut refused = None;
        for key in keys {
            let caller = self.authenticator.authenticate_key(key).await;
            match caller.and_then(|caller| Ok((find_addressee(&caller, named)?, caller))) {
                Ok((project, caller)) => {
                    self.check_origin(&project, headers).await?;
                    return Ok(Client { caller, project });
                }
                Err(refusal) => drop(refused.get_or_insert(refusal)),
            }
        }
        Err(refused.unwrap_or_else(|| Refusal::new(Reason::KeyMissing, "the request has no key")))
    }

    /// Returns the client that this caller is, in the project of its key.
    pub(crate) async fn find_project(&self, caller: Caller, headers: &HeaderMap) -> Result<Client, Refusal> {
        let project = find_addressee(&caller, None)?;
        self.check_origin(&project, headers).await?;
        Ok(Client { caller, project })
    }

    /// Reads the body of a request with the key in the header `header`, or else in the body, where `find` finds it. The
    /// key is checked before more of the body is read than is needed to find it.
    pub(crate) async fn read_from_client(
        &self,
        request: Request<Body>,
        header: &str,
        find: impl Fn(&[u8]) -> Option<String>,
    ) -> Result<(Client, Vec<u8>), Refusal> {
        let headers = request.headers().clone();
        let presented = headers.get(header).and_then(|value| value.to_str().ok()).map(str::trim);
        let mut client = match presented.filter(|key| !key.is_empty()) {
            Some(key) => Some(self.find_client(&[key], None, &headers).await?),
            None => None,
        };
        let mut body = Unpacked::new(request, Limits::DEFAULT);
        let (mut whole, mut next) = (Vec::new(), 0);
        loop {
            let is_whole = match body.next().await? {
                Some(piece) => {
                    whole.extend_from_slice(piece);
                    false
                }
                None => true,
            };
            // The bytes are searched again only when there are twice as many, so that a body in tiny pieces takes no
            // more time than another.
            if client.is_none() && (is_whole || whole.len() >= next) {
                next = 2 * whole.len();
                if let Some(key) = find(&whole) {
                    client = Some(self.find_client(&[&key], None, &headers).await?);
                } else if is_whole || whole.len() > MAX_PEEK {
                    let message = format!("no key: send one in the header {header}, or at the beginning of the body");
                    return Err(Refusal::new(Reason::KeyMissing, message));
                }
            }
            if let Some(client) = client.take_if(|_| is_whole) {
                return Ok((client, whole));
            }
        }
    }
}

/// Returns the project of the key, or for a key for all projects the named one.
fn find_addressee(caller: &Caller, named: Option<&ProjectName>) -> Result<Addressee, Refusal> {
    match (caller.check_poster()?, named) {
        (Scope::Project(own, _), _) => Ok(Addressee::Id(*own)),
        (Scope::All, Some(name)) => Ok(Addressee::Name(name.clone())),
        (Scope::All, None) => {
            let message = "no project: this key is for all projects, so use a key for one project";
            Err(Refusal::new(Reason::KeyProject, message))
        }
    }
}

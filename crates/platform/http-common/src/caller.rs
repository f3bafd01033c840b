//! Who calls, and what they may do.

use formats::inbox::Addressee;
use model::error::history::Actor;
use model::id::{KeyHash, KeyId, ProjectId, ProjectName};
use model::outcome::{Reason, Refusal};
use store::ports::{KeyRecord, Role, Scope};

/// Whoever shows a key that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    role: Role,
    scope: Scope,
    /// The key that they show, and what its owner calls it; `None` for the operator's own.
    key: Option<(KeyHash, String)>,
}

impl Caller {
    /// The operator, who shows the key of the stack.
    pub(crate) fn operator() -> Self {
        Self { role: Role::Admin, scope: Scope::All, key: None }
    }

    /// Whoever shows the key of this hash.
    pub(crate) fn with_key(hash: KeyHash, record: KeyRecord) -> Self {
        Self { role: record.role, scope: record.scope, key: Some((hash, record.name)) }
    }

    /// Allows only admins of the whole stack.
    pub fn check_stack_admin(&self) -> Result<(), Refusal> {
        match self.check_admin()? {
            Scope::All => Ok(()),
            Scope::Project(..) => {
                Err(Refusal::new(Reason::KeyProject, "this key is of one project: use an admin key of the whole stack"))
            }
        }
    }

    /// Allows only admins of the project or of the whole stack. By its number, since its name may be another project's now.
    pub fn check_admin_of(&self, project: ProjectId) -> Result<(), Refusal> {
        check_within(self.check_admin()?, project)
    }

    /// Allows who may read the project: its readers and admins, and those of the whole stack.
    pub fn check_reader_of(&self, project: ProjectId) -> Result<(), Refusal> {
        check_within(self.check_reader()?, project)
    }

    /// Where the caller may change everything; only admins may anywhere.
    pub fn check_admin(&self) -> Result<&Scope, Refusal> {
        match self.role {
            Role::Admin => Ok(&self.scope),
            Role::Client => Err(refuse_role("a client key may only post errors: use an admin key")),
            Role::Read => Err(refuse_role("a read key changes nothing, and sees only errors: use an admin key")),
        }
    }

    /// Where the caller may read; readers and admins may.
    pub fn check_reader(&self) -> Result<&Scope, Refusal> {
        match self.role {
            Role::Admin | Role::Read => Ok(&self.scope),
            Role::Client => Err(refuse_role("a client key may only post errors: use a read or an admin key")),
        }
    }

    /// Allows a caller to hear that there is no project of this name: a key of one project is told of no other.
    pub fn check_may_miss(&self, project: &ProjectName) -> Result<(), Refusal> {
        match &self.scope {
            Scope::Project(_, own) if own != project => Err(refuse_project()),
            Scope::All | Scope::Project(..) => Ok(()),
        }
    }

    /// Where the key is good.
    pub(crate) fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The one project that the key is of.
    pub fn own(&self) -> Option<ProjectId> {
        match &self.scope {
            Scope::Project(own, _) => Some(*own),
            Scope::All => None,
        }
    }

    /// Where events for `project` go: a key of the project says its number, one of all projects may also name a project
    /// that is yet to be made. A key that knows its project by another name is refused: see [`own`](Self::own).
    pub fn post_to(&self, project: &ProjectName) -> Result<Addressee, Refusal> {
        match self.check_poster()? {
            Scope::All => Ok(Addressee::Name(project.clone())),
            Scope::Project(id, own) if own == project => Ok(Addressee::Id(*id)),
            Scope::Project(..) => Err(refuse_project()),
        }
    }

    /// Where events for the project of this number go. Only a key of the project is taken: a number that no project has
    /// would otherwise be answered with success.
    pub fn post_to_id(&self, project: ProjectId) -> Result<Addressee, Refusal> {
        match self.check_poster()? {
            Scope::Project(own, _) if *own == project => Ok(Addressee::Id(project)),
            Scope::All | Scope::Project(..) => {
                let message = "a DSN needs a key of its own project: make one with POST /projects or POST /keys";
                Err(Refusal::new(Reason::KeyProject, message))
            }
        }
    }

    /// Where the caller may post; all but readers may.
    pub fn check_poster(&self) -> Result<&Scope, Refusal> {
        match self.role {
            Role::Client | Role::Admin => Ok(&self.scope),
            Role::Read => Err(refuse_role("a read key changes nothing: use a client key to post errors")),
        }
    }

    /// The key that the caller showed; `None` for the operator's own.
    pub fn key(&self) -> Option<KeyId> {
        self.key_hash().map(|hash| hash.id())
    }

    /// The hash of that key.
    pub fn key_hash(&self) -> Option<KeyHash> {
        self.key.as_ref().map(|(hash, _)| *hash)
    }

    /// What a history calls them: by their key's id and name.
    pub fn actor(&self) -> Actor {
        match &self.key {
            None => Actor::Operator,
            Some((hash, name)) => Actor::Key { id: hash.id(), name: name.clone() },
        }
    }
}

fn check_within(scope: &Scope, project: ProjectId) -> Result<(), Refusal> {
    match scope {
        Scope::Project(own, _) if *own != project => Err(refuse_project()),
        Scope::All | Scope::Project(..) => Ok(()),
    }
}

fn refuse_role(message: &str) -> Refusal {
    Refusal::new(Reason::KeyRole, message)
}

fn refuse_project() -> Refusal {
    Refusal::new(Reason::KeyProject, "this key is of another project: use one of this project or of all")
}

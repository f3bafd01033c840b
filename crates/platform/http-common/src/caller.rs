//! The caller of a request, and what it may do.

use formats::inbox::Addressee;
use model::error::history::Actor;
use model::id::{KeyHash, KeyId, ProjectId, ProjectName};
use model::outcome::{Reason, Refusal};
use store::ports::{KeyRecord, Role, Scope};

/// The holder of a valid key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    role: Role,
    scope: Scope,
    /// The hash of the key and its name; `None` for the operator's own key.
    key: Option<(KeyHash, String)>,
}

impl Caller {
    /// The operator, who uses the admin key of the stack.
    pub(crate) fn operator() -> Self {
        Self { role: Role::Admin, scope: Scope::All, key: None }
    }

    /// The holder of the key with this hash.
    pub(crate) fn with_key(hash: KeyHash, record: KeyRecord) -> Self {
        Self { role: record.role, scope: record.scope, key: Some((hash, record.name)) }
    }

    /// Allows only admins of the whole stack.
    pub fn check_stack_admin(&self) -> Result<(), Refusal> {
        match self.check_admin()? {
            Scope::All => Ok(()),
            Scope::Project(..) => Err(Refusal::new(
                Reason::KeyProject,
                "this key is for one project: use an admin key for the whole stack",
            )),
        }
    }

    /// Allows only admins of the project or of the whole stack. Takes the number because another project may have
    /// taken the name.
    pub fn check_admin_of(&self, project: ProjectId) -> Result<(), Refusal> {
        check_within(self.check_admin()?, project)
    }

    /// Allows readers and admins of the project, and those of the whole stack.
    pub fn check_reader_of(&self, project: ProjectId) -> Result<(), Refusal> {
        check_within(self.check_reader()?, project)
    }

    /// Allows admins. Returns the projects in which the caller may change everything.
    pub fn check_admin(&self) -> Result<&Scope, Refusal> {
        match self.role {
            Role::Admin => Ok(&self.scope),
            Role::Client => Err(refuse_role("a client key may only post errors: use an admin key")),
            Role::Upload => Err(refuse_role("an upload key may only upload source maps: use an admin key")),
            Role::Read => {
                Err(refuse_role("a read key cannot change anything, and can read only errors: use an admin key"))
            }
        }
    }

    /// Allows readers and admins. Returns the projects in which the caller may read.
    pub fn check_reader(&self) -> Result<&Scope, Refusal> {
        match self.role {
            Role::Admin | Role::Read => Ok(&self.scope),
            Role::Client => Err(refuse_role("a client key may only post errors: use a read or an admin key")),
            Role::Upload => Err(refuse_role("an upload key may only upload source maps: use a read or an admin key")),
        }
    }

    /// Checks whether the caller may learn that no project has this name. A key for one project learns nothing about
    /// others.
    pub fn check_may_miss(&self, project: &ProjectName) -> Result<(), Refusal> {
        match &self.scope {
            Scope::Project(_, own) if own != project => Err(refuse_project()),
            Scope::All | Scope::Project(..) => Ok(()),
        }
    }

    /// The projects in which the key is valid.
    pub(crate) fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The project of a key that is valid in one project only.
    pub fn own(&self) -> Option<ProjectId> {
        match &self.scope {
            Scope::Project(own, _) => Some(*own),
            Scope::All => None,
        }
    }

    /// Returns where events for `project` go. A key of the project resolves to its number; a key for all projects may
    /// also name a project that does not exist yet. A key that knows its project by another name is refused: see
    /// [`own`](Self::own).
    pub fn post_to(&self, project: &ProjectName) -> Result<Addressee, Refusal> {
        match self.check_poster()? {
            Scope::All => Ok(Addressee::Name(project.clone())),
            Scope::Project(id, own) if own == project => Ok(Addressee::Id(*id)),
            Scope::Project(..) => Err(refuse_project()),
        }
    }

    /// Returns where events for the project with this number go. Only a key of that project is accepted: otherwise
    /// events for a number that no project has would be answered with success.
    pub fn post_to_id(&self, project: ProjectId) -> Result<Addressee, Refusal> {
        match self.check_poster()? {
            Scope::Project(own, _) if *own == project => Ok(Addressee::Id(project)),
            Scope::All | Scope::Project(..) => {
                let message = "a DSN needs a key of its own project: create one with POST /projects or POST /keys";
                Err(Refusal::new(Reason::KeyProject, message))
            }
        }
    }

    /// Allows client and admin keys. Returns the projects to which the caller may post.
    pub fn check_poster(&self) -> Result<&Scope, Refusal> {
        match self.role {
            Role::Client | Role::Admin => Ok(&self.scope),
            Role::Read => Err(refuse_role("a read key is view-only: use a client key to post errors")),
            Role::Upload => {
                Err(refuse_role("an upload key may only upload source maps: use a client key to post errors"))
            }
        }
    }

    /// Allows keys that may upload source maps: those with the role `upload`, and admin keys, of one project. Returns the
    /// project.
    pub fn check_uploader(&self) -> Result<ProjectId, Refusal> {
        match (self.role, &self.scope) {
            (Role::Upload | Role::Admin, Scope::Project(own, _)) => Ok(*own),
            (Role::Upload | Role::Admin, Scope::All) => {
                let message = "this key is for all projects: upload with an upload key of one project, which its page Source maps \
                               creates";
                Err(Refusal::new(Reason::KeyProject, message))
            }
            (Role::Client, _) => Err(refuse_role("a client key may only post errors: use an upload key")),
            (Role::Read, _) => Err(refuse_role("a read key is view-only: use an upload key")),
        }
    }

    /// The caller, acting through a coding agent. Histories add that to the name of the key.
    #[must_use]
    pub fn by_agent(self) -> Self {
        let named = |name: String| if name.is_empty() { "an agent".to_owned() } else { format!("{name}, by an agent") };
        Self { key: self.key.map(|(hash, name)| (hash, named(name))), ..self }
    }

    /// The name of the caller's key; empty for the operator's own.
    pub fn key_name(&self) -> &str {
        self.key.as_ref().map_or("", |(_, name)| name)
    }

    /// The id of the caller's key; `None` for the operator's own.
    pub fn key(&self) -> Option<KeyId> {
        self.key_hash().map(|hash| hash.id())
    }

    /// The hash of the caller's key; `None` for the operator's own.
    pub fn key_hash(&self) -> Option<KeyHash> {
        self.key.as_ref().map(|(hash, _)| *hash)
    }

    /// How histories name the caller: by the id and the name of the key.
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
    Refusal::new(Reason::KeyProject, "this key is for another project: use a key for this project or for all projects")
}

//! The caller of a request, and what it may do.

use std::net::IpAddr;

use formats::inbox::Addressee;
use http::Extensions;
use model::error::history::Actor;
use model::id::{KeyHash, KeyId, ProjectId, ProjectName, UserId};
use model::outcome::{Reason, Refusal};
use model::time::Timestamp;
use model::user::{UserRole, UserRoles};
use store::ports::{KeyRecord, Maker, MakerName, Role, Scope, TokenRecord, UserRecord};

use crate::ClientAddress;
use crate::reach::{Reach, reach_as, refuse_role, refuse_user_role, user_role};

/// The holder of a valid key, or a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    identity: Identity,
    rights: Rights,
    /// Where the request came from, if it is known.
    address: Option<IpAddr>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Identity {
    /// Somebody with the admin key of the stack.
    Operator,
    Key {
        hash: KeyHash,
        name: String,
    },
    User {
        id: UserId,
        name: String,
        revision: u64,
        /// The token that the user acts with; `None` in a session.
        token: Option<KeyHash>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rights {
    Key(Role, Scope),
    User(UserRoles),
}

impl Caller {
    /// The operator, who uses the admin key of the stack.
    pub(crate) fn operator() -> Self {
        Self { identity: Identity::Operator, rights: Rights::Key(Role::Admin, Scope::All), address: None }
    }

    /// The holder of the key with this hash.
    pub(crate) fn with_key(hash: KeyHash, record: KeyRecord) -> Self {
        let KeyRecord { role, scope, name, .. } = record;
        Self { identity: Identity::Key { hash, name }, rights: Rights::Key(role, scope), address: None }
    }

    /// A user in a session.
    pub(crate) fn with_user(user: &UserRecord) -> Self {
        let UserRecord { id, name, roles, revision, .. } = user;
        let identity = Identity::User { id: *id, name: name.clone(), revision: *revision, token: None };
        Self { identity, rights: Rights::User(roles.clone()), address: None }
    }

    /// A user who acts with a token.
    pub(crate) fn with_token(hash: KeyHash, token: &TokenRecord, user: &UserRecord) -> Self {
        let UserRecord { id, name, roles, revision, .. } = user;
        let identity = Identity::User { id: *id, name: name.clone(), revision: *revision, token: Some(hash) };
        Self { identity, rights: Rights::User(roles.at_most(token.role)), address: None }
    }

    /// Allows only admins of the whole stack.
    pub fn check_stack_admin(&self) -> Result<(), Refusal> {
        match self.check_admin()? {
            Reach::All => Ok(()),
            Reach::Projects(_) => Err(Refusal::new(
                Reason::KeyProject,
                match self.rights {
                    Rights::Key(..) => "this key is for one project: use an admin key for the whole stack",
                    Rights::User(_) => "you are an owner of single projects: ask an owner of the installation",
                },
            )),
        }
    }

    /// Allows only admins of the project or of the whole stack. Takes the number because another project may have
    /// taken the name.
    pub fn check_admin_of(&self, project: ProjectId) -> Result<(), Refusal> {
        self.check_admin()?;
        self.check_within(UserRole::Owner, project)
    }

    /// Allows members and admins of the project, and those of the whole stack.
    pub fn check_member_of(&self, project: ProjectId) -> Result<(), Refusal> {
        self.check_member()?;
        self.check_within(UserRole::Member, project)
    }

    /// Allows readers, members and admins of the project, and those of the whole stack.
    pub fn check_reader_of(&self, project: ProjectId) -> Result<(), Refusal> {
        self.check_reader()?;
        self.check_within(UserRole::Viewer, project)
    }

    /// Allows admins. Returns the projects in which the caller may change everything.
    pub fn check_admin(&self) -> Result<Reach, Refusal> {
        match &self.rights {
            Rights::User(roles) => reach_as(roles, UserRole::Owner),
            Rights::Key(Role::Admin, scope) => Ok(Reach::of(scope)),
            Rights::Key(Role::Client, _) => Err(refuse_role("a client key may only post errors: use an admin key")),
            Rights::Key(Role::Upload, _) => {
                Err(refuse_role("an upload key may only upload source maps and mappings: use an admin key"))
            }
            Rights::Key(Role::Read, _) => {
                Err(refuse_role("a read key cannot change anything, and can read only errors: use an admin key"))
            }
            Rights::Key(Role::Member, _) => {
                Err(refuse_role("a member key can read and change errors, and nothing else: use an admin key"))
            }
        }
    }

    /// Allows members and admins. Returns the projects in which the caller may change errors.
    pub fn check_member(&self) -> Result<Reach, Refusal> {
        match &self.rights {
            Rights::User(roles) => reach_as(roles, UserRole::Member),
            Rights::Key(Role::Admin | Role::Member, scope) => Ok(Reach::of(scope)),
            Rights::Key(Role::Client, _) => {
                Err(refuse_role("a client key may only post errors: use a member or an admin key"))
            }
            Rights::Key(Role::Upload, _) => {
                Err(refuse_role("an upload key may only upload source maps and mappings: use a member or an admin key"))
            }
            Rights::Key(Role::Read, _) => {
                Err(refuse_role("a read key cannot change anything: use a member or an admin key"))
            }
        }
    }

    /// Allows readers, members and admins. Returns the projects in which the caller may read.
    pub fn check_reader(&self) -> Result<Reach, Refusal> {
        match &self.rights {
            Rights::User(roles) => reach_as(roles, UserRole::Viewer),
            Rights::Key(Role::Admin | Role::Member | Role::Read, scope) => Ok(Reach::of(scope)),
            Rights::Key(Role::Client, _) => {
                Err(refuse_role("a client key may only post errors: use a read or an admin key"))
            }
            Rights::Key(Role::Upload, _) => {
                Err(refuse_role("an upload key may only upload source maps and mappings: use a read or an admin key"))
            }
        }
    }

    /// Checks whether the caller may learn that no project has this name. A key for one project, and a user of single
    /// projects, learn nothing about others.
    pub fn check_may_miss(&self, project: &ProjectName) -> Result<(), Refusal> {
        match &self.rights {
            Rights::Key(_, Scope::Project(_, own)) if own != project => Err(self.refuse_project()),
            Rights::User(UserRoles { everywhere: None, .. }) => Err(self.refuse_project()),
            Rights::Key(..) | Rights::User(_) => Ok(()),
        }
    }

    /// The project of a caller that has rights in one project only.
    pub fn own(&self) -> Option<ProjectId> {
        match &self.rights {
            Rights::Key(_, Scope::Project(own, _)) => Some(*own),
            Rights::Key(_, Scope::All) => None,
            Rights::User(UserRoles { everywhere: Some(_), .. }) => None,
            Rights::User(roles) => roles.projects.keys().next().copied().filter(|_| roles.projects.len() == 1),
        }
    }

    /// Returns where events for `project` go. A key of the project resolves to its number; a key for all projects may
    /// also name a project that does not exist yet. A key that knows its project by another name is refused: see
    /// [`own`](Self::own).
    pub fn post_to(&self, project: &ProjectName) -> Result<Addressee, Refusal> {
        match self.check_poster()? {
            Scope::All => Ok(Addressee::Name(project.clone())),
            Scope::Project(id, own) if own == project => Ok(Addressee::Id(*id)),
            Scope::Project(..) => Err(self.refuse_project()),
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
        match &self.rights {
            Rights::Key(Role::Client | Role::Admin, scope) => Ok(scope),
            Rights::Key(Role::Read, _) => Err(refuse_role("a read key is view-only: use a client key to post errors")),
            Rights::Key(Role::Member, _) => Err(refuse_role("a member key posts no errors: use a client key")),
            Rights::Key(Role::Upload, _) => Err(refuse_role(
                "an upload key may only upload source maps and mappings: use a client key to post errors",
            )),
            Rights::User(_) => Err(refuse_role("a personal access token posts no errors: use a client key")),
        }
    }

    /// Allows keys that may upload source maps: those with the role `upload`, and admin keys, of one project. Returns the
    /// project.
    pub fn check_uploader(&self) -> Result<ProjectId, Refusal> {
        match &self.rights {
            Rights::Key(Role::Upload | Role::Admin, Scope::Project(own, _)) => Ok(*own),
            Rights::Key(Role::Upload | Role::Admin, Scope::All) => {
                let message = "this key is for all projects: upload with an upload key of one project, which its page Source maps \
                               creates";
                Err(Refusal::new(Reason::KeyProject, message))
            }
            Rights::Key(Role::Client, _) => Err(refuse_role("a client key may only post errors: use an upload key")),
            Rights::Key(Role::Read, _) => Err(refuse_role("a read key is view-only: use an upload key")),
            Rights::Key(Role::Member, _) => Err(refuse_role("a member key uploads nothing: use an upload key")),
            Rights::User(_) => Err(refuse_role("a personal access token uploads nothing: use an upload key")),
        }
    }

    /// The caller, acting through a coding agent. Histories add that to the name.
    #[must_use]
    pub fn by_agent(self) -> Self {
        let named = |name: String| if name.is_empty() { "an agent".to_owned() } else { format!("{name}, by an agent") };
        let identity = match self.identity {
            Identity::Operator => Identity::Operator,
            Identity::Key { hash, name } => Identity::Key { hash, name: named(name) },
            Identity::User { id, name, revision, token } => Identity::User { id, name: named(name), revision, token },
        };
        Self { identity, ..self }
    }

    /// The same caller, whose request came from the client that `extensions` names.
    #[must_use]
    pub fn from_client_in(self, extensions: &Extensions) -> Self {
        Self { address: ClientAddress::find_in(extensions).map(ClientAddress::ip), ..self }
    }

    /// Where the request came from, if it is known.
    pub fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// The name of the caller's key, or of the user; empty for the operator.
    pub fn name(&self) -> &str {
        match &self.identity {
            Identity::Operator => "",
            Identity::Key { name, .. } | Identity::User { name, .. } => name,
        }
    }

    /// The id of the caller's key or token; `None` for the operator, and in the session of a user.
    pub fn key(&self) -> Option<KeyId> {
        match &self.identity {
            Identity::Operator => None,
            Identity::Key { hash, .. } => Some(hash.id()),
            Identity::User { token, .. } => token.map(|hash| hash.id()),
        }
    }

    /// The user; `None` for a caller with a key.
    pub fn user(&self) -> Option<UserId> {
        match &self.identity {
            Identity::Operator | Identity::Key { .. } => None,
            Identity::User { id, .. } => Some(*id),
        }
    }

    /// The user, in a session of the pages, not with a token.
    pub fn user_in_session(&self) -> Option<UserId> {
        match &self.identity {
            Identity::User { id, token: None, .. } => Some(*id),
            _ => None,
        }
    }

    /// The roles of the caller. A read key is a viewer, a member key a member, an admin key an owner; others have none.
    pub fn roles(&self) -> UserRoles {
        match &self.rights {
            Rights::User(roles) => roles.clone(),
            Rights::Key(role, Scope::All) => UserRoles { everywhere: user_role(*role), ..UserRoles::default() },
            Rights::Key(role, Scope::Project(project, _)) => UserRoles {
                everywhere: None,
                projects: user_role(*role).map(|role| (*project, role)).into_iter().collect(),
            },
        }
    }

    /// The highest role in any project; `None`: not even a reader.
    pub fn highest_role(&self) -> Option<UserRole> {
        self.roles().highest()
    }

    /// What the caller may do in every project in which it may do anything; `None` if projects differ.
    pub fn role_anywhere(&self) -> Option<UserRole> {
        match &self.rights {
            Rights::Key(role, _) => user_role(*role),
            Rights::User(roles) => roles.everywhere.filter(|role| Some(*role) == roles.highest()),
        }
    }

    /// The caller as the creator of keys and invitations at `now`; `None` for the operator, who is always valid.
    pub fn maker(&self, now: Timestamp) -> Option<Maker> {
        let by = match &self.identity {
            Identity::Operator => return None,
            Identity::Key { hash, .. } => MakerName::Key(*hash),
            Identity::User { id, revision, token, .. } => {
                MakerName::User { id: *id, revision: *revision, token: *token }
            }
        };
        Some(Maker { by, at: now })
    }

    /// How histories name the caller: by the id and the name of the key or of the user.
    pub fn actor(&self) -> Actor {
        match &self.identity {
            Identity::Operator => Actor::Operator,
            Identity::Key { hash, name } => Actor::Key { id: hash.id(), name: name.clone() },
            Identity::User { id, name, .. } => Actor::User { id: *id, name: name.clone() },
        }
    }

    /// Checks that the caller's rights are in the project, and a user's role there is at least `role`.
    fn check_within(&self, role: UserRole, project: ProjectId) -> Result<(), Refusal> {
        match &self.rights {
            Rights::Key(_, Scope::Project(own, _)) if *own != project => Err(self.refuse_project()),
            Rights::Key(..) => Ok(()),
            Rights::User(roles) => match roles.role_in(project) {
                Some(own) if own >= role => Ok(()),
                Some(_) => Err(refuse_user_role(role)),
                None => Err(self.refuse_project()),
            },
        }
    }

    fn refuse_project(&self) -> Refusal {
        let message = match self.rights {
            Rights::Key(..) => "this key is for another project: use a key for this project or for all projects",
            Rights::User(_) => "you have no role in this project: ask one of its owners to invite you",
        };
        Refusal::new(Reason::KeyProject, message)
    }
}

//! Who may do what: extractors that a handler gets its caller and its project from.
//!
//! What they give out has no other constructor, so a handler that needs a project and forgets the permission does not
//! compile. Extractors check from the left: the key, the project's name, the key's role, the project, and whether it is
//! the key's. A handler that checks its own parameters before the project is looked up takes a [`ProjectReader`] or a
//! [`ProjectAdmin`], and loads the project from it.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::response::Response;
use http::request::Parts;
use model::error::history::Actor;
use model::id::ProjectName;
use model::outcome::{Reason, Refusal};
use store::ports::{Project, Projects, Scope};

use crate::{Authenticator, Caller, Outcomes, parse_project_path};

/// What decides about access, of the state that a router's handlers share.
pub trait Access: Send + Sync + 'static {
    /// Knows the keys.
    fn authenticator(&self) -> &Authenticator;
    /// The projects.
    fn projects(&self) -> &dyn Projects;
    /// Counts of what was refused.
    fn outcomes(&self) -> &Outcomes;
}

/// An admin of the whole stack.
#[derive(Clone, Debug)]
pub struct StackAdmin(Caller);

/// An admin of the whole stack, or of one project.
#[derive(Clone, Debug)]
pub struct Admin(Caller);

/// A reader or an admin, of the whole stack or of one project.
#[derive(Clone, Debug)]
pub struct Reader(Caller);

/// Somebody who may read projects, and the name of one: whether they may read that one shows when it is loaded.
#[derive(Clone, Debug)]
pub struct ProjectReader {
    reader: Reader,
    name: ProjectName,
}

/// Somebody who may change projects, and the name of one: whether they may change that one shows when it is loaded.
#[derive(Clone, Debug)]
pub struct ProjectAdmin {
    admin: Admin,
    name: ProjectName,
}

/// A project that the caller may read. Nothing but this module can make one:
///
/// ```compile_fail
/// fn skip_the_check(project: store::ports::Project) -> http_common::ReadableProject {
///     http_common::ReadableProject(project)
/// }
/// ```
#[derive(Clone, Debug)]
pub struct ReadableProject(Project);

/// A project that the caller may change.
#[derive(Clone, Debug)]
pub struct AdministeredProject {
    project: ReadableProject,
    caller: Caller,
}

/// A project that the caller may delete. Its deletion may have begun.
#[derive(Clone, Debug)]
pub struct DeletableProject(Project);

impl Admin {
    /// Where they may change everything.
    pub fn scope(&self) -> &Scope {
        self.0.scope()
    }

    /// The caller.
    pub fn caller(&self) -> &Caller {
        &self.0
    }

    /// A project by its name, if the caller may change it.
    pub async fn load_project(&self, access: &impl Access, name: &ProjectName) -> Result<AdministeredProject, Refusal> {
        let project = load_project(access, &self.0, name).await?;
        self.0.check_admin_of(project.id)?;
        Ok(AdministeredProject { project, caller: self.0.clone() })
    }
}

impl StackAdmin {
    /// The caller.
    pub fn caller(&self) -> &Caller {
        &self.0
    }
}

impl Reader {
    /// Where they may read.
    pub fn scope(&self) -> &Scope {
        self.0.scope()
    }
}

impl ProjectReader {
    /// The project of the path.
    pub async fn load_project(&self, access: &impl Access) -> Result<ReadableProject, Refusal> {
        load_project(access, &self.reader.0, &self.name).await
    }
}

impl ProjectAdmin {
    /// The project of the path.
    pub async fn load_project(&self, access: &impl Access) -> Result<AdministeredProject, Refusal> {
        self.admin.load_project(access, &self.name).await
    }

    /// The caller.
    pub fn caller(&self) -> &Caller {
        &self.admin.0
    }

    /// The name in the path.
    pub fn name(&self) -> &ProjectName {
        &self.name
    }
}

impl Deref for ReadableProject {
    type Target = Project;

    fn deref(&self) -> &Project {
        &self.0
    }
}

impl AdministeredProject {
    /// The caller.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// What a history calls the caller.
    pub fn actor(&self) -> Actor {
        self.caller.actor()
    }

    /// The project alone.
    pub fn into_project(self) -> Project {
        self.project.0
    }
}

impl Deref for AdministeredProject {
    type Target = ReadableProject;

    fn deref(&self) -> &ReadableProject {
        &self.project
    }
}

impl Deref for DeletableProject {
    type Target = Project;

    fn deref(&self) -> &Project {
        &self.0
    }
}

/// The project of this name, if there is one that is not being deleted, and the caller may at least read it.
async fn load_project(access: &impl Access, caller: &Caller, name: &ProjectName) -> Result<ReadableProject, Refusal> {
    let project = access.projects().by_name(name).await?;
    let Some(project) = project.filter(|project| !project.deleting) else {
        caller.check_may_miss(name)?;
        return Err(refuse_unknown(name));
    };
    caller.check_reader_of(project.id)?;
    check_is_current(&project, name)?;
    Ok(ReadableProject(project))
}

fn refuse_unknown(name: &ProjectName) -> Refusal {
    let message = format!("there is no project `{name}`: GET /projects lists those there are");
    Refusal::new(Reason::ProjectUnknown, message)
}

/// Refuses a name that the project had before.
fn check_is_current(project: &Project, name: &ProjectName) -> Result<(), Refusal> {
    if project.name == *name {
        return Ok(());
    }
    let message = format!("the project `{name}` is named `{}` now: ask by that name", project.name);
    Err(Refusal { renamed_to: Some(project.name.to_string()), ..Refusal::new(Reason::ProjectRenamed, message) })
}

async fn extract_admin(parts: &Parts, access: &impl Access) -> Result<Admin, Refusal> {
    let caller = access.authenticator().authenticate_parts(parts).await?;
    caller.check_admin()?;
    Ok(Admin(caller))
}

async fn extract_reader(parts: &Parts, access: &impl Access) -> Result<Reader, Refusal> {
    let caller = access.authenticator().authenticate_parts(parts).await?;
    caller.check_reader()?;
    Ok(Reader(caller))
}

async fn extract_stack_admin(parts: &Parts, access: &impl Access) -> Result<StackAdmin, Refusal> {
    let caller = access.authenticator().authenticate_parts(parts).await?;
    caller.check_stack_admin()?;
    Ok(StackAdmin(caller))
}

async fn extract_project_reader(parts: &Parts, access: &impl Access) -> Result<ProjectReader, Refusal> {
    let caller = access.authenticator().authenticate_parts(parts).await?;
    let name = parse_project_path(parts.uri.path())?;
    caller.check_reader()?;
    Ok(ProjectReader { reader: Reader(caller), name })
}

async fn extract_project_admin(parts: &Parts, access: &impl Access) -> Result<ProjectAdmin, Refusal> {
    let caller = access.authenticator().authenticate_parts(parts).await?;
    let name = parse_project_path(parts.uri.path())?;
    caller.check_admin()?;
    Ok(ProjectAdmin { admin: Admin(caller), name })
}

async fn extract_readable_project(parts: &Parts, access: &impl Access) -> Result<ReadableProject, Refusal> {
    extract_project_reader(parts, access).await?.load_project(access).await
}

async fn extract_administered_project(parts: &Parts, access: &impl Access) -> Result<AdministeredProject, Refusal> {
    extract_project_admin(parts, access).await?.load_project(access).await
}

async fn extract_deletable_project(parts: &Parts, access: &impl Access) -> Result<DeletableProject, Refusal> {
    extract_stack_admin(parts, access).await?;
    let name = parse_project_path(parts.uri.path())?;
    let project = access.projects().by_name(&name).await?.ok_or_else(|| refuse_unknown(&name))?;
    check_is_current(&project, &name)?;
    Ok(DeletableProject(project))
}

/// Makes an extractor of a function. A refusal is counted, and answered as those of handlers are.
macro_rules! extract {
    ($($extractor:ident by $function:ident),+ $(,)?) => {$(
        impl<A: Access> FromRequestParts<Arc<A>> for $extractor {
            type Rejection = Response;

            async fn from_request_parts(parts: &mut Parts, access: &Arc<A>) -> Result<Self, Response> {
                $function(parts, &**access).await.map_err(|refusal| access.outcomes().refuse(&refusal))
            }
        }
    )+};
}

extract! {
    StackAdmin by extract_stack_admin,
    Admin by extract_admin,
    Reader by extract_reader,
    ProjectReader by extract_project_reader,
    ProjectAdmin by extract_project_admin,
    ReadableProject by extract_readable_project,
    AdministeredProject by extract_administered_project,
    DeletableProject by extract_deletable_project,
}

//! Access control: extractors that give a handler its caller and its project.
//!
//! The types have no constructors that do not check the permission, so a handler that takes one of them cannot forget
//! to. (A handler that takes none asks its [`Caller`].) Extractors check in this order: the key, the project's name, the
//! key's role, whether the project exists, and whether the key is valid for it. A handler that must check its own
//! parameters before the project is looked up takes a [`ProjectReader`] or a [`ProjectAdmin`] and loads the project from
//! it.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::response::Response;
use http::request::Parts;
use model::error::history::Actor;
use model::id::ProjectName;
use model::outcome::{Reason, Refusal};
use store::ports::{Project, Projects};

use crate::{Authenticator, Caller, Outcomes, Reach, parse_project_path};

/// The parts of a router's shared state that access control needs.
pub trait Access: Send + Sync + 'static {
    fn authenticator(&self) -> &Authenticator;
    fn projects(&self) -> &dyn Projects;
    fn outcomes(&self) -> &Outcomes;
}

/// An admin of the whole stack.
#[derive(Clone, Debug)]
pub struct StackAdmin(Caller);

/// An admin of the whole stack or of single projects.
#[derive(Clone, Debug)]
pub struct Admin {
    caller: Caller,
    reach: Reach,
}

/// A reader, a member or an admin, of the whole stack or of single projects.
#[derive(Clone, Debug)]
pub struct Reader {
    caller: Caller,
    reach: Reach,
}

/// A caller who may read projects, and the name of one project. Loading the project checks whether the caller may read
/// it.
#[derive(Clone, Debug)]
pub struct ProjectReader {
    reader: Reader,
    name: ProjectName,
}

/// A caller who may change errors, and the name of one project. Loading the project checks whether the caller may change
/// its errors.
#[derive(Clone, Debug)]
pub struct ProjectMember {
    caller: Caller,
    name: ProjectName,
}

/// A caller who may change projects, and the name of one project. Loading the project checks whether the caller may
/// change it.
#[derive(Clone, Debug)]
pub struct ProjectAdmin {
    admin: Admin,
    name: ProjectName,
}

/// A project that the caller may read. Only this module can create one:
///
/// ```compile_fail
/// fn skip_the_check(project: store::ports::Project) -> http_common::ReadableProject {
///     http_common::ReadableProject(project)
/// }
/// ```
#[derive(Clone, Debug)]
pub struct ReadableProject(Project);

/// A project whose errors the caller may change.
#[derive(Clone, Debug)]
pub struct TriagedProject {
    project: ReadableProject,
    caller: Caller,
}

/// A project that the caller may change.
#[derive(Clone, Debug)]
pub struct AdministeredProject {
    project: ReadableProject,
    caller: Caller,
}

/// A project that the caller may delete. Its deletion may have begun already.
#[derive(Clone, Debug)]
pub struct DeletableProject {
    project: Project,
    caller: Caller,
}

impl Admin {
    /// Checks that the caller is an admin.
    pub fn check(caller: Caller) -> Result<Self, Refusal> {
        let reach = caller.check_admin()?;
        Ok(Self { caller, reach })
    }

    /// The projects in which the caller may change everything.
    pub fn reach(&self) -> &Reach {
        &self.reach
    }

    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Loads a project by name, if the caller may change it.
    pub async fn load_project(&self, access: &impl Access, name: &ProjectName) -> Result<AdministeredProject, Refusal> {
        let project = load_project(access, &self.caller, name).await?;
        self.caller.check_admin_of(project.id)?;
        Ok(AdministeredProject { project, caller: self.caller.clone() })
    }
}

impl StackAdmin {
    pub fn caller(&self) -> &Caller {
        &self.0
    }
}

impl Reader {
    /// Checks that the caller may read.
    fn check(caller: Caller) -> Result<Self, Refusal> {
        let reach = caller.check_reader()?;
        Ok(Self { caller, reach })
    }

    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The projects in which the caller may read.
    pub fn reach(&self) -> &Reach {
        &self.reach
    }
}

impl ProjectReader {
    pub fn caller(&self) -> &Caller {
        self.reader.caller()
    }

    /// Loads the project of the path.
    pub async fn load_project(&self, access: &impl Access) -> Result<ReadableProject, Refusal> {
        load_project(access, &self.reader.caller, &self.name).await
    }
}

impl ProjectMember {
    /// Loads the project of the path.
    pub async fn load_project(&self, access: &impl Access) -> Result<TriagedProject, Refusal> {
        let project = load_project(access, &self.caller, &self.name).await?;
        self.caller.check_member_of(project.id)?;
        Ok(TriagedProject { project, caller: self.caller.clone() })
    }
}

impl ProjectAdmin {
    /// Loads the project of the path.
    pub async fn load_project(&self, access: &impl Access) -> Result<AdministeredProject, Refusal> {
        self.admin.load_project(access, &self.name).await
    }

    pub fn caller(&self) -> &Caller {
        self.admin.caller()
    }

    /// The project's name in the path.
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

impl TriagedProject {
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// How histories name the caller.
    pub fn actor(&self) -> Actor {
        self.caller.actor()
    }

    /// The same project, if the caller may change everything in it.
    pub fn administer(&self) -> Result<AdministeredProject, Refusal> {
        self.caller.check_admin_of(self.project.id)?;
        Ok(AdministeredProject { project: self.project.clone(), caller: self.caller.clone() })
    }
}

impl Deref for TriagedProject {
    type Target = ReadableProject;

    fn deref(&self) -> &ReadableProject {
        &self.project
    }
}

impl AdministeredProject {
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// How histories name the caller.
    pub fn actor(&self) -> Actor {
        self.caller.actor()
    }

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

impl DeletableProject {
    pub fn caller(&self) -> &Caller {
        &self.caller
    }
}

impl Deref for DeletableProject {
    type Target = Project;

    fn deref(&self) -> &Project {
        &self.project
    }
}

/// Loads the project with this name, if it exists, is not being deleted, and the caller may at least read it.
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
    let message = format!("there is no project `{name}`: GET /projects lists all projects");
    Refusal::new(Reason::ProjectUnknown, message)
}

/// Refuses a former name of the project.
fn check_is_current(project: &Project, name: &ProjectName) -> Result<(), Refusal> {
    if project.name == *name {
        return Ok(());
    }
    let message = format!("the project `{name}` was renamed to `{}`: use that name", project.name);
    Err(Refusal { renamed_to: Some(project.name.to_string()), ..Refusal::new(Reason::ProjectRenamed, message) })
}

async fn extract_admin(parts: &Parts, access: &impl Access) -> Result<Admin, Refusal> {
    Admin::check(access.authenticator().authenticate_parts(parts).await?)
}

async fn extract_reader(parts: &Parts, access: &impl Access) -> Result<Reader, Refusal> {
    Reader::check(access.authenticator().authenticate_parts(parts).await?)
}

async fn extract_stack_admin(parts: &Parts, access: &impl Access) -> Result<StackAdmin, Refusal> {
    let caller = access.authenticator().authenticate_parts(parts).await?;
    caller.check_stack_admin()?;
    Ok(StackAdmin(caller))
}

async fn extract_project_reader(parts: &Parts, access: &impl Access) -> Result<ProjectReader, Refusal> {
    let caller = access.authenticator().authenticate_parts(parts).await?;
    let name = parse_project_path(parts.uri.path())?;
    Ok(ProjectReader { reader: Reader::check(caller)?, name })
}

async fn extract_project_member(parts: &Parts, access: &impl Access) -> Result<ProjectMember, Refusal> {
    let caller = access.authenticator().authenticate_parts(parts).await?;
    let name = parse_project_path(parts.uri.path())?;
    caller.check_member()?;
    Ok(ProjectMember { caller, name })
}

async fn extract_triaged_project(parts: &Parts, access: &impl Access) -> Result<TriagedProject, Refusal> {
    extract_project_member(parts, access).await?.load_project(access).await
}

async fn extract_project_admin(parts: &Parts, access: &impl Access) -> Result<ProjectAdmin, Refusal> {
    let caller = access.authenticator().authenticate_parts(parts).await?;
    let name = parse_project_path(parts.uri.path())?;
    Ok(ProjectAdmin { admin: Admin::check(caller)?, name })
}

async fn extract_readable_project(parts: &Parts, access: &impl Access) -> Result<ReadableProject, Refusal> {
    extract_project_reader(parts, access).await?.load_project(access).await
}

async fn extract_administered_project(parts: &Parts, access: &impl Access) -> Result<AdministeredProject, Refusal> {
    extract_project_admin(parts, access).await?.load_project(access).await
}

async fn extract_deletable_project(parts: &Parts, access: &impl Access) -> Result<DeletableProject, Refusal> {
    let StackAdmin(caller) = extract_stack_admin(parts, access).await?;
    let name = parse_project_path(parts.uri.path())?;
    let project = access.projects().by_name(&name).await?.ok_or_else(|| refuse_unknown(&name))?;
    check_is_current(&project, &name)?;
    Ok(DeletableProject { project, caller })
}

/// Turns a function into an extractor. A refusal is counted and answered like those of handlers.
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
    ProjectMember by extract_project_member,
    ProjectAdmin by extract_project_admin,
    ReadableProject by extract_readable_project,
    TriagedProject by extract_triaged_project,
    AdministeredProject by extract_administered_project,
    DeletableProject by extract_deletable_project,
}

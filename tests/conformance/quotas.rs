use faultline_tests::project_data;
use formats::inbox::Addressee;
use futures_util::future::join_all;
use model::id::{ProjectId, ProjectName};
use model::project::{Attachments, Limit, Limits, Mark, Origins, Retention, Window};
use server::system::Resources;
use store::dynamo::Directory;
use store::ports::{Project, ProjectChange, Projects, Quotas, Usage, Used};

use super::at;

async fn limited(on: &Resources, name: &str, limits: Limits) -> Project {
    let project = on.directory.create(&ProjectName::parse(name).unwrap(), at(0)).await.unwrap();
    set(on, &project, limits).await;
    project
}

async fn set(on: &Resources, project: &Project, limits: Limits) {
    let Limits { per_minute, per_month } = limits;
    let change = ProjectChange { per_minute: Some(per_minute), per_month: Some(per_month), ..Default::default() };
    on.directory.update(project, &change).await.unwrap();
}

async fn mark(on: &Resources, project: &Project) -> Option<Mark> {
    on.directory.quota(&Addressee::Id(project.id)).await.unwrap().unwrap().mark
}

pub(crate) async fn found(on: &Resources) {
    let limits = Limits { per_minute: Some(3), per_month: None };
    let project = limited(on, "p", limits).await;
    for addressee in [Addressee::Id(project.id), Addressee::Name(project.name.clone())] {
        let quota = on.directory.quota(&addressee).await.unwrap().unwrap();
        assert_eq!((quota.project, quota.limits, quota.mark, quota.origins), (project.id, limits, None, None));
    }
    let origins = Origins::parse(&["https://shop.example"]).unwrap();
    let change = ProjectChange { allowed_origins: Some(Some(origins.clone())), ..Default::default() };
    on.directory.update(&project, &change).await.unwrap();
    let quota = on.directory.quota(&Addressee::Id(project.id)).await.unwrap().unwrap();
    assert_eq!((quota.limits, quota.origins.as_deref()), (limits, Some(&origins)));
    let kept = Retention::of_days(30).unwrap();
    let change =
        ProjectChange { attachments: Some(Attachments::Discard), retention: Some(Some(kept)), ..Default::default() };
    on.directory.update(&project, &change).await.unwrap();
    let quota = on.directory.quota(&Addressee::Id(project.id)).await.unwrap().unwrap();
    assert_eq!((quota.attachments, quota.retention), (Attachments::Discard, Some(kept)));
    let free = on.directory.create(&ProjectName::parse("free").unwrap(), at(0)).await.unwrap();
    assert!(on.directory.quota(&Addressee::Id(free.id)).await.unwrap().unwrap().limits.is_none());
    let nobody = [Addressee::Id(ProjectId::new(99).unwrap()), Addressee::Name(ProjectName::parse("none").unwrap())];
    for addressee in nobody {
        assert_eq!(on.directory.quota(&addressee).await.unwrap(), None);
    }
}

/// The limits for new projects are settings of each project that is created with them.
pub(crate) async fn first(on: &Resources) {
    let name = ProjectName::parse("new").unwrap();
    let limits = Limits { per_month: Some(7), per_minute: None };
    let created = Directory::clone(&on.directory).with_first_limits(limits).create(&name, at(0)).await.unwrap();
    let stored = on.directory.by_name(&name).await.unwrap().unwrap();
    let quota = on.directory.quota(&Addressee::Id(created.id)).await.unwrap().unwrap();
    assert_eq!([created.limits, stored.limits, quota.limits], [limits; 3]);

    let none = ProjectChange { per_month: Some(None), ..ProjectChange::default() };
    on.directory.update(&stored, &none).await.unwrap();
    assert!(on.directory.quota(&Addressee::Id(created.id)).await.unwrap().unwrap().limits.is_none());
}

pub(crate) async fn counted(on: &Resources) {
    let project = ProjectId::new(7).unwrap();
    let count = async |in_month, in_minute, seconds| {
        let used = project_data(on).count(project, Used { in_month, in_minute }, at(seconds)).await.unwrap();
        (used.in_month, used.in_minute)
    };
    assert_eq!(count(2, Some(1), 0).await, (2, Some(1)));
    assert_eq!(count(3, Some(3), 59).await, (5, Some(4)));
    assert_eq!(count(1, Some(1), 60).await, (6, Some(1)), "a new minute starts at zero");
    assert_eq!(count(4, None, 61).await, (10, None));
    assert_eq!(count(1, Some(1), 0).await, (11, None), "a late clock does not bring back an older minute");
    assert_eq!(count(1, Some(0), 119).await, (12, Some(1)));
    let month = 31 * 86_400;
    assert_eq!(count(1, Some(1), month).await, (1, Some(1)), "a new month starts at zero");

    let all = join_all((0..20).map(|_| count(1, Some(1), month + 60))).await;
    assert_eq!(
        all.into_iter().max(),
        Some((21, Some(20))),
        "concurrent batches at the start of a minute are all counted"
    );
}

pub(crate) async fn marked(on: &Resources) {
    let limits = Limits { per_minute: Some(3), per_month: Some(9) };
    let project = limited(on, "p", limits).await;
    let [minute, month] = limits.each().collect::<Vec<_>>()[..] else { panic!("two limits") };
    let set_mark = async |mark| project_data(on).mark(project.id, mark).await.unwrap();

    set_mark(Mark::of(minute, at(0))).await;
    assert_eq!(mark(on, &project).await, Some(Mark::of(minute, at(0))));
    set_mark(Mark::of(month, at(1))).await;
    set_mark(Mark::of(minute, at(2))).await;
    assert_eq!(mark(on, &project).await, Some(Mark::of(month, at(1))), "a mark that ends earlier does not replace it");

    let more = Limits { per_month: Some(10), ..limits };
    set(on, &project, more).await;
    assert_eq!(mark(on, &project).await, None);
    set_mark(Mark::of(month, at(3))).await;
    assert_eq!(mark(on, &project).await, None, "a processor that does not know the raised limit yet sets no mark");
    let owner = ProjectChange { owner: Some(None), ..Default::default() };
    set_mark(Mark::of(Limit { most: 10, window: Window::Month }, at(4))).await;
    on.directory.update(&project, &owner).await.unwrap();
    assert!(mark(on, &project).await.is_some(), "other settings keep the mark");

    set_mark(Mark::of(Limit { most: 3, window: Window::Minute }, at(5))).await;
    Projects::remove(&*on.directory, &project).await.unwrap();
    set_mark(Mark::of(minute, at(99))).await;
    assert_eq!(
        on.directory.quota(&Addressee::Id(project.id)).await.unwrap(),
        None,
        "a removed project is not created again"
    );
}

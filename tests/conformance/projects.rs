use std::collections::BTreeSet;

use futures_util::future::join_all;
use model::id::ProjectName;
use model::project::{Limits, Origins, Retention, Tier, TimeUnit};
use scrub::Rules;
use server::system::Resources;
use store::Kind;
use store::ports::{Project, ProjectChange, Projects};

use super::at;

fn name(text: &str) -> ProjectName {
    ProjectName::parse(text).unwrap()
}

pub(crate) async fn numbers_of_their_own(on: &Resources) {
    let names: Vec<_> = (0..20).map(|n| name(&format!("p{n:02}"))).collect();
    let created = join_all(names.iter().map(|name| on.directory.create(name, at(0)))).await;
    let projects: Vec<_> = created.into_iter().map(Result::unwrap).collect();
    assert_eq!(projects.iter().map(|project| project.id).collect::<BTreeSet<_>>().len(), 20);
    for project in &projects {
        assert_eq!(on.directory.by_id(project.id).await.unwrap().as_ref(), Some(project));
        assert_eq!(on.directory.by_name(&project.name).await.unwrap().as_ref(), Some(project));
    }
    let first = Projects::list(&*on.directory, None, 15).await.unwrap();
    let second = Projects::list(&*on.directory, first.next.as_ref(), 15).await.unwrap();
    let listed: Vec<_> = first.items.into_iter().chain(second.items).map(|project| project.name).collect();
    assert_eq!((listed, second.next), (names, None));
}

pub(crate) async fn one_of_a_name(on: &Resources) {
    let p = name("p");
    let created = join_all((0..10).map(|_| on.directory.create(&p, at(0)))).await;
    let (made, refused): (Vec<_>, Vec<_>) = created.into_iter().partition(Result::is_ok);
    assert_eq!(made.len(), 1);
    assert!(refused.into_iter().all(|refused| refused.unwrap_err().kind() == Kind::Conflict));

    let project = on.directory.by_name(&name("p")).await.unwrap().unwrap();
    on.directory.mark_deleting(&project).await.unwrap();
    assert!(on.directory.by_name(&name("p")).await.unwrap().unwrap().deleting);
    Projects::remove(&*on.directory, &project).await.unwrap();
    assert_eq!(on.directory.by_id(project.id).await.unwrap(), None);
    let again = on.directory.create(&name("p"), at(1)).await.unwrap();
    assert_ne!(again.id, project.id);
    assert_eq!(on.directory.by_id(project.id).await.unwrap(), None, "the old number does not lead to the new project");
}

pub(crate) async fn settings(on: &Resources) {
    let project = on.directory.create(&name("p"), at(0)).await.unwrap();
    let month = Retention::of_days(30).unwrap();
    let origins = Origins::parse(&["https://*.shop.example"]).unwrap();
    let changes = [
        ProjectChange { per_minute: Some(Some(5)), ..Default::default() },
        ProjectChange { per_month: Some(Some(7)), owner: Some(Some("team a".to_owned())), ..Default::default() },
        ProjectChange { tier: Some(Tier::Low), time_unit: Some(TimeUnit::Day), ..Default::default() },
        ProjectChange {
            scrubbing: Some(Rules {
                additional: vec!["iban".to_owned()],
                exempt: Vec::new(),
                personal: vec![scrub::Personal::Iban],
            }),
            ..Default::default()
        },
        ProjectChange { retention: Some(Some(month)), ..Default::default() },
        ProjectChange { allowed_origins: Some(Some(origins.clone())), ..Default::default() },
    ];
    for change in &changes {
        on.directory.update(&project, change).await.unwrap();
    }
    let expected = Project {
        limits: Limits { per_minute: Some(5), per_month: Some(7) },
        owner: Some("team a".to_owned()),
        tier: Tier::Low,
        time_unit: TimeUnit::Day,
        scrubbing: Rules {
            additional: vec!["iban".to_owned()],
            exempt: Vec::new(),
            personal: vec![scrub::Personal::Iban],
        },
        retention: Some(month),
        allowed_origins: Some(origins),
        ..project.clone()
    };
    assert_eq!(on.directory.by_id(project.id).await.unwrap(), Some(expected.clone()));
    let less = ProjectChange {
        per_minute: Some(None),
        owner: Some(None),
        retention: Some(None),
        allowed_origins: Some(None),
        ..Default::default()
    };
    on.directory.update(&project, &less).await.unwrap();
    assert_eq!(on.directory.by_name(&project.name).await.unwrap(), Some(less.applied_to(expected)));
    on.directory.update(&project, &ProjectChange::default()).await.unwrap();

    Projects::remove(&*on.directory, &project).await.unwrap();
    let again = on.directory.create(&name("p"), at(1)).await.unwrap();
    for change in &changes {
        let gone = on.directory.update(&project, change).await.unwrap_err();
        assert_eq!(gone.kind(), Kind::Conflict, "the name belongs to another project now");
    }
    assert_eq!(on.directory.by_id(again.id).await.unwrap(), Some(again));
}

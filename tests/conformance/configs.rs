use faultline_tests::project_data;
use futures_util::future::join_all;
use model::id::{ConfigId, ProjectName};
use model::sealed::Sealed;
use server::system::Resources;
use store::Kind;
use store::clock::{Clock, SystemClock};
use store::ports::{Configs, Project, Projects};

use super::at;

async fn project(on: &Resources, name: &str) -> Project {
    on.directory.create(&ProjectName::parse(name).unwrap(), at(0)).await.unwrap()
}

pub(crate) async fn rules(on: &Resources) {
    let (shop, other) = (project(on, "shop").await, project(on, "other").await);
    let document = |text: &str| Sealed::new(text);
    assert_eq!(project_data(on).rules(shop.id).await.unwrap(), None);
    assert_eq!(project_data(on).set_rules(&shop, 0, &document("a")).await.unwrap(), 1);
    assert_eq!(project_data(on).set_rules(&shop, 1, &document("b")).await.unwrap(), 2);
    let stored = project_data(on).rules(shop.id).await.unwrap().unwrap();
    assert_eq!((stored.version, stored.document), (2, document("b")));
    assert_eq!(project_data(on).rules(other.id).await.unwrap(), None);
    for read in [0, 1, 3] {
        assert_eq!(
            project_data(on).set_rules(&shop, read, &document("c")).await.unwrap_err().kind(),
            Kind::Conflict,
            "{read}"
        );
    }
    let at_once = (0..10).map(|_| async { project_data(on).set_rules(&shop, 2, &document("d")).await });
    assert_eq!(
        join_all(at_once).await.into_iter().filter(Result::is_ok).count(),
        1,
        "only one of the writers that read the same version"
    );

    // No rules can be set in a project that is being deleted, nor in a new project through the old one of the same
    // name.
    on.directory.mark_deleting(&shop).await.unwrap();
    assert_eq!(project_data(on).set_rules(&shop, 3, &document("e")).await.unwrap_err().kind(), Kind::Conflict);
    project_data(on).remove_configs(shop.id).await.unwrap();
    assert_eq!(project_data(on).rules(shop.id).await.unwrap(), None);
    Projects::remove(&*on.directory, &shop).await.unwrap();
    let again = project(on, "shop").await;
    assert_eq!(project_data(on).set_rules(&shop, 0, &document("f")).await.unwrap_err().kind(), Kind::Conflict);
    assert_eq!(project_data(on).rules(again.id).await.unwrap(), None);
}

pub(crate) async fn posted(on: &Resources) {
    let (shop, other) = (project(on, "shop").await, project(on, "other").await);
    let id = |text: &str| ConfigId::of(&shop.name, text.as_bytes());
    let now = SystemClock.now();
    for (text, expires_at) in [("a", now.plus_seconds(60)), ("b", now.plus_seconds(60)), ("old", now.plus_seconds(-60))]
    {
        project_data(on).put_posted(shop.id, id(text), &Sealed::new(text), expires_at).await.unwrap();
    }
    project_data(on).put_posted(other.id, id("a"), &Sealed::new("of another"), now.plus_seconds(60)).await.unwrap();
    let posted = async |project: &Project, text| project_data(on).posted(project.id, id(text)).await.unwrap();
    assert_eq!(posted(&shop, "a").await, Some(Sealed::new("a")));
    assert_eq!(posted(&shop, "old").await, None, "it has expired, even if DynamoDB did not remove it yet");
    assert_eq!(posted(&shop, "c").await, None);

    project_data(on).remove_configs(shop.id).await.unwrap();
    assert_eq!((posted(&shop, "a").await, posted(&shop, "b").await), (None, None));
    assert_eq!(posted(&other, "a").await, Some(Sealed::new("of another")));
}

use model::announced::AnnouncedRelease;
use model::id::ProjectId;
use server::system::Resources;
use store::Kind;
use store::ports::AnnouncedReleases;

use super::at;
use super::error_commits::project;

pub(crate) async fn changed_and_listed(on: &Resources) {
    let (store, other, end) = (&on.directory, ProjectId::new(70).unwrap(), at(4_000_000_000));
    let mut first = AnnouncedRelease::new("shop@1", at(1));
    assert_eq!(store.announced(project(), "shop@1").await.unwrap(), None);
    store.put_announced(project(), &first, None, end).await.unwrap();
    let conflict = store.put_announced(project(), &first, None, end).await.unwrap_err();
    assert_eq!(conflict.kind(), Kind::Conflict, "it exists");
    first.released_at = Some(at(5));
    store.put_announced(project(), &first, Some(1), end).await.unwrap();
    let conflict = store.put_announced(project(), &first, Some(1), end).await.unwrap_err();
    assert_eq!(conflict.kind(), Kind::Conflict, "it has changed");
    assert_eq!(store.announced(project(), "shop@1").await.unwrap(), Some((first.clone(), 2)));

    let second = AnnouncedRelease::new("shop@2", at(2));
    store.put_announced(project(), &second, None, end).await.unwrap();
    store.put_announced(other, &second, None, end).await.unwrap();
    assert_eq!(store.newest_announced(project(), 10).await.unwrap(), [second.clone(), first.clone()]);
    assert_eq!(store.newest_announced(project(), 1).await.unwrap(), std::slice::from_ref(&second));
    let found = store.announced_of(project(), &["shop@1", "shop@1", "shop@3"]).await.unwrap();
    assert_eq!(found, [first]);

    store.remove_announced(project(), "shop@1").await.unwrap();
    assert_eq!(store.newest_announced(project(), 10).await.unwrap(), [second]);
    while store.remove_some_announced(project()).await.unwrap() {}
    assert!(store.newest_announced(project(), 10).await.unwrap().is_empty());
    assert_eq!(store.newest_announced(other, 10).await.unwrap().len(), 1, "another project's stay");
}

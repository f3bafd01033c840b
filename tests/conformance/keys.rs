use domain::id::{Key, ProjectId, ProjectName};
use local::system::Resources;
use store::Kind;
use store::ports::{KeyRecord, Keys, Role, Scope};

use super::at;

pub(crate) async fn found_listed_and_removed(on: &Resources) {
    let record = |role, scope, disabled| KeyRecord { role, scope, name: "n".to_owned(), disabled, created_at: at(0) };
    let project = Scope::Project(ProjectId::new(7).unwrap(), ProjectName::parse("p").unwrap());
    let records = [
        record(Role::Client, Scope::All, false),
        record(Role::Admin, project, true),
        record(Role::Admin, Scope::All, false),
    ];
    let mut hashes = Vec::new();
    for (index, record) in records.iter().enumerate() {
        let hash = Key::from_random([index as u8; 16]).hash();
        on.table.add(&hash, record).await.unwrap();
        assert_eq!(on.table.add(&hash, record).await.unwrap_err().kind(), Kind::Conflict);
        assert_eq!(Keys::find(&*on.table, &hash).await.unwrap().as_ref(), Some(record));
        hashes.push(hash);
    }
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = Keys::list(&*on.table, after.as_ref(), 2).await.unwrap();
        listed.extend(page.items.into_iter().map(|(hash, _)| hash));
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    hashes.sort();
    assert_eq!(listed, hashes);
    Keys::remove(&*on.table, &hashes[0]).await.unwrap();
    Keys::remove(&*on.table, &hashes[0]).await.unwrap();
    assert_eq!(Keys::find(&*on.table, &hashes[0]).await.unwrap(), None);
}

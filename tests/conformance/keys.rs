use model::id::{Key, KeyHash, KeyId, ProjectId, ProjectName};
use model::time::Timestamp;
use server::system::Resources;
use store::Kind;
use store::ports::{KeyChange, KeyRecord, KeyRing, KeyUse, Keys, Maker, MakerName, Role, Scope};

use super::at;

const DAY: i64 = 86_400;

fn of_project(number: u64) -> Scope {
    Scope::Project(ProjectId::new(number).unwrap(), ProjectName::parse("p").unwrap())
}

/// Adds the key made of these bytes.
async fn add(on: &Resources, bytes: u8, role: Role, scope: Scope) -> (KeyHash, KeyRecord) {
    let key = Key::from_random([bytes; 16]);
    let record = KeyRecord::new(&key, role, scope, "n", at(0));
    on.directory.add(&key.hash(), &record).await.unwrap();
    (key.hash(), record)
}

async fn find(on: &Resources, hash: &KeyHash) -> Option<KeyRecord> {
    Keys::find(&*on.directory, hash).await.unwrap()
}

/// Returns all pages of a list of keys.
async fn listed(on: &Resources, of: Option<u64>, limit: usize) -> Vec<Vec<(KeyHash, KeyRecord)>> {
    let (mut pages, mut after) = (Vec::new(), None);
    loop {
        let of = of.map(|number| ProjectId::new(number).unwrap());
        let page = KeyRing::list(&*on.directory, of, after, limit).await.unwrap();
        assert!(page.items.len() <= limit);
        pages.push(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => return pages,
        }
    }
}

pub(crate) async fn found_listed_and_removed(on: &Resources) {
    let mut keys = vec![
        add(on, 0, Role::Client, Scope::All).await,
        add(on, 1, Role::Read, of_project(7)).await,
        add(on, 2, Role::Admin, Scope::All).await,
        add(on, 3, Role::Client, of_project(7)).await,
        add(on, 4, Role::Client, of_project(77)).await,
        add(on, 5, Role::Admin, of_project(7)).await,
    ];
    for (hash, record) in &keys {
        assert_eq!(on.directory.add(hash, record).await.unwrap_err().kind(), Kind::Conflict);
        assert_eq!(find(on, hash).await.as_ref(), Some(record));
        assert_eq!(on.directory.with_id(hash.id()).await.unwrap(), Some((*hash, record.clone())));
    }
    assert_eq!(keys[1].1.hint.as_deref(), Some("0101"));
    keys.sort_by_key(|(hash, _)| *hash);
    for limit in [1, 2, 3, 6, 7] {
        let pages = listed(on, None, limit).await;
        assert_eq!(pages.len(), keys.len().div_ceil(limit), "a full last page has no next one");
        assert_eq!(pages.concat(), keys);
        for (project, expected) in [(7, 3), (77, 1), (8, 0)] {
            let own: Vec<_> = keys.iter().filter(|(_, key)| key.scope == of_project(project)).cloned().collect();
            assert_eq!(own.len(), expected);
            assert_eq!(listed(on, Some(project), limit).await.concat(), own, "project {project} by {limit}");
        }
    }
    let gone = keys[0].0;
    KeyRing::remove(&*on.directory, &gone).await.unwrap();
    KeyRing::remove(&*on.directory, &gone).await.unwrap();
    assert_eq!(find(on, &gone).await, None);
    assert_eq!(on.directory.with_id(gone.id()).await.unwrap(), None);
    assert_eq!(listed(on, None, 9).await.concat(), keys[1..]);
    assert_eq!(on.directory.with_id(KeyId::parse("0123456789abcdef").unwrap()).await.unwrap(), None);
}

pub(crate) async fn changed(on: &Resources) {
    let (hash, record) = add(on, 1, Role::Client, of_project(7)).await;
    let change = |disabled, name: Option<&str>| KeyChange { disabled, name: name.map(str::to_owned), project: None };
    let off = KeyRecord { disabled: true, ..record.clone() };
    let renamed = KeyRecord { name: "m".to_owned(), ..off.clone() };
    for (change, expected) in [
        (change(None, None), &record),
        (change(Some(true), None), &off),
        (change(None, Some("m")), &renamed),
        (change(Some(false), Some("n")), &record),
    ] {
        assert_eq!(on.directory.change(&hash, &change).await.unwrap().as_ref(), Some(expected), "{change:?}");
        assert_eq!(find(on, &hash).await.as_ref(), Some(expected));
    }
    let none = Key::from_random([2; 16]).hash();
    assert_eq!(on.directory.change(&none, &change(Some(true), None)).await.unwrap(), None);
    assert_eq!(find(on, &none).await, None, "a removed key is not created again");
}

async fn last_use(on: &Resources, hash: &KeyHash) -> Option<Timestamp> {
    on.table.last_uses(&[hash.id()]).await.unwrap().remove(&hash.id())
}

pub(crate) async fn use_noted(on: &Resources) {
    // Noon of the first day.
    let noon = at(0).seconds().div_euclid(DAY) * DAY + DAY / 2 - at(0).seconds();
    let (hash, _) = add(on, 1, Role::Client, of_project(7)).await;
    for (used, expected) in [
        (noon, noon),
        (noon + 3_600, noon),
        (noon - 3_600, noon),
        (noon - DAY, noon),
        (noon + DAY, noon + DAY),
        (noon, noon + DAY),
    ] {
        on.table.note_use(hash.id(), at(used)).await.unwrap();
        let last = last_use(on, &hash).await;
        assert_eq!(last, Some(at(expected)), "used {used} s after the first");
    }
    let none = Key::from_random([2; 16]).hash();
    assert_eq!(last_use(on, &none).await, None);
    let both = on.table.last_uses(&[none.id(), hash.id()]).await.unwrap();
    assert_eq!(both.into_keys().collect::<Vec<_>>(), [hash.id()]);

    on.table.forget_use(hash.id()).await.unwrap();
    assert_eq!(last_use(on, &hash).await, None);
    assert!(find(on, &hash).await.is_some());
}

pub(crate) async fn rotated(on: &Resources) {
    let (old, record) = add(on, 1, Role::Client, of_project(7)).await;
    let new = |bytes| {
        let key = Key::from_random([bytes; 16]);
        (key.hash(), KeyRecord::new(&key, Role::Client, of_project(7), "n", at(9)))
    };
    let (hash, second) = new(2);
    on.directory.rotate(None, &old, at(60), &hash, &second).await.unwrap();
    let ending = find(on, &old).await.unwrap();
    assert_eq!(ending, KeyRecord { expires_at: Some(at(60)), ..record });
    assert!(ending.is_good(at(59)) && !ending.is_good(at(60)), "valid until that moment, not at it");
    assert_eq!(find(on, &hash).await, Some(second.clone()));
    assert_eq!(listed(on, Some(7), 9).await.concat().len(), 2);

    // A key can be rotated once. A new key that exists already, and an old key that does not exist, are refused;
    // nothing is half done.
    let (third_hash, third) = new(3);
    let (none, (other, _)) = (new(4).0, add(on, 5, Role::Client, of_project(7)).await);
    for (old, hash, key) in [(&old, &third_hash, &third), (&other, &hash, &second), (&none, &third_hash, &third)] {
        let refused = on.directory.rotate(None, old, at(90), hash, key).await.unwrap_err();
        assert_eq!(refused.kind(), Kind::Conflict, "{refused}");
    }
    assert_eq!(find(on, &old).await, Some(ending));
    assert_eq!(find(on, &hash).await, Some(second));
    assert_eq!(find(on, &other).await.unwrap().expires_at, None);
    for hash in [third_hash, none] {
        assert_eq!(find(on, &hash).await, None);
    }
}

/// A key that was revoked in any way cannot create another key. The table decides, not what was read before.
pub(crate) async fn made_by_good_keys_only(on: &Resources) {
    let record = |key: &Key| KeyRecord::new(key, Role::Admin, Scope::All, "", at(0));
    for (number, way) in (100u8..).zip(["good", "removed", "disabled", "expired"]) {
        let [maker, other, made] = [0, 50, 100].map(|more| Key::from_random([number + more; 16]));
        for key in [&maker, &other] {
            on.directory.add(&key.hash(), &record(key)).await.unwrap();
        }
        match way {
            "removed" => on.directory.remove(&maker.hash()).await.unwrap(),
            "disabled" => {
                let change = KeyChange { disabled: Some(true), ..KeyChange::default() };
                on.directory.change(&maker.hash(), &change).await.unwrap();
            }
            "expired" => {
                let next = Key::from_random([number + 25; 16]);
                on.directory.rotate(None, &maker.hash(), at(60), &next.hash(), &record(&next)).await.unwrap();
            }
            _ => {}
        }
        let by = Maker { by: MakerName::Key(maker.hash()), at: at(60) };
        let results = [
            on.directory.add_by(&by, &made.hash(), &record(&made)).await,
            on.directory
                .rotate(Some(&by), &other.hash(), at(90), &Key::from_random([number + 75; 16]).hash(), &record(&made))
                .await,
            on.directory
                .rotate(Some(&by), &maker.hash(), at(90), &Key::from_random([number + 76; 16]).hash(), &record(&made))
                .await,
        ];
        for result in results {
            match way {
                "good" => result.unwrap(),
                _ => assert_eq!(result.unwrap_err().kind(), Kind::Conflict, "{way}"),
            }
        }
        assert_eq!(on.directory.find(&made.hash()).await.unwrap().is_some(), way == "good", "{way}");
    }
}

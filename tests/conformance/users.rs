use model::error::history::Actor;
use model::id::{Key, KeyHash, ProjectId, UserId};
use model::user::{UserRole, UserRoles};
use server::system::Resources;
use store::Kind;
use store::ports::{
    Invitation, InvitationKind, Invitations, KeyRecord, KeyRing, Maker, MakerName, Role, Scope, Session, SessionHolder,
    Sessions, TokenRecord, UserManagement, UserRecord, Users,
};

use super::at;

fn roles() -> UserRoles {
    let projects = [(7, UserRole::Owner), (8, UserRole::Viewer)];
    let projects = projects.into_iter().map(|(number, role)| (ProjectId::new(number).unwrap(), role)).collect();
    UserRoles { everywhere: Some(UserRole::Member), projects }
}

/// Lets somebody join, and returns the user.
async fn join(on: &Resources, number: u8) -> UserRecord {
    let id = UserId::from_random(u128::from(number));
    let user = UserRecord {
        email: Some(format!("{number}@example.org")),
        sign_in_key: Some(Key::sign_in_key(id, [number; 16]).hash()),
        ..UserRecord::new(id, format!("User {number}"), roles(), at(0))
    };
    let hash = invite(on, number, at(60)).await;
    on.directory.accept_as_new(&hash, &user, at(1)).await.unwrap();
    user
}

/// Adds an invitation that ends at this time.
async fn invite(on: &Resources, number: u8, ends_at: model::time::Timestamp) -> KeyHash {
    let hash = Key::from_random([number; 16]).hash();
    on.directory.invite(None, &hash, &invitation(ends_at)).await.unwrap();
    hash
}

fn invitation(ends_at: model::time::Timestamp) -> Invitation {
    let kind = InvitationKind::Join { roles: roles(), note: "for Ada".to_owned() };
    Invitation { kind, by: Actor::Operator, created_at: at(0), ends_at }
}

fn token_of(user: UserId, number: u8) -> (KeyHash, TokenRecord) {
    let token = Key::personal_token([number; 16]);
    (token.hash(), TokenRecord::new(&token, user, UserRole::Viewer, "ci", at(0)))
}

pub(crate) async fn found_listed_and_removed(on: &Resources) {
    let mut users = Vec::new();
    for number in [3, 1, 2] {
        users.push(join(on, number).await);
    }
    users.sort_by_key(|user| user.id);
    for user in &users {
        assert_eq!(on.directory.user(user.id).await.unwrap().as_ref(), Some(user));
        assert_eq!(on.directory.user_consistently(user.id).await.unwrap().as_ref(), Some(user));
    }
    for limit in [1, 2, 3, 4] {
        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let page = on.directory.users(after, limit).await.unwrap();
            assert!(page.items.len() <= limit);
            listed.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(listed, users, "by {limit}");
    }
    on.directory.remove_user(users[0].id).await.unwrap();
    on.directory.remove_user(users[0].id).await.unwrap();
    assert_eq!(on.directory.user(users[0].id).await.unwrap(), None);
}

pub(crate) async fn replaced_once(on: &Resources) {
    let user = join(on, 1).await;
    let changed = UserRecord { name: "Ada".to_owned(), disabled: true, email: None, ..user.clone() };
    let stored = on.directory.replace_user(&changed).await.unwrap();
    assert_eq!(stored, UserRecord { revision: 1, ..changed });
    assert_eq!(on.directory.user(user.id).await.unwrap(), Some(stored.clone()));
    // Another process read the user before.
    assert_eq!(on.directory.replace_user(&user).await.unwrap_err().kind(), Kind::Conflict);
    on.directory.remove_user(user.id).await.unwrap();
    assert_eq!(on.directory.replace_user(&stored).await.unwrap_err().kind(), Kind::Conflict);
    assert_eq!(on.directory.user(user.id).await.unwrap(), None);
}

pub(crate) async fn tokens(on: &Resources) {
    let (one, other) = (join(on, 1).await, join(on, 2).await);
    let mut own = vec![token_of(one.id, 11), token_of(one.id, 12)];
    own[1].1.ends_at = Some(at(90));
    let foreign = token_of(other.id, 13);
    for (hash, token) in own.iter().chain([&foreign]) {
        on.directory.add_token(hash, token).await.unwrap();
        assert_eq!(on.directory.add_token(hash, token).await.unwrap_err().kind(), Kind::Conflict);
        assert_eq!(on.directory.token(hash).await.unwrap().as_ref(), Some(token));
        assert_eq!(on.directory.token_consistently(hash).await.unwrap().as_ref(), Some(token));
    }
    own.sort_by_key(|(hash, _)| *hash);
    assert_eq!(on.directory.tokens(one.id).await.unwrap(), own);
    assert!(own.iter().all(|(_, token)| token.is_good(at(89))) && !own.iter().all(|(_, token)| token.is_good(at(90))));
    assert_eq!(on.directory.remove_token(one.id, foreign.0.id()).await.unwrap(), None, "of another user");
    assert_eq!(on.directory.remove_token(one.id, own[0].0.id()).await.unwrap(), Some(own[0].0));
    assert_eq!(on.directory.remove_token(one.id, own[0].0.id()).await.unwrap(), None);
    assert_eq!(on.directory.tokens(one.id).await.unwrap(), own[1..]);
    on.directory.remove_tokens(one.id).await.unwrap();
    assert_eq!(on.directory.tokens(one.id).await.unwrap(), []);
    assert_eq!(on.directory.token(&foreign.0).await.unwrap(), Some(foreign.1));

    let disabled = on.directory.replace_user(&UserRecord { disabled: true, ..one }).await.unwrap();
    let (hash, token) = token_of(disabled.id, 14);
    assert_eq!(on.directory.add_token(&hash, &token).await.unwrap_err().kind(), Kind::Conflict, "a disabled user");
    let (hash, token) = token_of(UserId::from_random(99), 15);
    assert_eq!(on.directory.add_token(&hash, &token).await.unwrap_err().kind(), Kind::Conflict, "nobody");
}

pub(crate) async fn invitations(on: &Resources) {
    let hash = invite(on, 1, at(60)).await;
    let whole = invitation(at(60));
    assert_eq!(on.directory.invitation(&hash, at(59)).await.unwrap(), Some(whole.clone()));
    assert_eq!(on.directory.invitation(&hash, at(60)).await.unwrap(), None, "it has ended");
    assert_eq!(on.directory.invitation_with_id(hash.id()).await.unwrap(), Some((hash, whole.clone())));
    let page = on.directory.invitations(None, 9).await.unwrap();
    assert_eq!((page.items, page.next), (vec![(hash, whole)], None));
    let user = |number: u8| UserRecord::new(UserId::from_random(u128::from(number)), "n", roles(), at(0));
    let late = on.directory.accept_as_new(&hash, &user(1), at(60)).await;
    assert_eq!(late.unwrap_err().kind(), Kind::Conflict);
    on.directory.accept_as_new(&hash, &user(1), at(59)).await.unwrap();
    let again = on.directory.accept_as_new(&hash, &user(2), at(59)).await;
    assert_eq!((again.unwrap_err().kind(), on.directory.user(user(2).id).await.unwrap()), (Kind::Conflict, None));

    let hash = invite(on, 2, at(60)).await;
    let renamed = UserRecord { name: "Ada".to_owned(), ..user(1) };
    assert_eq!(on.directory.accept_as(&hash, &renamed, at(1)).await.unwrap().revision, 1);
    assert_eq!(on.directory.user(user(1).id).await.unwrap().unwrap().name, "Ada");
    let hash = invite(on, 3, at(60)).await;
    assert_eq!(on.directory.accept_as(&hash, &renamed, at(1)).await.unwrap_err().kind(), Kind::Conflict, "stale");
    assert!(on.directory.invitation(&hash, at(1)).await.unwrap().is_some(), "it was not used up");
    on.directory.withdraw(&hash).await.unwrap();
    on.directory.withdraw(&hash).await.unwrap();
    assert_eq!(on.directory.invitation(&hash, at(1)).await.unwrap(), None);

    let link = Invitation { kind: InvitationKind::SignIn(user(1).id), ..invitation(at(60)) };
    let hash = Key::from_random([4; 16]).hash();
    on.directory.invite(None, &hash, &link).await.unwrap();
    assert_eq!(on.directory.invitation(&hash, at(1)).await.unwrap(), Some(link));
}

/// Whoever lost the right to create keys and invitations creates none, even if the rights were checked shortly before.
pub(crate) async fn made_by_valid_users_only(on: &Resources) {
    for (number, way) in (0..).step_by(10).zip(["good", "changed", "disabled", "removed", "token removed"]) {
        let user = join(on, number + 1).await;
        let (token, record) = token_of(user.id, number + 2);
        on.directory.add_token(&token, &record).await.unwrap();
        match way {
            "changed" => drop(on.directory.replace_user(&user).await.unwrap()),
            "disabled" => {
                drop(on.directory.replace_user(&UserRecord { disabled: true, ..user.clone() }).await.unwrap())
            }
            "removed" => on.directory.remove_user(user.id).await.unwrap(),
            "token removed" => drop(on.directory.remove_token(user.id, token.id()).await.unwrap()),
            _ => {}
        }
        let by = MakerName::User { id: user.id, revision: user.revision, token: Some(token) };
        let (maker, key) = (Maker { by, at: at(1) }, Key::from_random([number + 3; 16]));
        let record = KeyRecord::new(&key, Role::Read, Scope::All, "n", at(1));
        let link = Key::from_random([number + 4; 16]).hash();
        for made in [
            on.directory.add_by(&maker, &key.hash(), &record).await,
            on.directory.invite(Some(&maker), &link, &invitation(at(60))).await,
        ] {
            match way {
                "good" => made.unwrap(),
                _ => assert_eq!(made.unwrap_err().kind(), Kind::Conflict, "{way}"),
            }
        }
        assert_eq!(on.directory.invitation(&link, at(1)).await.unwrap().is_some(), way == "good", "{way}");
    }
}

pub(crate) async fn sessions(on: &Resources) {
    for (number, holder) in (0..).zip([
        SessionHolder::Key(Key::from_random([1; 16]).hash()),
        SessionHolder::User { id: UserId::from_random(1), epoch: 3 },
    ]) {
        let (token, session) = (Key::from_random([number; 16]).hash(), Session { holder, ends_at: at(60) });
        on.directory.begin(&token, &session).await.unwrap();
        assert_eq!(on.directory.session(&token, at(60)).await.unwrap(), Some(session));
        assert_eq!(on.directory.session(&token, at(61)).await.unwrap(), None);
        on.directory.end(&token).await.unwrap();
        assert_eq!(on.directory.session(&token, at(1)).await.unwrap(), None);
    }
}

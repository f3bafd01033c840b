use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use async_trait::async_trait;
use model::user::{UserRole, UserRoles};
use parking_lot::Mutex;
use store::ports::{Role, Scope};
use store::{Kind, StoreError};

use super::*;

/// A table that may fail, and a clock.
#[derive(Default)]
struct World {
    key: Mutex<Option<KeyRecord>>,
    token: Mutex<Option<TokenRecord>>,
    user: Mutex<Option<UserRecord>>,
    fails_with: Mutex<Option<Kind>>,
    reads: AtomicUsize,
    seconds: AtomicI64,
}

#[async_trait]
impl Keys for World {
    async fn find(&self, _: &KeyHash) -> store::Result<Option<KeyRecord>> {
        self.read(&self.key)
    }

    async fn find_consistently(&self, hash: &KeyHash) -> store::Result<Option<KeyRecord>> {
        self.find(hash).await
    }
}

impl World {
    /// What a read of one of the records answers.
    fn read<R: Clone>(&self, record: &Mutex<Option<R>>) -> store::Result<Option<R>> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        match *self.fails_with.lock() {
            Some(kind) => Err(StoreError::new(kind, "testing", "down")),
            None => Ok(record.lock().clone()),
        }
    }
}

#[async_trait]
impl Users for World {
    async fn user(&self, _: UserId) -> store::Result<Option<UserRecord>> {
        self.read(&self.user)
    }

    async fn user_consistently(&self, _: UserId) -> store::Result<Option<UserRecord>> {
        self.read(&self.user)
    }

    async fn token(&self, _: &KeyHash) -> store::Result<Option<TokenRecord>> {
        self.read(&self.token)
    }

    async fn token_consistently(&self, _: &KeyHash) -> store::Result<Option<TokenRecord>> {
        self.read(&self.token)
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000 + self.seconds.load(Ordering::Relaxed))
    }

    fn random(&self) -> u128 {
        7
    }
}

impl World {
    /// Whether the key may post after so many seconds, and how often the table was read for that.
    async fn posts(&self, authenticator: &Authenticator, seconds: i64) -> (Result<(), Reason>, usize) {
        self.seconds.store(seconds, Ordering::Relaxed);
        let before = self.reads.load(Ordering::Relaxed);
        let found = authenticator.authenticate_key("a-client-key").await;
        (found.map(drop).map_err(|refusal| refusal.reason), self.reads.load(Ordering::Relaxed) - before)
    }
}

fn start() -> (Arc<World>, Authenticator) {
    let world = Arc::new(World::default());
    let key = Key::parse("a-client-key").unwrap();
    *world.key.lock() = Some(KeyRecord::new(&key, Role::Client, Scope::All, "test", world.now()));
    (world.clone(), Authenticator::new(world.clone(), world.clone(), world, None))
}

#[tokio::test]
async fn a_known_key_works_for_fifteen_minutes_without_the_table() {
    for kind in [Kind::Throttled, Kind::Unavailable] {
        let (world, authenticator) = start();
        assert_eq!(world.posts(&authenticator, 0).await, (Ok(()), 1));
        *world.fails_with.lock() = Some(kind);
        assert_eq!(world.posts(&authenticator, 59).await, (Ok(()), 0));
        assert_eq!(world.posts(&authenticator, 60).await, (Ok(()), 1));
        assert_eq!(world.posts(&authenticator, 64).await, (Ok(()), 0), "nobody waits for a table that just failed");
        assert_eq!(world.posts(&authenticator, 899).await, (Ok(()), 1));
        assert_eq!(world.posts(&authenticator, 904).await, (Err(Reason::Unavailable), 1));
        *world.fails_with.lock() = None;
        assert_eq!(world.posts(&authenticator, 905).await, (Ok(()), 1));
    }
}

/// A flood of made-up keys causes a bounded number of reads, and does not keep keys in use from working.
#[tokio::test]
async fn a_flood_of_made_up_keys_is_not_looked_up() {
    let (world, authenticator) = start();
    assert_eq!(world.posts(&authenticator, 0).await, (Ok(()), 1));
    let record = world.key.lock().take();
    for number in 0..10_000 {
        let made_up = authenticator.authenticate_key(&format!("made-up-{number}")).await.map(drop).unwrap_err();
        let expected = if number < 100 { Reason::KeyUnknown } else { Reason::KeyGuessesLimited };
        assert_eq!(made_up.reason, expected, "{number}");
    }
    assert_eq!(world.reads.load(Ordering::Relaxed), 101);
    assert!(!authenticator.may_read_for("made-up-too") && authenticator.may_read_for("a-client-key"));
    *world.key.lock() = record;
    assert_eq!(world.posts(&authenticator, 0).await, (Ok(()), 0));
    // It has to be looked up again, and is: it was seen before.
    for number in 0..10_000 {
        world.seconds.store(60, Ordering::Relaxed);
        let _ = authenticator.authenticate_key(&format!("another-{number}")).await;
    }
    assert_eq!(world.posts(&authenticator, 60).await, (Ok(()), 1));
}

#[tokio::test]
async fn a_key_that_was_disabled_or_never_known_does_not_work_without_the_table() {
    let (world, authenticator) = start();
    let hash = Key::parse("a-client-key").unwrap().hash();
    assert_eq!(world.posts(&authenticator, 0).await, (Ok(()), 1));
    authenticator.forget(&hash);
    *world.fails_with.lock() = Some(Kind::Throttled);
    assert_eq!(world.posts(&authenticator, 1).await, (Err(Reason::Unavailable), 1), "forgotten by its process");

    let (world, authenticator) = start();
    let record = world.key.lock().take();
    assert_eq!(world.posts(&authenticator, 0).await, (Err(Reason::KeyUnknown), 1));
    *world.fails_with.lock() = Some(Kind::Throttled);
    assert_eq!(world.posts(&authenticator, 11).await, (Err(Reason::Unavailable), 1), "it may exist by now");
    *world.fails_with.lock() = None;
    *world.key.lock() = record;
    assert_eq!(world.posts(&authenticator, 12).await, (Ok(()), 1));
}

#[tokio::test]
async fn a_request_that_changes_anything_is_refused_while_the_key_cannot_be_read() {
    let (world, authenticator) = start();
    assert_eq!(world.posts(&authenticator, 0).await, (Ok(()), 1));
    *world.fails_with.lock() = Some(Kind::Throttled);
    let refused = authenticator.sign_in("a-client-key").await.map(drop).unwrap_err();
    assert_eq!(refused.reason, Reason::Unavailable);
}

/// A user with a personal access token, which allows less than the user.
fn with_user() -> (Arc<World>, Authenticator, Key, Key) {
    let (world, authenticator) = start();
    let id = UserId::from_random(1);
    let (token, own) = (Key::personal_token([1; 16]), Key::sign_in_key(id, [2; 16]));
    let roles = UserRoles { everywhere: Some(UserRole::Owner), ..UserRoles::default() };
    let user = UserRecord { sign_in_key: Some(own.hash()), ..UserRecord::new(id, "Ada", roles, world.now()) };
    *world.user.lock() = Some(user);
    *world.token.lock() = Some(TokenRecord::new(&token, id, UserRole::Member, "ci", world.now()));
    (world, authenticator, token, own)
}

/// Whoever is disabled is out within a minute, with a token and in a session; changes are refused at once.
#[tokio::test]
async fn a_disabled_user_is_out_within_a_minute() {
    let (world, authenticator, token, own) = with_user();
    let (session, caller) = authenticator.sign_in(own.reveal()).await.unwrap();
    assert!(caller.check_stack_admin().is_ok());
    let reads = async |seconds| {
        world.seconds.store(seconds, Ordering::Relaxed);
        let by_token = authenticator.authenticate_key(token.reveal()).await.is_ok();
        (by_token, authenticator.authenticate_session(session, Trust::Remembered).await.is_ok())
    };
    assert_eq!(reads(0).await, (true, true));
    world.user.lock().as_mut().unwrap().disabled = true;
    assert_eq!(reads(59).await, (true, true));
    let change = authenticator.authenticate_session(session, Trust::Nothing).await.map(drop);
    assert_eq!(change.unwrap_err().reason, Reason::KeyUnknown);
    assert_eq!(reads(60).await, (false, false));
    assert_eq!(authenticator.sign_in(own.reveal()).await.map(drop).unwrap_err().reason, Reason::KeyUnknown);
}

#[tokio::test]
async fn a_token_allows_no_more_than_its_owner() {
    let (world, authenticator, token, _) = with_user();
    let caller = authenticator.authenticate_key(token.reveal()).await.unwrap();
    assert_eq!(caller.check_admin().unwrap_err().reason, Reason::KeyRole, "the token is for a member");
    assert!(caller.check_member().is_ok());
    world.user.lock().as_mut().unwrap().roles.everywhere = Some(UserRole::Viewer);
    world.seconds.store(60, Ordering::Relaxed);
    let caller = authenticator.authenticate_key(token.reveal()).await.unwrap();
    assert!(caller.check_member().is_err() && caller.check_reader().is_ok(), "its owner may only read now");
    *world.user.lock() = None;
    world.seconds.store(120, Ordering::Relaxed);
    assert!(authenticator.authenticate_key(token.reveal()).await.is_err(), "gone with its owner");
}

#[tokio::test]
async fn sessions_of_an_earlier_epoch_are_over() {
    let (world, authenticator, token, own) = with_user();
    let (session, _) = authenticator.sign_in(own.reveal()).await.unwrap();
    world.user.lock().as_mut().unwrap().session_epoch += 1;
    assert!(authenticator.authenticate_session(session, Trust::Nothing).await.is_err());
    let (later, _) = authenticator.sign_in(own.reveal()).await.unwrap();
    assert!(authenticator.authenticate_session(later, Trust::Nothing).await.is_ok());
    assert!(authenticator.authenticate_key(token.reveal()).await.is_ok(), "tokens do not end with sessions");
}

/// Only the user's own key signs in, and it is good for nothing else.
#[tokio::test]
async fn keys_to_sign_in_and_tokens_are_not_exchangeable() {
    let (world, authenticator, token, own) = with_user();
    *world.key.lock() = None;
    for (key, reason) in [
        (token.reveal().to_owned(), Reason::KeyRole),
        (Key::sign_in_key(UserId::from_random(1), [3; 16]).reveal().to_owned(), Reason::KeyUnknown),
        ("faultline_user_x".to_owned(), Reason::KeyUnknown),
    ] {
        assert_eq!(authenticator.sign_in(&key).await.map(drop).unwrap_err().reason, reason, "{key}");
    }
    assert_eq!(authenticator.authenticate_key(own.reveal()).await.unwrap_err().reason, Reason::KeyUnknown);
    for _ in 0..1_000 {
        let wrong = Key::sign_in_key(UserId::from_random(1), [4; 16]);
        let _ = authenticator.sign_in(wrong.reveal()).await;
    }
    assert!(world.reads.load(Ordering::Relaxed) < 110, "guesses are not all looked up");
}

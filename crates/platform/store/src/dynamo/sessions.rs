use async_trait::async_trait;
use model::id::{Key, KeyHash, UserId};
use model::time::Timestamp;

use super::Directory;
use super::item::{Reader, Writer, is_expired, key, number, text};
use super::schema::{FORM, SESSION, SIGN_IN_ATTEMPTS, TTL, attempts_pk, session_pk};
use crate::error::{Kind, Result, StoreError};
use crate::ports::{Session, SessionHolder, Sessions};

const KEY: &str = "key";
const USER: &str = "user";
const EPOCH: &str = "epoch";
const COUNT: &str = "count";

#[async_trait]
impl Sessions for Directory {
    async fn begin(&self, token: &KeyHash, session: &Session) -> Result<()> {
        let item = Writer::new(session_pk(token), SESSION).expiring(session.ends_at);
        let item = match session.holder {
            SessionHolder::Key(key) => item.with(KEY, text(key.to_string())),
            SessionHolder::User { id, epoch } => item.with(USER, text(id.to_string())).with(EPOCH, number(epoch)),
        };
        let item = item.done();
        let call = self.table.client.put_item().table_name(&self.table.name).set_item(Some(item));
        call.send().await.map(drop).map_err(|error| StoreError::of_call("beginning a session", &error))
    }

    async fn session(&self, token: &KeyHash, now: Timestamp) -> Result<Option<Session>> {
        let doing = "reading a session";
        // A consistent read: the first page is requested right after signing in, and the session must be gone right
        // after signing out.
        let item = self.table.get(doing, key(session_pk(token), SESSION), true).await?;
        let Some(item) = item.filter(|item| !is_expired(item, now)) else { return Ok(None) };
        let read = Reader::new(doing, &item)?;
        let holder = match item.contains_key(USER) {
            true => SessionHolder::User { id: read.parsed(USER, UserId::parse)?, epoch: read.number(EPOCH)? },
            false => SessionHolder::Key(read.parsed(KEY, KeyHash::parse)?),
        };
        Ok(Some(Session { holder, ends_at: Timestamp::from_seconds(read.number(TTL)?) }))
    }

    async fn end(&self, token: &KeyHash) -> Result<()> {
        self.table.remove("ending a session", key(session_pk(token), SESSION)).await
    }

    async fn count_failure(&self, source: &str, most: u64, now: Timestamp) -> Result<bool> {
        let minute = now.seconds().div_euclid(60);
        let call = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(key(attempts_pk(&hashed(source)), format!("{SIGN_IN_ATTEMPTS}{minute}"))))
            .update_expression("SET #form = :form, #ttl = :ttl ADD #count :one")
            .condition_expression("attribute_not_exists(#count) OR #count < :most")
            .expression_attribute_names("#form", FORM)
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_names("#count", COUNT)
            .expression_attribute_values(":form", number(1))
            .expression_attribute_values(":ttl", number(now.plus_seconds(600).seconds()))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":most", number(most));
        match call.send().await.map_err(|error| StoreError::of_call("counting a failed attempt to sign in", &error)) {
            Err(error) if error.kind() == Kind::Conflict => Ok(false),
            counted => counted.map(|_| true),
        }
    }
}

/// A name for a source that does not reveal its address.
fn hashed(source: &str) -> String {
    let hash = Key::parse(source).map_or_else(|_| String::from("other"), |source| source.hash().to_string());
    hash.chars().take(16).collect()
}

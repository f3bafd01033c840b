use async_trait::async_trait;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use model::error::history::Actor;
use model::id::{KeyHash, KeyId, UserId};
use model::time::Timestamp;

use super::Directory;
use super::call::Range;
use super::item::{Attributes, Reader, Writer, key, text, time};
use super::schema::{INVITATIONS, PK, SK, keys_after, keys_end};
use super::users::{read_roles, with_roles};
use crate::error::{Result, StoreError};
use crate::ports::{Invitation, InvitationKind, Invitations, Maker, Page, UserRecord};

const USER: &str = "user";
const NOTE: &str = "note";
const BY: &str = "by";
const CREATED_AT: &str = "createdAt";
const ENDS_AT: &str = "endsAt";

#[async_trait]
impl Invitations for Directory {
    async fn invite(&self, maker: Option<&Maker>, hash: &KeyHash, invitation: &Invitation) -> Result<()> {
        let doing = "adding an invitation";
        let put = Put::builder()
            .table_name(&self.table.name)
            .set_item(Some(encode(doing, hash, invitation)?))
            .condition_expression("attribute_not_exists(#pk)")
            .expression_attribute_names("#pk", PK);
        let put = put.build().map_err(|error| StoreError::corrupt(doing, error))?;
        let mut actions = vec![TransactWriteItem::builder().put(put).build()];
        if let Some(maker) = maker {
            actions.extend(self.maker_checks(doing, maker)?);
        }
        self.table.transact(doing, actions).await
    }

    async fn invitation(&self, hash: &KeyHash, now: Timestamp) -> Result<Option<Invitation>> {
        let doing = "looking an invitation up";
        let item = self.table.get(doing, key(INVITATIONS, hash.to_string()), true).await?;
        let found = item.map(|item| decode(doing, &item)).transpose()?;
        Ok(found.filter(|invitation| now < invitation.ends_at))
    }

    async fn invitation_with_id(&self, id: KeyId) -> Result<Option<(KeyHash, Invitation)>> {
        let doing = "looking an invitation up by its id";
        let range = Range { limit: Some(1), consistent: true, ..Range::of_prefix(INVITATIONS, &id.to_string()) };
        self.table.query(doing, &range).await?.0.first().map(|item| with_hash(doing, item)).transpose()
    }

    async fn invitations(&self, after: Option<KeyId>, limit: usize) -> Result<Page<(KeyHash, Invitation), KeyId>> {
        let doing = "listing invitations";
        let range = Range::between(INVITATIONS, keys_after(after), keys_end());
        let range = Range { limit: Some(limit + 1), consistent: true, ..range };
        let (items, _) = self.table.query(doing, &range).await?;
        let items = items.iter().map(|item| with_hash(doing, item)).collect::<Result<_>>()?;
        Ok(Page { items, next: None }.cut(limit, |(hash, _): &(KeyHash, Invitation)| hash.id()))
    }

    async fn withdraw(&self, hash: &KeyHash) -> Result<()> {
        self.table.remove("removing an invitation", key(INVITATIONS, hash.to_string())).await
    }

    async fn accept_as_new(&self, hash: &KeyHash, user: &UserRecord, now: Timestamp) -> Result<()> {
        let doing = "accepting an invitation";
        let actions = vec![self.use_up(doing, hash, now)?, self.addition(doing, user)?];
        self.table.transact(doing, actions).await
    }

    async fn accept_as(&self, hash: &KeyHash, user: &UserRecord, now: Timestamp) -> Result<UserRecord> {
        let doing = "accepting an invitation";
        let next = UserRecord { revision: user.revision + 1, ..user.clone() };
        let actions = vec![self.use_up(doing, hash, now)?, self.replacement(doing, &next, user.revision)?];
        self.table.transact(doing, actions).await?;
        Ok(next)
    }
}

impl Directory {
    /// The action that removes an invitation, if it has not ended.
    fn use_up(&self, doing: &'static str, hash: &KeyHash, now: Timestamp) -> Result<TransactWriteItem> {
        let delete = Delete::builder()
            .table_name(&self.table.name)
            .set_key(Some(key(INVITATIONS, hash.to_string())))
            .condition_expression("#ends > :now")
            .expression_attribute_names("#ends", ENDS_AT)
            .expression_attribute_values(":now", time(now));
        let delete = delete.build().map_err(|error| StoreError::corrupt(doing, error))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
}

fn encode(doing: &'static str, hash: &KeyHash, invitation: &Invitation) -> Result<Attributes> {
    let Invitation { kind, by, created_at, ends_at } = invitation;
    let by = serde_json::to_string(by).map_err(|error| StoreError::corrupt(doing, error))?;
    let item = Writer::new(INVITATIONS, hash.to_string())
        .with(BY, text(by))
        .with(CREATED_AT, time(*created_at))
        .with(ENDS_AT, time(*ends_at))
        .expiring(*ends_at);
    let item = match kind {
        InvitationKind::Join { roles, note } => with_roles(item.with(NOTE, text(note.as_str())), roles),
        InvitationKind::SignIn(user) => item.with(USER, text(user.to_string())),
    };
    Ok(item.done())
}

fn with_hash(doing: &'static str, item: &Attributes) -> Result<(KeyHash, Invitation)> {
    Ok((Reader::new(doing, item)?.parsed(SK, KeyHash::parse)?, decode(doing, item)?))
}

fn decode(doing: &'static str, item: &Attributes) -> Result<Invitation> {
    let read = Reader::new(doing, item)?;
    let kind = match item.contains_key(USER) {
        true => InvitationKind::SignIn(read.parsed(USER, UserId::parse)?),
        false => InvitationKind::Join { roles: read_roles(doing, &read)?, note: read.text(NOTE)?.to_owned() },
    };
    Ok(Invitation {
        kind,
        by: read.parsed(BY, |json| serde_json::from_str::<Actor>(json))?,
        created_at: read.time(CREATED_AT)?,
        ends_at: read.time(ENDS_AT)?,
    })
}

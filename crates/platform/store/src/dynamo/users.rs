use async_trait::async_trait;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, TransactWriteItem};
use model::id::{KeyHash, KeyId, ProjectId, UserId};
use model::user::{UserRole, UserRoles};

use super::Directory;
use super::call::Range;
use super::item::{Attributes, Reader, Writer, key, number, text, time};
use super::schema::{DIRECTORY_INDEX, INDEX_PK, INDEX_SK, PK, SK, TOKENS, USERS, user_tokens_pk};
use crate::error::{Result, StoreError};
use crate::ports::{MAX_TOKENS, Page, TokenRecord, UserManagement, UserRecord, Users};

const NAME: &str = "name";
const EMAIL: &str = "email";
const ROLE: &str = "role";
const PROJECTS: &str = "projects";
const DISABLED: &str = "disabled";
const CREATED_AT: &str = "createdAt";
const SIGN_IN_KEY: &str = "signInKey";
const SESSION_EPOCH: &str = "sessionEpoch";
const REVISION: &str = "revision";
const USER: &str = "user";
const ENDS_AT: &str = "endsAt";

#[async_trait]
impl Users for Directory {
    async fn user(&self, id: UserId) -> Result<Option<UserRecord>> {
        self.read_user(id, false).await
    }

    async fn user_consistently(&self, id: UserId) -> Result<Option<UserRecord>> {
        self.read_user(id, true).await
    }

    async fn token(&self, hash: &KeyHash) -> Result<Option<TokenRecord>> {
        self.read_token(hash, false).await
    }

    async fn token_consistently(&self, hash: &KeyHash) -> Result<Option<TokenRecord>> {
        self.read_token(hash, true).await
    }
}

#[async_trait]
impl UserManagement for Directory {
    async fn users(&self, after: Option<UserId>, limit: usize) -> Result<Page<UserRecord, UserId>> {
        let doing = "listing users";
        let after = after.map(|id| id.to_string());
        let range = Range { after, limit: Some(limit + 1), consistent: true, ..Range::of_prefix(USERS, "") };
        let (items, _) = self.table.query(doing, &range).await?;
        let items = items.iter().map(|item| decode_user(doing, item)).collect::<Result<_>>()?;
        Ok(Page { items, next: None }.cut(limit, |user: &UserRecord| user.id))
    }

    async fn replace_user(&self, user: &UserRecord) -> Result<UserRecord> {
        let doing = "changing a user";
        let next = UserRecord { revision: user.revision + 1, ..user.clone() };
        let action = self.replacement(doing, &next, user.revision)?;
        self.table.transact(doing, vec![action]).await?;
        Ok(next)
    }

    async fn remove_user(&self, id: UserId) -> Result<()> {
        self.table.remove("removing a user", key(USERS, id.to_string())).await
    }

    async fn add_token(&self, hash: &KeyHash, token: &TokenRecord) -> Result<()> {
        let doing = "adding a personal access token";
        let put = Put::builder()
            .table_name(&self.table.name)
            .set_item(Some(encode_token(hash, token)))
            .condition_expression("attribute_not_exists(#pk)")
            .expression_attribute_names("#pk", PK);
        let put = put.build().map_err(|error| StoreError::corrupt(doing, error))?;
        let is_there = ConditionCheck::builder()
            .table_name(&self.table.name)
            .set_key(Some(key(USERS, token.user.to_string())))
            .condition_expression("#disabled = :false")
            .expression_attribute_names("#disabled", DISABLED)
            .expression_attribute_values(":false", AttributeValue::Bool(false));
        let is_there = is_there.build().map_err(|error| StoreError::corrupt(doing, error))?;
        let actions = vec![
            TransactWriteItem::builder().put(put).build(),
            TransactWriteItem::builder().condition_check(is_there).build(),
        ];
        self.table.transact(doing, actions).await
    }

    async fn tokens(&self, user: UserId) -> Result<Vec<(KeyHash, TokenRecord)>> {
        let doing = "listing personal access tokens";
        let keys = self.token_keys(doing, user).await?;
        let items = self.table.get_all(doing, keys, true).await?;
        let entry =
            |item: &Attributes| Ok((Reader::new(doing, item)?.parsed(SK, KeyHash::parse)?, decode_token(doing, item)?));
        let mut tokens = items.iter().map(entry).collect::<Result<Vec<_>>>()?;
        tokens.sort_by_key(|(hash, _)| *hash);
        Ok(tokens)
    }

    async fn remove_token(&self, user: UserId, id: KeyId) -> Result<Option<KeyHash>> {
        let doing = "removing a personal access token";
        let range = Range { limit: Some(1), consistent: true, ..Range::of_prefix(TOKENS, &id.to_string()) };
        let (found, _) = self.table.query(doing, &range).await?;
        let Some(item) = found.first() else { return Ok(None) };
        if decode_token(doing, item)?.user != user {
            return Ok(None);
        }
        let hash = Reader::new(doing, item)?.parsed(SK, KeyHash::parse)?;
        self.table.remove(doing, key(TOKENS, hash.to_string())).await?;
        Ok(Some(hash))
    }

    async fn remove_tokens(&self, user: UserId) -> Result<()> {
        let doing = "removing the tokens of a user";
        let keys = self.token_keys(doing, user).await?;
        self.table.remove_all(doing, keys).await
    }
}

impl Directory {
    async fn read_user(&self, id: UserId, consistent: bool) -> Result<Option<UserRecord>> {
        let doing = "looking a user up";
        let item = self.table.get(doing, key(USERS, id.to_string()), consistent).await?;
        item.map(|item| decode_user(doing, &item)).transpose()
    }

    async fn read_token(&self, hash: &KeyHash, consistent: bool) -> Result<Option<TokenRecord>> {
        let doing = "looking a personal access token up";
        let item = self.table.get(doing, key(TOKENS, hash.to_string()), consistent).await?;
        item.map(|item| decode_token(doing, &item)).transpose()
    }

    /// Returns the primary keys of a user's tokens.
    async fn token_keys(&self, doing: &'static str, user: UserId) -> Result<Vec<Attributes>> {
        let call = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .index_name(DIRECTORY_INDEX)
            .key_condition_expression("#pk = :pk")
            .expression_attribute_names("#pk", INDEX_PK)
            .expression_attribute_values(":pk", text(user_tokens_pk(user)))
            .limit(i32::try_from(MAX_TOKENS).unwrap_or(i32::MAX));
        let page = call.send().await.map_err(|error| StoreError::of_call(doing, &error))?;
        let entries = page.items.unwrap_or_default();
        let hash = |item: &Attributes| Reader::of_any_form(doing, item).parsed(SK, KeyHash::parse);
        entries.iter().map(|item| Ok(key(TOKENS, hash(item)?.to_string()))).collect()
    }

    /// The action that adds a user.
    pub(super) fn addition(&self, doing: &'static str, user: &UserRecord) -> Result<TransactWriteItem> {
        let put = Put::builder()
            .table_name(&self.table.name)
            .set_item(Some(encode_user(user)))
            .condition_expression("attribute_not_exists(#pk)")
            .expression_attribute_names("#pk", PK);
        let put = put.build().map_err(|error| StoreError::corrupt(doing, error))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// The action that replaces a user whose stored revision is `read`.
    pub(super) fn replacement(&self, doing: &'static str, user: &UserRecord, read: u64) -> Result<TransactWriteItem> {
        let put = Put::builder()
            .table_name(&self.table.name)
            .set_item(Some(encode_user(user)))
            .condition_expression("#revision = :read")
            .expression_attribute_names("#revision", REVISION)
            .expression_attribute_values(":read", number(read));
        let put = put.build().map_err(|error| StoreError::corrupt(doing, error))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// The check that a user is valid and was not changed since `revision` was read.
    pub(super) fn unchanged(&self, doing: &'static str, id: UserId, revision: u64) -> Result<TransactWriteItem> {
        let check = ConditionCheck::builder()
            .table_name(&self.table.name)
            .set_key(Some(key(USERS, id.to_string())))
            .condition_expression("#revision = :read AND #disabled = :false")
            .expression_attribute_names("#revision", REVISION)
            .expression_attribute_names("#disabled", DISABLED)
            .expression_attribute_values(":read", number(revision))
            .expression_attribute_values(":false", AttributeValue::Bool(false));
        let check = check.build().map_err(|error| StoreError::corrupt(doing, error))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    /// The check that a token exists.
    pub(super) fn token_exists(&self, doing: &'static str, hash: &KeyHash) -> Result<TransactWriteItem> {
        let check = ConditionCheck::builder()
            .table_name(&self.table.name)
            .set_key(Some(key(TOKENS, hash.to_string())))
            .condition_expression("attribute_exists(#pk)")
            .expression_attribute_names("#pk", PK);
        let check = check.build().map_err(|error| StoreError::corrupt(doing, error))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }
}

/// Adds roles to an item.
pub(super) fn with_roles(item: Writer, roles: &UserRoles) -> Writer {
    let own = roles.projects.iter().map(|(project, role)| (project.to_string(), text(role.as_str())));
    let item = item.with(PROJECTS, AttributeValue::M(own.collect()));
    match roles.everywhere {
        Some(role) => item.with(ROLE, text(role.as_str())),
        None => item,
    }
}

/// Reads the roles of an item.
pub(super) fn read_roles(doing: &'static str, read: &Reader<'_>) -> Result<UserRoles> {
    let parse = |word: &str| UserRole::parse(word).ok_or_else(|| StoreError::corrupt(doing, "unknown role of a user"));
    let entry = |(project, role): (&String, &AttributeValue)| {
        let project = ProjectId::parse(project).map_err(|error| StoreError::corrupt(doing, error))?;
        let role = role.as_s().map_err(|_| StoreError::corrupt(doing, "a role is not a string"))?;
        Ok((project, parse(role)?))
    };
    let everywhere = read.text_if_any(ROLE).map(parse).transpose()?;
    Ok(UserRoles { everywhere, projects: read.map(PROJECTS)?.iter().map(entry).collect::<Result<_>>()? })
}

fn encode_user(user: &UserRecord) -> Attributes {
    let UserRecord { id, name, email, roles, disabled, created_at, sign_in_key, session_epoch, revision } = user;
    let item = Writer::new(USERS, id.to_string())
        .with(NAME, text(name.as_str()))
        .with(DISABLED, AttributeValue::Bool(*disabled))
        .with(CREATED_AT, time(*created_at))
        .with(SESSION_EPOCH, number(session_epoch))
        .with(REVISION, number(revision));
    let mut item = with_roles(item, roles);
    if let Some(email) = email {
        item = item.with(EMAIL, text(email.as_str()));
    }
    if let Some(hash) = sign_in_key {
        item = item.with(SIGN_IN_KEY, text(hash.to_string()));
    }
    item.done()
}

fn decode_user(doing: &'static str, item: &Attributes) -> Result<UserRecord> {
    let read = Reader::new(doing, item)?;
    Ok(UserRecord {
        id: read.parsed(SK, UserId::parse)?,
        name: read.text(NAME)?.to_owned(),
        email: read.text_if_any(EMAIL).map(str::to_owned),
        roles: read_roles(doing, &read)?,
        disabled: read.boolean(DISABLED),
        created_at: read.time(CREATED_AT)?,
        sign_in_key: read.if_any(SIGN_IN_KEY, |read, name| read.parsed(name, KeyHash::parse))?,
        session_epoch: read.number(SESSION_EPOCH)?,
        revision: read.number(REVISION)?,
    })
}

fn encode_token(hash: &KeyHash, token: &TokenRecord) -> Attributes {
    let TokenRecord { user, role, name, hint, created_at, ends_at } = token;
    let mut item = Writer::new(TOKENS, hash.to_string())
        .with(USER, text(user.to_string()))
        .with(ROLE, text(role.as_str()))
        .with(NAME, text(name.as_str()))
        .with(CREATED_AT, time(*created_at))
        .with(INDEX_PK, text(user_tokens_pk(*user)))
        .with(INDEX_SK, text(hash.to_string()));
    if let Some(hint) = hint {
        item = item.with("hint", text(hint.as_str()));
    }
    if let Some(ends_at) = ends_at {
        item = item.with(ENDS_AT, time(*ends_at)).expiring(*ends_at);
    }
    item.done()
}

fn decode_token(doing: &'static str, item: &Attributes) -> Result<TokenRecord> {
    let read = Reader::new(doing, item)?;
    Ok(TokenRecord {
        user: read.parsed(USER, UserId::parse)?,
        role: read.parsed(ROLE, |word| UserRole::parse(word).ok_or("unknown role"))?,
        name: read.text(NAME)?.to_owned(),
        hint: read.text_if_any("hint").map(str::to_owned),
        created_at: read.time(CREATED_AT)?,
        ends_at: read.if_any(ENDS_AT, Reader::time)?,
    })
}

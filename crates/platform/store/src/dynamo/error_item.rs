//! The item of an error, with one attribute for each field. Updates name only the attributes that this version knows.
//! So attributes of a later version survive a rollback, and links, which `notify` writes one by one, survive the
//! processor's commits.

use std::borrow::Cow;
use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::types::Put;
use aws_sdk_dynamodb::types::builders::{PutBuilder, UpdateBuilder};
use model::error::{
    ErrorAggregate, ErrorChange, Figures, Link, MergeRecord, MergedError, Mute, Resolution, Status, StatusChange,
};
use model::id::{ErrorUid, Fingerprint, ProjectId, UserId};
use model::occurrence::Level;
use model::time::Timestamp;

use super::item::{Attributes, Reader, bytes, key, number, text, time};
use super::schema::{ERROR, FORM, INDEX_PK, INDEX_SK, PK, SK, TTL, error_sk, index_pk, index_sk, project_pk};
use crate::error::{Result, StoreError};

/// The version of an error's item, for optimistic locking.
pub(crate) const VERSION: &str = "version";

/// The status and its attributes. The two limits of a mute, and the release of a resolution, exist only while they
/// apply.
pub(crate) const STATUS: &str = "status";
pub(crate) const STATUS_AT: &str = "statusAt";
pub(crate) const MUTED_UNTIL: &str = "mutedUntil";
pub(crate) const MUTED_UNTIL_COUNT: &str = "mutedUntilCount";
pub(crate) const RESOLVED_AFTER: &str = "resolvedAfter";
pub(crate) const ASSIGNEE: &str = "assignee";
const ASSIGNEE_USER: &str = "assigneeUser";

/// The fingerprint of the error that this one is merged into. Items with this attribute are in no list.
pub(crate) const MERGED_INTO: &str = "mergedInto";
/// The record of merged errors: a map with the error as it would be without them, and two more attributes.
const OWN: &str = "own";
const PARTS: &str = "parts";
const KEPT_UNTIL: &str = "partsKeptUntil";

/// The figures of the error, packed. They have a version of their own.
const FIGURES: &str = "figures";

/// The prefix of a link's attribute; the destination follows. Each link has its own attribute, so that writing one does
/// not affect the others and needs no existing map.
const LINK: &str = "link:";

/// Every attribute of the item except its key and its links. `None` removes an attribute.
fn attributes(error: &ErrorAggregate, expires_at: Timestamp) -> Vec<(&'static str, Option<AttributeValue>)> {
    let optional = |value: &Option<String>| value.as_deref().map(text);
    let is_listed = error.merged_into.is_none();
    let merged = error.merged.as_ref();
    [
        (FORM, Some(number(1))),
        (VERSION, Some(number(error.version + 1))),
        ("uid", Some(text(error.uid.to_string()))),
        ("type", Some(text(error.kind.as_str()))),
        ("message", Some(text(error.message.as_str()))),
        ("culprit", optional(&error.culprit)),
        ("level", Some(text(error.level.as_str()))),
        ("platform", Some(text(error.platform.as_str()))),
        (STATUS, Some(text(error.status.as_str()))),
        (STATUS_AT, Some(time(error.status_at))),
        (MUTED_UNTIL, error.mute.and_then(|mute| mute.until).map(time)),
        (MUTED_UNTIL_COUNT, error.mute.and_then(|mute| mute.until_count).map(number)),
        (RESOLVED_AFTER, error.resolution.as_ref().map(|resolution| text(resolution.after.as_str()))),
        (ASSIGNEE, optional(&error.assignee)),
        (ASSIGNEE_USER, error.assignee_user.map(|user| text(user.to_string()))),
        ("count", Some(number(error.count))),
        ("firstSeen", Some(time(error.first_seen))),
        ("lastSeen", Some(time(error.last_seen))),
        ("firstRelease", optional(&error.first_release)),
        ("lastRelease", optional(&error.last_release)),
        ("environment", optional(&error.environment)),
        (FIGURES, Some(bytes(Figures::of(error).pack()))),
        ("unmutedAt", error.unmuted_at.map(time)),
        (MERGED_INTO, error.merged_into.map(|into| text(into.to_string()))),
        (OWN, merged.map(|merged| AttributeValue::M(own(&merged.own)))),
        (PARTS, merged.map(|merged| text(MergedError::write_all(&merged.merged_errors)))),
        (KEPT_UNTIL, merged.map(|merged| time(merged.kept_until))),
        (INDEX_PK, is_listed.then(|| text(index_pk(error.project, error.status)))),
        (INDEX_SK, is_listed.then(|| text(index_sk(error)))),
        // Later than the commit asks for, if older contents of the error are kept for longer.
        (TTL, Some(number(expires_at.max(error.expires_at).seconds()))),
    ]
    .into()
}

/// The attributes of the error as it would be without the errors that are merged into it, for the map within its item.
fn own(error: &ErrorAggregate) -> Attributes {
    let elsewhere = [INDEX_PK, INDEX_SK, TTL];
    attributes(error, error.last_seen)
        .into_iter()
        .filter(|(name, _)| !elsewhere.contains(name))
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

/// Writes a new error, on condition that there is none with its fingerprint. Costs as much as [`update`], but names each
/// attribute once.
pub(crate) fn create(error: &ErrorAggregate, expires_at: Timestamp) -> PutBuilder {
    let attributes = attributes(error, expires_at).into_iter();
    let mut item: Attributes = attributes.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    item.extend(error_key(error.project, &error.fingerprint));
    Put::builder()
        .set_item(Some(item))
        .condition_expression("attribute_not_exists(#pk)")
        .expression_attribute_names("#pk", PK)
}

/// An update that writes the whole error, on condition that it still has the version that was read.
pub(crate) fn update(error: &ErrorAggregate, expires_at: Timestamp) -> UpdateBuilder {
    let (update, expression) = setting(error, attributes(error, expires_at));
    // The update already names the version and the incarnation, as its second and third attributes. Each incarnation
    // begins at version 1, so the version alone could match a new incarnation.
    update
        .update_expression(expression)
        .condition_expression("#1 = :read AND #2 = :2")
        .expression_attribute_values(":read", number(error.version))
}

/// An update of the attributes that users set, independent of other writes. Its condition: this incarnation of the
/// error exists and is not merged into another. It increments the version, so that a processor that read the error
/// before will read it again.
pub(crate) fn change(error: &ErrorAggregate, change: &ErrorChange, now: Timestamp) -> UpdateBuilder {
    let mut changed = Vec::new();
    if let Some(to) = &change.status {
        let (mute, resolution) = match to {
            StatusChange::Unresolved | StatusChange::Unmuted { .. } => (Mute::default(), None),
            StatusChange::Resolved(resolution) => (Mute::default(), resolution.as_ref()),
            StatusChange::Muted(mute) => (*mute, None),
        };
        let ended_at = if let StatusChange::Unmuted { at } = to { Some(*at) } else { None };
        changed.extend(ended_at.map(|at| ("unmutedAt", Some(time(at)))));
        changed.extend([
            (STATUS, Some(text(to.status().as_str()))),
            (STATUS_AT, Some(time(ended_at.unwrap_or(now)))),
            (MUTED_UNTIL, mute.until.map(time)),
            (MUTED_UNTIL_COUNT, mute.until_count.map(number)),
            (RESOLVED_AFTER, resolution.map(|resolution| text(resolution.after.as_str()))),
            (INDEX_PK, Some(text(index_pk(error.project, to.status())))),
        ]);
    }
    if let Some(assignee) = &change.assignee {
        changed.push((ASSIGNEE, assignee.as_deref().map(text)));
        changed.push((ASSIGNEE_USER, change.assignee_user.map(|user| text(user.to_string()))));
    }
    let (update, expression) = setting(error, changed);
    let mut condition = "#uid = :uid AND attribute_not_exists(#merged)".to_owned();
    let mut update = update;
    if let Some(StatusChange::Unmuted { at }) = &change.status {
        // End only this mute: somebody may have set another status or another mute in the meantime.
        condition += " AND #until = :until";
        update =
            update.expression_attribute_names("#until", MUTED_UNTIL).expression_attribute_values(":until", time(*at));
    }
    update
        .update_expression(format!("{expression} ADD #version :one"))
        .condition_expression(condition)
        .expression_attribute_names("#version", VERSION)
        .expression_attribute_values(":one", number(1))
        .expression_attribute_names("#uid", "uid")
        .expression_attribute_values(":uid", text(error.uid.to_string()))
        .expression_attribute_names("#merged", MERGED_INTO)
}

/// An update of an error's item, and its expression, which sets these attributes and removes those that are `None`.
/// Attributes are named by number.
fn setting(error: &ErrorAggregate, attributes: Vec<(&'static str, Option<AttributeValue>)>) -> (UpdateBuilder, String) {
    let (mut set, mut remove) = (Vec::new(), Vec::new());
    let mut update =
        aws_sdk_dynamodb::types::Update::builder().set_key(Some(error_key(error.project, &error.fingerprint)));
    for (index, (name, value)) in attributes.into_iter().enumerate() {
        update = update.expression_attribute_names(format!("#{index}"), name);
        match value {
            Some(value) => {
                set.push(format!("#{index} = :{index}"));
                update = update.expression_attribute_values(format!(":{index}"), value);
            }
            None => remove.push(format!("#{index}")),
        }
    }
    let clauses = [("SET", set), ("REMOVE", remove)].into_iter().filter(|(_, names)| !names.is_empty());
    let clauses: Vec<_> = clauses.map(|(verb, names)| format!("{verb} {}", names.join(", "))).collect();
    (update, clauses.join(" "))
}

/// Decodes the item of an error. Every field is named here, so that none can be forgotten. Only what an error may lack
/// may be missing.
pub(crate) fn decode(doing: &'static str, item: &Attributes) -> Result<ErrorAggregate> {
    let read = Reader::new(doing, item)?;
    let optional = |name| read.if_any(name, |read, name| read.text(name).map(str::to_owned));
    let status = read.parsed(STATUS, Status::parse)?;
    let resolution = optional(RESOLVED_AFTER)?.map(|after| Resolution { after });
    let mute = Mute {
        until: read.if_any(MUTED_UNTIL, Reader::time)?,
        until_count: read.if_any(MUTED_UNTIL_COUNT, Reader::number)?,
    };
    let figures = read.parsed_bytes(FIGURES, Figures::unpack)?;
    Ok(ErrorAggregate {
        project: read.parsed(PK, |pk| ProjectId::parse(pk.trim_start_matches("P#")))?,
        fingerprint: read.parsed(SK, |sk| Fingerprint::parse(sk.trim_start_matches("E#")))?,
        uid: read.parsed("uid", ErrorUid::parse)?,
        version: read.number(VERSION)?,
        kind: read.text("type")?.to_owned(),
        message: read.text("message")?.to_owned(),
        culprit: optional("culprit")?,
        level: read.parsed("level", |word| Level::parse(word).ok_or("unknown level"))?,
        platform: read.text("platform")?.to_owned(),
        status,
        status_at: read.time(STATUS_AT)?,
        mute: (status == Status::Muted).then_some(mute),
        resolution: resolution.filter(|_| status == Status::Resolved),
        regression: figures.regression.map(Cow::into_owned),
        assignee: optional(ASSIGNEE)?,
        assignee_user: read.if_any(ASSIGNEE_USER, |read, name| read.parsed(name, UserId::parse))?,
        count: read.number("count")?,
        first_seen: read.time("firstSeen")?,
        last_seen: read.time("lastSeen")?,
        first_release: optional("firstRelease")?,
        last_release: optional("lastRelease")?,
        environment: optional("environment")?,
        threshold_windows: figures.threshold_windows.into_owned(),
        hours: figures.hours.into_owned(),
        tags: figures.tags.into_owned(),
        users: figures.users.into_owned(),
        seen: figures.seen.into_owned(),
        origins: figures.origins.into_owned(),
        unmuted_at: read.if_any("unmutedAt", Reader::time)?,
        posted: figures.posted,
        expires_at: Timestamp::from_seconds(read.number(TTL)?),
        frames: figures.frames.map(Cow::into_owned),
        indexed: figures.indexed,
        links: links(&read, item)?,
        merged_into: read.if_any(MERGED_INTO, |read, name| read.parsed(name, Fingerprint::parse))?,
        merged: merged(doing, &read, item)?,
    })
}

fn merged(doing: &'static str, read: &Reader<'_>, item: &Attributes) -> Result<Option<MergeRecord>> {
    let Some(mut own) = read.if_any(OWN, Reader::map)?.cloned() else { return Ok(None) };
    own.extend([PK, SK].into_iter().filter_map(|name| Some((name.to_owned(), item.get(name)?.clone()))));
    // The whole item expires, not this part of it.
    own.insert(TTL.to_owned(), number(0));
    // Merges are one level deep: what was merged into a merged error is merged into its target.
    own.remove(OWN);
    let own = Box::new(decode(doing, &own)?);
    let merged_errors = read.parsed(PARTS, MergedError::parse_all)?;
    Ok(Some(MergeRecord { merged_errors, own, kept_until: read.time(KEPT_UNTIL)? }))
}

/// The name and the value of a link's attribute.
pub(crate) fn link_attribute(destination: &str, link: &Link) -> (String, AttributeValue) {
    (format!("{LINK}{destination}"), text(format!("{} {}", link.number, link.url)))
}

fn links(read: &Reader<'_>, item: &Attributes) -> Result<BTreeMap<String, Link>> {
    let parse = |text: &str| {
        let (number, url) = text.split_once(' ').ok_or("expected a number and a URL")?;
        Ok::<_, &str>(Link { number: number.parse().map_err(|_| "expected a number")?, url: url.to_owned() })
    };
    let destination = |name: &String| name.strip_prefix(LINK).map(str::to_owned);
    item.keys()
        .filter_map(|name| Some((destination(name)?, name)))
        .map(|(destination, name)| Ok((destination, read.parsed(name, parse)?)))
        .collect()
}

/// Decodes the error in an image of the table's stream; `None` if the image is empty or another kind of item.
pub fn in_stream(image: &Attributes) -> Result<Option<ErrorAggregate>> {
    let is_error = image.get(SK).and_then(|sk| sk.as_s().ok()).is_some_and(|sk| sk.starts_with(ERROR));
    is_error.then(|| decode("reading the stream", image)).transpose()
}

/// The primary key of an error's item.
pub(crate) fn error_key(project: ProjectId, fingerprint: &Fingerprint) -> Attributes {
    key(project_pk(project), error_sk(fingerprint))
}

/// Reads the sort key and the fingerprint of an index entry.
pub(crate) fn index_entry(doing: &'static str, item: &Attributes) -> Result<(String, Fingerprint)> {
    let entry = item.get(INDEX_SK).and_then(|value| value.as_s().ok());
    entry
        .and_then(|entry| Some((entry.clone(), Fingerprint::parse(entry.split_once('-')?.1).ok()?)))
        .ok_or_else(|| StoreError::corrupt(doing, "the index entry has no fingerprint"))
}

#[cfg(test)]
mod tests;

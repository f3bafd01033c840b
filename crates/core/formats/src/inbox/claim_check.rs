use std::fmt;

use super::{Addressee, Header};
use model::id::{EventId, ProjectId, ProjectName};
use model::time::Timestamp;

/// The prefix of the keys of all claim checks.
const ROOT: &str = "inbox/v=1/";

/// The S3 key of a message that is over the queue's limit. The key also says which project the message belongs to. So
/// the messages of a project can be removed together with the project, and a message that is delivered again after its
/// object was removed is not mistaken for a lost one.
///
/// `inbox/v=1/project={id}/event={event}/{ULID}`, or with `name={the name in hexadecimal digits}` in place of
/// `project={id}`, for a project that was given by name and may not exist yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimCheck {
    /// The project that the message's events belong to.
    pub project: Addressee,
    /// The id of the message's first event.
    pub event: EventId,
    ulid: ulid::Ulid,
}

impl ClaimCheck {
    /// Creates the claim check for a message with this header. 80 of the `random` bits make it unique. Returns `None`
    /// if the message has no events.
    pub fn of(header: &Header, random: u128) -> Option<Self> {
        let ulid = ulid::Ulid::from_parts(header.received_at.millis() as u64, random);
        Some(Self { project: header.project.clone(), event: *header.event_ids.first()?, ulid })
    }

    /// Parses a key that [`Display`](fmt::Display) wrote. Returns `None` if it is not such a key.
    pub fn parse(key: &str) -> Option<Self> {
        let mut parts = key.strip_prefix(ROOT)?.split('/');
        let project = match parts.next()?.split_once('=')? {
            ("project", id) => Addressee::Id(ProjectId::parse(id).ok()?),
            ("name", digits) => Addressee::Name(name_of(digits)?),
            _ => return None,
        };
        let event = EventId::parse(parts.next()?.strip_prefix("event=")?).ok()?;
        let ulid = ulid::Ulid::from_string(parts.next()?).ok()?;
        parts.next().is_none().then_some(Self { project, event, ulid })
    }

    /// When the message was accepted.
    pub fn received_at(&self) -> Timestamp {
        Timestamp::from_millis(self.ulid.timestamp_ms() as i64)
    }

    /// The prefix of the keys of all messages for this project. No other project's keys begin with it.
    pub fn prefix(project: &Addressee) -> String {
        match project {
            Addressee::Id(id) => format!("{ROOT}project={id}/"),
            Addressee::Name(name) => {
                format!("{ROOT}name={}/", hex::encode(name.as_str()))
            }
        }
    }
}

impl fmt::Display for ClaimCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { project, event, ulid } = self;
        write!(f, "{}event={event}/{ulid}", Self::prefix(project))
    }
}

fn name_of(digits: &str) -> Option<ProjectName> {
    let name = String::from_utf8(hex::decode(digits).ok()?).ok()?;
    ProjectName::parse(&name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::occurrence::Source;

    fn claim(project: Addressee) -> ClaimCheck {
        let at = Timestamp::from_millis(1_478_044_860_123);
        ClaimCheck::of(&Header::new(Source::V1, project, at, vec![EventId::from_bytes([7; 16])]), 5).unwrap()
    }

    #[test]
    fn a_claim_is_read_from_its_key() {
        let long = ProjectName::parse(&"ü".repeat(128)).unwrap();
        let names = ["shop", "a=b&c", "日本語", "a.b", "--"].map(|name| ProjectName::parse(name).unwrap());
        let named = names.into_iter().chain([long]).map(Addressee::Name);
        for project in named.chain([Addressee::Id(ProjectId::new(12).unwrap())]) {
            let claim = claim(project.clone());
            let key = claim.to_string();
            assert!(key.is_ascii() && key.len() < 1_024, "{key}");
            assert!(key.starts_with(&ClaimCheck::prefix(&project)));
            assert_eq!(ClaimCheck::parse(&key), Some(claim));
            for cut in 0..key.len() {
                assert_eq!(ClaimCheck::parse(&key[..cut]), None, "{cut} of {key}");
            }
        }
    }

    /// Deleting project 1 must not delete the messages of project 12.
    #[test]
    fn no_prefix_begins_with_another() {
        let id = |id| ClaimCheck::prefix(&Addressee::Id(ProjectId::new(id).unwrap()));
        assert!(!id(12).starts_with(&id(1)));
        let name = |name| ClaimCheck::prefix(&Addressee::Name(ProjectName::parse(name).unwrap()));
        assert!(!name("shop2").starts_with(&name("shop")));
    }
}

//! Messages in the inbox.

use std::collections::BTreeSet;

use fastrand::Rng;
use faultline_tests::{LARGE, noise};
use formats::inbox::{self, Addressee, ClaimCheck, Header, Message, Notifications, PayloadKind};
use model::id::{DebugId, EventId, KeyId, ProjectId, ProjectName};
use model::occurrence::Source;
use model::time::Timestamp;
use processor::Delivery;
use protocol::json_api::Parsed;
use serde_json::json;
use store::ports::ClaimChecks;

use crate::world::World;

/// The time around which events happen, in seconds since 1970.
const NOON: i64 = 1_793_577_600;

/// The message of the errors of [`Writer::script`].
pub(crate) const SCRIPT_ERROR: &str = "of a script";

/// The debug id of the script.
pub(crate) fn script_id() -> DebugId {
    DebugId::from_bytes([7; 16])
}

/// Creates messages and records the ids of their events.
pub(crate) struct Writer {
    next: u64,
    /// The id of each event that was accepted.
    pub(crate) accepted: BTreeSet<EventId>,
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self { next: 0, accepted: BTreeSet::new() }
    }

    fn event_id(&mut self) -> EventId {
        self.next += 1;
        let id = EventId::from_bytes(
            (u128::from(self.next).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)).to_be_bytes(),
        );
        self.accepted.insert(id);
        id
    }

    fn delivery(&self, text: String) -> Delivery {
        Delivery { id: format!("message {}", self.next), text, is_repeated: false }
    }

    /// Creates a v1 body with one event for each of `errors`: its message, and its second.
    pub(crate) fn v1(&mut self, project: impl Into<To>, errors: &[(&str, i64)]) -> Delivery {
        let text = inbox::inline(&self.packed_v1(project, errors));
        self.delivery(text)
    }

    /// Like [`Writer::v1`], with notification configs.
    pub(crate) fn told(&mut self, project: ProjectId, errors: &[(&str, i64)], posted: Notifications) -> Delivery {
        let mut message = Message::unpack(&self.packed_v1(project, errors)).unwrap();
        message.header.notifications = Some(posted);
        self.delivery(inbox::inline(&message.pack()))
    }

    /// Like [`Writer::v1`], sent with this key.
    pub(crate) fn keyed(&mut self, project: ProjectId, errors: &[(&str, i64)], key: KeyId) -> Delivery {
        let mut message = Message::unpack(&self.packed_v1(project, errors)).unwrap();
        message.header.key = Some(key);
        self.delivery(inbox::inline(&message.pack()))
    }

    /// Like [`Writer::v1`], with the body in the bucket (a claim check).
    pub(crate) async fn claimed(&mut self, world: &World, project: ProjectId, errors: &[(&str, i64)]) -> Delivery {
        let packed = self.packed_v1(project, errors);
        let header = Message::unpack(&packed).unwrap().header;
        let key = ClaimCheck::of(&header, u128::from(self.next)).unwrap().to_string();
        world.truth.bucket.put_claim_check(&key, packed).await.unwrap();
        self.delivery(inbox::claim(&key))
    }

    fn packed_v1(&mut self, project: impl Into<To>, errors: &[(&str, i64)]) -> Vec<u8> {
        let item = |(message, second): &(&str, i64)| json!({ "type": "E", "message": message, "timestamp": Timestamp::from_seconds(NOON + second) });
        let mut items: Vec<_> = errors.iter().map(item).collect();
        // Half of the batches have an event that is too large for the table, and write a segment.
        if self.next.is_multiple_of(2) {
            items[0]["load"] = noise(LARGE).into();
        }
        let body = json!({ "errors": items }).to_string();
        let payload = serde_json::to_string(&Parsed::of(body.as_bytes()).unwrap().taken).unwrap();
        let ids = errors.iter().map(|_| self.event_id()).collect();
        packed(Source::V1, project.into().0, ids, payload)
    }

    /// Creates a Sentry event with two hashes: one of the application's function `own`, and one of the whole stack,
    /// which also has the function `shared`.
    pub(crate) fn sentry(&mut self, project: ProjectId, own: &str, shared: &str, second: i64) -> Delivery {
        self.stack(project, [(shared, false), (own, true)], second)
    }

    /// Creates feedback of a user about an event.
    pub(crate) fn feedback(&mut self, project: ProjectId, about: EventId) -> Delivery {
        let context = json!({ "message": "it broke", "associated_event_id": about });
        let payload = json!({ "timestamp": NOON, "contexts": { "feedback": context } }).to_string();
        let ids = vec![self.event_id()];
        let text = inbox::inline(&packed(PayloadKind::Feedback, Addressee::Id(project), ids, payload));
        self.delivery(text)
    }

    /// Creates the posted body of a Sentry event, with noise of this many characters.
    pub(crate) fn store_body(&mut self, noise: usize) -> String {
        let mut rng = Rng::with_seed(0);
        let noise: String = (0..noise).map(|_| rng.alphanumeric()).collect();
        json!({
            "event_id": self.event_id(),
            "timestamp": NOON,
            "message": "posted",
            "extra": { "noise": noise },
        })
        .to_string()
    }

    /// Creates an event of a minified script, whose map [`World::upload_map`] uploads.
    pub(crate) fn script(&mut self, project: ProjectId, second: i64) -> Delivery {
        let file = "https://shop.test/a.js";
        let frame = json!({ "abs_path": file, "function": "x", "lineno": 1, "colno": 9, "in_app": true });
        let stack = json!({ "frames": [frame] });
        let payload = json!({
            "platform": "javascript",
            "timestamp": NOON + second,
            "exception": { "values": [{ "type": "E", "value": SCRIPT_ERROR, "stacktrace": stack }] },
            "debug_meta": { "images": [{ "type": "sourcemap", "code_file": file, "debug_id": script_id() }] },
        });
        let ids = vec![self.event_id()];
        let text = inbox::inline(&packed(Source::Sentry, Addressee::Id(project), ids, payload.to_string()));
        self.delivery(text)
    }

    /// The same from an SDK that does not mark in-app frames. It has only the hash of the whole stack.
    pub(crate) fn unmarked(&mut self, project: ProjectId, own: &str, shared: &str, second: i64) -> Delivery {
        self.stack(project, [(shared, false), (own, false)], second)
    }

    fn stack(&mut self, project: ProjectId, frames: [(&str, bool); 2], second: i64) -> Delivery {
        let frame = |(function, in_app)| json!({ "function": function, "module": "m", "in_app": in_app });
        let payload = json!({
            "platform": "python",
            "release": "1.0",
            "timestamp": NOON + second,
            "exception": { "values": [{
                "type": "E",
                "value": "v",
                "stacktrace": { "frames": frames.map(frame) },
            }] },
        });
        let ids = vec![self.event_id()];
        let text = inbox::inline(&packed(Source::Sentry, Addressee::Id(project), ids, payload.to_string()));
        self.delivery(text)
    }

    /// Creates a random message. Its errors also occur in other messages.
    pub(crate) async fn any(&mut self, world: &World, project: ProjectId, rng: &mut Rng) -> Delivery {
        const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
        let name = |rng: &mut Rng| NAMES[rng.usize(..NAMES.len())];
        match rng.u8(..10) {
            0..3 => self.v1(project, &[(name(rng), rng.i64(0..180))]),
            3..5 => {
                let errors: Vec<_> = (0..rng.usize(2..9)).map(|_| (name(rng), rng.i64(0..180))).collect();
                self.v1(project, &errors)
            }
            5 => {
                let like = name(rng);
                let errors: Vec<_> = (0..rng.i64(20..60)).map(|second| (like, second)).collect();
                self.v1(project, &errors)
            }
            // More minutes than one commit can hold.
            6 if rng.bool() => {
                let like = name(rng);
                let errors: Vec<_> = (0..50).map(|minute| (like, minute * 60)).collect();
                self.v1(project, &errors)
            }
            6 | 7 => self.claimed(world, project, &[(name(rng), rng.i64(0..180))]).await,
            _ => {
                let own = name(rng);
                self.sentry(project, own, own, rng.i64(0..180))
            }
        }
    }
}

/// The project that a message is addressed to.
pub(crate) struct To(Addressee);

impl From<ProjectId> for To {
    fn from(id: ProjectId) -> Self {
        Self(Addressee::Id(id))
    }
}

impl From<&str> for To {
    fn from(name: &str) -> Self {
        Self(Addressee::Name(ProjectName::parse(name).unwrap()))
    }
}

fn packed(source: impl Into<PayloadKind>, to: Addressee, ids: Vec<EventId>, payload: String) -> Vec<u8> {
    let header = Header::new(source, to, Timestamp::from_seconds(NOON + 10), ids);
    Message { header, payload: payload.into_bytes() }.pack()
}

use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::inbox::Message;
use domain::json;
use domain::occurrence::{Occurrence, Source};
use domain::v1::{self, Post};

/// The occurrences in an accepted request. A panic on the way is this message's failure, and nobody else's.
pub(crate) fn normalise(message: &Message) -> Result<Vec<Occurrence>, String> {
    catch_unwind(AssertUnwindSafe(|| normalised(message))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref().copied());
        Err(format!("normalising panicked: {}", text.unwrap_or("without a text")))
    })
}

fn normalised(message: &Message) -> Result<Vec<Occurrence>, String> {
    match message.header.source {
        Source::V1 => v1_errors(message),
        Source::Sentry | Source::Security => Err("messages of Sentry's SDKs are not accepted yet".to_owned()),
    }
}

fn v1_errors(message: &Message) -> Result<Vec<Occurrence>, String> {
    let header = &message.header;
    let post: Post = json::parse(&message.payload).map_err(|error| error.to_string())?;
    if post.errors.len() != header.event_ids.len() {
        return Err(format!("{} errors with {} event ids", post.errors.len(), header.event_ids.len()));
    }
    let errors = post.errors.iter().zip(&header.event_ids);
    Ok(errors.map(|(item, &event_id)| v1::normalise(&post, item, event_id, header.received_at)).collect())
}

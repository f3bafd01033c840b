//! `faultline explain`: shows how an event is grouped, and why, without sending it anywhere.

use std::io::Read;
use std::path::PathBuf;

use anyhow::{Context, bail};
use model::id::EventId;
use model::json::{self, Value};
use model::time::Timestamp;
use protocol::sentry::{self, Envelope, ItemKind, Received};
use scrub::{Rules, scrub};

use super::output::print;

/// Options of `faultline explain`.
#[derive(Debug, Clone, clap::Args)]
pub struct Explain {
    /// File with a Sentry event as JSON, or an envelope; `-` reads standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// Prints the explanation as JSON.
pub(super) fn run(options: &Explain) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    if options.file.as_os_str() == "-" {
        std::io::stdin().read_to_end(&mut bytes)?;
    } else {
        bytes = std::fs::read(&options.file).with_context(|| format!("cannot read {}", options.file.display()))?;
    }
    print(&serde_json::to_string_pretty(&explanation(&bytes)?)?)
}

/// Explains how the event in `bytes` (JSON, or a Sentry envelope) is grouped.
fn explanation(bytes: &[u8]) -> anyhow::Result<grouping::Explanation> {
    let Value::Object(event) = event(bytes)? else { bail!("the event is not a JSON object") };
    let moment = Timestamp::default();
    let received =
        Received { event_id: EventId::from_bytes([0; 16]), received_at: moment, sent_at: None, client_ip: None };
    let mut occurrence = sentry::normalise(event, &received);
    // The processor scrubs before it groups, too: scrubbed values do not affect grouping.
    scrub(&mut occurrence, &Rules::default());
    Ok(grouping::explain(&occurrence).1)
}

fn event(bytes: &[u8]) -> anyhow::Result<Value> {
    if let Ok(event) = json::parse(bytes) {
        return Ok(event);
    }
    let envelope = Envelope::parse(bytes).context("the file is neither a JSON event nor a Sentry envelope")?;
    let event = envelope.items.iter().find(|item| item.kind == ItemKind::Event);
    Ok(json::parse(&event.context("the envelope contains no event")?.payload)?)
}

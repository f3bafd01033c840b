use async_trait::async_trait;
use model::audit::AuditEntry;
use model::error::history::EntryId;
use model::time::Timestamp;

use super::Directory;
use super::call::Range;
use super::item::{Attributes, Reader, Writer, is_expired, text};
use super::schema::audit_pk;
use crate::error::{Result, StoreError};
use crate::ports::{AuditLog, Page};

const ENTRY: &str = "entry";

/// The most months that a list goes back: those that entries are kept for, and the present one.
const MAX_MONTHS: usize = 15;

#[async_trait]
impl AuditLog for Directory {
    async fn record(&self, entry: &AuditEntry) -> Result<()> {
        let doing = "recording an entry of the audit log";
        let json = serde_json::to_string(entry).map_err(|error| StoreError::corrupt(doing, error))?;
        let item = Writer::new(audit_pk(entry.at), entry.id.to_string())
            .with(ENTRY, text(json))
            .expiring(entry.expires_at())
            .done();
        let call = self.table.client.put_item().table_name(&self.table.name).set_item(Some(item));
        call.send().await.map(drop).map_err(|error| StoreError::of_call(doing, &error))
    }

    async fn entries(
        &self,
        start: Timestamp,
        end: Timestamp,
        before: Option<EntryId>,
        limit: usize,
    ) -> Result<Page<AuditEntry, EntryId>> {
        let doing = "reading the audit log";
        // Ids begin with the time in milliseconds. An id without random bits comes before all others of its time.
        let first = EntryId::new(start, 0, 0).to_string();
        let last = EntryId::new(end, 0, 0).to_string();
        let newest = before.map_or(end, |id| id.time().min(end));
        let bound = before.map(|id| id.to_string()).filter(|before| *before < last).unwrap_or(last);
        if bound <= first {
            return Ok(Page { items: Vec::new(), next: None });
        }
        let now = self.table.clock.now();
        let mut items = Vec::new();
        for month in months_back(newest, start).take(MAX_MONTHS) {
            let range = Range::between(audit_pk(month), first.clone(), bound.clone());
            // The end of the range is not part of the list, and may be read.
            let mut range = Range { newest_first: true, limit: Some(limit + 2), ..range };
            loop {
                let (found, next) = self.table.query(doing, &range).await?;
                let live = found.iter().filter(|item| !is_expired(item, now));
                items.extend(live.map(|item| decode(doing, item)).collect::<Result<Vec<_>>>()?);
                match next {
                    Some(next) if items.len() <= limit + 1 => range.after = Some(next),
                    _ => break,
                }
            }
            if items.len() > limit + 1 {
                break;
            }
        }
        items.retain(|entry| entry.id.to_string() < bound);
        Ok(Page { items, next: None }.cut(limit, |entry: &AuditEntry| entry.id))
    }
}

/// A moment in each month from that of `end` back to that of `start`.
fn months_back(end: Timestamp, start: Timestamp) -> impl Iterator<Item = Timestamp> {
    let month = |at: Timestamp| at.date()[..7].to_owned();
    let first = month(start);
    std::iter::successors(Some(end), move |at| {
        // The last second of the month before.
        let day: i64 = at.date()[8..].parse().unwrap_or(1);
        let earlier = at.plus_seconds(-86_400 * day);
        (month(earlier) >= first).then_some(earlier)
    })
}

fn decode(doing: &'static str, item: &Attributes) -> Result<AuditEntry> {
    Reader::new(doing, item)?.parsed(ENTRY, |json| serde_json::from_str(json))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_month_is_visited_once() {
        let at = |text| Timestamp::parse(text).unwrap();
        let months =
            |end, start| months_back(at(end), at(start)).map(|at| at.date()[..7].to_owned()).collect::<Vec<_>>();
        assert_eq!(
            months("2027-03-31T23:59:59Z", "2026-12-31T00:00:00Z"),
            ["2027-03", "2027-02", "2027-01", "2026-12"]
        );
        assert_eq!(months("2026-11-02T00:00:00Z", "2026-11-01T00:00:00Z"), ["2026-11"]);
    }
}

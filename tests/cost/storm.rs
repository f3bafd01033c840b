//! A storm of one error, thousands of times a second: the writes of several concurrent processors to its item.

use std::sync::Arc;
use std::time::Duration;

use embedded::Engines;
use embedded::sqs::{Queue, Received};
use server::system::Resources;
use store::clock::Clock;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::replay::{full_batch, post};
use super::workload::envelope;
use super::{assumed, template};
use crate::meter::{Meter, Written};
use crate::turns::{Turns, held};
use crate::{Faultline, TestClock};

/// How often the event source checks whether a batch is ready.
const TICK: Duration = Duration::from_millis(100);

/// Figures of a storm.
#[derive(Clone, Copy, Debug, Default)]
pub struct Storm {
    /// Events, all stored.
    pub events: u64,
    /// How long they came, in seconds.
    pub seconds: u64,
    pub invocations: u64,
    /// Writes of the error's item.
    pub writes: u64,
    /// Writes that were refused because another processor had written the item first.
    pub refused: u64,
    /// Write units of all writes.
    pub units: u64,
    /// Maximum number of write units in one second.
    pub busiest: u64,
}

/// Sends `rate` events of one error per second for `seconds`, through as many concurrent processors and in such batches
/// as template.yaml allows. Calls take the assumed time.
pub fn storm(rate: usize, seconds: usize) -> Storm {
    crate::turns::paused(async {
        let engines = Engines::memory().unwrap();
        held(Resources::make(&engines)).await.unwrap();
        let clock = Arc::new(TestClock::seeded(1));
        // Ingest takes no time here: only the processor is measured.
        let turns = Turns::default();
        let unmetered = Resources::through(&engines, |engine| turns.around(engine)).await.unwrap();
        let source =
            Faultline::builder().engines(engines.clone()).resources(unmetered).clock(clock.clone()).start().await;
        let sample = Meter::default().waiting(assumed::wait);
        let resources = Resources::through(&engines, |engine| sample.around(engine)).await.unwrap();
        let full = full_batch(
            &Faultline::builder().engines(engines.clone()).resources(resources).clock(clock.clone()).start().await,
            &sample,
        )
        .await;
        let meter = Meter::weighing().waiting(assumed::wait);
        let mut free = Vec::new();
        for _ in 0..template::number("ProcessorConcurrency", "Default") {
            let resources = Resources::through(&engines, |engine| meter.around(engine)).await.unwrap();
            free.push(
                Faultline::builder().engines(engines.clone()).resources(resources).clock(clock.clone()).start().await,
            );
        }
        meter.reset();

        let (inbox, window) = (source.stack.inbox().clone(), Duration::from_secs(window()));
        let (mut done, mut before, mut waiting) = (Storm::default(), 0, Instant::now());
        let mut running: JoinSet<Faultline> = JoinSet::new();
        let ticks = seconds * (1_000 / TICK.as_millis() as usize);
        for tick in 0.. {
            if tick < ticks {
                for _ in 0..rate * seconds / ticks {
                    let second = clock.now().seconds();
                    post(&source, envelope(done.events as usize, 0, second)).await;
                    done.events += 1;
                }
            }
            let visible = inbox.depth().await.unwrap().visible as usize;
            if visible == 0 && running.is_empty() && tick >= ticks {
                break;
            }
            let is_due = visible >= full || (visible > 0 && waiting.elapsed() >= window);
            if let Some(processor) = is_due.then(|| free.pop()).flatten() {
                let batch = inbox.receive(full, u64::MAX >> 1, Duration::from_secs(360)).await.unwrap();
                running.spawn(invocation(processor, inbox.clone(), batch));
                done.invocations += 1;
                waiting = Instant::now();
            }
            tokio::time::sleep(TICK).await;
            while let Some(ended) = running.try_join_next() {
                free.push(ended.unwrap());
            }
            if tick % 10 == 9 {
                clock.advance(1);
                let units = of_error(&meter).units;
                done.busiest = done.busiest.max(units - before);
                before = units;
            }
        }
        let Written { items, units, refused, .. } = of_error(&meter);
        let stored: u64 = source.counts().await.values().sum();
        assert_eq!(stored, done.events, "every event is counted once");
        Storm { seconds: seconds as u64, writes: items, refused, units, ..done }
    })
}

fn window() -> u64 {
    template::number("ProcessorWindowSeconds", "Default")
}

/// Writes of the one error's item.
fn of_error(meter: &Meter) -> Written {
    meter.counted().errors.into_values().next().unwrap_or_default()
}

async fn invocation(processor: Faultline, inbox: Queue, mut batch: Vec<Received>) -> Faultline {
    let failed = processor.stack.process(&mut batch).await;
    assert!(failed.is_empty(), "no message failed: {failed:?}");
    inbox.delete(batch.iter().map(|message| &message.receipt_handle)).await.unwrap();
    processor
}

//! Processes of notify, and the table whose stream they read.

use std::sync::Arc;

use faultline_tests::{Faultline, project_data, time};
use formats::inbox::Notifications;
use model::id::ConfigId;
use model::time::Timestamp;
use notify::{Notify, Parts, Record};
use serde_json::{Value, json};
use store::Stores;
use store::clock::Clock;
use store::faults::{Faults, Faulty};
use store::ports::{Configs, Outbox, Project};

use super::destinations::{Destinations, Line};
use crate::messages::Writer;
use crate::world::{Process, World};

/// A stack and its table's stream.
pub(super) struct Scene {
    pub(super) world: World,
    stream: Faultline,
    processor: Process,
    writer: Writer,
}

impl Scene {
    pub(super) async fn new(seed: u64) -> Self {
        let world = World::new(seed).await;
        let resources = world.behind(&Faults::seeded(0)).await;
        let stream = Faultline::builder()
            .engines(world.engines.clone())
            .resources(resources)
            .clock(world.clock.clone())
            .start()
            .await;
        let processor = world.process(Faults::seeded(0)).await;
        Self { world, stream, processor, writer: Writer::new() }
    }

    /// Restarts all randomness from `seed`.
    pub(super) async fn reseed(&mut self, seed: u64) {
        self.world.reseed(seed);
        self.processor = self.world.process(Faults::seeded(0)).await;
    }

    /// Creates a project with these rules.
    pub(super) async fn project(&self, name: &str, rules: &Value) -> Project {
        let project = self.world.project(name).await;
        let document = json!({ "rules": rules }).to_string();
        let sealer = self.world.truth.sealer.as_ref().unwrap();
        let sealed = sealer.seal(&project.name, document.as_bytes()).await.unwrap();
        project_data(&self.world.truth).set_rules(&project, 0, &sealed).await.unwrap();
        project
    }

    /// Commits each of `errors` with this many occurrences.
    pub(super) async fn commit(&mut self, project: &Project, errors: &[(&str, usize)], posted: Option<&Value>) {
        let events: Vec<_> =
            errors.iter().flat_map(|&(message, times)| std::iter::repeat_n((message, 1), times)).collect();
        let message = match posted {
            None => self.writer.v1(project.id, &events),
            Some(posted) => {
                let text = posted.to_string().into_bytes();
                let sealer = self.world.truth.sealer.as_ref().unwrap();
                let sealed = sealer.seal(&project.name, &text).await.unwrap();
                let posted = Notifications { id: ConfigId::of(&project.name, &text), sealed };
                self.writer.told(project.id, &events, posted)
            }
        };
        self.processor.process_all(&[message]).await;
    }

    /// Returns the stream records since the last call.
    pub(super) async fn records(&self) -> Vec<Record> {
        self.stream.records().await
    }

    /// Returns the number of lanes that are not empty.
    pub(super) async fn waiting(&self) -> usize {
        let ever = Timestamp::from_seconds(4_000_000_000);
        self.world.truth.table.due(ever, 1_000).await.unwrap().len()
    }

    /// Advances the clock and sweeps until no lane waits. Panics if one still waits after `rounds` minutes.
    pub(super) async fn drain(&self, notifier: &NotifyProcess, rounds: usize, when: &str) {
        for _ in 0..rounds {
            if self.waiting().await == 0 {
                return;
            }
            self.world.clock.advance(60);
            notifier.sweep().await;
        }
        assert_eq!(self.waiting().await, 0, "{when}: lanes that stay in the outbox, at {:?}", self.world.clock.now());
    }
}

/// A process of notify, and the faults of its calls.
pub(super) struct NotifyProcess {
    pub(super) notify: Notify,
    pub(super) faults: Faults,
}

impl NotifyProcess {
    /// A process whose ports fail. Each call of a port is one step.
    pub(super) fn above_ports(world: &World, faults: Faults, to: &Arc<Destinations>) -> Self {
        let truth = &world.truth;
        let notify = Notify::new(Parts {
            stores: Stores::faulty(&truth.directory, &truth.table, &truth.bucket, &faults),
            undelivered: Arc::new(Faulty::new((*truth.undelivered).clone(), faults.clone())),
            sealer: Some(Arc::new(Faulty::new(truth.sealer.clone().unwrap(), faults.clone()))),
            channels: Arc::new(Line { faults: faults.clone(), to: to.clone() }),
            clock: world.clock.clone(),
            public_url: None,
        });
        Self { notify, faults }
    }

    /// A process whose connections fail, below the adapters and the SDK's retries.
    pub(super) async fn over_lines(world: &World, faults: Faults, to: &Arc<Destinations>) -> Self {
        let resources = world.behind(&faults).await;
        let notify = Notify::new(Parts {
            stores: Stores::new(&resources.directory, &resources.table, &resources.bucket),
            undelivered: resources.undelivered,
            sealer: resources.sealer,
            channels: Arc::new(Line { faults: faults.clone(), to: to.clone() }),
            clock: world.clock.clone(),
            public_url: None,
        });
        Self { notify, faults }
    }

    /// Processes stream records. Returns `None` if the process died, or else the number of the record to repeat from.
    pub(super) async fn watch(&self, records: &[Record]) -> Option<Option<String>> {
        tokio::select! {
            biased;
            again = self.notify.watch(records, time()) => Some(again),
            () = self.faults.crashed() => None,
        }
    }

    /// Sends what is due. Returns `None` if the process died. A failed sweep is followed by the next one.
    pub(super) async fn sweep(&self) -> Option<()> {
        tokio::select! {
            biased;
            _ = self.notify.sweep(time()) => Some(()),
            () = self.faults.crashed() => None,
        }
    }
}

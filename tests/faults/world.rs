//! A stack in which processes are started and die.

use std::sync::Arc;
use std::time::Duration;

use embedded::Engines;
use faultline_tests::{Faultline, TestClock};
use model::id::{Checksum, ProjectId, ProjectName, UploadId};
use processor::{Deadline, Delivery, Failure, Processor};
use server::system::Resources;
use source_maps::{Mapping, Source, Target, write_map};
use store::Stores;
use store::clock::Clock;
use store::faults::Faults;
use store::ports::{MapItem, MapKind, Project, Projects, SourceMaps, SymbolFiles, Upload};

use crate::messages::script_id;
use crate::turns::{Turns, held};

/// Maximum duration of a batch.
pub(crate) const TIME: Duration = Duration::from_secs(28);

/// The stored state of a stack, which survives its processes.
pub(crate) struct World {
    pub(crate) engines: Engines,
    turns: Turns,
    pub(crate) clock: Arc<TestClock>,
    /// The resources without faults.
    pub(crate) truth: Resources,
}

/// A processor, and the faults of its calls.
pub(crate) struct Process {
    pub(crate) processor: Processor,
    pub(crate) faults: Faults,
}

impl World {
    pub(crate) async fn new(seed: u64) -> Self {
        Self::on(Engines::memory().unwrap(), seed).await
    }

    /// A stack on these empty engines.
    pub(crate) async fn on(engines: Engines, seed: u64) -> Self {
        // Seeds the SDK's jitter.
        fastrand::seed(seed);
        held(Resources::make(&engines)).await.unwrap();
        let turns = Turns::default();
        let truth = Resources::through(&engines, |engine| turns.around(engine)).await.unwrap();
        Self { engines, turns, clock: Arc::new(TestClock::seeded(seed)), truth }
    }

    /// Restarts all randomness from `seed`.
    pub(crate) fn reseed(&mut self, seed: u64) {
        fastrand::seed(seed);
        self.clock = Arc::new(TestClock::seeded(seed));
    }

    /// Returns resources whose calls go through `faults`.
    pub(crate) async fn behind(&self, faults: &Faults) -> Resources {
        Resources::through(&self.engines, |engine| faults.around(self.turns.around(engine))).await.unwrap()
    }

    /// Starts all of faultline in one process, whose calls go through `faults`.
    pub(crate) async fn faultline(&self, faults: &Faults) -> Faultline {
        Faultline::builder()
            .engines(self.engines.clone())
            .resources(self.behind(faults).await)
            .clock(self.clock.clone())
            .start()
            .await
    }

    /// Starts a new process, with an empty cache.
    pub(crate) async fn process(&self, faults: Faults) -> Process {
        let Resources { directory, table, bucket, .. } = self.behind(&faults).await;
        let processor = Processor::new(Stores::new(&directory, &table, &bucket), self.clock.clone(), 36_500);
        Process { processor, faults }
    }

    pub(crate) async fn project(&self, name: &str) -> Project {
        let name = ProjectName::parse(name).unwrap();
        self.truth.directory.create(&name, self.clock.now()).await.unwrap()
    }

    /// Uploads the source map of [`Writer::script`](crate::messages::Writer::script).
    pub(crate) async fn upload_map(&self, project: ProjectId) {
        let target = Target { source: 0, line: 2, column: 4, name: Some("total") };
        let mapping = Mapping { line: 0, column: 0, target: Some(target) };
        let source = Source { name: "src/a.ts", is_ignored: false, text: Some("1\n2\nthrow three\n4") };
        let mut object = Vec::new();
        let range = write_map(&mut object, &[mapping], &[], [source].into_iter()).unwrap();
        let (now, id) = (self.clock.now(), script_id());
        let upload = UploadId::new(now, Checksum::from_bytes([1; 20]));
        let expires_at = now.plus_seconds(80 * 86_400);
        let (kind, size) = (MapKind::SourceMap, object.len() as u64);
        let item = MapItem { id, kind, upload, offset: range.offset, length: range.length, expires_at };
        let upload = Upload {
            id: upload,
            kind,
            failure: None,
            release: None,
            dist: None,
            uploader: String::new(),
            ids: vec![id],
            files: Vec::new(),
            file_count: 1,
            size,
            expires_at,
        };
        self.truth.bucket.put_maps(project, &upload.id, object).await.unwrap();
        self.truth.directory.put_source_maps(project, &upload, &[item]).await.unwrap();
    }

    pub(crate) async fn project_named(&self, name: &str) -> Project {
        self.truth.directory.by_name(&ProjectName::parse(name).unwrap()).await.unwrap().unwrap()
    }
}

impl Process {
    /// Processes a batch. Returns `None` if the process died.
    pub(crate) async fn process(&self, batch: &[Delivery]) -> Option<Vec<Failure>> {
        tokio::select! {
            // Not random.
            biased;
            failures = self.processor.process(batch, Deadline::within(TIME)) => Some(failures),
            () = self.faults.crashed() => None,
        }
    }

    /// Processes a batch without faults: every message must succeed.
    pub(crate) async fn process_all(&self, batch: &[Delivery]) {
        self.faults.heal();
        let failures = self.processor.process(batch, Deadline::within(TIME)).await;
        assert!(failures.is_empty(), "messages failed without faults: {failures:?}");
    }
}

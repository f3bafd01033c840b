use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use model::id::{Checksum, DebugId, EventId, ProjectId, UploadId};
use model::occurrence::{Exception, Frame, Occurrence, Source as Origin, Stacktrace};
use model::time::Timestamp;
use parking_lot::Mutex;
use source_maps::{Mapping, Scope, Source, Target, write_map};
use store::clock::Clock;
use store::ports::{MapItem, MapKind, Page, SourceMaps, SymbolFiles, Upload};
use store::{Kind, StoreError};

use crate::cache::MapCache;
use crate::{Budget, Symbolicator};

/// Storage with one map, which counts reads and may fail or never answer.
#[derive(Default)]
struct World {
    object: Mutex<Vec<u8>>,
    item: Mutex<Option<MapItem>>,
    changed: Mutex<Option<Timestamp>>,
    reads: AtomicUsize,
    /// The ranged reads among them.
    parts: AtomicUsize,
    renewals: AtomicUsize,
    fails: AtomicBool,
    hangs: AtomicBool,
    has_files: AtomicBool,
    seconds: AtomicI64,
}

impl World {
    async fn read(&self) -> store::Result<()> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        if self.hangs.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        match self.fails.load(Ordering::Relaxed) {
            true => Err(StoreError::new(Kind::Unavailable, "testing", "down")),
            false => Ok(()),
        }
    }

    fn upload(&self) {
        let mut object = self.object.lock();
        object.clear();
        let target = Target { source: 0, line: 2, column: 4, name: None };
        let mapping = Mapping { line: 0, column: 0, target: Some(target) };
        let scope = Scope { line: 0, column: 0, function: Some("total".to_owned()) };
        let source = Source { name: "src/a.ts", is_ignored: false, text: Some("1\n2\nthree\n4") };
        let range = write_map(&mut object, &[mapping], &[scope], [source].into_iter()).unwrap();
        let upload = UploadId::new(self.now(), Checksum::from_bytes([1; 20]));
        let expires_at = self.now().plus_seconds(90 * 86_400);
        *self.item.lock() = Some(MapItem {
            id: id(),
            kind: MapKind::SourceMap,
            upload,
            offset: range.offset,
            length: range.length,
            expires_at,
        });
        *self.changed.lock() = Some(self.now());
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000 + self.seconds.load(Ordering::Relaxed))
    }

    fn random(&self) -> u128 {
        7
    }
}

#[async_trait]
impl SourceMaps for World {
    async fn put_source_maps(&self, _: ProjectId, _: &Upload, _: &[MapItem]) -> store::Result<()> {
        unreachable!("maps are only read here")
    }

    async fn source_maps_changed(&self, _: ProjectId) -> store::Result<Option<Timestamp>> {
        self.read().await?;
        Ok(*self.changed.lock())
    }

    async fn note_file_maps(&self, _: ProjectId) -> store::Result<()> {
        unreachable!("maps are only read here")
    }

    async fn has_file_maps(&self, _: ProjectId) -> store::Result<bool> {
        self.read().await?;
        Ok(self.has_files.load(Ordering::Relaxed))
    }

    async fn source_map(&self, _: ProjectId, _: DebugId) -> store::Result<Option<MapItem>> {
        self.read().await?;
        Ok(self.item.lock().clone())
    }

    async fn source_maps(&self, _: ProjectId, _: &[DebugId]) -> store::Result<Vec<MapItem>> {
        unreachable!("maps are read one by one here")
    }

    async fn keep_source_map(&self, _: ProjectId, map: &MapItem, until: Timestamp) -> store::Result<()> {
        self.renewals.fetch_add(1, Ordering::Relaxed);
        *self.item.lock() = Some(MapItem { expires_at: until, ..map.clone() });
        Ok(())
    }

    async fn uploads(&self, _: ProjectId, _: Option<&UploadId>, _: usize) -> store::Result<Page<Upload, UploadId>> {
        unreachable!("uploads are not listed here")
    }

    async fn upload(&self, _: ProjectId, _: &UploadId) -> store::Result<Option<Upload>> {
        unreachable!("uploads are not read here")
    }

    async fn upload_of_bundle(&self, _: ProjectId, _: Checksum) -> store::Result<Option<Upload>> {
        unreachable!("uploads are not read here")
    }

    async fn remove_upload(&self, _: ProjectId, _: &Upload, _: Timestamp) -> store::Result<()> {
        unreachable!("uploads are not removed here")
    }

    async fn remove_source_maps(&self, _: ProjectId) -> store::Result<bool> {
        unreachable!("nothing is removed here")
    }
}

#[async_trait]
impl SymbolFiles for World {
    async fn put_chunk(&self, _: ProjectId, _: Checksum, _: Bytes) -> store::Result<()> {
        unreachable!("nothing is written here")
    }

    async fn has_chunk(&self, _: ProjectId, _: Checksum) -> store::Result<bool> {
        unreachable!("chunks are not read here")
    }

    async fn chunk(&self, _: ProjectId, _: Checksum) -> store::Result<Option<Bytes>> {
        unreachable!("chunks are not read here")
    }

    async fn put_maps(&self, _: ProjectId, _: &UploadId, _: Vec<u8>) -> store::Result<()> {
        unreachable!("nothing is written here")
    }

    async fn maps_part(&self, _: ProjectId, _: &UploadId, offset: u64, length: u64) -> store::Result<Option<Bytes>> {
        self.read().await?;
        self.parts.fetch_add(1, Ordering::Relaxed);
        let object = self.object.lock();
        Ok(object.get(offset as usize..(offset + length) as usize).map(Bytes::copy_from_slice))
    }

    async fn keep_maps(&self, _: ProjectId, _: &UploadId) -> store::Result<()> {
        Ok(())
    }

    async fn remove_maps(&self, _: ProjectId, _: &UploadId) -> store::Result<()> {
        unreachable!("nothing is removed here")
    }

    async fn remove_some_symbol_files(&self, _: ProjectId) -> store::Result<bool> {
        unreachable!("nothing is removed here")
    }
}

fn id() -> DebugId {
    DebugId::from_bytes([7; 16])
}

fn start() -> (Arc<World>, Symbolicator) {
    let world = Arc::new(World::default());
    let symbolicator =
        Symbolicator { maps: world.clone(), files: world.clone(), clock: world.clone(), cache: MapCache::default() };
    (world, symbolicator)
}

fn event() -> Occurrence {
    let at = Timestamp::from_seconds(1);
    let mut event = Occurrence::new(EventId::from_bytes([1; 16]), Origin::Sentry, at, at);
    event.platform = "javascript".to_owned();
    let frame = Frame {
        abs_path: Some("https://shop.test/a.js".to_owned()),
        lineno: Some(1),
        colno: Some(9),
        ..Frame::default()
    };
    let stack = Stacktrace { frames: vec![frame; 3], ..Stacktrace::default() };
    event.exceptions.push(Exception { stacktrace: Some(stack), ..Exception::default() });
    let images = serde_json::json!({ "images": [{ "type": "sourcemap", "code_file": "https://shop.test/a.js", "debug_id": id() }] });
    event.other.insert("debug_meta".to_owned(), images);
    event
}

/// Maps an event. Returns the file that it shows, and how many reads that took.
async fn map(world: &World, symbolicator: &Symbolicator) -> (Option<String>, usize) {
    let (mut event, before) = (event(), world.reads.load(Ordering::Relaxed));
    let project = ProjectId::new(1).unwrap();
    symbolicator.map(project, &mut event, &mut Budget::new(Duration::from_secs(2)), false).await;
    let frame = event.exceptions[0].stacktrace.as_ref().unwrap().frames[2].clone();
    (frame.filename, world.reads.load(Ordering::Relaxed) - before)
}

/// A storm costs no reads, and a project without maps a read each half a minute.
#[tokio::test]
async fn reads_are_few() {
    let (world, symbolicator) = start();
    assert_eq!(map(&world, &symbolicator).await, (None, 1));
    for _ in 0..100 {
        assert_eq!(map(&world, &symbolicator).await, (None, 0));
    }
    world.upload();
    world.seconds.store(29, Ordering::Relaxed);
    assert_eq!(map(&world, &symbolicator).await, (None, 0));
    world.seconds.store(30, Ordering::Relaxed);
    let file = Some("src/a.ts".to_owned());
    // When maps changed, where the map is, its directory, a block and a source. Frames of one event may read the same part
    // at the same time.
    let (found, reads) = map(&world, &symbolicator).await;
    assert_eq!(found, file);
    assert!((5..=9).contains(&reads), "{reads}");
    for _ in 0..100 {
        assert_eq!(map(&world, &symbolicator).await, (file.clone(), 0));
    }
}

/// A cold look-up of a place reads where the map is, and three parts of its object: the directory, a block and a source.
#[tokio::test]
async fn a_cold_lookup_takes_three_ranged_reads() {
    let (world, symbolicator) = start();
    world.upload();
    let mut event = event();
    event.exceptions[0].stacktrace.as_mut().unwrap().frames.truncate(1);
    let project = ProjectId::new(1).unwrap();
    assert!(symbolicator.map(project, &mut event, &mut Budget::new(Duration::from_secs(2)), false).await);
    assert_eq!((world.parts.load(Ordering::Relaxed), world.reads.load(Ordering::Relaxed)), (3, 5));
}

/// A failure of storage does not reach the event.
#[tokio::test(start_paused = true)]
async fn an_outage_delays_an_event_by_its_budget_at_most() {
    let (world, symbolicator) = start();
    world.upload();
    world.fails.store(true, Ordering::Relaxed);
    assert_eq!(map(&world, &symbolicator).await.0, None);
    world.fails.store(false, Ordering::Relaxed);
    world.hangs.store(true, Ordering::Relaxed);
    let started = tokio::time::Instant::now();
    let mut budget = Budget::new(Duration::from_secs(2));
    for _ in 0..50 {
        let project = ProjectId::new(1).unwrap();
        assert!(!symbolicator.map(project, &mut event(), &mut budget, false).await);
    }
    assert_eq!(started.elapsed().as_secs(), 2, "all events of a batch share a budget");
    world.hangs.store(false, Ordering::Relaxed);
    assert_eq!(map(&world, &symbolicator).await.0.as_deref(), Some("src/a.ts"));
}

#[tokio::test]
async fn a_map_in_use_is_renewed_about_once_a_month() {
    let (world, symbolicator) = start();
    world.upload();
    let mut renewed = Vec::new();
    for day in 0..200 {
        world.seconds.store(day * 86_400, Ordering::Relaxed);
        let before = world.renewals.load(Ordering::Relaxed);
        for _ in 0..3 {
            map(&world, &symbolicator).await;
        }
        if world.renewals.load(Ordering::Relaxed) > before {
            renewed.push(day);
        }
    }
    assert_eq!(renewed, [30, 60, 90, 120, 150, 180]);
    assert_eq!(world.renewals.load(Ordering::Relaxed), 6);
}

#[tokio::test]
async fn a_damaged_object_is_a_problem_and_no_failure() {
    let (world, symbolicator) = start();
    world.upload();
    world.object.lock().iter_mut().for_each(|byte| *byte ^= 0x5a);
    let mut event = event();
    let project = ProjectId::new(1).unwrap();
    assert!(!symbolicator.map(project, &mut event, &mut Budget::new(Duration::from_secs(2)), true).await);
    let frame = &event.exceptions[0].stacktrace.as_ref().unwrap().frames[2];
    assert!(source_maps::problem_of(frame).unwrap().contains("cannot be read"));
    world.object.lock().clear();
    let (other, symbolicator) = start();
    *other.item.lock() = world.item.lock().clone();
    *other.changed.lock() = *world.changed.lock();
    let mut event = self::event();
    symbolicator.map(project, &mut event, &mut Budget::new(Duration::from_secs(2)), true).await;
    let frame = &event.exceptions[0].stacktrace.as_ref().unwrap().frames[2];
    assert!(source_maps::problem_of(frame).unwrap().contains("No source map was uploaded"));
}

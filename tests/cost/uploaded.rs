//! The source map of the events of `Kind::Mapped`.

use embedded::Engines;
use model::id::{Checksum, ProjectId, UploadId};
use model::time::Timestamp;
use server::system::Resources;
use source_maps::{Mapping, Source, Target, write_map};
use store::ports::{MapItem, MapKind, SourceMaps, SymbolFiles, Upload};

use super::workload::{FRAMES, script_id};
use crate::turns::Turns;

/// The number of errors in the script.
const ERRORS: u32 = 100;

/// Stores the map: a line of the script for each error, with a source of its own.
pub(super) async fn upload_map(engines: &Engines, project: ProjectId, now: Timestamp) {
    let turns = Turns::default();
    let resources = Resources::through(engines, |engine| turns.around(engine)).await.unwrap();
    let places = (0..ERRORS).flat_map(|error| (0..FRAMES as u32).map(move |frame| (error, frame)));
    let mapping = |(error, frame): (u32, u32)| {
        let target = Target { source: error, line: frame * 3, column: 4, name: Some("total") };
        Mapping { line: error, column: frame * 10, target: Some(target) }
    };
    let texts: Vec<_> = (0..ERRORS)
        .map(|error| {
            (0..FRAMES * 3 + 6).map(|line| format!("  const total{line} = sum({error}, {line});\n")).collect::<String>()
        })
        .collect();
    let names: Vec<_> = (0..ERRORS).map(|error| format!("webpack://shop/./src/part{error}.ts")).collect();
    let sources = names.iter().zip(&texts).map(|(name, text)| Source { name, is_ignored: false, text: Some(text) });
    let mut object = Vec::new();
    let range = write_map(&mut object, &places.map(mapping).collect::<Vec<_>>(), &[], sources).unwrap();
    let (kind, expires_at) = (MapKind::SourceMap, now.plus_seconds(89 * 86_400));
    let id = UploadId::new(now, Checksum::from_bytes([1; 20]));
    let item = MapItem { id: script_id(), kind, upload: id, offset: range.offset, length: range.length, expires_at };
    let upload = Upload {
        id,
        kind,
        failure: None,
        release: None,
        dist: None,
        uploader: String::new(),
        ids: vec![script_id()],
        files: Vec::new(),
        file_count: 1,
        size: object.len() as u64,
        expires_at,
    };
    resources.bucket.put_maps(project, &id, object).await.unwrap();
    resources.directory.put_source_maps(project, &upload, &[item]).await.unwrap();
}

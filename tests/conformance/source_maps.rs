use bytes::Bytes;
use model::id::{Checksum, DebugId, ProjectId, UploadId};
use server::system::Resources;
use store::ports::{MapItem, MapKind, SourceMaps, SymbolFiles, Upload, UploadedFile};

use super::at;

fn project(number: u64) -> ProjectId {
    ProjectId::new(number).unwrap()
}

fn id(number: u8) -> DebugId {
    DebugId::from_bytes([number; 16])
}

fn upload_id(seconds: i64, bundle: u8) -> UploadId {
    UploadId::new(at(seconds), Checksum::from_bytes([bundle; 20]))
}

fn upload(seconds: i64, bundle: u8, ids: &[u8]) -> (Upload, Vec<MapItem>) {
    let upload = upload_id(seconds, bundle);
    let expires_at = at(1_000_000_000);
    let files = vec![UploadedFile { url: "~/ä.js".to_owned(), debug_id: None, problem: Some("broken".to_owned()) }];
    let kind = if bundle == 2 { MapKind::ProGuard } else { MapKind::SourceMap };
    let map =
        |number: &u8| MapItem { id: id(*number), kind, upload, offset: u64::from(*number), length: 9, expires_at };
    let maps: Vec<_> = ids.iter().map(map).collect();
    let upload = Upload {
        id: upload,
        kind,
        failure: ids.is_empty().then(|| "nothing".to_owned()),
        release: Some("shop@1".to_owned()),
        dist: None,
        uploader: "ci".to_owned(),
        ids: maps.iter().map(|map| map.id).collect(),
        file_count: 7,
        files,
        size: 1 << 40,
        expires_at,
    };
    (upload, maps)
}

pub(crate) async fn uploaded(on: &Resources) {
    let maps = &on.directory;
    assert_eq!(maps.source_maps_changed(project(7)).await.unwrap(), None);
    let (first, first_maps) = upload(10, 1, &[1, 2]);
    let (second, second_maps) = upload(20, 2, &[2, 3]);
    let (failed, _) = upload(30, 3, &[]);
    maps.put_source_maps(project(7), &first, &first_maps).await.unwrap();
    assert_eq!(maps.source_maps_changed(project(7)).await.unwrap(), Some(at(10)));
    maps.put_source_maps(project(7), &second, &second_maps).await.unwrap();
    maps.put_source_maps(project(7), &failed, &[]).await.unwrap();
    maps.put_source_maps(project(70), &upload(5, 1, &[1]).0, &[]).await.unwrap();

    assert_eq!(maps.source_map(project(7), id(1)).await.unwrap().as_ref(), Some(&first_maps[0]));
    assert_eq!(maps.source_map(project(7), id(2)).await.unwrap().as_ref(), Some(&second_maps[0]), "the last one wins");
    assert_eq!(maps.source_map(project(8), id(1)).await.unwrap(), None);
    let mut found = maps.source_maps(project(7), &[id(1), id(3), id(9)]).await.unwrap();
    found.sort_by_key(|map| map.id);
    assert_eq!(found, [first_maps[0].clone(), second_maps[1].clone()]);

    assert!(!maps.has_file_maps(project(7)).await.unwrap());
    maps.note_file_maps(project(7)).await.unwrap();
    assert!(maps.has_file_maps(project(7)).await.unwrap() && !maps.has_file_maps(project(8)).await.unwrap());

    let page = maps.uploads(project(7), None, 2).await.unwrap();
    assert_eq!((page.items, page.next), (vec![failed.clone(), second.clone()], Some(second.id)));
    let page = maps.uploads(project(7), Some(&second.id), 2).await.unwrap();
    assert_eq!((page.items, page.next), (vec![first.clone()], None));
    assert_eq!(maps.upload(project(7), &first.id).await.unwrap(), Some(first.clone()));
    assert_eq!(maps.upload_of_bundle(project(7), second.id.bundle()).await.unwrap(), Some(second.clone()));

    let until = at(2_000_000_000);
    maps.keep_source_map(project(7), &first_maps[0], until).await.unwrap();
    // A later upload has replaced this map, which stays as it is.
    maps.keep_source_map(project(7), &first_maps[1], until).await.unwrap();
    let ends = async |number| maps.source_map(project(7), id(number)).await.unwrap().unwrap().expires_at;
    assert_eq!([ends(1).await, ends(2).await], [until, at(1_000_000_000)]);
    assert_eq!(maps.upload(project(7), &first.id).await.unwrap().unwrap().expires_at, until);

    maps.remove_upload(project(7), &first, at(40)).await.unwrap();
    assert_eq!(maps.source_maps_changed(project(7)).await.unwrap(), Some(at(40)));
    assert_eq!(maps.source_map(project(7), id(1)).await.unwrap(), None);
    assert!(maps.source_map(project(7), id(2)).await.unwrap().is_some(), "it belongs to the later upload");
    assert_eq!(maps.upload_of_bundle(project(7), first.id.bundle()).await.unwrap(), None);
    maps.keep_source_map(project(7), &first_maps[0], until).await.unwrap();
    assert_eq!(maps.source_map(project(7), id(1)).await.unwrap(), None, "keeping what is gone does not bring it back");

    while maps.remove_source_maps(project(7)).await.unwrap() {}
    assert!(!maps.has_file_maps(project(7)).await.unwrap());
    assert_eq!(maps.uploads(project(7), None, 10).await.unwrap().items, []);
    assert_eq!(maps.source_maps_changed(project(7)).await.unwrap(), None);
    assert_eq!(maps.uploads(project(70), None, 10).await.unwrap().items.len(), 1);
}

pub(crate) async fn stored(on: &Resources) {
    let (files, sha1) = (&on.bucket, Checksum::from_bytes([1; 20]));
    assert!(!files.has_chunk(project(7), sha1).await.unwrap());
    assert_eq!(files.chunk(project(7), sha1).await.unwrap(), None);
    files.put_chunk(project(7), sha1, Bytes::from_static(b"chunk")).await.unwrap();
    assert!(files.has_chunk(project(7), sha1).await.unwrap());
    assert!(!files.has_chunk(project(8), sha1).await.unwrap(), "a chunk belongs to its project");
    assert_eq!(files.chunk(project(7), sha1).await.unwrap().unwrap(), "chunk");

    let upload = upload_id(1, 1);
    assert_eq!(files.maps_part(project(7), &upload, 0, 4).await.unwrap(), None);
    files.put_maps(project(7), &upload, b"0123456789".to_vec()).await.unwrap();
    files.keep_maps(project(7), &upload).await.unwrap();
    assert_eq!(files.maps_part(project(7), &upload, 2, 3).await.unwrap().unwrap(), "234");
    assert_eq!(files.maps_part(project(7), &upload, 2, 0).await.unwrap().unwrap(), "");
    assert!(files.keep_maps(project(7), &upload_id(2, 1)).await.is_err());
    files.remove_maps(project(7), &upload).await.unwrap();
    assert_eq!(files.maps_part(project(7), &upload, 0, 4).await.unwrap(), None);

    files.put_maps(project(7), &upload, b"x".to_vec()).await.unwrap();
    files.put_maps(project(70), &upload, b"x".to_vec()).await.unwrap();
    while files.remove_some_symbol_files(project(7)).await.unwrap() {}
    assert_eq!(files.maps_part(project(7), &upload, 0, 1).await.unwrap(), None);
    assert!(!files.has_chunk(project(7), sha1).await.unwrap());
    assert!(files.maps_part(project(70), &upload, 0, 1).await.unwrap().is_some());
}

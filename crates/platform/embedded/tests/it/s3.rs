//! Tests of S3.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::operation::list_objects_v2::builders::ListObjectsV2FluentBuilder;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, Delete, ObjectIdentifier};
use embedded::{Engines, Error};

use crate::clients;

async fn bucket(engines: &Engines) -> Client {
    let client = clients::s3(engines);
    client.create_bucket().bucket("bucket").send().await.unwrap();
    client
}

fn put(client: &Client, key: &str, body: &[u8]) -> PutObjectFluentBuilder {
    client.put_object().bucket("bucket").key(key).body(ByteStream::from(body.to_vec()))
}

async fn get(client: &Client, key: &str) -> Vec<u8> {
    let got = client.get_object().bucket("bucket").key(key).send().await.unwrap();
    got.body.collect().await.unwrap().to_vec()
}

/// Returns the keys and common prefixes of all pages, in order of appearance, and the number of pages.
async fn list(list: ListObjectsV2FluentBuilder) -> (Vec<String>, Vec<String>, usize) {
    let (mut keys, mut prefixes, mut pages) = (Vec::new(), Vec::new(), 0);
    let mut paginator = list.bucket("bucket").into_paginator().send();
    while let Some(page) = paginator.next().await {
        let page = page.unwrap();
        let shown = page.contents().len() + page.common_prefixes().len();
        assert_eq!(page.key_count(), Some(i32::try_from(shown).unwrap()));
        keys.extend(page.contents().iter().map(|object| object.key().unwrap().to_owned()));
        prefixes.extend(page.common_prefixes().iter().map(|common| common.prefix().unwrap().to_owned()));
        pages += 1;
    }
    (keys, prefixes, pages)
}

#[tokio::test]
async fn an_object_comes_back_with_its_headers() {
    let (_clock, engines) = clients::with_clock();
    let client = bucket(&engines).await;
    let key = "segments/v=1/date=2027-01-15/a b+ü.zst";
    let sent = put(&client, key, b"hello").content_type("application/x-ndjson").content_encoding("zstd");
    let sent = sent.metadata("records", "3").send().await.unwrap();
    assert_eq!(sent.e_tag(), Some("\"5d41402abc4b2a76b9719d911017c592\""));

    let got = client.get_object().bucket("bucket").key(key).send().await.unwrap();
    assert_eq!((got.content_type(), got.content_encoding()), (Some("application/x-ndjson"), Some("zstd")));
    assert_eq!((got.e_tag(), got.content_length()), (sent.e_tag(), Some(5)));
    assert_eq!(got.metadata().unwrap()["records"], "3");
    assert_eq!(got.last_modified().unwrap().secs(), 1_800_000_000);
    assert_eq!(got.body.collect().await.unwrap().to_vec(), b"hello");

    let head = client.head_object().bucket("bucket").key(key).send().await.unwrap();
    assert_eq!((head.e_tag(), head.content_length()), (sent.e_tag(), Some(5)));
    assert_eq!(head.metadata().unwrap()["records"], "3");
}

#[tokio::test]
async fn missing_objects_and_buckets_are_reported() {
    let engines = Engines::memory().unwrap();
    let client = bucket(&engines).await;
    let get = client.get_object().bucket("bucket").key("a").send().await;
    assert!(get.unwrap_err().into_service_error().is_no_such_key());
    let head = client.head_object().bucket("bucket").key("a").send().await;
    assert!(head.unwrap_err().into_service_error().is_not_found());
    let head = client.head_bucket().bucket("nowhere").send().await;
    assert!(head.unwrap_err().into_service_error().is_not_found());
    client.head_bucket().bucket("bucket").send().await.unwrap();
    let put = client.put_object().bucket("nowhere").key("a").send().await;
    assert_eq!(put.unwrap_err().code(), Some("NoSuchBucket"));
    let get = client.get_object().bucket("nowhere").key("a").send().await;
    assert_eq!(get.unwrap_err().code(), Some("NoSuchBucket"));
    client.delete_object().bucket("bucket").key("a").send().await.unwrap();
    let again = client.create_bucket().bucket("bucket").send().await;
    assert!(again.unwrap_err().into_service_error().is_bucket_already_owned_by_you());
}

#[tokio::test]
async fn a_range_is_a_part_of_the_object() {
    let engines = Engines::memory().unwrap();
    let client = bucket(&engines).await;
    put(&client, "a", b"0123456789").send().await.unwrap();
    for (range, part, content_range) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-3", "789", "bytes 7-9/10"),
        ("bytes=8-100", "89", "bytes 8-9/10"),
    ] {
        let got = client.get_object().bucket("bucket").key("a").range(range).send().await.unwrap();
        assert_eq!(got.content_range(), Some(content_range));
        assert_eq!(got.body.collect().await.unwrap().to_vec(), part.as_bytes());
    }
    let beyond = client.get_object().bucket("bucket").key("a").range("bytes=10-").send().await;
    assert_eq!(beyond.unwrap_err().code(), Some("InvalidRange"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_several_concurrent_conditional_puts_succeeds() {
    let dir = tempfile::tempdir().unwrap();
    let engines = Engines::open(dir.path()).unwrap();
    let client = bucket(&engines).await;
    let race = (0..32).map(|i: u8| {
        let put = put(&client, "a", &[i]).if_none_match("*");
        tokio::spawn(async move { (i, put.send().await) })
    });
    let mut winners = Vec::new();
    for put in race.collect::<Vec<_>>() {
        match put.await.unwrap() {
            (i, Ok(_)) => winners.push(i),
            (_, Err(refused)) => assert_eq!(refused.code(), Some("PreconditionFailed")),
        }
    }
    assert_eq!(winners.len(), 1);
    assert_eq!(get(&client, "a").await, winners);
}

#[tokio::test]
async fn a_put_on_condition_of_an_etag_replaces_only_that_object() {
    let engines = Engines::memory().unwrap();
    let client = bucket(&engines).await;
    let first = put(&client, "a", b"1").send().await.unwrap().e_tag.unwrap();
    put(&client, "a", b"2").if_match(&first).send().await.unwrap();
    let stale = put(&client, "a", b"3").if_match(&first).send().await;
    assert_eq!(stale.unwrap_err().code(), Some("PreconditionFailed"));
    let missing = put(&client, "b", b"3").if_match(&first).send().await;
    assert_eq!(missing.unwrap_err().code(), Some("NoSuchKey"));
    assert_eq!(get(&client, "a").await, b"2");
    let unchanged = client.get_object().bucket("bucket").key("a").if_match(&first).send().await;
    assert_eq!(unchanged.unwrap_err().code(), Some("PreconditionFailed"));
}

#[tokio::test]
async fn a_body_that_does_not_match_its_digest_leaves_the_old_object() {
    let engines = Engines::memory().unwrap();
    let client = bucket(&engines).await;
    put(&client, "a", b"old").send().await.unwrap();
    let wrong_md5 = put(&client, "a", b"new").content_md5("XUFAKrxLKna5cZ2REBfFkg==").send().await;
    assert_eq!(wrong_md5.unwrap_err().code(), Some("BadDigest"));
    let wrong_crc = put(&client, "a", b"new").checksum_crc32("AAAAAA==").send().await;
    assert_eq!(wrong_crc.unwrap_err().code(), Some("BadDigest"));
    let wrong_sha = put(&client, "a", b"new").checksum_sha256("A".repeat(43) + "=").send().await;
    assert_eq!(wrong_sha.unwrap_err().code(), Some("BadDigest"));
    assert_eq!(get(&client, "a").await, b"old");
    for algorithm in [ChecksumAlgorithm::Sha256, ChecksumAlgorithm::Crc64Nvme, ChecksumAlgorithm::Crc32C] {
        put(&client, "a", b"new").checksum_algorithm(algorithm).send().await.unwrap();
        // The client verifies the returned checksum.
        assert_eq!(get(&client, "a").await, b"new");
    }
}

#[tokio::test]
async fn a_list_groups_by_delimiter_and_pages_without_gaps() {
    let engines = Engines::memory().unwrap();
    let client = bucket(&engines).await;
    let long = format!("p/{}", "k".repeat(900));
    let keys = ["a", "a/b", "p/1", "p/d1/x", "p/d1/y", "p/d2/x", "p/e", "p/é", "q", &long];
    for key in keys {
        put(&client, key, b"x").send().await.unwrap();
    }
    for max_keys in [1, 2, 3, 1000] {
        let under = client.list_objects_v2().prefix("p/").delimiter("/").max_keys(max_keys);
        let (objects, prefixes, pages) = list(under).await;
        assert_eq!(objects, ["p/1", "p/e", &long, "p/é"]);
        assert_eq!(prefixes, ["p/d1/", "p/d2/"]);
        assert_eq!(pages, 6_usize.div_ceil(usize::try_from(max_keys).unwrap()));
    }
    let (all, _, _) = list(client.list_objects_v2().max_keys(3)).await;
    assert_eq!(all, ["a", "a/b", "p/1", "p/d1/x", "p/d1/y", "p/d2/x", "p/e", &long, "p/é", "q"]);
    let (after, _, _) = list(client.list_objects_v2().start_after("p/d1/x").max_keys(2)).await;
    assert_eq!(after, ["p/d1/y", "p/d2/x", "p/e", &long, "p/é", "q"]);
    let (top, prefixes, _) = list(client.list_objects_v2().delimiter("/")).await;
    assert_eq!((top, prefixes), (vec!["a".to_owned(), "q".to_owned()], vec!["a/".to_owned(), "p/".to_owned()]));
    let (none, _, _) = list(client.list_objects_v2().prefix("nothing")).await;
    assert!(none.is_empty());
}

#[tokio::test]
async fn several_objects_are_deleted_at_once() {
    let engines = Engines::memory().unwrap();
    let client = bucket(&engines).await;
    for key in ["a", "b", "c"] {
        put(&client, key, b"x").send().await.unwrap();
    }
    let identifier = |key: &str| ObjectIdentifier::builder().key(key).build().unwrap();
    let delete = Delete::builder().objects(identifier("a")).objects(identifier("c")).objects(identifier("never"));
    let deleted = client.delete_objects().bucket("bucket").delete(delete.build().unwrap()).send().await.unwrap();
    assert_eq!(deleted.deleted().len(), 3);
    assert_eq!(list(client.list_objects_v2()).await.0, ["b"]);
}

#[tokio::test]
async fn only_old_objects_of_the_prefix_expire() {
    let (clock, engines) = clients::with_clock();
    let client = bucket(&engines).await;
    for i in 0..120 {
        put(&client, &format!("segments/{i}"), b"old").send().await.unwrap();
    }
    put(&client, "config", b"old").send().await.unwrap();
    put(&client, "segments/again", b"old").send().await.unwrap();
    clock.advance(Duration::from_secs(3600));
    put(&client, "segments/new", b"new").send().await.unwrap();
    put(&client, "segments/again", b"new").send().await.unwrap();
    let hour_ago = clients::start() + Duration::from_secs(1);
    assert_eq!(engines.s3().expire("bucket", "segments/", hour_ago).await.unwrap(), 120);
    assert_eq!(list(client.list_objects_v2()).await.0, ["config", "segments/again", "segments/new"]);
    assert_eq!(engines.s3().expire("bucket", "", hour_ago).await.unwrap(), 1);
    let missing = engines.s3().expire("nowhere", "", hour_ago).await;
    assert!(matches!(missing, Err(Error::NoBucket { .. })));
}

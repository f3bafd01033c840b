//! S3.

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use embedded::Engines;

use crate::clients;

#[tokio::test]
async fn an_object_is_put_and_got() {
    let engines = Engines::memory().unwrap();
    let client = clients::s3(&engines);
    client.create_bucket().bucket("bucket").send().await.unwrap();
    client.put_object().bucket("bucket").key("a/b").body(ByteStream::from_static(b"hello")).send().await.unwrap();
    let got = client.get_object().bucket("bucket").key("a/b").send().await.unwrap();
    assert_eq!(&got.body.collect().await.unwrap().into_bytes()[..], b"hello");
}

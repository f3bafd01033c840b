//! Measures the throughput of the engines, on files with full syncs:
//! `cargo bench -p faultline-embedded [part of a name]`
//!
//! A plain program, because the interesting figures are those with many concurrent callers. Harnesses that time one
//! call after another do not show them.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and stops at the first error")]

use std::path::Path;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb as dynamodb;
use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use aws_sdk_s3 as s3;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_sqs as sqs;
use embedded::{Engines, REGION};
use tokio::runtime::Runtime;

/// The size of a message in bytes: a median Sentry event, compressed and in base64.
const BODY: usize = 1600;

fn main() {
    // Cargo passes `--bench`; another argument selects benchmarks by name.
    let chosen = std::env::args().skip(1).find(|arg| !arg.starts_with('-')).unwrap_or_default();
    let runtime = Runtime::new().unwrap();
    let benches: [(&str, Part); 6] = [
        ("sqs_engine", sqs_engine),
        ("sqs_sdk", sqs_sdk),
        ("sqs_source", sqs_source),
        ("dynamo", dynamo),
        ("s3", s3),
        ("kms", kms),
    ];
    for (name, bench) in benches {
        if name.contains(&chosen) {
            // Use the build directory, not /tmp: on some systems that is in memory, where a sync does nothing.
            let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
            bench(&Bench { engines: Engines::open(dir.path()).unwrap(), runtime: &runtime, dir: dir.path() });
        }
    }
}

type Part = fn(&Bench<'_>);

struct Bench<'a> {
    engines: Engines,
    runtime: &'a Runtime,
    dir: &'a Path,
}

impl Bench<'_> {
    /// Runs `times` calls, `concurrent` of them at any time, and prints the rate. Each call counts as `per_call`
    /// operations.
    fn rate<F: Future<Output = ()> + Send + 'static>(
        &self,
        what: &str,
        concurrent: usize,
        times: usize,
        per_call: usize,
        call: impl Fn(usize) -> F + Clone + Send + 'static,
    ) {
        let each = times / concurrent;
        let start = Instant::now();
        self.runtime.block_on(async {
            let tasks: Vec<_> = (0..concurrent)
                .map(|task| {
                    let call = call.clone();
                    tokio::spawn(async move {
                        for i in 0..each {
                            call(task * each + i).await;
                        }
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
        });
        let rate = (each * concurrent * per_call) as f64 / start.elapsed().as_secs_f64();
        println!("{what:50} {concurrent:3} at once {rate:9.0} /s");
    }

    fn time<T>(&self, what: &str, work: impl Future<Output = T>) -> T {
        let start = Instant::now();
        let done = self.runtime.block_on(work);
        println!("{what:50} {:21.2} ms", start.elapsed().as_secs_f64() * 1000.0);
        done
    }
}

macro_rules! client {
    ($sdk:ident, $engine:expr $(, $extra:ident)?) => {
        $sdk::Client::from_conf(
            $sdk::Config::builder()
                .behavior_version($sdk::config::BehaviorVersion::latest())
                .region($sdk::config::Region::new(REGION))
                .credentials_provider($sdk::config::Credentials::new(
                    embedded::s3::ACCESS_KEY_ID,
                    embedded::s3::SECRET_ACCESS_KEY,
                    None,
                    None,
                    "bench",
                ))
                .endpoint_url("https://embedded.invalid")
                .http_client($engine.clone())
                $(.$extra(true))?
                .build(),
        )
    };
}

fn queue_url(bench: &Bench) -> (sqs::Client, String) {
    let client = client!(sqs, bench.engines.sqs());
    let made = bench.runtime.block_on(client.create_queue().queue_name("inbox").send()).unwrap();
    (client, made.queue_url.unwrap())
}

fn sqs_engine(bench: &Bench) {
    queue_url(bench);
    let queue = bench.engines.sqs().queue("inbox").unwrap();
    let send = |times, what| {
        for concurrent in [1, 8, 64] {
            let queue = queue.clone();
            bench.rate(what, concurrent, times, 1, move |_| {
                let queue = queue.clone();
                async move { queue.send("x".repeat(BODY)).await.map(drop).unwrap() }
            });
        }
    };
    send(20_000, "SQS send, engine");
    let fill = queue.clone();
    bench.rate("SQS send, engine, to 250,000 waiting", 256, 190_000, 1, move |_| {
        let queue = fill.clone();
        async move { queue.send("x".repeat(BODY)).await.map(drop).unwrap() }
    });
    send(20_000, "SQS send, engine, with 250,000 waiting");
    bench.time("SQS depth with 310,000 waiting", queue.depth()).unwrap();
}

fn sqs_sdk(bench: &Bench) {
    let (client, url) = queue_url(bench);
    for concurrent in [1, 8, 64] {
        let (client, url) = (client.clone(), url.clone());
        bench.rate("SQS SendMessage, SDK", concurrent, 8_000, 1, move |_| {
            let send = client.send_message().queue_url(&url).message_body("x".repeat(BODY));
            async move { send.send().await.map(drop).unwrap() }
        });
    }
    for concurrent in [8, 64] {
        let (client, url) = (client.clone(), url.clone());
        bench.rate("SQS SendMessageBatch of 10, SDK, messages", concurrent, 2_000, 10, move |_| {
            let entry = |i: usize| {
                let entry = sqs::types::SendMessageBatchRequestEntry::builder().id(i.to_string());
                entry.message_body("x".repeat(BODY)).build().unwrap()
            };
            let send = client.send_message_batch().queue_url(&url).set_entries(Some((0..10).map(entry).collect()));
            async move { assert!(send.send().await.unwrap().failed.is_empty()) }
        });
    }
}

fn sqs_source(bench: &Bench) {
    queue_url(bench);
    let queue = bench.engines.sqs().queue("inbox").unwrap();
    let sender = queue.clone();
    bench.rate("SQS send, engine", 64, 64 * 400, 1, move |_| {
        let queue = sender.clone();
        async move { queue.send("x".repeat(BODY)).await.map(drop).unwrap() }
    });
    for _ in 0..3 {
        let minute = Duration::from_secs(60);
        let batch = bench.time("SQS receive of 4,000", queue.receive(4000, u64::MAX, minute)).unwrap();
        assert_eq!(batch.len(), 4000);
        let handles = batch.iter().map(|message| &message.receipt_handle);
        let deleted = bench.time("SQS delete of 4,000", queue.delete(handles)).unwrap();
        assert_eq!(deleted, 4000);
    }
    // The slowest send while batches are received and deleted.
    let (consumer, sender) = (queue.clone(), queue.clone());
    let slowest = bench.runtime.block_on(async move {
        let consume = tokio::spawn(async move {
            for _ in 0..2 {
                let batch = consumer.receive(4000, u64::MAX, Duration::from_secs(60)).await.unwrap();
                consumer.delete(batch.iter().map(|message| &message.receipt_handle)).await.unwrap();
            }
        });
        let mut slowest = Duration::ZERO;
        while !consume.is_finished() {
            let start = Instant::now();
            sender.send("x".repeat(BODY)).await.unwrap();
            slowest = slowest.max(start.elapsed());
        }
        slowest
    });
    println!("{:50} {:21.2} ms", "SQS slowest send during batches of 4,000", slowest.as_secs_f64() * 1000.0);
}

fn dynamo(bench: &Bench) {
    use dynamodb::types::{
        AttributeDefinition, BillingMode, KeySchemaElement, KeyType, Put, ScalarAttributeType, StreamSpecification,
        StreamViewType, TransactWriteItem, Update,
    };
    let client = client!(dynamodb, bench.engines.dynamo());
    let key = |name, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    let text = |name| {
        let definition = AttributeDefinition::builder().attribute_name(name);
        definition.attribute_type(ScalarAttributeType::S).build().unwrap()
    };
    let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewAndOldImages);
    let create = client
        .create_table()
        .table_name("aggregates")
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range))
        .attribute_definitions(text("pk"))
        .attribute_definitions(text("sk"))
        .stream_specification(stream.build().unwrap());
    bench.runtime.block_on(create.send()).unwrap();

    for concurrent in [1, 8, 64] {
        let client = client.clone();
        bench.rate("DynamoDB UpdateItem, SDK", concurrent, 6_400, 1, move |i| {
            let update = client
                .update_item()
                .table_name("aggregates")
                .key("pk", S(format!("E{}", i % 500)))
                .key("sk", S("T".into()))
                .update_expression("ADD hits :one")
                .expression_attribute_values(":one", N("1".into()));
            async move { update.send().await.map(drop).unwrap() }
        });
    }
    for concurrent in [1, 8, 64] {
        let client = client.clone();
        bench.rate("DynamoDB GetItem, SDK", concurrent, 12_800, 1, move |i| {
            let get = client.get_item().table_name("aggregates").key("pk", S(format!("E{}", i % 500)));
            let get = get.key("sk", S("T".into()));
            async move { assert!(get.send().await.unwrap().item.is_some()) }
        });
    }
    // 33 errors in one transaction, with three actions each, as the processor writes them.
    for concurrent in [1, 4] {
        let client = client.clone();
        bench.rate("DynamoDB TransactWriteItems of 99, SDK, actions", concurrent, 80, 99, move |i| {
            let actions = (0..33).flat_map(|error| {
                let pk = format!("E{}", (i * 33 + error) % 500);
                let update = |sk: &str, expression: &str| {
                    let update = Update::builder().table_name("aggregates").key("pk", S(pk.clone()));
                    let update = update.key("sk", S(sk.to_owned())).update_expression(expression);
                    let update = update.expression_attribute_values(":one", N("1".into())).build().unwrap();
                    TransactWriteItem::builder().update(update).build()
                };
                let reference = Put::builder()
                    .table_name("aggregates")
                    .item("pk", S(pk.clone()))
                    .item("sk", S(format!("O#{i}")))
                    .item("frame", S("x".repeat(300)))
                    .build()
                    .unwrap();
                let reference = TransactWriteItem::builder().put(reference).build();
                [update("error", "ADD hits :one"), update("timeline", "ADD m0 :one"), reference]
            });
            let write = client.transact_write_items().set_transact_items(Some(actions.collect()));
            async move { write.send().await.map(drop).unwrap() }
        });
    }
}

fn s3(bench: &Bench) {
    let client = client!(s3, bench.engines.s3(), force_path_style);
    bench.runtime.block_on(client.create_bucket().bucket("segments").send()).unwrap();
    let sizes = [("5 kB", 5_000, 4_000), ("500 kB", 500_000, 400)];
    for (name, size, times) in sizes {
        let body = bytes::Bytes::from(vec![7; size]);
        for concurrent in [1, 8] {
            let (client, body) = (client.clone(), body.clone());
            bench.rate(&format!("S3 PutObject of {name}, SDK"), concurrent, times, 1, move |i| {
                let put = client.put_object().bucket("segments").key(format!("{size}/{concurrent}/{i}"));
                let put = put.body(ByteStream::from(body.clone()));
                async move { put.send().await.map(drop).unwrap() }
            });
        }
    }
    for concurrent in [1, 8] {
        let client = client.clone();
        bench.rate("S3 GetObject, 20 kB out of 500 kB, SDK", concurrent, 4_000, 1, move |i| {
            let get = client.get_object().bucket("segments").key(format!("500000/1/{}", i % 400));
            let get = get.range("bytes=300000-319999");
            async move { assert_eq!(get.send().await.unwrap().body.collect().await.unwrap().to_vec().len(), 20_000) }
        });
    }
    let size = std::fs::metadata(bench.dir.join("s3.db")).unwrap().len();
    println!("{:50} {:21.0} MB", "S3 file after that", size as f64 / 1e6);
}

fn kms(bench: &Bench) {
    use aws_sdk_kms as kms;
    let client = client!(kms, bench.engines.kms());
    bench.rate("KMS GenerateDataKey, SDK", 8, 8_000, 1, move |_| {
        let generate =
            client.generate_data_key().key_id(embedded::kms::ALIAS).key_spec(kms::types::DataKeySpec::Aes256);
        async move { generate.send().await.map(drop).unwrap() }
    });
}

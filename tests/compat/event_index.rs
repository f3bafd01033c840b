//! Version 0.1 with an event index (then called directory): events are found by their ids.

use embedded::Engines;
use faultline_tests::{Faultline, raw};
use http::Method;
use model::id::{ProjectName, SegmentId};
use serde_json::json;
use server::system::Resources;
use store::ports::Projects;

use crate::Samples;
use crate::write::object;

#[tokio::test]
async fn an_event_is_found_by_its_id() {
    let samples = Samples::of("directory");
    let faultline = samples.restored().await;
    let events = samples.text("events.txt");
    assert_eq!(events.lines().count(), 2);
    for line in events.lines() {
        let (message, event) = line.split_once(' ').unwrap();
        let found = faultline.get(&format!("/projects/shop/occurrences/{event}")).await;
        assert_eq!((&found["error"]["eventId"], &found["belongsTo"]["message"]), (&event.into(), &message.into()));
    }
}

/// Writes an event with its own entry, and a block that contains another event, with their errors and occurrences.
#[tokio::test]
#[ignore = "writes new samples: see write.rs"]
async fn write_directory() {
    let samples = Samples::new();
    let engines = Engines::memory().unwrap();
    let resources = Resources::make(&engines).await.unwrap();
    let faultline = Faultline::builder().engines(engines.clone()).start().await;
    faultline.call(Method::POST, "/projects", "admin-key", r#"{"name":"shop"}"#).await;
    for (message, many) in [("alone", 1), ("storm", 17)] {
        faultline.post("shop", &json!({ "errors": vec![json!({ "message": message }); many] })).await;
        assert_eq!(faultline.process().await, 0);
    }
    let occurrences = async |message: &str| {
        faultline.get(&format!("/projects/shop/errors/{message}/occurrences?limit=1")).await["errors"][0].clone()
    };
    let (mut events, mut objects) = (String::new(), String::new());
    for message in ["alone", "storm"] {
        let occurrence = occurrences(message).await;
        events.push_str(&format!("{message} {}\n", occurrence["eventId"].as_str().unwrap()));
    }
    samples.write("events.txt", &events);
    for item in raw::items(&engines).await {
        let (pk, sk) = (item["pk"]["S"].as_str().unwrap(), item["sk"]["S"].as_str().unwrap());
        let file = match (pk, sk) {
            ("PROJECT", "shop") => "project.json".to_owned(),
            ("PROJECT_ID", "2") => "project-id.json".to_owned(),
            ("P#2", sk) if sk.starts_with("E#") => format!("error-{}.json", item["message"]["S"].as_str().unwrap()),
            (pk, sk) if pk.starts_with("E#2#") && sk.starts_with("O#") => format!("reference-{}.json", &sk[20..]),
            (pk, _) if pk.starts_with("D#2#") => format!("directory-{}.json", pk[4..].replace('#', "-")),
            _ => continue,
        };
        if let Some(segment) = item["segment"]["S"].as_str() {
            let project = ProjectName::parse("shop").unwrap();
            let id = resources.directory.by_name(&project).await.unwrap().unwrap().id;
            let (name, key) =
                (format!("segment-{}.zst.base64", &sk[20..]), SegmentId::parse(id, segment).unwrap().key());
            object(&samples, &mut objects, &name, &key, &resources).await;
        }
        samples.write_item(&file, &item);
    }
    samples.write("objects.txt", &objects);
}

//! Version 0.1 with a directory: events are found by their ids.

use crate::Samples;

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

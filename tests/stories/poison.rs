//! Promises 1 and 3: what cannot be digested ends in the dead-letter queue, alone.

use faultline_tests::Faultline;

/// A message that cannot be read is delivered some times and then moved away; its neighbours are digested at once.
#[tokio::test]
async fn a_poison_message_goes_to_the_dead_letter_queue_alone() {
    let faultline = Faultline::new().await;
    faultline.post_message("before").await;
    for poison in ["", "9.later form", "1.***", "@inbox/v=1/nothing-there"] {
        if !poison.is_empty() {
            faultline.stack.inbox().send(poison.to_owned()).await.unwrap();
        }
    }
    faultline.post_message("after").await;
    assert_eq!(faultline.digest().await, 3);
    assert_eq!(faultline.counts().await.into_keys().collect::<Vec<_>>(), ["after", "before"]);
    for _ in 0..4 {
        assert_eq!(faultline.digest().await, 3, "it is tried again");
    }
    assert_eq!(faultline.digest().await, 0, "and then no more");
    let dead = faultline.stack.engines().sqs().queue("faultline-inbox-dead").unwrap();
    assert_eq!(dead.depth().await.unwrap().visible, 3, "nothing is dropped");
}

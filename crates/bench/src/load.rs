//! Sends a workload and records the answers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::connection::Connection;
use crate::pace::{Pace, Turns};
use crate::{BenchTarget, Latencies, Workload};

/// A load: the events to send, the server, the pace, and when to stop.
#[derive(Clone, Debug)]
pub struct Load {
    pub target: BenchTarget,
    pub workload: Workload,
    pub pace: Pace,
    /// The number of connections, and so the most requests in flight.
    pub connections: u16,
    /// The most events to send.
    pub events: u64,
    /// How long to send, from the start.
    pub time: Duration,
}

/// The result of a load.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// How many events were accepted: answered with success.
    pub accepted: u64,
    /// How many events were answered with another status, by status.
    pub refused: BTreeMap<u16, u64>,
    /// How many events got no answer, by reason.
    pub failed: BTreeMap<String, u64>,
    /// The time from the first request to the last answer.
    pub took: Duration,
    /// How long successful requests took. In an open loop this counts from when the request was due.
    pub latencies: Latencies,
}

impl Load {
    /// Sends the load. Every event is sent once; there are no retries.
    pub async fn run(self) -> Outcome {
        let (load, start) = (Arc::new(self), Instant::now());
        let turns = Arc::new(Turns::begin(load.pace, load.events, load.time));
        let mut senders = JoinSet::new();
        for _ in 0..load.connections {
            senders.spawn(send(load.clone(), turns.clone()));
        }
        let (mut outcome, mut latencies) = (Outcome::default(), Vec::new());
        while let Some(sent) = senders.join_next().await {
            let Ok(Sent { latencies: of_one, refused, failed }) = sent else { continue };
            latencies.extend(of_one);
            refused.into_iter().for_each(|(status, count)| *outcome.refused.entry(status).or_default() += count);
            failed.into_iter().for_each(|(reason, count)| *outcome.failed.entry(reason).or_default() += count);
        }
        outcome.took = start.elapsed();
        outcome.accepted = latencies.len() as u64;
        outcome.latencies = latencies.into_iter().collect();
        outcome
    }
}

/// The results of one connection.
#[derive(Default)]
struct Sent {
    latencies: Vec<Duration>,
    refused: BTreeMap<u16, u64>,
    failed: BTreeMap<String, u64>,
}

async fn send(load: Arc<Load>, turns: Arc<Turns>) -> Sent {
    let mut connection = Connection::to(&load.target, load.workload.form());
    let mut sent = Sent::default();
    while let Some((number, due)) = turns.next().await {
        match connection.post(load.workload.body(number)).await {
            Ok((status, at)) if status.is_success() => sent.latencies.push(at.saturating_duration_since(due)),
            Ok((status, _)) => *sent.refused.entry(status.as_u16()).or_default() += 1,
            Err(reason) => *sent.failed.entry(reason).or_default() += 1,
        }
    }
    sent
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use axum::http::StatusCode;

    use super::*;
    use crate::workload::{EventForm, Likeness};

    /// Starts a server that refuses every third request, and that closes the connection after each if `hangs_up`. Also
    /// returns the requests that it received.
    async fn server(hangs_up: bool) -> (BenchTarget, Arc<Mutex<Vec<String>>>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let noted = seen.clone();
        let app = axum::Router::new().fallback(move |request: axum::extract::Request| async move {
            let head = format!("{} {:?}", request.uri().path(), request.headers().get("x-sentry-auth"));
            let mut noted = noted.lock().unwrap();
            noted.push(head);
            let status = if noted.len() % 3 == 0 { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::OK };
            let end = if hangs_up { "close" } else { "keep-alive" };
            (status, [("connection", end)], "{}")
        });
        tokio::spawn(async move { axum::serve(listener, app).await });
        (BenchTarget::of_dsn(&format!("http://abc@{address}/7")).unwrap(), seen)
    }

    fn load(target: BenchTarget, pace: Pace) -> Load {
        let workload = Workload::new(EventForm::Envelope, Likeness::Like, 3, 3_000, 7).unwrap();
        Load { target, workload, pace, connections: 4, events: 30, time: Duration::from_secs(60) }
    }

    /// All events are sent once, as a Sentry SDK sends them, and refused ones are counted by status.
    #[tokio::test]
    async fn everything_is_sent_once_and_counted() {
        for (hangs_up, pace) in [(false, Pace::Closed), (true, Pace::Closed), (false, Pace::Open { rate: 1e5 })] {
            let (target, seen) = server(hangs_up).await;
            let outcome = load(target, pace).run().await;
            assert_eq!((outcome.accepted, &outcome.refused), (20, &BTreeMap::from([(429, 10)])), "{outcome:?}");
            assert!(outcome.failed.is_empty() && outcome.latencies.within(1_000).is_some(), "{outcome:?}");
            let seen = seen.lock().unwrap();
            assert_eq!(seen.len(), 30);
            assert!(seen.iter().all(|head| head.starts_with("/api/7/envelope/") && head.contains("sentry_key=abc")));
        }
    }

    /// If no server listens, nothing counts as a success, and the load still ends.
    #[tokio::test]
    async fn requests_without_an_answer_are_counted() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let outcome = load(BenchTarget::of_dsn(&format!("http://abc@{address}/7")).unwrap(), Pace::Closed).run().await;
        assert_eq!((outcome.accepted, outcome.failed.values().sum()), (0, 30));
        assert!(outcome.failed.keys().all(|reason| reason.contains(&address.to_string())), "{outcome:?}");
    }
}

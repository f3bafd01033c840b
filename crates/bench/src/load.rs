//! Sends a workload, and writes down what was answered.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::connection::Connection;
use crate::pace::{Pace, Turns};
use crate::{BenchTarget, Latencies, Workload};

/// A load: what is sent, where, when, and when it ends.
#[derive(Clone, Debug)]
pub struct Load {
    /// Where it goes.
    pub target: BenchTarget,
    /// What is sent.
    pub workload: Workload,
    /// When.
    pub pace: Pace,
    /// How many connections there are: as many requests are under way at once, at the most.
    pub connections: u16,
    /// The most events that are sent.
    pub events: u64,
    /// The time after which no more are.
    pub time: Duration,
}

/// What became of a load.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// How many events were answered with success.
    pub accepted: u64,
    /// How many were answered with another status, by the status.
    pub refused: BTreeMap<u16, u64>,
    /// How many were not answered, by the reason.
    pub failed: BTreeMap<String, u64>,
    /// From the first request to the last answer.
    pub took: Duration,
    /// How long successes took; in an open loop from when each was to be sent.
    pub latencies: Latencies,
}

impl Load {
    /// Sends it. Nothing is sent twice.
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

/// What became of one connection's requests.
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

    /// A server that refuses every third request, and hangs up after each when it is told to; and what it was sent.
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

    /// All events are sent once, as a Sentry SDK would; what is refused is counted by its status.
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

    /// Nobody there is no success, and no end to the others.
    #[tokio::test]
    async fn what_is_not_answered_is_counted() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let outcome = load(BenchTarget::of_dsn(&format!("http://abc@{address}/7")).unwrap(), Pace::Closed).run().await;
        assert_eq!((outcome.accepted, outcome.failed.values().sum()), (0, 30));
        assert!(outcome.failed.keys().all(|reason| reason.contains(&address.to_string())), "{outcome:?}");
    }
}

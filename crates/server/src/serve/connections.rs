//! The open connections, and the choice of which to close when there are too many.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{Notify, watch};

/// A request body is not cut off to make room before it has been arriving for this long.
const YOUNG: Duration = Duration::from_secs(1);
/// After a body was cut off, other bodies may use its memory for this long before the next one is cut off.
const BETWEEN: Duration = Duration::from_millis(200);

/// The state of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Waiting for a request, or for the rest of its headers.
    Waiting,
    /// Receiving the body of a request.
    Body,
    Answering,
}

#[derive(Debug)]
pub(super) struct Connection {
    id: u64,
    peer: IpAddr,
    phase: Mutex<(Phase, Instant)>,
    cut_off: Notify,
}

impl Connection {
    /// Returns the client's address.
    pub(super) fn peer(&self) -> IpAddr {
        self.peer
    }

    /// Sets the state of the connection.
    pub(super) fn enter(&self, phase: Phase) {
        *lock(&self.phase) = (phase, Instant::now());
    }

    /// Notes that a body that was arriving is complete or not needed.
    pub(super) fn body_ended(&self) {
        let mut phase = lock(&self.phase);
        if phase.0 == Phase::Body {
            *phase = (Phase::Answering, Instant::now());
        }
    }

    /// Waits until the connection must end to make room for another.
    pub(super) async fn cut_off(&self) {
        self.cut_off.notified().await;
    }
}

#[derive(Debug)]
pub(super) struct Connections {
    open: Mutex<HashMap<u64, Arc<Connection>>>,
    next: AtomicU64,
    /// The time when a body was last cut off.
    last_body: Mutex<Option<Instant>>,
    count: watch::Sender<usize>,
}

impl Default for Connections {
    fn default() -> Self {
        let count = watch::Sender::new(0);
        Self { open: Mutex::default(), next: AtomicU64::new(0), last_body: Mutex::default(), count }
    }
}

impl Connections {
    /// Adds a new connection, which counts as open until the returned value is dropped.
    pub(super) fn enter(self: &Arc<Self>, peer: IpAddr) -> Open {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let phase = Mutex::new((Phase::Waiting, Instant::now()));
        let connection = Arc::new(Connection { id, peer: peer.to_canonical(), phase, cut_off: Notify::new() });
        let mut open = lock(&self.open);
        open.insert(id, connection.clone());
        self.count.send_replace(open.len());
        Open { connection, connections: self.clone() }
    }

    /// Returns the number of open connections.
    pub(super) fn len(&self) -> usize {
        lock(&self.open).len()
    }

    /// Waits until at most `most` connections are open.
    pub(super) async fn at_most(&self, most: usize) {
        // Fails only if the sender is dropped, and `self` holds it.
        let _ = self.count.subscribe().wait_for(|count| *count <= most).await;
    }

    /// Closes one connection to make room: among the connections of the address that has the most, the one that has
    /// waited for its client longest. Requests that are being answered go on. Returns false if no connection can be
    /// closed.
    pub(super) fn make_room(&self) -> bool {
        let now = Instant::now();
        self.cut_off_one(|_, phase, since| match phase {
            Phase::Waiting => true,
            Phase::Body => now.saturating_duration_since(since) >= YOUNG,
            Phase::Answering => false,
        })
    }

    /// Cuts off one request whose body is still arriving, to free its memory for others. Never cuts off `asking`, and
    /// does nothing within `BETWEEN` after the last cut, however many ask.
    pub(super) fn cut_off_body(&self, asking: &Connection) {
        let now = Instant::now();
        {
            let mut last = lock(&self.last_body);
            if last.is_some_and(|last| now.saturating_duration_since(last) < BETWEEN) {
                return;
            }
            *last = Some(now);
        }
        self.cut_off_one(|connection, phase, since| {
            phase == Phase::Body && connection.id != asking.id && now.saturating_duration_since(since) >= YOUNG
        });
    }

    fn cut_off_one(&self, may_close: impl Fn(&Connection, Phase, Instant) -> bool) -> bool {
        let mut open = lock(&self.open);
        let mut by_peer: HashMap<IpAddr, usize> = HashMap::new();
        for connection in open.values() {
            *by_peer.entry(connection.peer).or_default() += 1;
        }
        let candidates = open.values().filter_map(|connection| {
            let (phase, since) = *lock(&connection.phase);
            may_close(connection, phase, since).then_some((connection, since))
        });
        // Prefer the address with the most connections, then the longest wait.
        let chosen = candidates.max_by(|(a, a_since), (b, b_since)| {
            let count = |connection: &Connection| by_peer.get(&connection.peer).copied().unwrap_or_default();
            count(a).cmp(&count(b)).then(b_since.cmp(a_since))
        });
        let Some(id) = chosen.map(|(connection, _)| connection.id) else { return false };
        // Removed at once, so that the next call chooses another.
        if let Some(connection) = open.remove(&id) {
            connection.cut_off.notify_one();
        }
        self.count.send_replace(open.len());
        true
    }
}

/// An open connection; dropping it removes it from [`Connections`].
#[derive(Debug)]
pub(super) struct Open {
    pub(super) connection: Arc<Connection>,
    connections: Arc<Connections>,
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut open = lock(&self.connections.open);
        open.remove(&self.connection.id);
        self.connections.count.send_replace(open.len());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(number: u8) -> IpAddr {
        [192, 0, 2, number].into()
    }

    async fn is_cut_off(open: &Open) -> bool {
        tokio::select! {
            biased;
            () = open.connection.cut_off() => true,
            () = std::future::ready(()) => false,
        }
    }

    #[tokio::test]
    async fn the_oldest_connection_of_the_address_with_the_most_is_closed() {
        let connections = Arc::new(Connections::default());
        let alone = connections.enter(peer(1));
        let [first, second, third] = [(); 3].map(|()| connections.enter(peer(2)));
        first.connection.enter(Phase::Answering);
        assert!(connections.make_room());
        let cut = [is_cut_off(&alone).await, is_cut_off(&first).await, is_cut_off(&second).await];
        assert_eq!(cut, [false, false, true], "the oldest waiting connection");
        assert!(connections.make_room());
        assert!(connections.make_room());
        assert!(is_cut_off(&third).await && is_cut_off(&alone).await);
        assert!(!connections.make_room(), "a request that is being answered goes on");
        assert_eq!(connections.len(), 1);
        drop(first);
        connections.at_most(0).await;
    }
}

//! Storage that fails as storage does: wrappers of the ports ([`Faulty`]) and of the HTTP layer of the SDK's clients
//! ([`Faults::around`], under which the real adapters and the SDK's own retries run).
//!
//! Which call fails, and how, is a list of rules: at the n-th call, or with a probability. All chance comes from one
//! seed, so that what happened once happens again. Nothing here waits in real time if the clock of the runtime is
//! paused (`tokio::time::pause`), which is also the clock that the SDK's time-outs and pauses go by.

mod http;
mod outbox;
mod ports;
mod refusal;
mod rules;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use parking_lot::{Mutex, MutexGuard};
pub use ports::Faulty;
use rules::Rule;
pub use rules::{Call, Fault, When};
use tokio::sync::watch;

/// What goes wrong with the calls of one process. Clones share it.
#[derive(Clone, Debug)]
pub struct Faults(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<FaultState>,
    crashed: watch::Sender<bool>,
}

#[derive(Debug)]
struct FaultState {
    rng: Rng,
    rules: Vec<Rule>,
    latency: Duration,
    log: Vec<Call>,
}

impl Faults {
    /// Nothing goes wrong until a rule says so.
    pub fn seeded(seed: u64) -> Self {
        let (rules, latency, log) = (Vec::new(), Duration::ZERO, Vec::new());
        let state = FaultState { rng: Rng::with_seed(seed), rules, latency, log };
        Self(Arc::new(Shared { state: Mutex::new(state), crashed: watch::Sender::new(false) }))
    }

    /// Adds a rule: `fault` befalls the calls that `of` is true of, `when`. The first rule that applies does.
    pub fn rule(&self, when: When, fault: Fault, of: impl Fn(&Call) -> bool + Send + Sync + 'static) {
        self.state().rules.push(Rule::new(when, fault, of));
    }

    /// Nothing goes wrong any more. What is late already stays late.
    pub fn heal(&self) {
        self.state().rules.clear();
    }

    /// Calls take a random time up to this to arrive, and their answers as long again: so they overtake each other.
    /// A call whose caller has gone meanwhile arrives or not, by chance.
    pub fn delay(&self, most: Duration) {
        self.state().latency = most;
    }

    /// Waits until the process has died, by [`Fault::Crash`] or [`Fault::CrashAfter`]: whoever drives it drops it then.
    pub async fn crashed(&self) {
        // The sender lives as long as `self`.
        let _ = self.0.crashed.subscribe().wait_for(|crashed| *crashed).await;
    }

    /// All calls so far, in the order in which they were made, with what befell them.
    pub fn log(&self) -> Vec<Call> {
        self.state().log.clone()
    }

    /// How many calls so far `of` is true of.
    pub fn count(&self, of: impl Fn(&Call) -> bool) -> usize {
        self.state().log.iter().filter(|call| of(call)).count()
    }

    /// Makes `call`, of any port, with what befalls the calls of this name; a fault that is answered is answered with
    /// `failure`.
    pub async fn over<T, E, F: Future<Output = Result<T, E>>>(
        &self,
        name: &str,
        call: impl Fn() -> F,
        failure: impl FnOnce(Fault) -> E,
    ) -> Result<T, E> {
        let Some(fault) = self.befall(Call::new(name)) else { return call().await };
        match fault {
            Fault::Before | Fault::Throttle | Fault::Partly | Fault::Reject => Err(failure(fault)),
            Fault::After => {
                let _ = call().await;
                Err(failure(fault))
            }
            Fault::Duplicate => {
                let first = call().await;
                let _ = call().await;
                first
            }
            Fault::TimeOut => std::future::pending().await,
            Fault::TimeOutAfter => {
                let _ = call().await;
                std::future::pending().await
            }
            Fault::Crash => {
                self.crash();
                std::future::pending().await
            }
            Fault::CrashAfter => {
                let _ = call().await;
                self.crash();
                std::future::pending().await
            }
        }
    }

    /// Decides what befalls a call, and writes it down.
    fn befall(&self, mut call: Call) -> Option<Fault> {
        let FaultState { rng, rules, log, .. } = &mut *self.state();
        let mut applies = rules.iter_mut().filter_map(|rule| rule.applies(&call, rng));
        // Every rule counts the call, also those behind the one that applies.
        let fault = applies.next();
        applies.for_each(drop);
        call.fault = fault;
        log.push(call);
        fault
    }

    /// How long a call is under way, and whether it arrives if nobody waits for it any more.
    fn journey(&self) -> (Duration, bool) {
        let FaultState { rng, latency, .. } = &mut *self.state();
        let part = rng.f64();
        (latency.mul_f64(part), rng.bool())
    }

    fn crash(&self) {
        self.0.crashed.send_replace(true);
    }

    fn state(&self) -> MutexGuard<'_, FaultState> {
        self.0.state.lock()
    }
}

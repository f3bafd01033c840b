//! Fault injection: wrappers that make the ports fail ([`Faulty`]), and wrappers of the HTTP layer of the SDK's clients
//! ([`Faults::around`]), on top of which the real adapters and the SDK's own retries run.
//!
//! A list of rules decides which call fails, and how: at the n-th call, or with a probability. All randomness comes
//! from one seed, so a failure can be reproduced. Nothing here waits in real time if the clock of the runtime is paused
//! (`tokio::time::pause`). The SDK's timeouts and back-off use the same clock.

mod http;
mod outbox;
mod ports;
mod refusal;
mod rules;
mod stores;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use parking_lot::{Mutex, MutexGuard};
pub use ports::Faulty;
use rules::Rule;
pub use rules::{Call, Fault, When};
use tokio::sync::watch;

/// The faults of one process. Clones share their state.
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
    /// Creates faults without rules: every call succeeds.
    pub fn seeded(seed: u64) -> Self {
        let (rules, latency, log) = (Vec::new(), Duration::ZERO, Vec::new());
        let state = FaultState { rng: Rng::with_seed(seed), rules, latency, log };
        Self(Arc::new(Shared { state: Mutex::new(state), crashed: watch::Sender::new(false) }))
    }

    /// Adds a rule: injects `fault` into the calls that match `of`, at the times given by `when`. The first rule that
    /// applies wins.
    pub fn rule(&self, when: When, fault: Fault, of: impl Fn(&Call) -> bool + Send + Sync + 'static) {
        self.state().rules.push(Rule::new(when, fault, of));
    }

    /// Removes all rules. Calls that are already delayed stay delayed.
    pub fn heal(&self) {
        self.state().rules.clear();
    }

    /// Delays each call, and each answer, by a random time of at most `most`, so that calls overtake each other. If the
    /// caller gives up in the meantime, chance decides whether the call still arrives.
    pub fn delay(&self, most: Duration) {
        self.state().latency = most;
    }

    /// Waits until the process has died by [`Fault::Crash`] or [`Fault::CrashAfter`]. The test then drops it.
    pub async fn crashed(&self) {
        // The sender lives as long as `self`.
        let _ = self.0.crashed.subscribe().wait_for(|crashed| *crashed).await;
    }

    /// Returns all calls so far in order, each with its fault.
    pub fn log(&self) -> Vec<Call> {
        self.state().log.clone()
    }

    /// Returns how many calls so far match `of`.
    pub fn count(&self, of: impl Fn(&Call) -> bool) -> usize {
        self.state().log.iter().filter(|call| of(call)).count()
    }

    /// Makes `call` with the fault that the rules give for `name`. If the fault is an error that the caller sees,
    /// returns `failure` of it.
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

    /// Decides which fault a call gets, and records it in the log.
    fn befall(&self, mut call: Call) -> Option<Fault> {
        let FaultState { rng, rules, log, .. } = &mut *self.state();
        let mut applies = rules.iter_mut().filter_map(|rule| rule.applies(&call, rng));
        // All rules count the call, including those after the rule that applies.
        let fault = applies.next();
        applies.for_each(drop);
        call.fault = fault;
        log.push(call);
        fault
    }

    /// How long a call takes to arrive, and whether it still arrives when its caller has given up.
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

use std::collections::BTreeMap;

use crate::failure_reason::FailureReason;

/// A message as the queue delivers it.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The id that the queue gave the message.
    pub id: String,
    /// The body of the queue message.
    pub text: String,
    /// Whether the queue delivered the message before.
    pub is_repeated: bool,
}

/// A message that could not be processed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The id that the queue gave the message.
    pub id: String,
    /// Why it could not be processed. This may quote the message, so it must not be logged.
    pub reason: String,
}

/// The failed deliveries of a batch, by index. The first reason of each is kept.
#[derive(Default)]
pub(crate) struct FailedDeliveries(BTreeMap<usize, FailureReason>);

impl FailedDeliveries {
    pub(crate) fn add(&mut self, delivery_index: usize, reason: FailureReason) {
        self.0.entry(delivery_index).or_insert(reason);
    }

    pub(crate) fn add_all(&mut self, delivery_indexes: impl IntoIterator<Item = usize>, reason: &FailureReason) {
        for index in delivery_indexes {
            self.add(index, reason.clone());
        }
    }

    pub(crate) fn contains(&self, delivery_index: usize) -> bool {
        self.0.contains_key(&delivery_index)
    }

    /// Adds each delivery that repeated an event of another delivery, if that other one (the second of the pair)
    /// failed. Otherwise the queue would delete the repeated message, and the event would depend on the other one
    /// alone.
    pub(crate) fn add_repeated(&mut self, repeated: Vec<(usize, usize)>) {
        for (delivery_index, first) in repeated {
            if let Some(reason) = self.0.get(&first).cloned() {
                self.add(delivery_index, reason);
            }
        }
    }

    /// Returns the reasons in the order of the deliveries.
    pub(crate) fn into_reasons(self) -> impl Iterator<Item = (usize, FailureReason)> {
        self.0.into_iter()
    }
}

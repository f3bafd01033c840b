use std::collections::BTreeMap;

use crate::failure_reason::FailureReason;

/// A message as the queue delivers it.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The queue's id of the message.
    pub id: String,
    /// Its text.
    pub text: String,
}

/// A message that could not be processed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The queue's id of the message.
    pub id: String,
    /// Why.
    pub reason: String,
}

/// The deliveries of a batch that failed, by their index. The first reason of each is kept.
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

    /// Fails each delivery whose event was taken from another one, the second of the pair, that failed. Otherwise the queue
    /// would delete it, and nothing but the other delivery would stand for its event.
    pub(crate) fn add_repeated(&mut self, repeated: Vec<(usize, usize)>) {
        for (delivery_index, first) in repeated {
            if let Some(reason) = self.0.get(&first).cloned() {
                self.add(delivery_index, reason);
            }
        }
    }

    /// In the order of the deliveries.
    pub(crate) fn into_reasons(self) -> impl Iterator<Item = (usize, FailureReason)> {
        self.0.into_iter()
    }
}

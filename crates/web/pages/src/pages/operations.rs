use askama::Template;

use crate::keys::KeyList;
use crate::pages::rules::FailedRow;
use crate::{Frame, Moment};

/// The Health page: the state of the stack, for admins of the stack.
#[derive(Debug, Template)]
#[template(path = "operations.html")]
pub struct Operations {
    pub frame: Frame,
    /// The approximate numbers of messages in the inbox: waiting, and being processed.
    pub inbox: (u64, u64),
    /// The approximate age of the oldest message in the inbox, in seconds; `None` if it is unknown.
    pub age: Option<i64>,
    /// Messages that could not be processed.
    pub letters: Vec<LetterRow>,
    /// Whether there are more dead letters than `letters`.
    pub more_letters: bool,
    /// Notifications that could not be delivered.
    pub failed: Vec<FailedRow>,
    /// The number of rejected requests and events by reason, the most frequent first.
    pub refused: Vec<(String, u64)>,
    /// The estimated cost of this month.
    pub month: MonthCost,
    /// All keys of the stack.
    pub keys: KeyList,
    /// The version of faultline.
    pub version: &'static str,
}

/// A dead letter: a message that could not be processed.
#[derive(Clone, Debug)]
pub struct LetterRow {
    /// The message id in the queue.
    pub id: String,
    pub sent_at: Moment,
    /// The project of its events; `None` if the message cannot be read.
    pub project: Option<String>,
    /// The number of events in it.
    pub events: usize,
    /// Why it could not be processed.
    pub reason: String,
}

/// The estimated AWS cost of this month, in US dollars. Each pair is the low and the high end.
#[derive(Clone, Debug, Default)]
pub struct MonthCost {
    /// The number of events this month.
    pub events: u64,
    /// The cost of the month so far.
    pub so_far: (f64, f64),
    /// The cost per million events.
    pub million: (f64, f64),
    /// The cost of a month without events.
    pub idle: f64,
    /// How the table's capacity is paid for.
    pub capacity: &'static str,
    /// The date of the price list.
    pub prices: String,
}

/// The age of the oldest message above which the page warns, in seconds. Same as the alarm in template.yaml.
const LATE: i64 = 900;

impl Operations {
    fn is_late(&self) -> bool {
        self.age.is_some_and(|age| age > LATE)
    }

    fn age(&self) -> String {
        match self.age {
            _ if self.inbox == (0, 0) => "empty".to_owned(),
            None => "unknown".to_owned(),
            Some(seconds @ ..120) => format!("about {seconds} s"),
            Some(seconds @ 120..7_200) => format!("about {} min", seconds / 60),
            Some(seconds) => format!("about {} h", seconds / 3_600),
        }
    }
}

impl MonthCost {
    fn text((from, to): &(f64, f64)) -> String {
        format!("${from:.2} to ${to:.2}")
    }

    fn so_far(&self) -> String {
        Self::text(&self.so_far)
    }

    fn million(&self) -> String {
        Self::text(&self.million)
    }

    fn idle(&self) -> String {
        format!("${:.2}", self.idle)
    }
}

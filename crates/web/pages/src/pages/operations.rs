use askama::Template;

use crate::keys::KeyList;
use crate::pages::rules::FailedRow;
use crate::{Frame, Moment};

/// How the stack is doing.
#[derive(Debug, Template)]
#[template(path = "operations.html")]
pub struct Operations {
    /// What is around it.
    pub frame: Frame,
    /// About how many messages of the inbox wait, and how many are being worked on.
    pub inbox: (u64, u64),
    /// About how many seconds the oldest has waited; `None` if that is not known.
    pub age: Option<i64>,
    /// What could not be processed.
    pub letters: Vec<LetterRow>,
    /// Whether there are more of them.
    pub more_letters: bool,
    /// Notifications that could not be delivered.
    pub failed: Vec<FailedRow>,
    /// What was refused, by reason, the most frequent first.
    pub refused: Vec<(String, u64)>,
    /// What the month costs.
    pub month: MonthCost,
    /// The keys of the whole stack.
    pub keys: KeyList,
    /// The version of this build.
    pub version: &'static str,
}

/// A message that could not be processed.
#[derive(Clone, Debug)]
pub struct LetterRow {
    /// The queue's id of it.
    pub id: String,
    /// When it was sent.
    pub sent_at: Moment,
    /// Whose events it brings.
    pub project: Option<String>,
    /// How many events.
    pub events: usize,
    /// Why it failed.
    pub reason: String,
}

/// What the month has cost by now, in dollars: from the least that it can be to the most.
#[derive(Clone, Debug, Default)]
pub struct MonthCost {
    /// How many events there were.
    pub events: u64,
    /// Together.
    pub so_far: (f64, f64),
    /// For a million events.
    pub million: (f64, f64),
    /// For a month in which nothing comes.
    pub idle: (f64, f64),
    /// The day of the price list.
    pub prices: String,
}

/// How old an inbox may be, in seconds, before somebody should look: the alarm of template.yaml says the same.
const LATE: i64 = 300;

impl Operations {
    fn is_late(&self) -> bool {
        self.age.is_some_and(|age| age > LATE)
    }

    fn age(&self) -> String {
        match self.age {
            _ if self.inbox == (0, 0) => "empty".to_owned(),
            None => "not known".to_owned(),
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
        Self::text(&self.idle)
    }
}

use std::fmt;

use fastrand::Rng;

/// A call: to a service over HTTP, or of a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What was called: DynamoDB's, S3's, SQS's or KMS's name of the operation (`TransactWriteItems`, `PutObject`), or the
    /// port's method (`ErrorCommits::commit`).
    pub operation: String,
    /// What befell it.
    pub fault: Option<Fault>,
}

impl Call {
    pub(super) fn new(operation: impl Into<String>) -> Self {
        Self { operation: operation.into(), fault: None }
    }

    /// Whether it changes anything.
    pub fn is_write(&self) -> bool {
        const READS: [&str; 8] =
            ["GetItem", "BatchGetItem", "Query", "Scan", "GetObject", "ListObjectsV2", "ReceiveMessage", "GetQueueUrl"];
        const KMS: [&str; 3] = ["GenerateDataKey", "Encrypt", "Decrypt"];
        !READS.contains(&self.operation.as_str()) && !KMS.contains(&self.operation.as_str())
    }
}

/// What can befall a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection breaks before it arrives.
    Before,
    /// It takes effect, and the connection breaks before the answer arrives.
    After,
    /// It never arrives, and nobody answers.
    TimeOut,
    /// It takes effect, and nobody answers.
    TimeOutAfter,
    /// It is refused in the service's own way of saying "too much at once".
    Throttle,
    /// One that has many parts is done in part, and says which are left; others are refused as by [`Fault::Throttle`].
    Partly,
    /// It is refused for good: trying again is of no use. Ports only.
    Reject,
    /// It arrives twice; the first answer counts.
    Duplicate,
    /// The process dies before it arrives.
    Crash,
    /// It takes effect, and the process dies before the answer arrives.
    CrashAfter,
}

/// When a fault befalls the calls that its rule is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    /// Each time.
    Always,
    /// The n-th time, from 0, and never again.
    Nth(u64),
    /// With this probability, 0 to 1.
    Chance(f64),
}

pub(super) struct Rule {
    when: When,
    fault: Fault,
    of: Box<dyn Fn(&Call) -> bool + Send + Sync>,
    seen: u64,
}

impl Rule {
    pub(super) fn new(when: When, fault: Fault, of: impl Fn(&Call) -> bool + Send + Sync + 'static) -> Self {
        Self { when, fault, of: Box::new(of), seen: 0 }
    }

    pub(super) fn applies(&mut self, call: &Call, rng: &mut Rng) -> Option<Fault> {
        if !(self.of)(call) {
            return None;
        }
        self.seen += 1;
        let applies = match self.when {
            When::Always => true,
            When::Nth(n) => self.seen == n + 1,
            When::Chance(probability) => rng.f64() < probability,
        };
        applies.then_some(self.fault)
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rule").field("when", &self.when).field("fault", &self.fault).field("seen", &self.seen).finish()
    }
}

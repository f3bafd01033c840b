use std::fmt;

use fastrand::Rng;

/// A call of a service over HTTP, or of a port's method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The name of the operation: that of DynamoDB, S3, SQS or KMS (`TransactWriteItems`, `PutObject`), or the port's
    /// method (`ErrorCommits::commit`).
    pub operation: String,
    /// The fault that was injected, if any.
    pub fault: Option<Fault>,
}

impl Call {
    pub(super) fn new(operation: impl Into<String>) -> Self {
        Self { operation: operation.into(), fault: None }
    }

    /// Whether the call may change anything.
    pub fn is_write(&self) -> bool {
        const READS: [&str; 8] =
            ["GetItem", "BatchGetItem", "Query", "Scan", "GetObject", "ListObjectsV2", "ReceiveMessage", "GetQueueUrl"];
        const KMS: [&str; 3] = ["GenerateDataKey", "Encrypt", "Decrypt"];
        !READS.contains(&self.operation.as_str()) && !KMS.contains(&self.operation.as_str())
    }
}

/// A way in which a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection breaks before the call arrives.
    Before,
    /// The call takes effect, but the connection breaks before the answer arrives.
    After,
    /// The call never arrives, and there is no answer.
    TimeOut,
    /// The call takes effect, but there is no answer.
    TimeOutAfter,
    /// The call is throttled, with the error that the service uses for it.
    Throttle,
    /// A call with many parts is done in part and names the rest. Other calls are refused as by [`Fault::Throttle`].
    Partly,
    /// The call is refused permanently, so a retry is pointless. For ports only.
    Reject,
    /// The call arrives twice. The first answer is returned.
    Duplicate,
    /// The process dies before the call arrives.
    Crash,
    /// The call takes effect, but the process dies before the answer arrives.
    CrashAfter,
}

/// At which of the matching calls a fault occurs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    Always,
    /// At the n-th call only, counted from 0.
    Nth(u64),
    /// With this probability, 0 to 1, at each call.
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

use model::project::Tier;

/// An event that a rule can report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occasion {
    First,
    Regression,
    Threshold,
    Limited,
    Assigned,
}

impl Occasion {
    pub(super) const WORDS: &'static str = "first, regression, threshold, limited, assigned";

    pub(super) fn parse(word: &str) -> Option<Self> {
        match word {
            "first" => Some(Self::First),
            "regression" => Some(Self::Regression),
            "threshold" => Some(Self::Threshold),
            "limited" => Some(Self::Limited),
            "assigned" => Some(Self::Assigned),
            _ => None,
        }
    }
}

/// How often an error must be seen in a unit of time before it is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Threshold {
    /// The count from which on it is reported; at least 1.
    pub(crate) count: u64,
    /// Then it is reported at each multiple of this number (not at each further count of this number), as in v1; at
    /// least 1. `None` reports once per unit.
    pub(crate) interval: Option<u64>,
}

impl Threshold {
    /// Whether a count that is reported lies between `before` (excluded) and `after` (included).
    pub(super) fn is_crossed(self, before: u64, after: u64) -> bool {
        match self.interval {
            None => before < self.count && self.count <= after,
            Some(interval) => {
                let newest = after / interval * interval;
                newest > before && newest >= self.count
            }
        }
    }
}

/// When a rule notifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// The rule's own settings.
    Rule { on: Vec<Occasion>, threshold: Option<Threshold>, collect: Option<u32> },
    /// The settings of the project's tier, with the rule's own threshold and collection time in place of the tier's.
    Tier { threshold: Option<Threshold>, collect: Option<u32> },
    /// v1's settings: the first occurrence ever, and the threshold, if there is one.
    V1 { threshold: Option<Threshold> },
}

/// The conditions that a rule reports in a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Conditions {
    pub(super) first: bool,
    pub(super) regression: bool,
    pub(super) threshold: Option<Threshold>,
    pub(super) limited: bool,
    pub(super) assigned: bool,
    /// The number of minutes for which notifications are collected.
    pub(super) collect: Option<u32>,
}

/// The default threshold in a critical project: ten in a unit of time, reported once per unit. In a storm, multiples
/// would be crossed by each batch, every other second.
const CRITICAL_THRESHOLD: Threshold = Threshold { count: 10, interval: None };
/// The number of minutes for which notifications are collected in a project of tier `low`.
const LOW_TIER_COLLECT_MINUTES: u32 = 60;

impl Policy {
    /// The conditions in a project of this tier.
    pub(super) fn conditions(&self, tier: Tier) -> Conditions {
        match *self {
            Self::Rule { ref on, threshold, collect } => Conditions {
                first: on.contains(&Occasion::First),
                regression: on.contains(&Occasion::Regression),
                limited: on.contains(&Occasion::Limited),
                assigned: on.contains(&Occasion::Assigned),
                threshold,
                collect,
            },
            Self::Tier { threshold, collect } => Conditions {
                first: true,
                regression: tier != Tier::Low,
                limited: true,
                assigned: false,
                threshold: threshold.or((tier == Tier::Critical).then_some(CRITICAL_THRESHOLD)),
                collect: collect.or((tier == Tier::Low).then_some(LOW_TIER_COLLECT_MINUTES)),
            },
            Self::V1 { threshold } => Conditions { first: true, threshold, ..Conditions::default() },
        }
    }
}

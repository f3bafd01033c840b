use model::project::Tier;

/// What a rule may report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occasion {
    First,
    Regression,
    Threshold,
    Limited,
}

impl Occasion {
    pub(super) const WORDS: &'static str = "first, regression, threshold, limited";

    pub(super) fn parse(word: &str) -> Option<Self> {
        match word {
            "first" => Some(Self::First),
            "regression" => Some(Self::Regression),
            "threshold" => Some(Self::Threshold),
            "limited" => Some(Self::Limited),
            _ => None,
        }
    }
}

/// How often an error must be seen in a unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Threshold {
    /// This often; 1 at least.
    pub(crate) count: u64,
    /// And then at every multiple of this (not of this more), as v1 has it; 1 at least. Without, once in a unit.
    pub(crate) interval: Option<u64>,
}

impl Threshold {
    /// Whether any count that is reported lies between these two, the second included.
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
    /// What the rule itself says.
    Rule { on: Vec<Occasion>, threshold: Option<Threshold>, collect: Option<u32> },
    /// What the project's tier says, but for what the rule says besides.
    Tier { threshold: Option<Threshold>, collect: Option<u32> },
    /// v1's: the first occurrence ever, and the threshold, if there is one.
    V1 { threshold: Option<Threshold> },
}

/// The conditions that a rule reports in a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Conditions {
    pub(super) first: bool,
    pub(super) regression: bool,
    pub(super) threshold: Option<Threshold>,
    pub(super) limited: bool,
    /// For how many minutes it is collected.
    pub(super) collect: Option<u32>,
}

/// What a critical project hears of besides new errors: ten in a unit of time, once in each. A multiple would be crossed
/// by each batch of a storm, every other second.
const CRITICAL_THRESHOLD: Threshold = Threshold { count: 10, interval: None };
/// For how many minutes a project that matters little is collected.
const LOW_TIER_COLLECT_MINUTES: u32 = 60;

impl Policy {
    /// In a project of this tier.
    pub(super) fn conditions(&self, tier: Tier) -> Conditions {
        match *self {
            Self::Rule { ref on, threshold, collect } => Conditions {
                first: on.contains(&Occasion::First),
                regression: on.contains(&Occasion::Regression),
                limited: on.contains(&Occasion::Limited),
                threshold,
                collect,
            },
            Self::Tier { threshold, collect } => Conditions {
                first: true,
                regression: tier != Tier::Low,
                limited: true,
                threshold: threshold.or((tier == Tier::Critical).then_some(CRITICAL_THRESHOLD)),
                collect: collect.or((tier == Tier::Low).then_some(LOW_TIER_COLLECT_MINUTES)),
            },
            Self::V1 { threshold } => Conditions { first: true, threshold, ..Conditions::default() },
        }
    }
}

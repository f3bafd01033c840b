//! The monthly cost of the stack of template.yaml while nothing happens.

use super::bill::{BillLine, total};
use super::{assumed, prices, template};

/// Alarms that autoscaling creates for one scaling policy of DynamoDB: two for each direction.
const ALARMS_OF_A_POLICY: u64 = 4;
/// Seconds that notify takes to find that nothing is due.
const SWEEP: f64 = 0.010;
/// Sweeps of the outbox per month: one each minute.
const SWEEPS: f64 = 60.0 * prices::HOURS;

/// The monthly cost of the KMS key after a number of years: each of the first two rotations adds $1.
pub fn kms_key(years: f64) -> f64 {
    let rotations = (years * 365.0 / template::number("Key", "RotationPeriodInDays") as f64).floor();
    prices::KMS_KEY * (1.0 + rotations.min(2.0))
}

/// The rest of the idle bill in an account whose always-free tiers nobody else uses.
pub fn beyond_free_tiers() -> BillLine {
    let is_free = |line: &&BillLine| {
        let what = line.what;
        // The index has the same minimum.
        let units = 2.0 * template::number("TableMinimum", "Default") as f64;
        let has_free_units = what.starts_with("table and GSI") && units <= prices::FREE_UNITS;
        let has_free_requests = what.starts_with("the inbox") && assumed::IDLE_POLLS <= prices::FREE_SQS;
        let has_free_invocations = what.starts_with("notify") && SWEEPS <= prices::FREE_LAMBDA;
        has_free_units || has_free_requests || has_free_invocations
    };
    total(idle().iter().filter(|line| !is_free(line)))
}

/// Returns the bill of a month, in dollars, with provisioned and with on-demand capacity.
pub fn idle() -> Vec<BillLine> {
    let both = |what, provisioned: f64, on_demand: f64| BillLine { what, provisioned, on_demand };
    let same = |what, dollars: f64| both(what, dollars, dollars);
    let minimum = template::number("TableMinimum", "Default") as f64;
    // The index has the same minimum.
    let units = 2.0 * minimum * prices::HOURS;
    let memory = template::memory("NotifyFunction") / 1_024.0;
    let sweeps = SWEEPS * (prices::LAMBDA / 1e6 + SWEEP * memory * prices::LAMBDA_GB_SECOND);
    vec![
        both("table and GSI, write units", units * prices::WRITE_HOUR, 0.0),
        both("table and GSI, read units", units * prices::READ_HOUR, 0.0),
        both("alarms: ours, and those that autoscaling creates", alarms(true), alarms(false)),
        same("the inbox, asked by Lambda", assumed::IDLE_POLLS * prices::SQS / 1e6),
        same("KMS key that seals rules", kms_key(0.0)),
        same("notify, checking each minute for due notifications", sweeps),
        both("the same, reads of the GSI", 0.0, SWEEPS * prices::READ / 2.0 / 1e6),
        same("its schedule", SWEEPS * prices::SCHEDULE / 1e6),
        same(
            "dashboards",
            beyond(template::resources("AWS::CloudWatch::Dashboard"), prices::FREE_DASHBOARDS) * prices::DASHBOARD,
        ),
        same("logs and storage", 0.0),
    ]
}

fn beyond(all: u64, free: u64) -> f64 {
    all.saturating_sub(free) as f64
}

fn alarms(is_provisioned: bool) -> f64 {
    let policies = template::resources("AWS::ApplicationAutoScaling::ScalingPolicy");
    let made = if is_provisioned { policies * ALARMS_OF_A_POLICY } else { 0 };
    beyond(alarm_metrics() + made, prices::FREE_ALARMS) * prices::ALARM
}

/// An alarm is charged for each metric that it watches.
fn alarm_metrics() -> u64 {
    let metrics = |name: &&str| (template::declared(name).matches("MetricStat:").count() as u64).max(1);
    template::named("AWS::CloudWatch::Alarm").iter().map(metrics).sum()
}

//! The monthly cost of the stack of template.yaml while nothing happens.

use super::bill::BillLine;
use super::{assumed, prices, template};

/// Alarms that autoscaling creates for one scaling policy of DynamoDB: two for each direction.
const ALARMS_OF_A_POLICY: u64 = 4;
/// Seconds that notify takes to find that nothing is due.
const SWEEP: f64 = 0.010;
/// Sweeps of the outbox per month: one each minute.
const SWEEPS: f64 = 60.0 * prices::HOURS;

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
        same("KMS key that seals rules", prices::KMS_KEY * template::resources("AWS::KMS::Key") as f64),
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

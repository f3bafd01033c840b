//! The cost of a month in which events come at a steady rate.

use super::bill::{BillLine, bill, total};
use super::counts::Counts;
use super::{assumed, idle, prices, template};

const SECONDS: f64 = prices::HOURS * 3_600.0;

/// A rate of events: a row of the guide.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SteadyRate {
    /// The workload's name in counted.json.
    pub name: &'static str,
    pub what: &'static str,
    /// The number of events per second.
    pub rate: f64,
}

/// The rows of the guide.
pub const RATES: [SteadyRate; 4] = [
    SteadyRate { name: "one a minute", what: "one event a minute", rate: 1.0 / 60.0 },
    SteadyRate { name: "1 a second", what: "1 event a second", rate: 1.0 },
    SteadyRate { name: "10 a second", what: "10 events a second", rate: 10.0 },
    SteadyRate { name: "1,000 a second", what: "1,000 events a second", rate: 1_000.0 },
];

impl SteadyRate {
    /// The mean number of events in a batch. Lambda's pollers share the events, and each collects a batch of its own: the
    /// first event opens the window, in which others come.
    pub fn batch(&self) -> f64 {
        let window = template::number("ProcessorWindowSeconds", "Default") as f64;
        1.0 + self.rate * window / assumed::POLLERS as f64
    }

    /// Events in a month.
    pub fn events(&self) -> f64 {
        self.rate * SECONDS
    }

    /// The bill of a month, in dollars.
    pub fn month(&self, of: &Counts) -> BillLine {
        let millions = self.events() / 1e6;
        let bill = bill(of);
        let others = total(bill.iter().filter(|line| !line.is_capacity()));
        let on_demand = total(bill.iter().filter(|line| line.is_capacity())).on_demand;
        let idle = idle::idle();
        let without_units = total(idle.iter().filter(|line| !line.what.starts_with("table and GSI")));
        BillLine {
            what: self.what,
            provisioned: without_units.provisioned + self.capacity(of) + others.provisioned * millions,
            on_demand: without_units.on_demand + (others.on_demand + on_demand) * millions,
        }
    }

    /// The cost of the capacity that autoscaling provisions in a month.
    fn capacity(&self, of: &Counts) -> f64 {
        // The index has the same minimum.
        let minimum = template::number("TableMinimum", "Default") as f64;
        let units = |per_event: f64| (per_event * self.rate / assumed::USED).max(minimum);
        let writes = units(of.write_units) + units(of.index_units);
        let reads = units(of.read_units) + minimum;
        (writes * prices::WRITE_HOUR + reads * prices::READ_HOUR) * prices::HOURS
    }
}

/// The number of events in a month at which both modes of capacity cost the same, if events come alone.
pub fn break_even(of: &Counts) -> f64 {
    let idle = total(&idle::idle());
    let capacity = total(bill(of).iter().filter(|line| line.is_capacity())).on_demand;
    (idle.provisioned - idle.on_demand) / (capacity / 1e6)
}

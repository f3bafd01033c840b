//! Model of what faultline costs in AWS. Workloads are replayed through ingest, the processor and notify on the
//! embedded engines; calls are counted on the way, and a price list turns them into dollars.
//!
//! What is counted is exact for the workload and the same on every machine. [`assumed`] has the assumptions about how
//! long things take. Only the seconds of functions, about 5 % of the bill, depend on them.

pub mod assumed;
pub mod bill;
pub mod counts;
pub mod guide;
pub mod idle;
pub mod month;
pub mod prices;
pub mod replay;
pub mod storm;
pub mod template;
mod uploaded;
pub mod workload;

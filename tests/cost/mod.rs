//! What faultline costs in AWS: workloads are replayed through ingest, the processor and notify on the embedded engines, the calls
//! are counted on the way, and a price list makes dollars of them.
//!
//! What is counted is exact for the workload and the same on every machine. What is assumed stands in [`assumed`], and is
//! how long things take: only the functions' seconds, some 5 % of the bill, follow from it.

pub mod assumed;
pub mod bill;
pub mod idle;
pub mod prices;
pub mod replay;
pub mod storm;
pub mod template;
pub mod workload;

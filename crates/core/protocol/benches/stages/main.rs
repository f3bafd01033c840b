//! Costs of the pure stages that an event passes through, one by one, from small events to the largest that are
//! accepted:
//!
//!     cargo bench -p faultline-protocol
//!
//! To run one stage, name it: `cargo bench -p faultline-protocol -- scrub`. In addition to the time, the output shows
//! how often a stage allocates, and how many bytes. The numbers are only printed, not checked.

mod envelope;
mod event;
mod json_api;
mod notices;
mod samples;
mod segment;

/// Counts allocations, which makes each some nanoseconds slower.
#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

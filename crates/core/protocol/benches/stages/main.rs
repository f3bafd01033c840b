//! What the pure stages of an event's way cost, one by one, from small events to the largest that are taken:
//!
//!     cargo bench -p faultline-protocol
//!
//! and those of one stage by its name: `cargo bench -p faultline-protocol -- scrub`. Beside the time stands what a stage
//! allocates: how often, and how many bytes. Figures are printed, not judged.

mod envelope;
mod event;
mod json_api;
mod notices;
mod samples;
mod segment;

/// Counts allocations; they cost some nanoseconds more by that.
#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

//! What the pure stages of an event's way cost, one by one, from small events to the largest that are taken:
//!
//!     cargo bench -p faultline-domain
//!
//! and those of one stage by its name: `cargo bench -p faultline-domain -- scrub`. Figures are printed, not judged.

mod envelope;
mod event;
mod notices;
mod samples;
mod segment;
mod v1;

fn main() {
    divan::main();
}

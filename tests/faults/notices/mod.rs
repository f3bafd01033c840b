//! Notifications while storage fails, destinations are away and processes die: each crossing is told, once unless the
//! process died between the destination's answer and the note of it, and then under the same name.

mod destinations;
mod notify_process;
mod outages;
mod schedules;
mod steps;

//! Notifications while storage fails, destinations are down and processes die. Each notification is sent once, unless
//! the process died between the destination's answer and recording it; then it is sent again with the same id.

mod destinations;
mod notify_process;
mod outages;
mod schedules;
mod steps;

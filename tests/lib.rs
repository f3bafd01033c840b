//! Stories of the whole system.

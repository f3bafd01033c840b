//! faultline-gate

//! faultline-local

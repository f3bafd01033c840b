//! faultline-store

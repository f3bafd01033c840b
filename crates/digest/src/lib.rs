//! faultline-digest

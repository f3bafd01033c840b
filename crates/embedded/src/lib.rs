//! faultline-embedded

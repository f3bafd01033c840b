//! faultline-domain

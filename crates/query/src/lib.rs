//! faultline-query

//! faultline-notify

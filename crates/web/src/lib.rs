//! faultline-web

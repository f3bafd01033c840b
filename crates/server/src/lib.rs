#![doc = include_str!("../README.md")]

pub mod openapi;
pub mod serve;
pub mod smtp;
pub mod system;

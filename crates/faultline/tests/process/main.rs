//! Tests that run the binary, as a person or a program does.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod backup;
mod bench;
mod commands;
mod demo;
mod dlq;
mod full_disk;
mod health;
mod kill;
mod network;
mod readme;
mod running;

mod serve;
mod shell;
mod tracker_import;
mod transfer;

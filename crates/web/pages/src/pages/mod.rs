//! The data of each page. Each module has a template of the same name.

pub(crate) mod ask;
pub(crate) mod audit_log;
pub(crate) mod connect;
pub(crate) mod error;
pub(crate) mod errors;
pub(crate) mod join;
pub(crate) mod members;
pub(crate) mod message;
pub(crate) mod operations;
pub(crate) mod profile;
pub(crate) mod projects;
pub(crate) mod releases;
pub(crate) mod rules;
pub(crate) mod settings;
pub(crate) mod sign_in;
pub(crate) mod source_maps;
pub(crate) mod users;

#![doc = include_str!("../README.md")]

mod access;
mod answer;
mod audit;
mod authenticator;
mod base_url;
mod body;
mod caller;
mod client_address;
pub mod cursor;
pub mod describe;
mod front;
mod guesses;
mod lookup_budget;
mod outcomes;
mod path;
mod reach;
mod stages;

pub use access::{
    Access, Admin, AdministeredProject, DeletableProject, ProjectAdmin, ProjectMember, ProjectReader, ReadableProject,
    Reader, StackAdmin, TriagedProject,
};
pub use answer::{Answer, Fault, Statuses, created, created_data, data, empty, json, no_content, ok};
pub use audit::record;
pub use authenticator::{Authenticator, Guess, Trust};
pub use base_url::{BaseUrl, BaseUrlError};
pub use body::{Limits, MAX_BODY, MAX_UNPACKED, Unpacked, decode_base64, read, read_unpacked, read_within, unpack};
pub use caller::Caller;
pub use client_address::{ClaimedAddress, ClientAddress, ProxyError, TrustedProxies, parse_hop};
pub use front::Front;
pub use outcomes::{Outcomes, log_cause};
pub use path::{Prefix, decode_segment, encode_segment, parse_project_name, parse_project_path, parse_query};
pub use reach::Reach;
pub use stages::{StageRun, Stages};

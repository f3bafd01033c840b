//! Shared by the protocols of other trackers. Their events are translated into events of the Sentry protocol, and those
//! are normalised, so that limits, clocks, problems and derived fields follow one set of rules. A key that is not
//! translated keeps its name and ends up in `other`: nothing is lost.

mod body;
mod credential;
mod event;
mod frames;
mod lines;
mod route;

pub(crate) use body::{RawObject, check_size, is_object, read_object};
pub(crate) use credential::find_text;
pub(crate) use event::{SentryEvent, Take};
pub(crate) use frames::{Chain, Link, Ownership, each_object, raised_last};
pub(crate) use lines::put_code;
pub(crate) use route::template_route;

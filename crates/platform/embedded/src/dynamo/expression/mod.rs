//! The expressions of DynamoDB's requests.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html>

mod condition;
mod key_condition;
mod parser;
mod path;
mod placeholders;
mod projection;
mod update;

pub(super) use condition::Condition;
pub(super) use key_condition::{KeyCondition, SortRange};
pub(super) use placeholders::Placeholders;
pub(super) use projection::Projection;
pub(super) use update::Update;

use std::collections::{BTreeMap, HashSet};

use super::super::refusal::DynamoRefusal;
use super::super::value::Value;

/// The names and values that the expressions of a request refer to, and which of them were used.
#[derive(Debug, Default)]
pub(in super::super) struct Placeholders {
    names: BTreeMap<String, String>,
    values: BTreeMap<String, Value>,
    used: HashSet<String>,
}

impl Placeholders {
    /// # Errors
    /// If a placeholder has no `#` or `:`.
    pub(in super::super) fn new(
        names: Option<BTreeMap<String, String>>,
        values: Option<BTreeMap<String, Value>>,
    ) -> Result<Self, DynamoRefusal> {
        let (names, values) = (names.unwrap_or_default(), values.unwrap_or_default());
        let check = |of: &str, sign: char, key: &String| match key.starts_with(sign) && key.len() > 1 {
            true => Ok(()),
            false => Err(DynamoRefusal::validation(format!("{of} contains invalid key: Syntax error; key: \"{key}\""))),
        };
        names.keys().try_for_each(|key| check("ExpressionAttributeNames", '#', key))?;
        values.keys().try_for_each(|key| check("ExpressionAttributeValues", ':', key))?;
        Ok(Self { names, values, used: HashSet::new() })
    }

    /// The attribute that `placeholder`, with its `#`, stands for.
    pub(super) fn name(&mut self, kind: &str, placeholder: &str) -> Result<String, DynamoRefusal> {
        self.used.insert(placeholder.to_owned());
        self.names.get(placeholder).cloned().ok_or_else(|| {
            DynamoRefusal::validation(format!(
                "Invalid {kind}: An expression attribute name used in the document path is not defined; attribute name: {placeholder}"
            ))
        })
    }

    /// The value that `placeholder`, with its `:`, stands for.
    pub(super) fn value(&mut self, kind: &str, placeholder: &str) -> Result<Value, DynamoRefusal> {
        self.used.insert(placeholder.to_owned());
        self.values.get(placeholder).cloned().ok_or_else(|| {
            DynamoRefusal::validation(format!(
                "Invalid {kind}: An expression attribute value used in expression is not defined; attribute value: {placeholder}"
            ))
        })
    }

    /// # Errors
    /// If no expression used one of the names or values.
    pub(in super::super) fn require_all_used(&self) -> Result<(), DynamoRefusal> {
        let is_unused = |key: &&String| !self.used.contains(*key);
        let (of, key) = match (self.names.keys().find(is_unused), self.values.keys().find(is_unused)) {
            (Some(name), _) => ("ExpressionAttributeNames", name),
            (None, Some(value)) => ("ExpressionAttributeValues", value),
            (None, None) => return Ok(()),
        };
        Err(DynamoRefusal::validation(format!("Value provided in {of} unused in expressions: keys: {{{key}}}")))
    }
}

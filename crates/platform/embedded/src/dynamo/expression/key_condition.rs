use super::super::refusal::DynamoRefusal;
use super::super::table::{ItemKey, KeyNames};
use super::super::value::Value;
use super::condition::Comparison;
use super::parser::Parser;
use super::placeholders::Placeholders;

/// The key condition of a query, with keys that are strings.
#[derive(Debug, PartialEq)]
pub(in super::super) struct KeyCondition {
    pub(in super::super) partition: String,
    pub(in super::super) sort: SortRange,
}

/// A range of sort keys.
#[derive(Debug, Default, PartialEq)]
pub(in super::super) struct SortRange {
    /// The lower bound, and whether it belongs to the range.
    pub(in super::super) low: Option<(Vec<u8>, bool)>,
    /// The upper bound, and whether it belongs to the range.
    pub(in super::super) high: Option<(Vec<u8>, bool)>,
}

impl SortRange {
    fn of_comparison(comparison: Comparison, value: String) -> Option<Self> {
        let bound = |inclusive| Some((value.clone().into_bytes(), inclusive));
        Some(match comparison {
            Comparison::Equal => Self { low: bound(true), high: bound(true) },
            Comparison::Unequal => return None,
            Comparison::Less => Self { low: None, high: bound(false) },
            Comparison::AtMost => Self { low: None, high: bound(true) },
            Comparison::Greater => Self { low: bound(false), high: None },
            Comparison::AtLeast => Self { low: bound(true), high: None },
        })
    }

    fn contains(&self, sort: &str) -> bool {
        let low = self.low.as_ref().map(|(bound, inclusive)| (bound.as_slice().cmp(sort.as_bytes()), *inclusive));
        let high = self.high.as_ref().map(|(bound, inclusive)| (sort.as_bytes().cmp(bound), *inclusive));
        low.into_iter().chain(high).all(|(order, inclusive)| order.is_lt() || inclusive && order.is_eq())
    }

    fn of_prefix(prefix: &str) -> Self {
        // The first string after all that begin with the prefix: its last byte that can be increased is. UTF-8 has no
        // byte 0xFF, so that is always the last one.
        let mut end = prefix.as_bytes().to_vec();
        let high = end.last_mut().map(|last| *last += 1).map(|()| (end, false));
        Self { low: Some((prefix.as_bytes().to_vec(), true)), high }
    }
}

impl KeyCondition {
    /// Whether a key is in the range of the condition.
    pub(in super::super) fn contains(&self, key: &ItemKey) -> bool {
        self.partition == key.partition && self.sort.contains(&key.sort)
    }

    pub(in super::super) fn parse(
        text: &str,
        keys: &KeyNames,
        placeholders: &mut Placeholders,
    ) -> Result<Self, DynamoRefusal> {
        let mut parser = Parser::new("KeyConditionExpression", text, placeholders)?;
        let (mut partition, mut sort) = (None, None);
        loop {
            if parser.symbol("(") {
                read_part(&mut parser, keys, &mut partition, &mut sort)?;
                parser.expect(")")?;
            } else {
                read_part(&mut parser, keys, &mut partition, &mut sort)?;
            }
            if !parser.keyword("AND") {
                break;
            }
        }
        parser.end()?;
        match partition {
            Some(partition) => Ok(Self { partition, sort: sort.unwrap_or_default() }),
            None => {
                Err(DynamoRefusal::validation(format!("Query condition missed key schema element: {}", keys.partition)))
            }
        }
    }
}

fn read_part(
    parser: &mut Parser<'_>,
    keys: &KeyNames,
    partition: &mut Option<String>,
    sort: &mut Option<SortRange>,
) -> Result<(), DynamoRefusal> {
    let (name, range) = match parser.function() {
        Some("begins_with") => {
            let path = parser.path()?;
            parser.expect(",")?;
            let prefix = text(parser)?;
            parser.expect(")")?;
            (path, Some(SortRange::of_prefix(&prefix)))
        }
        Some(name) => return parser.refuse(format_args!("Invalid function name; function: {name}")),
        None => {
            let path = parser.path()?;
            if parser.keyword("BETWEEN") {
                let low = text(parser)?;
                parser.expect_keyword("AND")?;
                let high = text(parser)?;
                if low > high {
                    return parser.refuse(
                        "The BETWEEN operator requires upper bound to be greater than or equal to lower bound",
                    );
                }
                let bound = |text: String| Some((text.into_bytes(), true));
                (path, Some(SortRange { low: bound(low), high: bound(high) }))
            } else {
                let Some(comparison) = Comparison::parse(parser) else {
                    return parser.refuse("Syntax error; a comparison is missing");
                };
                let value = text(parser)?;
                if path.as_attribute() == Some(keys.partition.as_str()) {
                    if comparison != Comparison::Equal {
                        return Err(DynamoRefusal::validation("Query key condition not supported"));
                    }
                    return match partition.replace(value) {
                        None => Ok(()),
                        Some(_) => Err(DynamoRefusal::validation(
                            "KeyConditionExpressions must only contain one condition per key",
                        )),
                    };
                }
                (path, SortRange::of_comparison(comparison, value))
            }
        }
    };
    if name.as_attribute().is_none() || name.as_attribute() != keys.sort.as_deref() {
        return Err(DynamoRefusal::validation(format!(
            "Query condition missed key schema element: {}",
            keys.partition
        )));
    }
    let Some(range) = range else {
        return Err(DynamoRefusal::validation("Query key condition not supported"));
    };
    match sort.replace(range) {
        None => Ok(()),
        Some(_) => Err(DynamoRefusal::validation("KeyConditionExpressions must only contain one condition per key")),
    }
}

/// The value of a key, which is a string that is not empty.
fn text(parser: &mut Parser<'_>) -> Result<String, DynamoRefusal> {
    match parser.expect_value()? {
        Value::S(text) if text.is_empty() => Err(DynamoRefusal::validation(
            "One or more parameter values are not valid. A key attribute in a condition may not be an empty string",
        )),
        Value::S(text) => Ok(text),
        _ => Err(DynamoRefusal::validation(
            "One or more parameter values were invalid: Condition parameter type does not match schema type",
        )),
    }
}

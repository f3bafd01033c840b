use std::cmp::Ordering;

use super::super::number::Number;
use super::super::refusal::DynamoRefusal;
use super::super::value::{Item, Value};
use super::parser::Parser;
use super::path::Path;
use super::placeholders::Placeholders;

/// A condition or a filter.
#[derive(Debug)]
pub(in super::super) enum Condition {
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    Compare(Operand, Comparison, Operand),
    Between(Operand, Operand, Operand),
    In(Operand, Vec<Operand>),
    Exists(Path),
    IsType(Path, Value),
    BeginsWith(Operand, Operand),
    Contains(Operand, Operand),
}

#[derive(Debug)]
pub(in super::super) enum Operand {
    Path(Path),
    Value(Value),
    Size(Path),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(in super::super) enum Comparison {
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl Condition {
    /// Reads the expression in the field `kind` of a request.
    pub(in super::super) fn parse(
        kind: &'static str,
        text: &str,
        placeholders: &mut Placeholders,
    ) -> Result<Self, DynamoRefusal> {
        let mut parser = Parser::new(kind, text, placeholders)?;
        let condition = or(&mut parser)?;
        parser.end()?;
        Ok(condition)
    }

    /// Whether the item fulfils the condition. An item that does not exist has no attributes.
    pub(in super::super) fn holds(&self, item: &Item) -> bool {
        match self {
            Self::And(all) => all.iter().all(|condition| condition.holds(item)),
            Self::Or(any) => any.iter().any(|condition| condition.holds(item)),
            Self::Not(condition) => !condition.holds(item),
            Self::Compare(left, comparison, right) => {
                comparison.holds(left.read(item).as_deref(), right.read(item).as_deref())
            }
            Self::Between(operand, low, high) => {
                let (operand, low, high) = (operand.read(item), low.read(item), high.read(item));
                Comparison::AtLeast.holds(operand.as_deref(), low.as_deref())
                    && Comparison::AtMost.holds(operand.as_deref(), high.as_deref())
            }
            Self::In(operand, list) => {
                let operand = operand.read(item);
                let mut list = list.iter().map(|listed| listed.read(item));
                list.any(|listed| Comparison::Equal.holds(operand.as_deref(), listed.as_deref()))
            }
            Self::Exists(path) => path.get(item).is_some(),
            Self::IsType(path, Value::S(name)) => path.get(item).is_some_and(|value| value.type_name() == name),
            Self::IsType(..) => false,
            Self::BeginsWith(operand, prefix) => match (operand.read(item).as_deref(), prefix.read(item).as_deref()) {
                (Some(Value::S(text)), Some(Value::S(prefix))) => text.starts_with(prefix.as_str()),
                (Some(Value::B(bytes)), Some(Value::B(prefix))) => bytes.0.starts_with(&prefix.0),
                _ => false,
            },
            Self::Contains(operand, part) => match (operand.read(item).as_deref(), part.read(item).as_deref()) {
                (Some(whole), Some(part)) => contains(whole, part),
                _ => false,
            },
        }
    }
}

fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::S(text), Value::S(part)) => text.contains(part.as_str()),
        (Value::B(bytes), Value::B(part)) => {
            part.0.is_empty() || bytes.0.windows(part.0.len()).any(|window| window == part.0)
        }
        (Value::Strings(set), Value::S(member)) => set.0.contains(member),
        (Value::Numbers(set), Value::N(member)) => set.0.contains(member),
        (Value::Binaries(set), Value::B(member)) => set.0.contains(member),
        (Value::L(list), member) => list.contains(member),
        _ => false,
    }
}

/// A value of an item or one that was made for the comparison.
enum Read<'a> {
    Borrowed(&'a Value),
    Owned(Value),
}

impl std::ops::Deref for Read<'_> {
    type Target = Value;

    fn deref(&self) -> &Value {
        match self {
            Self::Borrowed(value) => value,
            Self::Owned(value) => value,
        }
    }
}

impl Operand {
    fn read<'a>(&'a self, item: &'a Item) -> Option<Read<'a>> {
        match self {
            Self::Path(path) => path.get(item).map(Read::Borrowed),
            Self::Value(value) => Some(Read::Borrowed(value)),
            Self::Size(path) => {
                let size = match path.get(item)? {
                    Value::S(text) => text.len(),
                    Value::B(bytes) => bytes.0.len(),
                    Value::M(map) => map.len(),
                    Value::L(list) => list.len(),
                    Value::Strings(set) => set.0.len(),
                    Value::Numbers(set) => set.0.len(),
                    Value::Binaries(set) => set.0.len(),
                    Value::N(_) | Value::Bool(_) | Value::Null(_) => return None,
                };
                Number::parse(&size.to_string()).ok().map(|size| Read::Owned(Value::N(size)))
            }
        }
    }

    fn parse(parser: &mut Parser<'_>) -> Result<Self, DynamoRefusal> {
        if let Some(value) = parser.value()? {
            return Ok(Self::Value(value));
        }
        match parser.function() {
            Some(name) if name.eq_ignore_ascii_case("size") => {
                let path = parser.path()?;
                parser.expect(")")?;
                Ok(Self::Size(path))
            }
            Some(name) => parser.refuse(format_args!("Invalid function name; function: {name}")),
            None => parser.path().map(Self::Path),
        }
    }
}

impl Comparison {
    /// Compares two values, of which each may be missing.
    fn holds(self, left: Option<&Value>, right: Option<&Value>) -> bool {
        let (Some(left), Some(right)) = (left, right) else { return self == Self::Unequal };
        match self {
            Self::Equal => left == right,
            Self::Unequal => left != right,
            ordered => left.compare(right).is_some_and(|order| match ordered {
                Self::Less => order == Ordering::Less,
                Self::AtMost => order != Ordering::Greater,
                Self::Greater => order == Ordering::Greater,
                _ => order != Ordering::Less,
            }),
        }
    }

    pub(super) fn parse(parser: &mut Parser<'_>) -> Option<Self> {
        let symbols = [
            ("=", Self::Equal),
            ("<>", Self::Unequal),
            ("<=", Self::AtMost),
            ("<", Self::Less),
            (">=", Self::AtLeast),
            (">", Self::Greater),
        ];
        symbols.into_iter().find(|(symbol, _)| parser.symbol(symbol)).map(|(_, comparison)| comparison)
    }
}

fn or(parser: &mut Parser<'_>) -> Result<Condition, DynamoRefusal> {
    let mut any = vec![and(parser)?];
    while parser.keyword("OR") {
        any.push(and(parser)?);
    }
    Ok(if any.len() == 1 { any.remove(0) } else { Condition::Or(any) })
}

fn and(parser: &mut Parser<'_>) -> Result<Condition, DynamoRefusal> {
    let mut all = vec![not(parser)?];
    while parser.keyword("AND") {
        all.push(not(parser)?);
    }
    Ok(if all.len() == 1 { all.remove(0) } else { Condition::And(all) })
}

fn not(parser: &mut Parser<'_>) -> Result<Condition, DynamoRefusal> {
    if parser.keyword("NOT") {
        return parser.nested(not).map(|condition| Condition::Not(Box::new(condition)));
    }
    if parser.symbol("(") {
        let condition = parser.nested(or)?;
        parser.expect(")")?;
        return Ok(condition);
    }
    comparison(parser)
}

fn comparison(parser: &mut Parser<'_>) -> Result<Condition, DynamoRefusal> {
    let function = parser.function();
    let left = match function {
        Some("attribute_exists") => return exists(parser),
        Some("attribute_not_exists") => return exists(parser).map(|exists| Condition::Not(Box::new(exists))),
        Some("attribute_type") => {
            let path = parser.path()?;
            parser.expect(",")?;
            let kind = parser.expect_value()?;
            parser.expect(")")?;
            return Ok(Condition::IsType(path, kind));
        }
        Some("begins_with") => {
            return two_operands(parser).map(|(operand, prefix)| Condition::BeginsWith(operand, prefix));
        }
        Some("contains") => return two_operands(parser).map(|(whole, part)| Condition::Contains(whole, part)),
        Some("size") => {
            let path = parser.path()?;
            parser.expect(")")?;
            Operand::Size(path)
        }
        Some(name) => return parser.refuse(format_args!("Invalid function name; function: {name}")),
        None => Operand::parse(parser)?,
    };
    if let Some(comparison) = Comparison::parse(parser) {
        return Ok(Condition::Compare(left, comparison, Operand::parse(parser)?));
    }
    if parser.keyword("BETWEEN") {
        let low = Operand::parse(parser)?;
        parser.expect_keyword("AND")?;
        return Ok(Condition::Between(left, low, Operand::parse(parser)?));
    }
    parser.expect_keyword("IN")?;
    parser.expect("(")?;
    let mut list = vec![Operand::parse(parser)?];
    while parser.symbol(",") {
        list.push(Operand::parse(parser)?);
    }
    parser.expect(")")?;
    Ok(Condition::In(left, list))
}

fn exists(parser: &mut Parser<'_>) -> Result<Condition, DynamoRefusal> {
    let path = parser.path()?;
    parser.expect(")")?;
    Ok(Condition::Exists(path))
}

fn two_operands(parser: &mut Parser<'_>) -> Result<(Operand, Operand), DynamoRefusal> {
    let first = Operand::parse(parser)?;
    parser.expect(",")?;
    let second = Operand::parse(parser)?;
    parser.expect(")")?;
    Ok((first, second))
}

use super::super::refusal::DynamoRefusal;
use super::super::value::{Item, Set, Value};
use super::parser::Parser;
use super::path::Path;
use super::placeholders::Placeholders;

/// An update of an item.
#[derive(Debug)]
pub(in super::super) struct Update(Vec<(Path, Action)>);

#[derive(Debug)]
enum Action {
    Set(Operand),
    Remove,
    Add(Value),
    /// Removes members from a set.
    Delete(Value),
}

/// The right side of an assignment.
#[derive(Debug)]
enum Operand {
    Path(Path),
    Value(Value),
    IfNotExists(Path, Box<Self>),
    ListAppend(Box<Self>, Box<Self>),
    Plus(Box<Self>, Box<Self>),
    Minus(Box<Self>, Box<Self>),
}

const MISSING_PATH: &str = "The document path provided in the update expression is invalid for update";

impl Update {
    pub(in super::super) fn parse(text: &str, placeholders: &mut Placeholders) -> Result<Self, DynamoRefusal> {
        let mut parser = Parser::new("UpdateExpression", text, placeholders)?;
        let mut actions: Vec<(Path, Action)> = Vec::new();
        let mut clauses = Vec::new();
        while !parser.is_at_end() {
            let known = ["SET", "REMOVE", "ADD", "DELETE"];
            let Some(clause) = known.into_iter().find(|clause| parser.keyword(clause)) else {
                return parser.end().map(|()| Self(actions));
            };
            if clauses.contains(&clause) {
                return parser
                    .refuse(format_args!("The \"{clause}\" section can only be used once in an update expression;"));
            }
            clauses.push(clause);
            loop {
                let path = parser.path()?;
                let action = match clause {
                    "SET" => {
                        parser.expect("=")?;
                        Action::Set(Operand::parse(&mut parser)?)
                    }
                    "REMOVE" => Action::Remove,
                    "ADD" => Action::Add(parser.expect_value()?),
                    _ => Action::Delete(parser.expect_value()?),
                };
                check_operand(&parser, &action)?;
                actions.push((path, action));
                if !parser.symbol(",") {
                    break;
                }
            }
        }
        check_overlaps(&parser, &actions)?;
        Ok(Self(actions))
    }

    /// The names of the attributes that the update changes.
    pub(in super::super) fn attributes(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(path, _)| path.attribute())
    }

    /// Applies the update. All operands have the values from before the update.
    pub(in super::super) fn apply(&self, item: &mut Item) -> Result<(), DynamoRefusal> {
        let mut set = Vec::with_capacity(self.0.len());
        for (path, action) in &self.0 {
            if let Action::Set(operand) = action {
                set.push((path, operand.value(item)?));
            }
        }
        let require = |exists: bool| if exists { Ok(()) } else { Err(DynamoRefusal::validation(MISSING_PATH)) };
        for (path, value) in set {
            require(path.set(item, value))?;
        }
        // Elements of lists are removed from the last to the first, so that the indexes of the others stay valid.
        for (path, action) in self.0.iter().rev() {
            match action {
                Action::Set(_) => {}
                Action::Remove => require(path.remove(item))?,
                Action::Add(value) => {
                    let sum = add(path.get(item), value)?;
                    require(path.set(item, sum))?;
                }
                Action::Delete(members) => match path.get(item).map(|set| without(set, members)).transpose()? {
                    Some(Some(rest)) => require(path.set(item, rest))?,
                    Some(None) | None => require(path.remove(item))?,
                },
            }
        }
        Ok(())
    }
}

/// DynamoDB checks before it reads the item whether ADD and DELETE have values that they can apply.
fn check_operand(parser: &Parser<'_>, action: &Action) -> Result<(), DynamoRefusal> {
    let (verb, value, is_possible) = match action {
        Action::Add(value @ (Value::N(_) | Value::Strings(_) | Value::Numbers(_) | Value::Binaries(_))) => {
            ("ADD", value, true)
        }
        Action::Add(value) => ("ADD", value, false),
        Action::Delete(value @ (Value::Strings(_) | Value::Numbers(_) | Value::Binaries(_))) => ("DELETE", value, true),
        Action::Delete(value) => ("DELETE", value, false),
        Action::Set(_) | Action::Remove => return Ok(()),
    };
    match is_possible {
        true => Ok(()),
        false => parser.refuse(format_args!(
            "Incorrect operand type for operator or function; operator: {verb}, operand type: {}",
            value.type_name()
        )),
    }
}

fn check_overlaps(parser: &Parser<'_>, actions: &[(Path, Action)]) -> Result<(), DynamoRefusal> {
    let mut paths: Vec<_> = actions.iter().map(|(path, _)| path).collect();
    paths.sort_by(|left, right| left.attribute().cmp(right.attribute()));
    for same in paths.chunk_by(|left, right| left.attribute() == right.attribute()) {
        for (index, path) in same.iter().enumerate() {
            if same[index + 1..].iter().any(|other| other.overlaps(path)) {
                return parser
                    .refuse("Two document paths overlap with each other; must remove or rewrite one of these paths");
            }
        }
    }
    Ok(())
}

impl Operand {
    fn parse(parser: &mut Parser<'_>) -> Result<Self, DynamoRefusal> {
        let left = Self::parse_one(parser)?;
        if parser.symbol("+") {
            return Ok(Self::Plus(Box::new(left), Box::new(Self::parse_one(parser)?)));
        }
        if parser.symbol("-") {
            return Ok(Self::Minus(Box::new(left), Box::new(Self::parse_one(parser)?)));
        }
        Ok(left)
    }

    fn parse_one(parser: &mut Parser<'_>) -> Result<Self, DynamoRefusal> {
        if let Some(value) = parser.value()? {
            return Ok(Self::Value(value));
        }
        if parser.symbol("(") {
            let operand = parser.nested(Self::parse)?;
            parser.expect(")")?;
            return Ok(operand);
        }
        match parser.function() {
            Some("if_not_exists") => {
                let path = parser.path()?;
                parser.expect(",")?;
                let other = parser.nested(Self::parse_one)?;
                parser.expect(")")?;
                Ok(Self::IfNotExists(path, Box::new(other)))
            }
            Some("list_append") => {
                let first = parser.nested(Self::parse_one)?;
                parser.expect(",")?;
                let second = parser.nested(Self::parse_one)?;
                parser.expect(")")?;
                Ok(Self::ListAppend(Box::new(first), Box::new(second)))
            }
            Some(name) => parser.refuse(format_args!("Invalid function name; function: {name}")),
            None => parser.path().map(Self::Path),
        }
    }

    fn value(&self, item: &Item) -> Result<Value, DynamoRefusal> {
        let wrong_type = || DynamoRefusal::validation("An operand in the update expression has an incorrect data type");
        match self {
            Self::Value(value) => Ok(value.clone()),
            Self::Path(path) => path.get(item).cloned().ok_or_else(|| {
                DynamoRefusal::validation(
                    "The provided expression refers to an attribute that does not exist in the item",
                )
            }),
            Self::IfNotExists(path, other) => match path.get(item) {
                Some(value) => Ok(value.clone()),
                None => other.value(item),
            },
            Self::ListAppend(first, second) => match (first.value(item)?, second.value(item)?) {
                (Value::L(mut first), Value::L(second)) => {
                    first.extend(second);
                    Ok(Value::L(first))
                }
                _ => Err(wrong_type()),
            },
            Self::Plus(left, right) => match (left.value(item)?, right.value(item)?) {
                (Value::N(left), Value::N(right)) => left.plus(&right).map(Value::N).map_err(DynamoRefusal::validation),
                _ => Err(wrong_type()),
            },
            Self::Minus(left, right) => match (left.value(item)?, right.value(item)?) {
                (Value::N(left), Value::N(right)) => {
                    left.minus(&right).map(Value::N).map_err(DynamoRefusal::validation)
                }
                _ => Err(wrong_type()),
            },
        }
    }
}

/// The value after `ADD`.
fn add(stored: Option<&Value>, value: &Value) -> Result<Value, DynamoRefusal> {
    fn union<T: Ord + Clone>(left: &Set<T>, right: &Set<T>) -> Set<T> {
        Set(left.0.union(&right.0).cloned().collect())
    }
    match (stored, value) {
        (None, value) => Ok(value.clone()),
        (Some(Value::N(left)), Value::N(right)) => left.plus(right).map(Value::N).map_err(DynamoRefusal::validation),
        (Some(Value::Strings(left)), Value::Strings(right)) => Ok(Value::Strings(union(left, right))),
        (Some(Value::Numbers(left)), Value::Numbers(right)) => Ok(Value::Numbers(union(left, right))),
        (Some(Value::Binaries(left)), Value::Binaries(right)) => Ok(Value::Binaries(union(left, right))),
        _ => Err(DynamoRefusal::validation("An operand in the update expression has an incorrect data type")),
    }
}

/// The set after `DELETE`; `None` if nothing is left of it.
fn without(set: &Value, members: &Value) -> Result<Option<Value>, DynamoRefusal> {
    fn difference<T: Ord + Clone>(set: &Set<T>, members: &Set<T>) -> Option<Set<T>> {
        let rest: std::collections::BTreeSet<_> = set.0.difference(&members.0).cloned().collect();
        (!rest.is_empty()).then_some(Set(rest))
    }
    match (set, members) {
        (Value::Strings(set), Value::Strings(members)) => Ok(difference(set, members).map(Value::Strings)),
        (Value::Numbers(set), Value::Numbers(members)) => Ok(difference(set, members).map(Value::Numbers)),
        (Value::Binaries(set), Value::Binaries(members)) => Ok(difference(set, members).map(Value::Binaries)),
        _ => Err(DynamoRefusal::validation("An operand in the update expression has an incorrect data type")),
    }
}

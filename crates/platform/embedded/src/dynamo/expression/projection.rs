use super::super::refusal::DynamoRefusal;
use super::super::value::{Item, Value};
use super::parser::Parser;
use super::path::{Path, PathStep};
use super::placeholders::Placeholders;

/// The parts of items that a request asks for.
#[derive(Debug)]
pub(in super::super) struct Projection(Vec<Path>);

impl Projection {
    pub(in super::super) fn parse(text: &str, placeholders: &mut Placeholders) -> Result<Self, DynamoRefusal> {
        let mut parser = Parser::new("ProjectionExpression", text, placeholders)?;
        let mut paths: Vec<Path> = Vec::new();
        loop {
            let path = parser.path()?;
            if paths.iter().any(|other| other.overlaps(&path)) {
                return parser
                    .refuse("Two document paths overlap with each other; must remove or rewrite one of these paths");
            }
            paths.push(path);
            if !parser.symbol(",") {
                break;
            }
        }
        parser.end()?;
        Ok(Self(paths))
    }

    /// The parts of an item that exist.
    pub(in super::super) fn of(&self, item: &Item) -> Item {
        let mut projected = Item::new();
        for path in &self.0 {
            let Some(value) = path.get(item) else { continue };
            match path.0.split_first() {
                Some((PathStep::Field(name), rest)) => add(&mut projected, name, rest, value),
                _ => continue,
            }
        }
        projected
    }
}

/// Adds a value under `name`, in the maps and lists that its path leads through. Lists contain only what was asked for.
fn add(map: &mut Item, name: &str, rest: &[PathStep], value: &Value) {
    let Some((next, rest)) = rest.split_first() else {
        map.insert(name.to_owned(), value.clone());
        return;
    };
    match next {
        PathStep::Field(field) => {
            let inner = map.entry(name.to_owned()).or_insert_with(|| Value::M(Item::new()));
            if let Value::M(inner) = inner {
                add(inner, field, rest, value);
            }
        }
        PathStep::Index(_) => {
            let inner = map.entry(name.to_owned()).or_insert_with(|| Value::L(Vec::new()));
            if let Value::L(list) = inner {
                list.push(within(rest, value));
            }
        }
    }
}

/// A value in the maps and lists of a path.
fn within(steps: &[PathStep], value: &Value) -> Value {
    match steps.split_first() {
        None => value.clone(),
        Some((PathStep::Field(name), rest)) => Value::M(Item::from([(name.clone(), within(rest, value))])),
        Some((PathStep::Index(_), rest)) => Value::L(vec![within(rest, value)]),
    }
}

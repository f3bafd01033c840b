use super::super::value::{Item, Value};

/// A path to an attribute, or into its maps and lists.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Path(pub(super) Vec<PathStep>);

#[derive(Clone, Debug, PartialEq)]
pub(super) enum PathStep {
    Field(String),
    Index(usize),
}

impl Path {
    /// The name of the attribute that the path begins with.
    pub(in super::super) fn attribute(&self) -> &str {
        match self.0.first() {
            Some(PathStep::Field(name)) => name,
            _ => "",
        }
    }

    /// The attribute, if the path is no more than its name.
    pub(in super::super) fn as_attribute(&self) -> Option<&str> {
        (self.0.len() == 1).then(|| self.attribute())
    }

    pub(super) fn get<'a>(&self, item: &'a Item) -> Option<&'a Value> {
        let (_, rest) = self.0.split_first()?;
        rest.iter().try_fold(item.get(self.attribute())?, |value, step| match (value, step) {
            (Value::M(map), PathStep::Field(name)) => map.get(name),
            (Value::L(list), PathStep::Index(index)) => list.get(*index),
            _ => None,
        })
    }

    /// Whether one of the paths is the beginning of the other.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(left, right)| left == right)
    }

    /// The value that contains the last step, if it exists and can contain it.
    fn parent<'a>(&self, item: &'a mut Item) -> Option<Parent<'a>> {
        let (last, steps) = self.0.split_last()?;
        let Some((_, inner)) = steps.split_first() else { return Some(Parent::Map(item)) };
        let first = item.get_mut(self.attribute())?;
        let found = inner.iter().try_fold(first, |value, step| match (value, step) {
            (Value::M(map), PathStep::Field(name)) => map.get_mut(name),
            (Value::L(list), PathStep::Index(index)) => list.get_mut(*index),
            _ => None,
        })?;
        match (found, last) {
            (Value::M(map), PathStep::Field(_)) => Some(Parent::Map(map)),
            (Value::L(list), PathStep::Index(_)) => Some(Parent::List(list)),
            _ => None,
        }
    }

    /// Sets what the path leads to. An index beyond the end of a list appends to it. Returns whether the path exists, up
    /// to its last step.
    pub(super) fn set(&self, item: &mut Item, value: Value) -> bool {
        match (self.parent(item), self.0.last()) {
            (Some(Parent::Map(map)), Some(PathStep::Field(name))) => {
                map.insert(name.clone(), value);
            }
            (Some(Parent::List(list)), Some(PathStep::Index(index))) => match list.get_mut(*index) {
                Some(place) => *place = value,
                None => list.push(value),
            },
            _ => return false,
        }
        true
    }

    /// Removes what the path leads to. Returns whether the path exists, up to its last step.
    pub(super) fn remove(&self, item: &mut Item) -> bool {
        match (self.parent(item), self.0.last()) {
            (Some(Parent::Map(map)), Some(PathStep::Field(name))) => {
                map.remove(name);
            }
            (Some(Parent::List(list)), Some(PathStep::Index(index))) => {
                if *index < list.len() {
                    list.remove(*index);
                }
            }
            _ => return false,
        }
        true
    }
}

/// The map or list that contains the last step of a path.
enum Parent<'a> {
    Map(&'a mut Item),
    List(&'a mut Vec<Value>),
}

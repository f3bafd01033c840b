use std::collections::BTreeMap;

use model::id::DebugId;

use crate::RetraceProblem;

/// A class that a mapping has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundClass {
    /// The id of the mapping.
    pub id: DebugId,
    /// The text of the class, as R8 writes it.
    pub text: String,
}

/// The classes of an event that its mappings have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundClasses {
    /// The classes, by their obfuscated names.
    pub classes: BTreeMap<String, FoundClass>,
    /// Why the others were not found; `None` if mappings were read and do not have them.
    pub problem: Option<RetraceProblem>,
    /// The first mapping that was read.
    pub id: Option<DebugId>,
}

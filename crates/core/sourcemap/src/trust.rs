use model::occurrence::Occurrence;

use crate::marks::{remove_claimed_type, remove_claims};
use crate::stacks::stacks_mut;

/// Removes from an event of a client what only look-ups may put into it.
pub fn distrust(occurrence: &mut Occurrence) {
    stacks_mut(occurrence).flat_map(|stack| &mut stack.frames).for_each(remove_claims);
    occurrence.exceptions.iter_mut().for_each(remove_claimed_type);
}

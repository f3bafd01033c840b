use std::fmt;

use super::TermHash;

/// Bits of a term's hash that one level of the tree distinguishes.
const BITS: u32 = 4;
/// Number of hexadecimal digits in the hash of a term.
const MAX_DEPTH: u32 = u64::BITS / BITS;

/// A node of a project's search tree. It holds the postings of terms whose hashes begin with its digits, until it is
/// full. Then they move down: to its 16 children, one for each next digit, or to lists of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    depth: u32,
    digits: u64,
}

impl Node {
    /// The node that receives new postings, of all terms.
    pub const ROOT: Self = Self { depth: 0, digits: 0 };
    /// The number of children of a node.
    pub const CHILDREN: usize = 1 << BITS;

    /// The child with this number, below 16; `None` if the node is at the lowest level.
    pub fn child(self, number: usize) -> Option<Self> {
        let number = u64::try_from(number).ok().filter(|number| *number < 1 << BITS)?;
        (self.depth < MAX_DEPTH).then(|| Self { depth: self.depth + 1, digits: self.digits << BITS | number })
    }

    /// The number of the child that holds the postings of `term`; `None` if the node is at the lowest level.
    pub fn child_number(self, term: TermHash) -> Option<usize> {
        let shift = u64::BITS.checked_sub((self.depth + 1) * BITS)?;
        usize::try_from((term.to_bits() >> shift) & ((1 << BITS) - 1)).ok()
    }
}

/// The digits of the node; nothing for the root.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.depth {
            0 => Ok(()),
            depth => write!(f, "{:0width$x}", self.digits, width = depth as usize),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Term;

    #[test]
    fn a_term_is_in_the_nodes_that_its_hash_begins_with() {
        let term = Term::Word("cart".to_owned()).hash();
        let (mut node, mut depth) = (Node::ROOT, 0);
        assert_eq!(node.to_string(), "");
        while let Some(number) = node.child_number(term) {
            node = node.child(number).unwrap();
            depth += 1;
            assert_eq!(node.to_string(), term.to_string()[..depth]);
        }
        assert_eq!((depth, node.child(0)), (16, None));
        assert_eq!(Node::ROOT.child(16), None);
    }
}

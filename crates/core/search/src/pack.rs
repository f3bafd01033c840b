use std::collections::{BTreeMap, BTreeSet};

use super::{Node, TermHash};
use model::id::Fingerprint;

/// From this number of postings on, a term that leaves a node gets a list of its own. Fewer are not worth an item.
const LIST: usize = 16;
/// Maximum length of a pack, in bytes, unless one term alone has more.
const MAX_PACK: usize = 12 * 1024;

/// Terms, and the errors that are posted under each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TermPostings(BTreeMap<TermHash, BTreeSet<Fingerprint>>);

/// The bytes are not a pack.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("expected a pack of postings")]
pub struct BadPack;

/// The places to which the postings of a full node move.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Distribution {
    /// Terms with so many postings that each gets a list of its own.
    pub lists: TermPostings,
    /// The others, by the number of the child that they move to.
    pub children: BTreeMap<usize, TermPostings>,
}

impl TermPostings {
    pub fn add(&mut self, term: TermHash, error: Fingerprint) {
        self.0.entry(term).or_default().insert(error);
    }

    pub fn merge(&mut self, other: Self) {
        for (term, errors) in other.0 {
            self.0.entry(term).or_default().extend(errors);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The errors that are posted under `term`.
    pub fn errors(&self, term: TermHash) -> impl Iterator<Item = Fingerprint> {
        self.0.get(&term).into_iter().flatten().copied()
    }

    /// All terms, and the errors that are posted under each.
    pub fn terms(&self) -> impl Iterator<Item = (TermHash, &BTreeSet<Fingerprint>)> {
        self.0.iter().map(|(term, errors)| (*term, errors))
    }

    /// Encodes the postings as packs. Most have at most 12 KiB. A pack has the errors first (their number, and 16 bytes
    /// each), then each term: its hash, the number of its errors, and their positions. All numbers are big-endian; those
    /// of errors have two bytes.
    pub fn packs(&self) -> Vec<Vec<u8>> {
        let mut packs = Vec::new();
        let mut open = Builder::default();
        for (term, errors) in &self.0 {
            let errors: Vec<_> = errors.iter().collect();
            for errors in errors.chunks(Builder::MAX_ERRORS) {
                if !open.has_room_for(errors) {
                    packs.push(std::mem::take(&mut open).finish());
                }
                open.add(*term, errors);
            }
        }
        if !open.terms.is_empty() {
            packs.push(open.finish());
        }
        packs
    }

    /// Decodes a pack as it is stored.
    pub fn decode(pack: &[u8]) -> Result<Self, BadPack> {
        let mut rest = pack;
        let count = usize::from(take(&mut rest).map(u16::from_be_bytes)?);
        let errors = rest.split_at_checked(count * 16).ok_or(BadPack)?;
        rest = errors.1;
        let errors: Vec<_> = errors.0.as_chunks::<16>().0.iter().copied().map(Fingerprint::from_bytes).collect();
        let mut postings = Self::default();
        while !rest.is_empty() {
            let term = TermHash::from_bits(u64::from_be_bytes(take(&mut rest)?));
            for _ in 0..u16::from_be_bytes(take(&mut rest)?) {
                let position = usize::from(u16::from_be_bytes(take(&mut rest)?));
                postings.add(term, *errors.get(position).ok_or(BadPack)?);
            }
        }
        Ok(postings)
    }

    /// Distributes the postings of `node` to the places below it.
    pub fn distribute(self, node: Node) -> Distribution {
        let mut below = Distribution::default();
        for (term, errors) in self.0 {
            match node.child_number(term).filter(|_| errors.len() < LIST) {
                Some(child) => drop(below.children.entry(child).or_default().0.insert(term, errors)),
                None => drop(below.lists.0.insert(term, errors)),
            }
        }
        below
    }
}

/// A pack that is being written.
#[derive(Default)]
struct Builder {
    errors: BTreeMap<Fingerprint, u16>,
    terms: Vec<u8>,
}

impl Builder {
    /// The number of errors that one entry can have: about the maximum length of a pack.
    const MAX_ERRORS: usize = MAX_PACK / 18;

    fn has_room_for(&self, errors: &[&Fingerprint]) -> bool {
        let new = errors.iter().filter(|error| !self.errors.contains_key(**error)).count();
        let length = 2 + 16 * (self.errors.len() + new) + self.terms.len() + 10 + 2 * errors.len();
        length <= MAX_PACK
    }

    fn add(&mut self, term: TermHash, errors: &[&Fingerprint]) {
        self.terms.extend(term.to_bits().to_be_bytes());
        self.terms.extend((errors.len() as u16).to_be_bytes());
        for error in errors {
            let next = self.errors.len() as u16;
            let position = *self.errors.entry(**error).or_insert(next);
            self.terms.extend(position.to_be_bytes());
        }
    }

    fn finish(self) -> Vec<u8> {
        let mut by_position: Vec<_> = self.errors.into_iter().collect();
        by_position.sort_by_key(|(_, position)| *position);
        let mut pack = (by_position.len() as u16).to_be_bytes().to_vec();
        pack.extend(by_position.iter().flat_map(|(error, _)| error.to_bytes()));
        pack.extend(self.terms);
        pack
    }
}

/// Takes the first `N` bytes.
fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], BadPack> {
    let (first, rest) = bytes.split_first_chunk().ok_or(BadPack)?;
    *bytes = rest;
    Ok(*first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Term;

    fn error(number: usize) -> Fingerprint {
        Fingerprint::of("pack", [number.to_string().as_str()])
    }

    fn word(number: usize) -> TermHash {
        Term::Word(format!("word{number}")).hash()
    }

    /// 40 words, each of which has as many errors as its number.
    fn postings() -> TermPostings {
        let mut postings = TermPostings::default();
        for (term, number) in (0..40).flat_map(|term| (0..term).map(move |number| (term, number))) {
            postings.add(word(term), error(number));
        }
        postings
    }

    fn decoded(packs: &[Vec<u8>]) -> TermPostings {
        let mut all = TermPostings::default();
        for pack in packs {
            all.merge(TermPostings::decode(pack).unwrap());
        }
        all
    }

    #[test]
    fn packs_are_read_as_they_were_written() {
        let few = postings();
        let packs = few.packs();
        assert_eq!((packs.len(), decoded(&packs)), (1, few));
        let mut many = postings();
        for (term, number) in (0..50).flat_map(|term| (0..1_000).map(move |number| (term, number))) {
            many.add(word(term), error(number * 7 + term));
        }
        let packs = many.packs();
        assert!(packs.len() > 10 && packs.iter().all(|pack| pack.len() <= MAX_PACK), "{}", packs.len());
        assert_eq!(decoded(&packs), many);
        assert_eq!(TermPostings::default().packs(), Vec::<Vec<u8>>::new());
    }

    #[test]
    fn an_error_with_forty_terms_takes_less_than_half_a_kilobyte() {
        let mut postings = TermPostings::default();
        (0..40).for_each(|term| postings.add(word(term), error(1)));
        assert_eq!(postings.packs().concat().len(), 2 + 16 + 40 * 12);
    }

    #[test]
    fn bytes_that_are_not_a_pack_are_refused() {
        let good = postings().packs().concat();
        for length in 0..good.len() {
            // A pack that ends between two terms is a shorter pack.
            if let Ok(shorter) = TermPostings::decode(&good[..length]) {
                assert_ne!(shorter, postings());
            }
        }
        let mut position = good.clone();
        let last = position.len() - 1;
        position[last] = 255;
        for bad in [&[][..], &[0], &[0, 1], &[0, 0, 1], &position] {
            assert_eq!(TermPostings::decode(bad), Err(BadPack));
        }
    }

    #[test]
    fn every_posting_moves_to_one_place() {
        let all = postings();
        let Distribution { lists, children } = all.clone().distribute(Node::ROOT);
        assert_eq!(lists.terms().map(|(_, errors)| errors.len()).max(), Some(39));
        assert!(lists.terms().all(|(_, errors)| errors.len() >= LIST));
        let mut found = lists;
        for (number, child) in children {
            assert!(child.terms().all(|(term, _)| Node::ROOT.child_number(term) == Some(number)));
            found.merge(child);
        }
        assert_eq!(found, all);
    }

    #[test]
    fn at_the_lowest_level_every_term_has_a_list() {
        let mut node = Node::ROOT;
        while let Some(child) = node.child(3) {
            node = child;
        }
        let Distribution { lists, children } = postings().distribute(node);
        assert_eq!((lists, children.len()), (postings(), 0));
    }
}

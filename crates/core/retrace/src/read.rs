//! Looks a class up.

use serde::{Deserialize, Serialize};
use source_maps::{BadMap, ObjectRange, unpack};

/// The largest directory and the largest block, in bytes, before they are compressed.
const MAX_DIRECTORY: usize = 32 << 20;
const MAX_BLOCK: usize = 16 << 20;
/// The version of the stored form.
const VERSION: u8 = 1;

/// Where the blocks of a mapping are. It is the first thing that a look-up reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingDirectory {
    version: u8,
    pub(crate) blocks: Vec<BlockStart>,
}

/// The obfuscated name of the first class of a block, and the block's offset and length in the object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BlockStart(pub(crate) String, pub(crate) u64, pub(crate) u64);

impl Default for MappingDirectory {
    fn default() -> Self {
        Self { version: VERSION, blocks: Vec::new() }
    }
}

impl MappingDirectory {
    /// Reads a directory as it is in the object.
    pub fn parse(packed: &[u8]) -> Result<Self, BadMap> {
        let text = unpack(packed, MAX_DIRECTORY)?;
        let directory: Self =
            serde_json::from_slice(&text).map_err(|_| BadMap::new("it is not the directory of a mapping"))?;
        if directory.version != VERSION {
            return Err(BadMap::new("this version of faultline does not know its form"));
        }
        Ok(directory)
    }

    /// The block that has a class, given by its obfuscated name, if the mapping has the class.
    pub fn block(&self, class: &str) -> Option<ObjectRange> {
        let after = self.blocks.partition_point(|block| block.0.as_str() <= class);
        let BlockStart(_, offset, length) = *self.blocks.get(after.checked_sub(1)?)?;
        Some(ObjectRange { offset, length })
    }

    /// The approximate memory that it takes, in bytes.
    pub fn size(&self) -> usize {
        self.blocks.iter().map(|block| block.0.len() + size_of::<BlockStart>()).sum()
    }
}

/// Returns the text of a class in a block, as R8 writes it; `None` if the block does not have the class.
pub fn class_in(packed: &[u8], class: &str) -> Result<Option<String>, BadMap> {
    let unpacked = unpack(packed, MAX_BLOCK)?;
    let text = std::str::from_utf8(&unpacked).map_err(|_| BadMap::new("a text is not UTF-8"))?;
    let sections = text.split('\0').filter_map(|section| section.split_once('\n'));
    let own: Vec<_> = sections.filter(|(name, _)| *name == class).map(|(_, text)| text).collect();
    Ok((!own.is_empty()).then(|| own.concat()))
}

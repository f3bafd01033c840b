//! Reads ProGuard mappings, and writes them in the form in which they are stored.

use model::id::DebugId;
use store::ports::UploadedFile;

use crate::bundle::BuiltMaps;

/// The longest name of a file that is kept, in characters.
const MAX_NAME: usize = 300;

/// Builds what is stored of a mapping.
pub(crate) fn build(name: &str, id: DebugId, mapping: &[u8]) -> BuiltMaps {
    let mut built = BuiltMaps::default();
    let problem = match retrace::write_mapping(&mut built.object, mapping) {
        Ok(written) => {
            built.maps.push((id, written.range));
            written.note
        }
        Err(refusal) => {
            let refusal = format!("it is not a ProGuard mapping that can be used: {refusal}");
            built.failure = Some(refusal.clone());
            Some(refusal)
        }
    };
    built.files.push(UploadedFile { url: name.chars().take(MAX_NAME).collect(), debug_id: Some(id), problem });
    built
}

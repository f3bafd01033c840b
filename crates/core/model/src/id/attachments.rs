use super::{EventId, ProjectId, kept};
use crate::project::Retention;

/// Where the attachments of an event are stored: the folder of the event, under its project and the time that they are
/// kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AttachmentFolder {
    pub project: ProjectId,
    /// How long they are kept; `None` for the stack's default.
    pub retention: Option<Retention>,
    pub event: EventId,
}

/// The prefix of the keys of all attachments.
const ROOT: &str = "attachments/v=1/";
/// The packed size of a folder without its project.
const PACKED: usize = 18;

impl AttachmentFolder {
    /// The key in S3 of the attachment with this number.
    pub fn key(&self, number: usize) -> String {
        format!("{}event={}/{number}", kept::project_prefix(ROOT, self.project, self.retention), self.event)
    }

    /// The key prefix of all attachments that are kept for the same time, in any project: the prefix of a lifecycle
    /// rule of the bucket.
    pub fn kept_prefix(retention: Option<Retention>) -> String {
        kept::prefix(ROOT, retention)
    }

    /// The key prefixes of a project's attachments: one for each retention.
    pub fn prefixes(project: ProjectId) -> impl Iterator<Item = String> {
        kept::classes().map(move |retention| kept::project_prefix(ROOT, project, retention))
    }

    /// Packs folders of one project: for each, the days of its retention (2 bytes, 0 for the default), then the event.
    pub fn pack<'a>(folders: impl IntoIterator<Item = &'a Self>) -> Vec<u8> {
        let pack = |folder: &Self| {
            let days = folder.retention.map_or(0, Retention::days) as u16;
            days.to_be_bytes().into_iter().chain(folder.event.bytes())
        };
        folders.into_iter().flat_map(pack).collect()
    }

    /// Unpacks folders of `project` that [`pack`](Self::pack) packed. `None` if the bytes are damaged.
    pub fn unpack(project: ProjectId, bytes: &[u8]) -> Option<Vec<Self>> {
        let folders = bytes.chunks(PACKED).map(|packed| {
            let (days, event) = packed.split_first_chunk()?;
            let retention = match u16::from_be_bytes(*days) {
                0 => None,
                days => Some(Retention::of_days(days.into()).ok()?),
            };
            Some(Self { project, retention, event: EventId::from_bytes(event.try_into().ok()?) })
        });
        folders.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(retention: Option<Retention>) -> AttachmentFolder {
        let project = ProjectId::new(7).unwrap();
        AttachmentFolder { project, retention, event: EventId::from_bytes([0xab; 16]) }
    }

    #[test]
    fn a_key_names_retention_project_and_event() {
        let event = "ab".repeat(16);
        assert_eq!(folder(None).key(0), format!("attachments/v=1/project=7/event={event}/0"));
        let month = Retention::of_days(30).unwrap();
        assert_eq!(folder(Some(month)).key(12), format!("attachments/v=1/retention=30/project=7/event={event}/12"));
    }

    #[test]
    fn folders_come_out_as_they_went_in() {
        let folders: Vec<_> = kept::classes().map(folder).collect();
        let packed = AttachmentFolder::pack(&folders);
        assert_eq!(packed.len(), PACKED * folders.len());
        assert_eq!(AttachmentFolder::unpack(folders[0].project, &packed), Some(folders));
        assert_eq!(AttachmentFolder::unpack(ProjectId::new(7).unwrap(), &[]), Some(Vec::new()));
        assert_eq!(AttachmentFolder::unpack(ProjectId::new(7).unwrap(), &packed[..20]), None);
        assert_eq!(AttachmentFolder::unpack(ProjectId::new(7).unwrap(), &[0xff; PACKED]), None, "an unknown retention");
    }

    /// An attachment is covered by exactly one lifecycle rule, and by exactly one prefix of its project.
    #[test]
    fn prefixes_do_not_overlap() {
        for retention in kept::classes() {
            let key = folder(retention).key(1);
            let rules: Vec<_> =
                kept::classes().map(AttachmentFolder::kept_prefix).filter(|rule| key.starts_with(rule)).collect();
            assert_eq!(rules, [AttachmentFolder::kept_prefix(retention)], "{key}");
            let of = |project| AttachmentFolder::prefixes(ProjectId::new(project).unwrap());
            assert_eq!(of(7).filter(|prefix| key.starts_with(prefix)).count(), 1);
            assert_eq!(of(70).filter(|prefix| key.starts_with(prefix)).count(), 0);
        }
    }
}

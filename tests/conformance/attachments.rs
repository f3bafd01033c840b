use bytes::Bytes;
use model::id::{AttachmentFolder, EventId, ProjectId};
use model::project::Retention;
use server::system::Resources;
use store::ports::Attachments;

use super::error_commits::project;

fn folder(project: ProjectId, event: u8, retention: Option<Retention>) -> AttachmentFolder {
    AttachmentFolder { project, retention, event: EventId::from_bytes([event; 16]) }
}

pub(crate) async fn kept_and_removed(on: &Resources) {
    let other = ProjectId::new(70).unwrap();
    let (mine, yours) = (folder(project(), 1, None), folder(other, 1, None));
    let month = folder(project(), 2, Some(Retention::of_days(30).unwrap()));
    let put = async |folder: &AttachmentFolder, number: usize, content: &'static [u8]| {
        on.bucket.put_attachment(folder, number, Bytes::from_static(content)).await.unwrap();
    };
    let read = async |folder: &AttachmentFolder, number, length| {
        on.bucket.attachment(folder, number, length).await.unwrap().map(|content| content.to_vec())
    };
    for folder in [&mine, &yours, &month] {
        put(folder, 0, b"first").await;
        put(folder, 19, b"last").await;
    }
    put(&mine, 0, b"another").await;
    assert_eq!(read(&mine, 0, None).await.unwrap(), b"first", "an attachment is not replaced");
    assert_eq!(read(&mine, 0, Some(2)).await.unwrap(), b"fi");
    assert_eq!(read(&mine, 0, Some(100)).await.unwrap(), b"first");
    assert_eq!(read(&mine, 1, None).await, None);

    // More folders than one request deletes.
    let nothing = (10..=120).map(|event| folder(project(), event, None));
    let folders: Vec<_> = nothing.chain([mine.clone()]).collect();
    for _ in 0..2 {
        on.bucket.remove_attachments(&folders).await.unwrap();
        assert_eq!((read(&mine, 0, None).await, read(&mine, 19, None).await), (None, None));
    }
    on.bucket.remove_attachments(&[]).await.unwrap();
    put(&mine, 0, b"again").await;
    while on.bucket.remove_some_attachments(project()).await.unwrap() {}
    assert_eq!((read(&mine, 0, None).await, read(&month, 0, None).await), (None, None));
    assert_eq!(read(&yours, 19, None).await.unwrap(), b"last", "another project's stay");
}

use formats::inbox::Addressee;
use formats::segment::{FrameRange, SegmentWriter, lines};
use model::id::{ProjectId, SegmentId};
use model::project::Retention;
use server::system::Resources;
use store::Kind;
use store::ports::{ClaimChecks, Segments};

use super::at;
use super::error_commits::project;

pub(crate) async fn written_read_and_replaced(on: &Resources) {
    let id = SegmentId::new(project(), at(0), 1);
    let mut writer = SegmentWriter::new();
    writer.frame([b"first".as_slice()]).unwrap();
    let second = writer.frame([b"second".as_slice()]).unwrap();
    let segment = writer.finish();
    on.bucket.put(&id, segment.clone()).await.unwrap();

    let frame = on.bucket.frame(&id, second).await.unwrap();
    assert_eq!(lines(&frame).map(Result::unwrap).collect::<Vec<_>>(), [b"second"]);
    let (whole, version) = on.bucket.get(&id).await.unwrap();
    assert_eq!(whole, segment);
    let other = SegmentWriter::new().finish();
    on.bucket.replace(&id, [segment, other].concat(), &version).await.unwrap();
    let (_, newer) = on.bucket.get(&id).await.unwrap();
    on.bucket.replace(&id, b"changed".to_vec(), &newer).await.unwrap();
    assert_eq!(on.bucket.replace(&id, Vec::new(), &newer).await.unwrap_err().kind(), Kind::Conflict);

    let missing = SegmentId::new(project(), at(0), 2);
    let frame = FrameRange { offset: 0, length: 1 };
    assert_eq!(on.bucket.frame(&missing, frame).await.unwrap_err().kind(), Kind::NotFound);
    assert_eq!(on.bucket.get(&missing).await.unwrap_err().kind(), Kind::NotFound);
}

pub(crate) async fn removed(on: &Resources) {
    let other = SegmentId::new(ProjectId::new(70).unwrap(), at(0), 1);
    on.bucket.put(&other, b"other".to_vec()).await.unwrap();
    for n in 0..20 {
        on.bucket.put(&SegmentId::new(project(), at(n * 86_400), n as u128), b"mine".to_vec()).await.unwrap();
    }
    let classes = Retention::ALL.map(|class| SegmentId::new(project(), at(0), 0).kept(Some(class)));
    for id in &classes {
        on.bucket.put(id, b"mine".to_vec()).await.unwrap();
    }
    let other_class = other.clone().kept(Some(Retention::ALL[0]));
    on.bucket.put(&other_class, b"other".to_vec()).await.unwrap();
    while on.bucket.remove_some(project()).await.unwrap() {}
    for id in classes.iter().chain([&SegmentId::new(project(), at(0), 0)]) {
        assert_eq!(on.bucket.get(id).await.unwrap_err().kind(), Kind::NotFound, "{id}");
    }
    for other in [&other, &other_class] {
        on.bucket.get(other).await.unwrap();
    }
    assert!(!on.bucket.remove_some(project()).await.unwrap(), "nothing is left to remove");
}

pub(crate) async fn claims(on: &Resources) {
    on.bucket.put_claim_check("inbox/v=1/x", b"packed".to_vec()).await.unwrap();
    assert_eq!(on.bucket.get_claim_check("inbox/v=1/x").await.unwrap(), "packed");
    assert_eq!(on.bucket.get_claim_check("inbox/v=1/y").await.unwrap_err().kind(), Kind::NotFound);
    for _ in 0..2 {
        on.bucket.remove_claim_check("inbox/v=1/x").await.unwrap();
        assert_eq!(on.bucket.get_claim_check("inbox/v=1/x").await.unwrap_err().kind(), Kind::NotFound);
    }

    let projects = [1, 12].map(|id| Addressee::Id(ProjectId::new(id).unwrap()));
    let keys = [1, 12].map(|id| format!("inbox/v=1/project={id}/event={}/x", "0".repeat(32)));
    for key in &keys {
        on.bucket.put_claim_check(key, b"packed".to_vec()).await.unwrap();
    }
    while on.bucket.remove_some_claim_checks(&projects[0]).await.unwrap() {}
    assert_eq!(on.bucket.get_claim_check(&keys[0]).await.unwrap_err().kind(), Kind::NotFound);
    assert_eq!(on.bucket.get_claim_check(&keys[1]).await.unwrap(), "packed", "another project's claim check stays");
}

use super::*;
use model::occurrence::{Attachment, AttachmentLoss};

const KIND: &str = "multipart/form-data; boundary=\"----x-1\"";

fn part(name: &str, more: &str, content: &str) -> String {
    format!("------x-1\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n{content}\r\n")
}

fn read(parts: &[String], size: usize) -> CrashForm {
    let body = format!("{}------x-1--\r\n", parts.concat());
    let mut form = CrashForm::new(KIND);
    for piece in body.as_bytes().chunks(size) {
        form.push(piece).unwrap();
        assert!(form.held.len() < 300 + 2 * size, "what was read is not held");
    }
    assert!(!form.is_cut());
    form
}

#[test]
fn a_form_can_be_read_in_any_pieces() {
    let dump = part(
        "upload_file_minidump",
        "; filename=\"a.dmp\"\r\nContent-Type: application/octet-stream",
        &format!("MDMP\0\r\n--\r\n------x{}", "y".repeat(100_000)),
    );
    let parts = [
        part("sentry", "", r#"{"release":"shop@1","message":null}"#),
        dump,
        part("sentry[tags][arch]", "", "arm64"),
        part("sentry[environment]", "", "production"),
        part("empty", "", ""),
        part("guid", "", "7\r\n8"),
    ];
    for size in [1, 7, 4_096, usize::MAX / 2] {
        let mut form = read(&parts, size.min(200_000));
        assert_eq!(form.dump_size(), Some(100_018), "{size}");
        let event = event(&form);
        let files = form.take_files();
        let (file, content) = &files[0];
        assert_eq!((files.len(), file.name.as_str(), file.kind.as_deref()), (1, "a.dmp", Some("event.minidump")));
        assert_eq!(file.content_type.as_deref(), Some("application/octet-stream"));
        assert_eq!((file.size, content.len(), &content[..8]), (100_018, 100_018, &b"MDMP\0\r\n-"[..]));
        assert_eq!(
            (&event["release"], &event["environment"], &event["tags"]["arch"]),
            (&json!("shop@1"), &json!("production"), &json!("arm64"))
        );
        assert_eq!((&event["platform"], &event["level"]), (&json!("native"), &json!("fatal")));
        assert_eq!(event["exception"]["values"][0]["type"], "Minidump");
        assert_eq!(event["contexts"]["crashpad"], json!({ "guid": "7\r\n8" }));
        assert_eq!(event["contexts"]["minidump"], json!({ "size": 100_018 }));
    }
}

#[test]
fn data_of_the_application_takes_precedence() {
    let event = event(&read(
        &[part("sentry__2", "", r#"essage":"out of memory"}"#), part("sentry__1", "", r#"{"level":"error","m"#)],
        64,
    ));
    assert_eq!(
        (&event["message"], &event["level"], event.get("exception")),
        (&json!("out of memory"), &json!("error"), None)
    );
}

#[test]
fn a_dump_alone_is_a_crash() {
    for kind in ["application/octet-stream", "", "application/x-dmp", "multipart/form-data", "multipart/é"] {
        let mut form = CrashForm::new(kind);
        form.push(b"MDMP").unwrap();
        assert_eq!((form.dump_size(), form.is_cut()), (Some(4), false), "{kind}");
        assert_eq!(event(&form)["exception"]["values"][0]["type"], "Minidump");
        let files = form.take_files();
        assert_eq!((files[0].0.name.as_str(), files[0].1.as_slice()), ("minidump.dmp", &b"MDMP"[..]));
    }
}

#[test]
fn a_body_of_another_kind_is_not_a_dump() {
    for body in ["", "{}", "MDM", "a=b"] {
        let mut form = CrashForm::new("application/x-www-form-urlencoded");
        for byte in body.bytes() {
            form.push(&[byte]).unwrap();
        }
        assert_eq!(form.dump_size(), None, "{body}");
    }
}

#[test]
fn texts_and_headers_are_bounded() {
    let mut form = CrashForm::new(KIND);
    let text = part("a", "", &"x".repeat(3 << 20));
    assert_eq!(form.push(text.as_bytes()).unwrap_err().reason, model::outcome::Reason::BodyTooLargeUnpacked);
    let mut form = CrashForm::new(KIND);
    assert!(form.push(part(&"n".repeat(20_000), "", "").replace("\r\n\r\n", "").as_bytes()).is_err());
    let deep = format!("sentry{}", "[a]".repeat(5_000));
    assert_eq!(event(&read(&[part(&deep, "", "x")], 20_000)).get("a"), None);
}

proptest::proptest! {
    #[test]
    fn arbitrary_input_does_not_panic(bytes in "(------x-1|--|\r\n|Content-Disposition: form-data; name=\"[a\\[\\]]{0,4}\"|x){0,20}", size in 1_usize..9) {
        let mut form = CrashForm::new(KIND);
        for piece in bytes.as_bytes().chunks(size) {
            let _ = form.push(piece);
        }
        event(&form);
    }
}

#[test]
fn files_within_the_limits_are_kept() {
    let large = "y".repeat(Attachment::MAX_SIZE + 1);
    let parts = [
        part("upload_file_minidump", "; filename=\"\"", &large),
        part("log", "; filename=\"app.log\"\r\nContent-Type: text/plain", "one"),
        part("empty", "; filename=\"none.txt\"", ""),
        part("sentry", "; filename=\"event.json\"", "{}"),
    ];
    let mut form = read(&parts, 4_096);
    let files: Vec<_> = form.take_files();
    let shown: Vec<_> =
        files.iter().map(|(file, content)| (file.name.as_str(), file.discarded, content.len())).collect();
    assert_eq!(shown, [("minidump.dmp", Some(AttachmentLoss::TooLarge), 0), ("app.log", None, 3)]);
    assert!(form.take_files().is_empty());
}

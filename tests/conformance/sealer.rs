use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures_util::future::join_all;
use model::id::ProjectName;
use model::sealed::Sealed;
use server::system::Resources;
use store::Kind;
use store::ports::{FOREIGN_LIMIT, Sealer};

/// Must not appear in sealed text.
const SECRET: &[u8] = b"https://hooks.slack.example/SECRET";

fn name(text: &str) -> ProjectName {
    ProjectName::parse(text).unwrap()
}

fn sealer(on: &Resources) -> &dyn Sealer {
    on.sealer.as_deref().unwrap()
}

fn shows(text: &str) -> bool {
    let bytes = BASE64.decode(text.trim_start_matches("1.")).unwrap_or_default();
    text.contains("SECRET") || bytes.windows(6).any(|part| part == b"SECRET")
}

pub(crate) async fn bound_to_a_project(on: &Resources) {
    let (sealer, shop, other) = (sealer(on), name("shop"), name("größe@"));
    for project in [&shop, &other] {
        let texts: Vec<Vec<u8>> = vec![SECRET.to_vec(), Vec::new(), vec![7; 100_000]];
        let sealed = join_all(texts.iter().map(|text| sealer.seal(project, text))).await;
        for (text, sealed) in texts.iter().zip(sealed) {
            let sealed = sealed.unwrap();
            assert!(sealed.as_str().starts_with("1.") && !shows(sealed.as_str()));
            assert_eq!(&sealer.open(project, &sealed).await.unwrap(), text);
            let stranger = if project == &shop { &other } else { &shop };
            // Twice: a decision that KMS made for the owner must not be cached for another project.
            for _ in 0..2 {
                let refused = sealer.open(stranger, &sealed).await.unwrap_err();
                assert_eq!(refused.kind(), Kind::Corrupt);
                assert!(!refused.to_string().contains("SECRET"), "{refused}");
            }
        }
    }
    for damaged in ["", "1.", "2.AAAA", "1.AAAA", "1.****", "1.AAQBAgMEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        let refused = sealer.open(&shop, &Sealed::new(damaged)).await.unwrap_err();
        assert_eq!(refused.kind(), Kind::Corrupt, "{damaged:?}: {refused}");
    }
}

pub(crate) async fn foreign(on: &Resources) {
    let sealer = sealer(on);
    let encrypted = sealer.encrypt_foreign(SECRET).await.unwrap();
    assert!(!shows(&encrypted));
    for text in [encrypted.clone(), format!(" {encrypted}\n")] {
        assert_eq!(sealer.open_foreign(&text).await.unwrap(), SECRET);
    }
    let most = vec![7; FOREIGN_LIMIT];
    let encrypted = sealer.encrypt_foreign(&most).await.unwrap();
    assert_eq!(sealer.open_foreign(&encrypted).await.unwrap(), most);
    for bad in [&[][..], &[7; FOREIGN_LIMIT + 1]] {
        assert_eq!(sealer.encrypt_foreign(bad).await.unwrap_err().kind(), Kind::Rejected);
    }
    // Neither text that is not a ciphertext nor the data key of an envelope, which is bound to its project, can be
    // opened.
    let sealed = sealer.seal(&name("shop"), SECRET).await.unwrap();
    let bytes = base64::engine::general_purpose::STANDARD_NO_PAD.decode(&sealed.as_str()[2..]).unwrap();
    let data_key = &bytes[2..2 + usize::from(u16::from_be_bytes([bytes[0], bytes[1]]))];
    let too_long = BASE64.encode([7; 7_000]);
    for bad in ["", "no base64!", "AAAA", sealed.as_str(), &BASE64.encode(data_key), &too_long] {
        let refused = sealer.open_foreign(bad).await.unwrap_err();
        assert_eq!(refused.kind(), Kind::Corrupt, "{bad:?}: {refused}");
    }
}

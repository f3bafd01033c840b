//! Names of projects, and renaming.

use faultline_tests::{ADMIN, Answered, Faultline, encoded};
use http::{Method, StatusCode};
use model::id::ProjectName;
use serde_json::{Value, json};
use web_session::address;

use crate::browser::Browser;

async fn create(faultline: &Faultline, name: &str) -> Answered {
    faultline.call(Method::POST, "/projects", ADMIN, json!({ "name": name }).to_string()).await
}

async fn rename(faultline: &Faultline, name: &str, key: &str, new: &str) -> Answered {
    let path = format!("/projects/{}", encoded(name));
    faultline.call(Method::PATCH, &path, key, json!({ "name": new }).to_string()).await
}

async fn post(faultline: &Faultline, name: &str, key: &str, message: &str) -> Answered {
    let body = json!({ "errors": [{ "message": message }] }).to_string();
    faultline.call(Method::POST, &format!("/projects/{}/errors", encoded(name)), key, body).await
}

async fn messages(faultline: &Faultline, name: &str) -> Vec<String> {
    assert_eq!(faultline.process().await, 0);
    let errors = faultline.all(&format!("/projects/{}/errors", encoded(name)), "cursor").await;
    let mut messages: Vec<_> = errors.iter().map(|error| error["message"].as_str().unwrap().to_owned()).collect();
    messages.sort();
    messages
}

/// A name is either refused with the reason, or it works everywhere: in the API, on pages and in their forms. The
/// settings of one project never affect another.
#[tokio::test]
async fn a_name_works_everywhere_or_is_refused() {
    let faultline = Faultline::new().await;
    let browser = Browser::signed_in(&faultline, ADMIN).await;
    let names = [
        "pA",
        "client.example",
        "a..b",
        "x$(id)",
        "it's",
        "a&b=c",
        "<b>",
        "a+b",
        "a;b,c",
        "~",
        "-",
        "\u{65e5}\u{672c}\u{8a9e}",
        "\u{1f6d2}",
        "a@b:c",
        "\"q\"",
        "[a]",
        "{project}",
        "p%41",
        "a#b",
        "a?b",
        "a/b",
        "a\\b",
        ".",
        "..",
        ".a",
        "a b",
        "a\u{202e}b",
        "a\u{200b}b",
        "a\tb",
        "",
    ];
    let mut made = Vec::new();
    for name in names {
        let answer = create(&faultline, name).await;
        let is_name = ProjectName::parse(name).is_ok();
        assert_eq!(answer.status.as_u16(), if is_name { 201 } else { 400 }, "{name:?}: {}", answer.body);
        if !is_name {
            assert_eq!(answer.body["error"], "project_name", "{name:?}");
            assert!(!answer.body.to_string().contains(['\u{202e}', '\u{200b}']), "{}", answer.body);
            continue;
        }
        made.push(name);
        assert_eq!(post(&faultline, name, ADMIN, name).await.status, StatusCode::CREATED);
        assert_eq!(messages(&faultline, name).await, [name]);

        let page = format!("/projects/{}", address::encoded(name));
        let settings = browser.open(&format!("{page}/settings")).await;
        let form = format!("/pages{page}/settings");
        assert!(settings.text.contains(&format!("action=\"{form}\"")), "{name}: {}", settings.text);
        let fields = [
            ("token", settings.token()),
            ("name", name.to_owned()),
            ("owner", format!("owner of {name}")),
            ("tier", "low".to_owned()),
            ("timeUnit", "hour".to_owned()),
            ("postedConfigs", "any".to_owned()),
        ];
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let saved = browser.submit(&form, &fields).await;
        assert_eq!((saved.status, saved.location()), (303, format!("{page}/settings?done=changed").as_str()), "{name}");
        for place in ["errors", "connect", "rules", "settings"] {
            assert_eq!(browser.open(&format!("{page}/{place}")).await.status, 200, "{name} {place}");
        }
    }
    assert!(made.contains(&"client.example") && !made.contains(&"p%41"), "{made:?}");
    for name in made {
        let project = faultline.get(&format!("/projects/{}", encoded(name))).await;
        assert_eq!(project["project"]["owner"], format!("owner of {name}"));
    }
}

/// A renamed project keeps its keys, number, rules and pages, and accepts what clients send to either name. The former
/// name leads to the new one, and no other project can get it.
#[tokio::test]
async fn a_project_is_renamed() {
    let faultline = Faultline::new().await;
    let made = create(&faultline, "old").await.body["data"]["project"].clone();
    let (client, id) = (made["clientKey"].as_str().unwrap(), &made["id"]);
    let body = json!({ "role": "admin", "project": "old" }).to_string();
    let admin = faultline.call(Method::POST, "/keys", ADMIN, body).await;
    let admin = admin.body["data"]["key"]["key"].as_str().unwrap().to_owned();
    let target = json!({ "type": "slack", "endpoint": "https://hooks.slack.com/services/T0/B0/x", "channel": "#c" });
    let rules = json!({ "rules": [{ "id": "team", "to": [target] }] }).to_string();
    assert_eq!(faultline.call(Method::PUT, "/projects/old/rules", ADMIN, rules).await.status, StatusCode::OK);
    faultline.call(Method::PATCH, "/projects/old", ADMIN, r#"{"owner":"ann","limits":{"perMinute":50}}"#).await;
    assert_eq!(post(&faultline, "old", client, "before").await.status, StatusCode::CREATED);
    assert_eq!(messages(&faultline, "old").await, ["before"]);

    let renamed = rename(&faultline, "old", &admin, "new.example").await;
    assert_eq!(renamed.status, StatusCode::OK, "{}", renamed.body);
    let project = &renamed.body["data"]["project"];
    assert_eq!((&project["name"], &project["id"], &project["owner"]), (&json!("new.example"), id, &json!("ann")));
    assert_eq!((&project["formerNames"], &project["limits"]["perMinute"]), (&json!(["old"]), &json!(50)));
    assert_eq!(faultline.get("/projects/new.example").await["project"], *project);

    for (name, message) in [("old", "to the old name"), ("new.example", "to the new name")] {
        for (key, who) in [(client, "client"), (admin.as_str(), "admin"), (ADMIN, "operator")] {
            let answer = post(&faultline, name, key, &format!("{message} by {who}")).await;
            assert_eq!(answer.status, StatusCode::CREATED, "{name} {who}: {}", answer.body);
        }
    }
    let dsn = format!("/api/{id}/store/?sentry_key={client}");
    assert_eq!(faultline.call(Method::POST, &dsn, "", r#"{"message":"by the DSN"}"#).await.status, StatusCode::OK);
    assert_eq!(
        messages(&faultline, "new.example").await.len(),
        8,
        "one before the renaming, six by name, one by number"
    );
    assert_eq!(
        faultline.get("/projects").await["projects"].as_array().unwrap().len(),
        2,
        "this project and the sample"
    );
    let rules = faultline.call(Method::GET, "/projects/new.example/rules", &admin, "").await;
    assert_eq!(rules.body["data"]["rules"][0]["to"][0]["channel"], "#c", "{}", rules.body);

    for (method, path) in [
        (Method::GET, "/projects/old"),
        (Method::GET, "/projects/old/errors"),
        (Method::PATCH, "/projects/old"),
        (Method::DELETE, "/projects/old/errors/before"),
        (Method::GET, "/projects/old/rules"),
        (Method::DELETE, "/projects/old"),
    ] {
        let answer = faultline.call(method, path, ADMIN, r#"{"tier":"low"}"#).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}: {}", answer.body);
        assert_eq!(
            (&answer.body["error"], &answer.body["renamedTo"]),
            (&json!("project_renamed"), &json!("new.example"))
        );
    }
    let browser = Browser::signed_in(&faultline, ADMIN).await;
    for (old, new) in [("errors?status=muted", "errors?status=muted"), ("settings", "settings"), ("rules", "rules")] {
        let seen = browser.open(&format!("/projects/old/{old}")).await;
        assert_eq!(seen.status, 303, "{old}: {}", seen.text);
        assert_eq!((seen.status, seen.location()), (303, format!("/projects/new%2Eexample/{new}").as_str()), "{old}");
    }

    assert_eq!(create(&faultline, "old").await.body["error"], "project_exists");
    assert_eq!(rename(&faultline, "sample", ADMIN, "old").await.body["error"], "project_exists");
    assert_eq!(rename(&faultline, "sample", ADMIN, "new.example").await.body["error"], "project_exists");
    assert_eq!(rename(&faultline, "new.example", ADMIN, "a#b").await.body["error"], "project_name");
    assert_eq!(rename(&faultline, "sample", &admin, "theirs").await.status, StatusCode::FORBIDDEN);
    let own = faultline.client_key().to_owned();
    assert_eq!(post(&faultline, "old", &own, "m").await.status, StatusCode::FORBIDDEN, "a key of another project");

    // Rename it back, and delete it: then both names are free.
    let back = rename(&faultline, "new.example", &admin, "old").await;
    assert_eq!(back.body["data"]["project"]["formerNames"], json!(["new.example"]), "{}", back.body);
    assert_eq!(messages(&faultline, "old").await.len(), 8);
    assert_eq!(faultline.call(Method::DELETE, "/projects/old", ADMIN, "").await.status, StatusCode::NO_CONTENT);
    for name in ["old", "new.example"] {
        assert_eq!(create(&faultline, name).await.status, StatusCode::CREATED, "{name}");
    }
}

/// Many concurrent renames and changes of settings: each change is kept, and a name is given only once.
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_renames_lose_nothing() {
    let faultline = Faultline::new().await;
    for n in 0..6 {
        assert_eq!(create(&faultline, &format!("p{n}")).await.status, StatusCode::CREATED);
    }
    let names: Vec<_> = (0..6).map(|n| format!("p{n}")).collect();
    let renames = names.iter().map(|name| rename(&faultline, name, ADMIN, "wanted"));
    let answers = futures_util::future::join_all(renames).await;
    let taken = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
    assert_eq!(taken, 1, "{:?}", answers.iter().map(|answer| answer.body.to_string()).collect::<Vec<_>>());

    let owner = faultline.call(Method::PATCH, "/projects/sample", ADMIN, r#"{"owner":"ann"}"#);
    let (renamed, owned) = tokio::join!(rename(&faultline, "sample", ADMIN, "samples"), owner);
    assert_eq!(renamed.status, StatusCode::OK, "{}", renamed.body);
    let project = faultline.get("/projects/samples").await["project"].clone();
    let expected = if owned.status == StatusCode::OK { json!("ann") } else { Value::Null };
    assert_eq!(project["owner"], expected, "{}", owned.body);
}

/// A project that a post creates exists as soon as the post is answered.
#[tokio::test]
async fn a_project_that_a_post_creates_can_be_read_at_once() {
    let faultline = Faultline::new().await;
    assert_eq!(post(&faultline, "fresh", ADMIN, "first").await.status, StatusCode::CREATED);
    assert_eq!(faultline.get("/projects/fresh/errors").await["errors"], json!([]));
    assert_eq!(faultline.get("/projects/fresh").await["project"]["name"], "fresh");
    assert_eq!(messages(&faultline, "fresh").await, ["first"]);
    let refused = faultline.call(Method::POST, "/projects/never/errors", ADMIN, "[]").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(faultline.call(Method::GET, "/projects/never/errors", ADMIN, "").await.status, StatusCode::NOT_FOUND);
}

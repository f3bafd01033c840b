use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::running::faultline;
use crate::shell::Shell;

/// Projects are created, changed, listed and deleted.
#[tokio::test]
async fn projects() {
    let shell = Shell::new();
    let made = shell.json(&["projects", "create", "shop"]);
    assert!(made["project"]["dsn"].as_str().unwrap().starts_with("http://"), "{made}");
    let set = ["projects", "set", "shop", "--owner", "ann", "--tier", "critical", "--per-minute", "100"];
    let set = shell.json(&[&set[..], &["--scrub", "iban,vat", "--time-unit", "hour"]].concat());
    let project = &set["project"];
    assert_eq!((&project["owner"], &project["limits"]["perMinute"]), (&json!("ann"), &json!(100)), "{set}");
    assert_eq!(project["scrubbing"]["additional"], json!(["iban", "vat"]));
    let set = shell.json(&["projects", "set", "shop", "--personal", "email"]);
    let scrubbing = json!({ "additional": ["iban", "vat"], "personal": ["email"] });
    assert_eq!(set["project"]["scrubbing"], scrubbing, "each list is set alone");
    let set = shell.json(&["projects", "set", "shop", "--personal="]);
    assert_eq!(set["project"]["scrubbing"], json!({ "additional": ["iban", "vat"] }), "{set}");
    let set = shell.json(&["projects", "set", "shop", "--owner", "none", "--per-minute", "none"]);
    assert!(set["project"]["owner"].is_null() && set["project"]["limits"]["perMinute"].is_null(), "{set}");
    assert_eq!(set["project"]["tier"], "critical", "settings that are not named do not change");
    let listed = shell.says(&["projects", "list"]);
    assert!(listed.lines().any(|line| line.contains("shop") && line.contains("critical")), "{listed}");
    assert!(!listed.contains('\u{1b}'), "no colours without a terminal");

    let (code, said) = shell.fails(&["projects", "delete", "shop"]);
    assert!(code == Some(1) && said.contains("--yes"), "{said}");
    shell.says(&["projects", "delete", "shop", "--yes"]);
    assert_eq!(shell.json(&["projects", "list"])["projects"].as_array().unwrap().len(), 1);
    assert!(shell.fails(&["projects", "set", "shop"]).1.contains("--help"));
    assert!(shell.fails(&["projects", "set", "shop", "--tier", "low"]).1.contains("there is no project `shop`"));
    assert_eq!(shell.fails(&["projects", "set", "shop", "--tier", "lowest"]).0, Some(2), "usage");
}

/// Keys are created, rotated, disabled, enabled and deleted, and shown only once.
#[tokio::test]
async fn keys() {
    let shell = Shell::new();
    let made = shell.json(&["keys", "create", "read", "--project", "sample", "--name", "board"]);
    let (id, key) = (made["key"]["id"].as_str().unwrap(), made["key"]["key"].as_str().unwrap());
    let may = |key: &str| shell.run(&["errors", "list", "--project", "sample", "--key", key]).code == Some(0);
    assert!(may(key));
    shell.says(&["keys", "disable", id]);
    let listed = shell.says(&["keys", "list", "--project", "sample"]);
    assert!(listed.lines().any(|line| line.contains(id) && line.contains("disabled")), "{listed}");
    assert!(!listed.contains(key), "{listed}");
    shell.says(&["keys", "enable", id]);
    let new = shell.json(&["keys", "rotate", id, "--overlap-hours", "0"]);
    let (id, new) = (new["key"]["id"].as_str().unwrap(), new["key"]["key"].as_str().unwrap());
    assert!(may(new));
    shell.says(&["keys", "delete", id]);
    let (code, said) = shell.fails(&["keys", "disable", id]);
    assert!(code == Some(1) && said.contains(id), "{said}");
    assert_eq!(shell.fails(&["keys", "create", "owner"]).0, Some(2));
}

/// An error is listed, shown with its stack trace, and changed. It can be named by a message with slashes and spaces.
#[tokio::test]
async fn errors() {
    let shell = Shell::new();
    let message = "no total / for 'cart 7'?";
    let sent = shell.says(&["send", "--message", message]);
    assert!(sent.contains("stored"), "{sent}");
    let listed = shell.json(&["errors", "list"]);
    let error = &listed["errors"][0];
    assert_eq!((&error["message"], &error["count"]), (&json!(message), &json!(1)));
    let fingerprint = error["fingerprint"].as_str().unwrap();
    let table = shell.says(&["errors", "list", "--status", "unresolved"]);
    assert!(table.lines().any(|line| line.contains(fingerprint) && line.contains(message)), "{table}");

    for name in [message, fingerprint] {
        let shown = shell.says(&["errors", "show", name]);
        for part in [
            "SampleError: no total",
            "unresolved",
            "total  src/shop/cart.rs:42",
            ">       42      sum +=",
            "main  src/main.rs:7",
        ] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
    }
    assert_eq!(shell.json(&["errors", "show", message])["error"]["event"]["message"], message);

    shell.says(&["errors", "resolve", message]);
    assert_eq!(shell.json(&["errors", "list", "--status", "resolved"])["errors"][0]["message"], message);
    assert_eq!(shell.says(&["errors", "list", "--status", "unresolved"]), "no matching errors in sample\n");
    shell.says(&["errors", "unresolve", fingerprint]);
    let muted = shell.json(&["errors", "mute", fingerprint, "--occurrences", "4", "--until", "2027-01-01T00:00:00Z"]);
    assert_eq!(muted["errors"][0]["mutedUntilCount"], 5, "{muted}");

    // A name that does not exist does not stop the others from being changed.
    let said = shell.run(&["errors", "resolve", "nothing", fingerprint]);
    assert!(said.code == Some(1) && said.err.contains("`nothing`"), "{}", said.err);
    assert!(said.out.contains("resolved"), "{}", said.out);
    assert!(shell.fails(&["errors", "delete", fingerprint]).1.contains("--yes"));
    shell.says(&["errors", "delete", fingerprint, "--yes"]);
    assert!(shell.fails(&["errors", "show", message]).1.contains("no error"));
}

/// Text of an event reaches a terminal only as plain text.
#[tokio::test]
async fn a_hostile_message_is_only_shown() {
    let shell = Shell::new();
    let hostile = "a\u{1b}]0;gotcha\u{7}\u{1b}[2Jb\r\nc\u{9b}31m\u{202e}d";
    shell.says(&["send", "--message", hostile]);
    let fingerprint = shell.json(&["errors", "list"])["errors"][0]["fingerprint"].clone();
    let fingerprint = fingerprint.as_str().unwrap();
    let said = [
        shell.says(&["errors", "list"]),
        shell.says(&["errors", "show", fingerprint]),
        shell.says(&["errors", "resolve", fingerprint]),
        shell.says(&["send", "--message", hostile]),
        shell.fails(&["errors", "show", "gone\u{1b}[2J"]).1,
    ];
    for text in said {
        let bad = text.chars().find(|char| *char != '\n' && (char.is_control() || *char == '\u{202e}'));
        assert_eq!(bad, None, "{text:?}");
        assert!(text.contains(r"\u{1b}"), "{text}");
    }
    assert_eq!(
        shell.json(&["errors", "show", fingerprint])["error"]["message"],
        hostile,
        "JSON has the whole message, escaped"
    );
}

/// If there are several projects, a command lists them; a cursor continues a list.
#[tokio::test]
async fn lists_and_projects_are_chosen() {
    let shell = Shell::new();
    shell.says(&["projects", "create", "shop"]);
    let (code, said) = shell.fails(&["errors", "list"]);
    assert!(code == Some(1) && said.contains("sample, shop"), "{said}");
    for n in 0..5 {
        shell.says(&["send", "--project", "shop", "--message", &format!("m{n}")]);
    }
    let first = shell.json(&["errors", "list", "-p", "shop", "--limit", "3"]);
    let cursor = first["nextCursor"].as_str().unwrap();
    let rest = shell.json(&["errors", "list", "-p", "shop", "--cursor", cursor]);
    let mut messages: Vec<_> = [&first, &rest]
        .iter()
        .flat_map(|page| page["errors"].as_array().unwrap())
        .map(|error| error["message"].as_str().unwrap().to_owned())
        .collect();
    messages.sort();
    assert_eq!(messages, ["m0", "m1", "m2", "m3", "m4"]);
    assert!(shell.says(&["errors", "list", "-p", "shop", "--limit", "3"]).contains("more: --cursor "));
}

/// `tail` prints each new error once, when it arrives, and exits with success on Ctrl-C.
#[tokio::test]
async fn tail_prints_new_errors() {
    let shell = Shell::new();
    shell.says(&["send", "--message", "before"]);
    let mut tail = shell.command(&["errors", "tail", "--json"]);
    let mut tail = tail.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(tail.stderr.take().unwrap()).read_line(&mut ready).unwrap();
    assert!(ready.contains("Ctrl-C"), "{ready}");
    let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<Value>(&lines.next().unwrap().unwrap()).unwrap();

    shell.says(&["send", "--message", "one"]);
    let news = next();
    assert_eq!((&news["kind"], &news["error"]["message"]), (&json!("new"), &json!("one")), "{news}");
    shell.says(&["send", "--message", "before"]);
    shell.says(&["send", "--message", "one"]);
    shell.says(&["projects", "create", "shop"]);
    shell.says(&["send", "--message", "two"]);
    assert_eq!(next()["error"]["message"], "two", "an error that is seen again is not new");

    std::process::Command::new("kill").args(["-INT", &tail.id().to_string()]).status().unwrap();
    assert_eq!(tail.wait().unwrap().code(), Some(0));
    assert!(lines.next().is_none());
}

/// A closed pipe does not cause a panic. If the server cannot be reached, or there is no key, the message says what to
/// do.
#[tokio::test]
async fn ends_are_clean() {
    let mut command = faultline(&["completions", "bash"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));

    let complaint = |arguments: &[&str]| {
        let output = faultline(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = complaint(&["projects", "list", "--key", "k", "--url", "http://127.0.0.1:1"]);
    assert!(code == Some(1) && said.contains("http://127.0.0.1:1/ does not answer"), "{said}");
    let (code, said) = complaint(&["projects", "list", "--url", "https://errors.example.com"]);
    assert!(code == Some(1) && said.contains("--key"), "{said}");
    assert_eq!(complaint(&["errors", "tail", "--every", "1"]).0, Some(2), "at least two seconds between polls");
    assert_eq!(complaint(&["nonsense"]).0, Some(2));
}

/// `errors show` takes what the list prints. For anything else it says what to give.
#[tokio::test]
async fn an_error_is_named_by_its_fingerprint() {
    let shell = Shell::new();
    shell.says(&["send", "--message", "no total"]);
    let (_, said) = shell.fails(&["errors", "show", "SampleError: no total"]);
    assert!(said.contains("use the fingerprint") && said.contains("without its type"), "{said}");
    let listed = shell.says(&["errors", "list"]);
    let fingerprint = listed.lines().last().unwrap().split(' ').next().unwrap();
    assert!(shell.says(&["errors", "show", fingerprint]).contains("SampleError: no total"));

    let muted = ["errors", "mute", fingerprint, "--occurrences", "4", "--until", "2027-01-01T00:00:00Z"];
    shell.says(&muted);
    let shown = shell.says(&["errors", "show", fingerprint]);
    assert_eq!(shown.matches("muted until").count(), 1, "{shown}");
    assert!(shown.contains("2027-01-01 00:00:00 UTC, or it has occurred 5 times"), "{shown}");
    let (code, said) = shell.fails(&["errors", "list", "--limit", "0"]);
    assert!(code == Some(2) && said.contains("--limit"), "{said}");
}

/// `send` finds a renamed project by its former name. Waiting until an error is stored does not count as a refusal.
#[tokio::test]
async fn send_finds_a_renamed_project_and_waits_quietly() {
    let shell = Shell::new();
    shell.says(&["projects", "create", "old"]);
    shell.says(&["projects", "set", "old", "--rename", "new"]);
    for more in [&[][..], &["--create"]] {
        let said = shell.run(&[&["send", "--project", "old"], more].concat());
        assert_eq!(said.code, Some(0), "{}", said.err);
        assert!(said.out.contains("stored") && said.out.contains("--project new"), "{}", said.out);
        assert!(said.err.contains("renamed to `new`"), "{}", said.err);
    }
    let (_, said) = shell.fails(&["send", "--project", "other"]);
    assert!(said.contains("there is no project `other`"), "{said}");
    let refused = shell.running.get("/operations").await["data"]["refused"].clone();
    assert!(refused["error_unknown"].is_null(), "{refused}");
}

/// `serve` and the other commands take the data directory from the environment, too. Empty variables count as not set.
#[tokio::test]
async fn variables_name_the_data_directory() {
    let shell = Shell::new();
    let data = shell.path("data");
    let run = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = faultline(arguments);
        command.env("XDG_DATA_HOME", shell.path("nothing")).env("FAULTLINE_URL", shell.running.url(""));
        let output = command.envs(variables.iter().copied()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let data = ("FAULTLINE_DATA", data.to_str().unwrap());
    let (code, _, said) = run(&[], &["projects", "list"]);
    assert!(code == Some(1) && said.contains("--data or FAULTLINE_DATA"), "{said}");
    let empty = ["FAULTLINE_KEY", "FAULTLINE_PROJECT", "FAULTLINE_ADMIN_KEY"].map(|name| (name, ""));
    let (code, listed, said) = run(&[&[data], &empty[..]].concat(), &["projects", "list"]);
    assert!(code == Some(0) && listed.contains("sample"), "{said}");
    let (code, _, said) = run(&[data], &["projects", "list", "--key", ""]);
    assert!(code == Some(2) && said.contains("--key"), "{said}");
    // A URL and a directory in the environment do not send the key to another machine.
    let (code, _, said) = run(&[data, ("FAULTLINE_URL", "https://errors.example.com")], &["projects", "list"]);
    assert!(code == Some(1) && said.contains("no key for"), "{said}");

    // A directory of the environment does not stop `--memory`; one on the command line contradicts it.
    let (code, _, said) = run(&[data], &["serve", "--listen", "127.0.0.1:0", "--data", data.1]);
    assert!(code == Some(1) && said.contains("in use"), "{said}");
    let (code, _, said) = run(&[data], &["serve", "--listen", "127.0.0.1:0"]);
    assert!(code == Some(1) && said.contains("in use"), "the variable names it: {said}");
    let (code, _, said) = run(&[data], &["serve", "--memory", "--listen", "203.0.113.1:1"]);
    assert!(code == Some(1) && said.contains("cannot listen"), "{said}");
    let (code, _, said) = run(&[], &["serve", "--memory", "--data", data.1]);
    assert!(code == Some(2) && said.contains("--memory"), "{said}");
}

/// Each shell gets its own script.
#[test]
fn completions_name_the_commands() {
    for (shell, form) in [("bash", "complete -F"), ("zsh", "#compdef faultline"), ("fish", "complete -c faultline")] {
        let output = faultline(&["completions", shell]).output().unwrap();
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(script.contains(form), "{shell}");
        for word in ["projects", "unresolve", "import", "--retention-days".trim_start_matches('-')] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

//! Limits for clients (connections, time, memory), and which address a client is known by.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::running::{Running, faultline};

/// How long to wait for any condition.
const PATIENCE: Duration = Duration::from_secs(60);

fn address(running: &Running) -> SocketAddr {
    running.url("").trim_start_matches("http://").parse().unwrap()
}

/// Opens a connection and sends `text`.
fn connect(running: &Running, text: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address(running)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(text).unwrap();
    stream
}

/// Reads everything that the server sends until it closes the connection.
fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("the server does not close: {error}"),
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads one answer, with a body of the length in its header.
fn answer(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let mut byte = [0];
    while !text.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        text.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&text).to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1).map_or(0, |rest| rest.lines().next().unwrap().parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    text.extend(body);
    String::from_utf8(text).unwrap()
}

const SHORT: [&str; 6] = ["--header-timeout", "0.3", "--body-timeout", "0.5", "--idle-timeout", "0.7"];
const HEALTH: &[u8] = b"GET /health HTTP/1.1\r\nhost: h\r\n\r\n";

#[tokio::test]
async fn a_slow_client_is_disconnected() {
    let running = Running::start_with(&SHORT);
    let since = Instant::now();
    let unfinished = b"POST /api/1/store/?sentry_key=k HTTP/1.1\r\nhost: h\r\ncontent-length: 100\r\n\r\n{";
    let streams = [
        ("idle", connect(&running, b"")),
        ("half a header", connect(&running, b"GET /health HTTP/1.1\r\nho")),
        ("half a body", connect(&running, unfinished)),
        ("keep-alive", connect(&running, HEALTH)),
    ];
    for (name, stream) in streams {
        let said = rest(stream);
        assert_eq!(name == "keep-alive", said.starts_with("HTTP/1.1 200"), "{name}: {said}");
    }
    assert!(since.elapsed() < PATIENCE);

    // Each byte of a header does not restart its timeout.
    let mut dripping = connect(&running, b"GET / HTTP/1.1\r\n");
    let since = Instant::now();
    while dripping.write_all(b"x").is_ok() {
        assert!(since.elapsed() < PATIENCE, "a header that arrives byte by byte is read forever");
        tokio::task::yield_now().await;
    }
}

/// Many connections that send one byte each do not block others, even if the process may open few files.
#[tokio::test]
async fn idle_connections_make_room_for_others() {
    let running = Running::start_limited("ulimit -n 256", &[]);
    let held: Vec<_> = (0..300).map(|_| connect(&running, b"G")).collect();
    for _ in 0..3 {
        assert_eq!(running.get("/health").await["data"]["status"], "ok");
    }
    running.post("while they are held").await.unwrap();
    drop(held);
}

/// Connections with an unfinished request make room, too.
#[tokio::test]
async fn unfinished_requests_make_room_for_others() {
    let running = Running::start_with(&["--max-connections", "20"]);
    let unfinished = b"POST /api/1/store/ HTTP/1.1\r\nhost: h\r\ncontent-length: 100\r\n\r\n{";
    let _held: Vec<_> = (0..40).map(|_| connect(&running, unfinished)).collect();
    let start = Instant::now();
    while running.client.get(running.url("/health")).send().await.is_err() {
        assert!(start.elapsed() < PATIENCE, "unfinished requests block others");
    }
}

/// Large bodies that never end use a bounded amount of memory, and other requests are answered.
#[tokio::test]
async fn unfinished_bodies_take_a_bounded_memory() {
    let running = Running::start_with(&["--body-memory", "8"]);
    let before = running.memory();
    let mut held = Vec::new();
    for _ in 0..40 {
        let stream = connect(&running, b"POST /api/1/store/ HTTP/1.1\r\nhost: h\r\ncontent-length: 4000000\r\n\r\n");
        stream.set_nonblocking(true).unwrap();
        held.push(stream);
    }
    // A complete large request, with a message of 900 kB, is accepted while the others are unfinished.
    let sending = async {
        let message = "m".repeat(900_000);
        running.post(&message).await
    };
    let filling = async {
        let piece = vec![b' '; 64 << 10];
        loop {
            held.retain_mut(|stream| match stream.write(&piece) {
                Ok(_) => true,
                Err(error) => error.kind() == ErrorKind::WouldBlock,
            });
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        posted = sending => assert!(posted.is_some()),
        () = filling => {}
    }
    let grown = running.memory().saturating_sub(before);
    assert!(grown < 90, "{grown} MB for 8 MiB of bodies");
}

/// Features of HTTP/1.1 work: keep-alive, pipelining, and `100 Continue`.
#[tokio::test]
async fn connections_are_kept_pipelined_and_continued() {
    let running = Running::start_with(&[]);
    let mut stream = connect(&running, HEALTH);
    assert!(answer(&mut stream).contains("\"ok\""));
    stream.write_all(&[HEALTH, HEALTH, HEALTH].concat()).unwrap();
    for _ in 0..3 {
        assert!(answer(&mut stream).contains("\"ok\""));
    }
    let key = running.ready["clientKey"].as_str().unwrap();
    let body = r#"{"errors":[{"message":"continued"}]}"#;
    let head = format!(
        "POST /projects/sample/errors HTTP/1.1\r\nhost: h\r\nx-api-key: {key}\r\nexpect: 100-continue\r\n\
         content-length: {}\r\n\r\n",
        body.len(),
    );
    stream.write_all(head.as_bytes()).unwrap();
    assert!(answer(&mut stream).starts_with("HTTP/1.1 100"));
    stream.write_all(body.as_bytes()).unwrap();
    assert!(answer(&mut stream).starts_with("HTTP/1.1 201"));
}

/// The IP address of a browser's user is that of the connection's peer, or the one that a proxy names. The proxy must
/// be trusted or have a private address.
#[tokio::test]
async fn the_user_is_the_peer_unless_a_proxy_names_another() {
    for (options, forwarded, expected) in [
        (&[] as &[&str], None, "127.0.0.1"),
        (&[], Some("203.0.113.7:49152"), "203.0.113.7"),
        (&["--trusted-proxy", "127.0.0.0/8"], None, "127.0.0.1"),
        (&["--trusted-proxy", "127.0.0.0/8"], Some("203.0.113.7:49152"), "203.0.113.7"),
        (&["--trusted-proxy", "127.0.0.1"], Some("1.1.1.1, [2001:db8::7]:49152"), "2001:db8::7"),
    ] {
        let running = Running::start_with(options);
        let key = running.ready["clientKey"].as_str().unwrap();
        let url = running.url(&format!("/api/{}/store/?sentry_key={key}", running.ready["project"]["id"]));
        let event = r#"{"platform":"javascript","message":"who","user":{"ip_address":"{{auto}}"}}"#;
        let mut request = running.client.post(url).body(event);
        if let Some(forwarded) = forwarded {
            request = request.header("x-forwarded-for", forwarded);
        }
        let stored: Value = request.send().await.unwrap().json().await.unwrap();
        running.wait_for_total(1).await;
        let path = format!("/projects/sample/occurrences/{}", stored["id"].as_str().unwrap());
        let occurrence = running.get(&path).await;
        let user = &occurrence["data"]["error"]["event"]["user"];
        assert_eq!(user["ip_address"], expected, "{options:?} {forwarded:?}: {occurrence}");
    }
}

/// Requests with unknown keys are limited per address; known keys from the same address always work.
#[tokio::test]
async fn guesses_of_keys_are_limited() {
    let running = Running::start_with(&[]);
    let guess = async |number: u32| {
        let key = format!("guess-{number}");
        let request = running.client.get(running.url("/projects")).header("x-api-key", key);
        // A proxy that is not trusted cannot choose the address that guesses are counted for.
        let request = request.header("x-forwarded-for", format!("203.0.113.{number}"));
        request.send().await.unwrap()
    };
    let mut statuses = Vec::new();
    for number in 0..100 {
        let answer = guess(number).await;
        if answer.status() == 429 {
            assert_eq!(answer.headers()["retry-after"], "60");
        }
        statuses.push(answer.status().as_u16());
    }
    assert_eq!((statuses[0], statuses[99]), (403, 429), "{statuses:?}");
    assert!(running.get("/projects").await["data"].is_object(), "the admin key");
    assert!(running.post("a client key that was not used before").await.is_some());
}

#[test]
fn options_that_cannot_work_are_refused_at_the_start() {
    let fails = |arguments: &[&str], says: &str| {
        let output =
            faultline(&[&["serve", "--memory", "--listen", "127.0.0.1:0"], arguments].concat()).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(says), "{arguments:?}: {error}");
    };
    fails(&["--public-url", "errors.example"], "https://errors.example");
    fails(&["--public-url", "ftp://errors.example"], "http");
    fails(&["--admin-key", "a"], "at least 16 characters");
    fails(&["--trusted-proxy", "proxy.example"], "10.0.0.0/8");
    fails(&["--header-timeout", "0"], "seconds");
}

/// DSNs and pages use the public URL. If the server listens on all addresses, it prints one that can be reached.
#[tokio::test]
async fn the_public_address_is_used_everywhere() {
    let running = Running::start_with(&["--public-url", "https://errors.example/f/"]);
    let dsn = running.ready["dsn"].as_str().unwrap();
    assert_eq!(running.ready["url"], "https://errors.example/f");
    assert!(dsn.starts_with("https://") && dsn.contains("@errors.example/f/"), "{dsn}");
    let key = running.ready["adminKey"].as_str().unwrap();
    let made = running.client.post(running.url("/projects")).header("x-api-key", key).body(r#"{"name":"shop"}"#);
    let made: Value = made.send().await.unwrap().json().await.unwrap();
    let dsn = made["data"]["project"]["dsn"].as_str().unwrap();
    assert!(dsn.contains("@errors.example/f/"), "{dsn}");

    let everywhere = Running::start_with(&["--listen", "0.0.0.0:0"]);
    assert!(everywhere.ready["url"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{}", everywhere.ready);
}

//! Destinations that an attacker could use to make faultline contact internal services. None of them is reached.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use faultline_tests::fakes::{FakeServer, Reply};
use http::Method;
use notify::guard::{Client, Destinations, Outgoing, Refused, Timeouts, Unsent};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::{TcpListener, TcpStream};

/// Listens on loopback and records who connects.
struct Listener {
    address: SocketAddr,
    came: Arc<Mutex<Vec<SocketAddr>>>,
}

impl Listener {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, came) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let seen = came.clone();
        tokio::spawn(async move {
            while let Ok((_, peer)) = listener.accept().await {
                seen.lock().unwrap().push(peer);
            }
        });
        Self { address, came }
    }

    /// Returns how many connections were made so far. Connections are accepted in order: when one that is made here has
    /// been accepted, all before it have been.
    async fn count(&self) -> usize {
        let own = TcpStream::connect(self.address).await.unwrap().local_addr().unwrap();
        loop {
            if let Some(others) = self.others(own) {
                return others;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Returns how many connections were made other than `own`, which is removed. Returns `None` if `own` was not
    /// accepted yet.
    fn others(&self, own: SocketAddr) -> Option<usize> {
        let mut came = self.came.lock().unwrap();
        let at = came.iter().position(|peer| *peer == own)?;
        came.remove(at);
        Some(came.len())
    }
}

/// A resolver that gives each name's answers one after the other, and repeats the last one.
#[derive(Default)]
struct Names {
    answers: Mutex<HashMap<String, Vec<Vec<SocketAddr>>>>,
    asked: AtomicUsize,
}

impl Names {
    fn answer(&self, name: &str, answers: Vec<Vec<SocketAddr>>) {
        self.answers.lock().unwrap().insert(name.to_owned(), answers);
    }
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        let found = match answers.get_mut(name.as_str()) {
            Some(left) if left.len() > 1 => left.remove(0),
            Some(left) => left[0].clone(),
            None => Vec::new(),
        };
        Box::pin(std::future::ready(Ok(Box::new(found.into_iter()) as Addrs)))
    }
}

const OPERATOR: &str = "ghe.corp.example, *.hooks.corp.example:8443, 10.1.2.3, 93.184.215.14";

fn client(names: &Arc<Names>) -> Client {
    Client::resolving(Destinations::parse(OPERATOR).unwrap(), Timeouts::default(), names.clone())
}

async fn send(client: &Client, url: &str) -> Unsent {
    client.send(Outgoing::new(Method::POST, url)).await.unwrap_err()
}

/// The listener's address in every spelling that a URL has for it, similar addresses, and names that resolve to it.
#[tokio::test]
async fn no_hostile_destination_is_reached() {
    let listener = Listener::start().await;
    let port = listener.address.port();
    let names = Arc::new(Names::default());
    // Every name that the guard lets through resolves to the listener.
    for name in [
        "hooks.slack.com",
        "api.github.com",
        "gitlab.com",
        "discord.com",
        "evil.webhook.office.com",
        "localhost",
        "ghe.corp.example",
        "evil.example",
        "127.0.0.1.nip.io",
        "a.hooks.corp.example",
        "hooks.corp.example",
        "metadata.google.internal",
        "hooks.slack.com.evil.example",
        "evilhooks.slack.com",
        "xn--hoks-5na.slack.com",
        "0177.1",
        "localhost.localdomain",
        "instance-data",
    ] {
        names.answer(name, vec![vec![listener.address]]);
    }
    let client = client(&names);
    let urls = [
        // not https
        format!("http://127.0.0.1:{port}/"),
        format!("http://hooks.slack.com:{port}/services/T/B/x"),
        "http://hooks.slack.com/services/T/B/x".to_owned(),
        "ftp://hooks.slack.com/x".to_owned(),
        "file:///etc/passwd".to_owned(),
        "gopher://127.0.0.1:25/_x".to_owned(),
        "data:text/plain,x".to_owned(),
        // loopback, in every spelling
        format!("https://127.0.0.1:{port}/"),
        format!("https://localhost:{port}/"),
        format!("https://LOCALHOST.:{port}/"),
        format!("https://2130706433:{port}/"),
        format!("https://0x7f000001:{port}/"),
        format!("https://0x7f.1:{port}/"),
        format!("https://0177.0.0.1:{port}/"),
        format!("https://017700000001:{port}/"),
        format!("https://127.1:{port}/"),
        format!("https://127.0.0.1.:{port}/"),
        format!("https://0:{port}/"),
        format!("https://0.0.0.0:{port}/"),
        format!("https://%31%32%37.0.0.1:{port}/"),
        format!("https://①②⑦.⓪.⓪.①:{port}/"),
        format!("https://127。0。0。1:{port}/"),
        format!("https://[::1]:{port}/"),
        format!("https://[::]:{port}/"),
        format!("https://[0:0:0:0:0:ffff:7f00:1]:{port}/"),
        format!("https://[::ffff:127.0.0.1]:{port}/"),
        format!("https://[::127.0.0.1]:{port}/"),
        format!("https://[64:ff9b::7f00:1]:{port}/"),
        format!("https://[2002:7f00:1::]:{port}/"),
        // other internal addresses
        "https://169.254.169.254/latest/meta-data/iam/".to_owned(),
        "https://2852039166/".to_owned(),
        "https://[fd00:ec2::254]/".to_owned(),
        "https://[fe80::1%25eth0]/".to_owned(),
        "https://10.1.2.3/".to_owned(),
        "https://93.184.215.14:8443/".to_owned(),
        "https://metadata.google.internal/".to_owned(),
        "https://instance-data/".to_owned(),
        // names that resolve to internal addresses, including allowed names
        "https://hooks.slack.com/services/T/B/x".to_owned(),
        "https://HOOKS.slack.com./services/T/B/x".to_owned(),
        "https://ⓗooks.slack.com/services/T/B/x".to_owned(),
        "https://evil.webhook.office.com/".to_owned(),
        "https://ghe.corp.example/api/v3".to_owned(),
        "https://a.hooks.corp.example:8443/".to_owned(),
        "https://evil.example/".to_owned(),
        format!("https://127.0.0.1.nip.io:{port}/"),
        // names that look allowed
        "https://hooks.slack.com.evil.example/".to_owned(),
        "https://evilhooks.slack.com/".to_owned(),
        "https://hooks.corp.example:8443/".to_owned(),
        "https://hoökš.slack.com/".to_owned(),
        "https://hooks.slack.com@evil.example/".to_owned(),
        format!("https://hooks.slack.com:443@127.0.0.1:{port}/"),
        "https://user:password@hooks.slack.com/services/T/B/x".to_owned(),
        "https://evil.example\\@hooks.slack.com/".to_owned(),
        format!("https://127.0.0.1:{port}#@hooks.slack.com/"),
        format!("https://127.0.0.1:{port}?@hooks.slack.com/"),
        "https://hooks.slack.com%2eevil.example/".to_owned(),
        // ports
        format!("https://hooks.slack.com:{port}/"),
        "https://hooks.slack.com:22/".to_owned(),
        "https://a.hooks.corp.example/".to_owned(),
        // not URLs
        String::new(),
        "hooks.slack.com/services".to_owned(),
        "//hooks.slack.com/services".to_owned(),
        "https://".to_owned(),
        "https://./".to_owned(),
        "https://hooks.slack.com:99999/".to_owned(),
    ];
    assert!(urls.len() >= 40);
    for url in &urls {
        let unsent = send(&client, url).await;
        assert!(matches!(unsent, Unsent::Refused(_)), "{url}: {unsent:?}");
    }
    assert_eq!(listener.count().await, 0);
    // Check that the listener can be reached: the same name, with loopback permitted.
    let loopback = Destinations::parse("").unwrap().and_loopback();
    let trying = Client::resolving(
        loopback,
        Timeouts { whole: std::time::Duration::from_millis(200), ..Timeouts::default() },
        names,
    );
    send(&trying, &format!("https://localhost:{port}/")).await;
    assert_eq!(listener.count().await, 1);
}

/// The address that is checked is the one that is connected to. Each connection makes one lookup.
#[tokio::test]
async fn dns_rebinding_does_not_reach_an_internal_address() {
    let listener = Listener::start().await;
    let names = Arc::new(Names::default());
    // First no address, then an internal one.
    names.answer("hooks.slack.com", vec![vec![], vec![listener.address]]);
    let client = client(&names);
    let url = "https://hooks.slack.com/services/T/B/x";
    assert!(matches!(send(&client, url).await, Unsent::Failed(_)));
    let refused = Refused::Address("hooks.slack.com".to_owned());
    for _ in 0..3 {
        assert_eq!(send(&client, url).await, Unsent::Refused(refused.clone()));
    }
    assert_eq!(names.asked.load(Ordering::SeqCst), 4, "one lookup per connection");
    assert_eq!(listener.count().await, 0);
}

/// Permitting loopback, for trying things out, does not loosen the guard for other names.
#[tokio::test]
async fn permitting_loopback_permits_nothing_else() {
    let listener = Listener::start().await;
    let names = Arc::new(Names::default());
    names.answer("hooks.slack.com", vec![vec![listener.address]]);
    names.answer("evil.example", vec![vec![listener.address]]);
    let destinations = Destinations::parse("").unwrap().and_loopback();
    let client = Client::resolving(destinations, Timeouts::default(), names);
    for url in [
        "https://hooks.slack.com/x",
        "http://hooks.slack.com/x",
        "http://evil.example/",
        "https://10.0.0.1/",
        "http://169.254.169.254/",
        "http://0.0.0.0/",
        "http://[::ffff:127.0.0.1]/",
        "http://user@127.0.0.1/",
        "ftp://127.0.0.1/",
    ] {
        let unsent = send(&client, url).await;
        assert!(matches!(unsent, Unsent::Refused(_)), "{url}: {unsent:?}");
    }
    assert_eq!(listener.count().await, 0);
}

/// At most 256 KiB of an answer are read.
#[tokio::test]
async fn a_long_answer_is_cut() {
    let fake = FakeServer::start(|_| Reply::new(200, "x".repeat(300 * 1024))).await;
    let client = Client::new(Destinations::parse("").unwrap().and_loopback(), Timeouts::default());
    let answer = client.send(Outgoing::new(Method::GET, &fake.url())).await.unwrap();
    assert_eq!((answer.body.len(), answer.cut), (256 * 1024, true));
}

/// A refusal says what to do, and shows only the host of the URL.
#[tokio::test]
async fn a_refusal_says_what_to_do_and_shows_no_secret() {
    let names = Arc::new(Names::default());
    let client = client(&names);
    for (url, expected) in [
        (
            "https://evil.example/s3cret?s3cret",
            "the destination `evil.example` is not allowed: an operator can add it to the allowed destinations (AllowedDestinations, --allow-destination)",
        ),
        (
            "https://gitlab.com:8443/s3cret",
            "the destination `gitlab.com:8443` is not allowed: an operator can add it to the allowed destinations (AllowedDestinations, --allow-destination)",
        ),
        (
            "http://hooks.slack.com/s3cret",
            "the destination at `hooks.slack.com` is not https: use https, so that nobody else can read messages",
        ),
        (
            "https://a:s3cret@hooks.slack.com/",
            "the destination at `hooks.slack.com` has a user name or password in its URL: remove them",
        ),
        ("s3cret", "the destination is not a URL: it must be https://HOST/…"),
        ("https://10.1.2.3/s3cret", "the destination `10.1.2.3` has no public address: use one on the public internet"),
    ] {
        assert_eq!(send(&client, url).await.to_string(), expected);
    }
}

#[test]
fn allowed_destinations_pass() {
    let destinations = Destinations::parse(OPERATOR).unwrap();
    for (url, sent) in [
        ("https://hooks.slack.com/services/T/B/x", "https://hooks.slack.com/services/T/B/x"),
        ("https://Hooks.Slack.com.:443/services", "https://hooks.slack.com/services"),
        ("https://api.github.com", "https://api.github.com/"),
        ("https://discordapp.com/api/webhooks/1/x", "https://discordapp.com/api/webhooks/1/x"),
        ("https://acme.webhook.office.com/webhookb2/x", "https://acme.webhook.office.com/webhookb2/x"),
        (
            "https://prod-07.westeurope.logic.azure.com:443/workflows/x",
            "https://prod-07.westeurope.logic.azure.com/workflows/x",
        ),
        (
            "https://default0a.e1.environment.api.powerplatform.com/x?sig=y",
            "https://default0a.e1.environment.api.powerplatform.com/x?sig=y",
        ),
        ("https://ghe.corp.example/api/v3#x", "https://ghe.corp.example/api/v3"),
        ("https://a.b.hooks.corp.example:8443/x", "https://a.b.hooks.corp.example:8443/x"),
        ("https://93.184.215.14/x", "https://93.184.215.14/x"),
    ] {
        assert_eq!(destinations.check(url).map(String::from).as_deref(), Ok(sent), "{url}");
    }
}

#[test]
fn an_operators_entry_that_cannot_be_read_is_named() {
    for bad in [
        "https://ghe.corp.example",
        "ghe.corp.example/api",
        "user@ghe.corp.example",
        "*",
        "*.com",
        "*.*.example",
        "a*b.example",
        "ghe.corp.example:99999",
        "ghe.corp.example:x",
        "*.10.0.0.1",
        "a..b:c",
    ] {
        let error = Destinations::parse(&format!("good.example, {bad}")).unwrap_err().to_string();
        assert!(error.starts_with(&format!("`{bad}` is not a destination")) && error.contains("HOST:PORT"), "{error}");
    }
    assert!(Destinations::parse(" ,\n").is_ok());
}

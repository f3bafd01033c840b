//! Starts `faultline serve` and sends requests to it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long to wait for any condition.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Running {
    child: Child,
    pub(crate) ready: Value,
    pub(crate) client: reqwest::Client,
    /// The address that it listens on.
    address: String,
}

pub(crate) fn faultline(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_faultline"));
    command.args(arguments);
    for name in ["ADMIN_KEY", "DATA", "KEY", "PROJECT", "URL"] {
        command.env_remove(format!("FAULTLINE_{name}"));
    }
    command
}

impl Running {
    /// Starts it with data directory `dir` on a free port, and waits until it is ready.
    pub(crate) fn start(dir: &Path) -> Self {
        Self::run(faultline(&["serve", "--json", "--data", dir.to_str().unwrap()]), &[])
    }

    /// Starts it with data directory `dir` and these options.
    pub(crate) fn start_in(dir: &Path, options: &[&str]) -> Self {
        Self::run(faultline(&["serve", "--json", "--data", dir.to_str().unwrap()]), options)
    }

    /// Starts it with data in memory and these options.
    pub(crate) fn start_with(options: &[&str]) -> Self {
        Self::run(faultline(&["serve", "--json", "--memory"]), options)
    }

    /// Starts it with data directory `dir` from a shell, after the command `first`.
    pub(crate) fn start_after(first: &str, dir: &Path) -> Self {
        let mut command = Command::new("sh");
        let script = format!("{first}; exec \"$@\"");
        command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_faultline"), "serve", "--json", "--data"]).arg(dir);
        Self::run(command, &[])
    }

    /// Starts it with data in memory from a shell, after the command `first`, which sets a limit.
    pub(crate) fn start_limited(first: &str, options: &[&str]) -> Self {
        let mut command = Command::new("sh");
        let script = format!("{first}; exec \"$@\"");
        command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_faultline"), "serve", "--json", "--memory"]);
        Self::run(command, options)
    }

    fn run(mut command: Command, options: &[&str]) -> Self {
        // Choose a free port in advance: the printed address may be another one, such as the public URL.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let host = if options.contains(&"--listen") { "0.0.0.0" } else { "127.0.0.1" };
        let options = options.iter().filter(|option| !["--listen", "0.0.0.0:0"].contains(*option));
        command.args(["--listen", &format!("{host}:{port}")]).args(options);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().timeout(PATIENCE).build().unwrap();
        let ready = serde_json::from_str(&line).unwrap_or_else(|_| panic!("it does not start: {line}"));
        Self { child, ready, client, address: format!("http://127.0.0.1:{port}") }
    }

    /// Returns its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns its resident memory, in MB.
    pub(crate) fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// Posts one error. Returns its event id if, and only if, the answer was success.
    pub(crate) async fn post(&self, message: &str) -> Option<String> {
        let key = self.ready["clientKey"].as_str().unwrap();
        let request = self.client.post(self.url("/projects/sample/errors")).header("x-api-key", key);
        let answer = request.json(&json!({ "errors": [{ "message": message }] })).send().await.ok()?;
        let succeeded = answer.status() == 201;
        let body: Value = answer.json().await.ok()?;
        succeeded.then(|| body["id"].as_str().unwrap().to_owned())
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let key = self.ready["adminKey"].as_str().unwrap();
        let answer = self.client.get(self.url(path)).header("x-api-key", key).send().await.unwrap();
        answer.json().await.unwrap()
    }

    /// Returns the event ids of all occurrences of an error, in the order of the list.
    pub(crate) async fn event_ids(&self, message: &str) -> Vec<String> {
        let path = format!("/projects/sample/errors/{message}/occurrences?limit=100");
        let (mut ids, mut page) = (Vec::new(), self.get(&path).await);
        while let Some(occurrences) = page["data"]["errors"].as_array() {
            ids.extend(occurrences.iter().map(|occurrence| occurrence["eventId"].as_str().unwrap().to_owned()));
            match page["data"]["nextCursor"].as_str() {
                Some(after) => page = self.get(&format!("{path}&after={after}")).await,
                None => break,
            }
        }
        ids
    }

    /// Returns the count of an error from the list of errors; 0 if it is not listed.
    pub(crate) async fn count(&self, message: &str) -> u64 {
        let list = self.get("/projects/sample/errors").await;
        let errors = list["data"]["errors"].as_array().unwrap();
        errors.iter().find(|error| error["message"] == message).map_or(0, |error| error["count"].as_u64().unwrap())
    }

    /// Waits until an error has a count of at least `count`, and returns the count.
    pub(crate) async fn wait_for_count(&self, message: &str, count: u64) -> u64 {
        let start = Instant::now();
        loop {
            let counted = self.count(message).await;
            if counted >= count {
                return counted;
            }
            assert!(start.elapsed() < PATIENCE, "`{message}` was counted {counted} times, not {count}");
            tokio::task::yield_now().await;
        }
    }

    /// Waits until at least `total` events of all errors were counted, and returns their number.
    pub(crate) async fn wait_for_total(&self, total: u64) -> u64 {
        let start = Instant::now();
        loop {
            let timeline = self.get("/projects/sample/timeline?unit=day").await;
            let counted = timeline["data"]["totalCount"].as_u64().unwrap();
            if counted >= total {
                return counted;
            }
            assert!(start.elapsed() < PATIENCE, "{counted} events were counted, not {total}");
            tokio::task::yield_now().await;
        }
    }

    /// Kills the process with SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Stops it as Ctrl-C does. Returns its exit code.
    pub(crate) fn interrupt(mut self) -> Option<i32> {
        Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! `faultline restore-check`: checks a table that was restored from a backup, and sets what a restore loses.

use anyhow::{Context, bail};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use cli::output::print;
use serde_json::json;
use store::aws::{self, Account, Service};
use store::dynamo::restored::{Finding, Purpose, RestoredTable, Setting, Verdict};

/// Options of `faultline restore-check`.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct RestoreCheck {
    /// Name of the restored table. Region and credentials are read from AWS_REGION, AWS_ACCESS_KEY_ID,
    /// AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN: `eval "$(aws configure export-credentials --format env)"` sets them
    #[arg(value_name = "TABLE")]
    table: String,
    /// Check it as the directory (keys, users, projects and sessions), not as the table of errors
    #[arg(long)]
    directory: bool,
    /// Set what is missing. Discards notifications that waited when the backup was taken
    #[arg(long)]
    fix: bool,
    /// Request units per second that a table with on-demand capacity may use at most
    #[arg(long, value_name = "UNITS", default_value_t = 2_000, value_parser = clap::value_parser!(i64).range(1..))]
    on_demand_maximum: i64,
}

/// Checks the table, and prints each finding. Fails if the table cannot be used as it is.
pub(crate) async fn run(options: RestoreCheck, json: bool) -> anyhow::Result<()> {
    let account = Account::from_environment().context(
        "AWS credentials or the region are missing: `eval \"$(aws configure export-credentials --format env)\"` sets the \
         credentials, and `export AWS_REGION=eu-central-1` the region",
    )?;
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let service = Service { endpoint: std::env::var("AWS_ENDPOINT_URL").ok(), ..Service::new(http) };
    let purpose = match options.directory {
        true => Purpose::Directory,
        false => Purpose::Errors { maximum: options.on_demand_maximum },
    };
    let table = RestoredTable::new(aws::dynamodb(&account, &service), &options.table, purpose);
    let found = table.check().await?;
    let is_unusable = found.iter().any(|finding| finding.verdict == Verdict::Wrong);
    let is_fixing = options.fix && !is_unusable;
    for finding in &found {
        if is_fixing && finding.verdict == Verdict::Fixable {
            table.fix(finding).await.with_context(|| format!("cannot fix: {}", name(finding.setting)))?;
        }
    }
    let stream = table.stream_arn().await?;
    let is_ready = found.iter().all(|finding| finding.verdict == Verdict::Good) || is_fixing;
    let result = Checked {
        table: &options.table,
        is_directory: options.directory,
        found: &found,
        is_fixing,
        is_ready,
        stream: stream.as_deref(),
    };
    print(&if json { result.as_json() } else { result.as_text() })?;
    match (is_unusable, is_ready) {
        (true, _) => bail!("{} cannot be used as faultline's table", options.table),
        (false, false) => bail!("{} lacks settings: `--fix` sets them", options.table),
        (false, true) => Ok(()),
    }
}

/// A finding, and the fix that was made.
struct Checked<'a> {
    table: &'a str,
    is_directory: bool,
    found: &'a [Finding],
    is_fixing: bool,
    is_ready: bool,
    stream: Option<&'a str>,
}

impl Checked<'_> {
    fn state(&self, finding: &Finding) -> &'static str {
        match finding.verdict {
            Verdict::Good => "ok",
            Verdict::Fixable if self.is_fixing => "fixed",
            Verdict::Fixable => "missing",
            Verdict::Wrong => "wrong",
        }
    }

    fn as_json(&self) -> String {
        let entry = |finding: &Finding| json!({ "setting": name(finding.setting), "found": finding.found, "state": self.state(finding) });
        let findings: Vec<_> = self.found.iter().map(entry).collect();
        let answer =
            json!({ "table": self.table, "streamArn": self.stream, "ready": self.is_ready, "findings": findings });
        format!("{answer:#}")
    }

    fn as_text(&self) -> String {
        let line = |finding: &Finding| {
            let (setting, found) = (name(finding.setting), &finding.found);
            format!("{:8} {setting}: {found}", self.state(finding))
        };
        let mut lines: Vec<_> = self.found.iter().map(line).collect();
        let table = self.table;
        let parameters = match self.stream {
            _ if !self.is_ready => None,
            _ if self.is_directory => Some(format!("ExistingDirectory={table}")),
            stream => stream
                .map(|stream| format!("ExistingTable={table} ExistingTableStreamArn={stream} Notifications=pause")),
        };
        if let Some(parameters) = parameters {
            lines.push(format!("\nDeploy with:\n{parameters}"));
        }
        lines.join("\n")
    }
}

fn name(setting: Setting) -> &'static str {
    match setting {
        Setting::Keys => "keys",
        Setting::Index => "index",
        Setting::WaitingNotifications => "waiting notifications",
        Setting::Ceiling => "maximum of request units (writes and reads of the table, and of the index)",
        Setting::TimeToLive => "time to live",
        Setting::Backups => "point-in-time recovery",
        Setting::DeletionProtection => "deletion protection",
        Setting::Stream => "stream",
    }
}

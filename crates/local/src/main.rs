//! The binary `faultline`.

use clap::Parser;
use local::args::{Args, Command};

/// What is logged unless `FAULTLINE_LOG` says otherwise. s3s calls it an error when an object is not there.
const LOG: &str = "warn,s3s=off";

/// Requests and batches are made of many small texts.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let log = tracing_subscriber::EnvFilter::try_from_env("FAULTLINE_LOG").unwrap_or_else(|_| LOG.into());
    tracing_subscriber::fmt().with_env_filter(log).with_writer(std::io::stderr).init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match args.command.unwrap_or_default() {
            Command::Serve(options) => local::serve::run(options).await,
            Command::Send(options) => local::send::run(options).await,
            Command::Dlq(options) => local::dlq::run(options).await,
            Command::Explain(options) => local::explain::run(&options),
        }
    })
}

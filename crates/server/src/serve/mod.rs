//! `faultline serve`: listens, prints the address and the keys, and runs until it is stopped.

mod body;
mod connections;
mod options;
mod place;
mod ready;
mod server;
mod stream;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use notify::PublicUrl;
use notify::channels::Mailer;
use notify::guard::Destinations;
pub use options::{Network, Serve};
use ready::Ready;
use server::{ConnectionLimits, Server};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use local_data::{Access, data_dir};

use crate::smtp;
use crate::system::{DataLocation, System, SystemSettings};

/// How long unfinished requests may take after the signal to stop.
const GRACE: Duration = Duration::from_secs(10);
/// Minimum length of an admin key, in characters.
const SHORTEST_KEY: usize = 16;
/// Default maximum of open connections, if neither `--max-connections` nor the limit of open files is lower.
const CONNECTIONS: usize = 1024;
/// Open files that are not connections of clients: databases, and connections that send notifications.
const OTHER_FILES: usize = 100;

/// Runs until Ctrl-C or SIGTERM. Then it finishes requests, processes the inbox, and returns.
pub async fn run(options: Serve) -> anyhow::Result<()> {
    // Handle signals from the beginning: one that arrives during the start must not kill the process.
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    if let Some(key) = &options.admin_key {
        let length = key.chars().count();
        ensure!(
            length >= SHORTEST_KEY,
            "the admin key is too short: it must have at least {SHORTEST_KEY} characters (got {length}); \
             `openssl rand -hex 16` creates a good one",
        );
    }
    let limits = limits(&options.network);
    let place = match options.memory {
        true => DataLocation::Memory,
        false => DataLocation::Directory(data_dir(options.data.clone())?),
    };
    let is_key_new = match &place {
        DataLocation::Memory => true,
        DataLocation::Directory(dir) => Access::read(dir)?.is_none(),
    };
    let listener = listen(options.listen).await?;
    let address = listener.local_addr()?;
    let url = match &options.public_url {
        Some(url) => url.clone(),
        None => format!("http://{}", place::reachable(address)).parse()?,
    };
    let settings = SystemSettings {
        public_url: Some(PublicUrl::at(url.as_str())),
        destinations: destinations(&options)?,
        mailer: mailer(&options)?,
        admin_key: options.admin_key.clone(),
        retention_days: options.retention_days,
        ..SystemSettings::at(place.clone())
    };
    let system = System::start(settings).await?;

    // The journal of systemd is kept, and more people can read it than the data directory.
    let is_logged = std::env::var_os("JOURNAL_STREAM").is_some();
    let shows_key = is_key_new && options.admin_key.is_none() && !is_logged;
    // The first owner's own account. Later owners are invited by others.
    let owner = match is_key_new && !is_logged {
        true => Some(system.stack().invite_owner().await?),
        false => None,
    };
    let access = system.stack().access();
    Ready { address, url: &url, place: &place, access, shows_key, owner }.print(options.json)?;

    let proxies = options.network.trusted_proxy.iter().cloned().collect();
    let (stop, stopped) = watch::channel(false);
    let server = Server::new(system.stack().front(), options.public_url.clone(), proxies, limits);
    tokio::select! {
        () = server.run(listener, stopped) => {}
        () = async {
            tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
            let _ = stop.send(true);
            tokio::time::sleep(GRACE).await;
        } => tracing::warn!("failed to answer all requests before the stop: the others are cut off"),
    }
    system.stop().await;
    Ok(())
}

/// Reads from the options where notifications may be sent.
fn destinations(options: &Serve) -> anyhow::Result<Destinations> {
    let destinations = Destinations::parse(&options.allow_destination.join(","))?;
    Ok(if options.allow_loopback_destinations { destinations.and_loopback() } else { destinations })
}

/// Creates the mailer from the options, if email is set up.
fn mailer(options: &Serve) -> anyhow::Result<Option<Arc<dyn Mailer>>> {
    let roots = options.smtp_ca.as_deref();
    let mailer = smtp::mailer(options.smtp_url.as_ref(), options.email_from.as_deref(), roots)?;
    Ok(mailer.map(|mailer| Arc::new(mailer) as Arc<dyn Mailer>))
}

/// Reads the limits from the options. If the process may open only few files, it accepts fewer connections, so that it
/// never runs out of files.
fn limits(options: &Network) -> ConnectionLimits {
    let wanted = options.max_connections.map_or(CONNECTIONS, |count| count as usize);
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let possible = files.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX));
    let connections = wanted.min(possible.saturating_sub(OTHER_FILES).max(8));
    if options.max_connections.is_some() && connections < wanted {
        tracing::warn!(
            connections.max = connections,
            files.max = possible,
            "--max-connections is over the limit of open files and is reduced: raise the limit (ulimit -n)"
        );
    }
    ConnectionLimits {
        header: options.header_timeout,
        body: options.body_timeout,
        idle: options.idle_timeout,
        connections,
        body_memory: (options.body_memory as usize) << 20,
    }
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}: choose another address with --listen"))
}

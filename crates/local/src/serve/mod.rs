//! `faultline serve`: listens, says how to get in, and runs until it is told to stop.

mod ready;

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use axum::serve::ListenerExt;
use notify::PublicUrl;
use notify::guard::Destinations;
use ready::Ready;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tower::make::Shared;

use crate::access::data_dir;
use crate::args::Serve;
use crate::system::{Place, Settings, System};

/// How long requests that were begun may take after the signal to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Runs until Ctrl-C or SIGTERM; then answers what it has begun, digests what is in the inbox, and returns.
pub async fn run(options: Serve) -> anyhow::Result<()> {
    // Caught from the start: a signal that comes while the system starts must not cut it short.
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let place = match options.memory {
        true => Place::Memory,
        false => Place::Directory(data_dir(options.data.clone())?),
    };
    let listener = listen(options.listen).await?;
    let address = listener.local_addr()?;
    let public = options.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    let settings = Settings {
        public_url: Some(PublicUrl::at(&public)),
        destinations: destinations(&options)?,
        admin_key: options.admin_key.clone(),
        retention_days: options.retention_days,
        ..Settings::at(place.clone())
    };
    let system = System::start(settings).await?;

    Ready { address, place: &place, access: system.stack().access() }.print(options.json)?;

    let service = Shared::new(system.stack().front());
    let told = async {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
    };
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let answering = axum::serve(listener.tap_io(no_delay), service).with_graceful_shutdown(async {
        let _ = stopped.await;
    });
    tokio::select! {
        answered = answering.into_future() => answered?,
        () = async {
            told.await;
            let _ = stop.send(());
            tokio::time::sleep(GRACE).await;
        } => tracing::warn!("requests that were not answered in time are cut off"),
    }
    system.stop().await;
    Ok(())
}

/// Where notifications may go.
fn destinations(options: &Serve) -> anyhow::Result<Destinations> {
    let destinations = Destinations::parse(&options.allow_destination.join(","))?;
    Ok(if options.allow_loopback_destinations { destinations.and_loopback() } else { destinations })
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}: choose another address with --listen"))
}

/// Answers are small and written at once: waiting to fill a packet only delays them.
fn no_delay(stream: &mut tokio::net::TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(error.message = %error, "TCP_NODELAY");
    }
}

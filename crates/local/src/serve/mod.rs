//! `faultline serve`: listens, says how to get in, and runs until it is told to stop.

mod ready;

use std::net::SocketAddr;

use anyhow::Context;
use axum::serve::ListenerExt;
use ready::Ready;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tower::make::Shared;

use crate::access::data_dir;
use crate::args::Serve;
use crate::system::{Place, Settings, System};

/// Runs until Ctrl-C or SIGTERM; then answers what it has begun, digests what is in the inbox, and returns.
pub async fn run(options: Serve) -> anyhow::Result<()> {
    // Caught from the start: a signal that comes while the system starts must not cut it short.
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let place = match options.memory {
        true => Place::Memory,
        false => Place::Directory(data_dir(options.data.clone())?),
    };
    let listener = listen(options.listen).await?;
    let settings = Settings {
        admin_key: options.admin_key.clone(),
        retention_days: options.retention_days,
        ..Settings::at(place.clone())
    };
    let system = System::start(settings).await?;

    let address = listener.local_addr()?;
    Ready { address, place: &place, access: system.stack().access() }.print(options.json)?;

    let service = Shared::new(system.stack().front());
    let stop = async move {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
    };
    axum::serve(listener.tap_io(no_delay), service).with_graceful_shutdown(stop).await?;
    system.stop().await;
    Ok(())
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

//! The port of a link.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::{oneshot, watch},
};

use super::{
    session::{self, Actor},
    sessions::Sessions,
    values::Settings,
};
use crate::edge::accept;

/// What is said to those for whom there is no room.
const FULL: &[u8] = b"no more sessions are taken here; end some, or come back later\r\n";

/// A port that takes sessions until it is closed, as its settings say when they begin.
#[derive(Debug)]
pub(super) struct Listener {
    /// Where its link says that it is.
    pub(super) asked_for: SocketAddr,
    /// Where it is.
    pub(super) bound: SocketAddr,
    pub(super) settings: watch::Sender<Settings>,
    /// Dropped to end it, and what tells that the port is free again.
    ends: Mutex<Option<(oneshot::Sender<()>, oneshot::Receiver<()>)>>,
}

impl Listener {
    /// Opens a port for the sessions of an actor.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub(super) async fn open(settings: Settings, actor: Actor, sessions: Arc<Sessions>) -> Result<Self, String> {
        let address = settings.address;
        let listener = TcpListener::bind(address).await.map_err(|error| {
            format!("cannot listen on {address}: {error}; stop what listens there, or choose another ADDRESS")
        })?;
        let bound = listener.local_addr().map_err(|error| error.to_string())?;
        let (settings, current) = watch::channel(settings);
        let (stop, stopped) = oneshot::channel::<()>();
        let (closing, closed) = oneshot::channel();
        tokio::spawn(async move {
            let take = async {
                loop {
                    let (stream, client) = accept(&listener).await;
                    let settings = current.borrow().clone();
                    begin(stream, client, &settings, actor.clone(), sessions.clone());
                }
            };
            tokio::select! {
                () = take => {}
                _ = stopped => {}
            }
            // The port is free before that is told.
            drop(listener);
            drop(closing);
        });
        Ok(Self { asked_for: address, bound, settings, ends: Mutex::new(Some((stop, closed))) })
    }

    /// Listens no longer, and returns once the port is free. Sessions go on.
    pub(super) async fn close(&self) {
        let ends = self.ends.lock().expect("nothing panics under this lock").take();
        if let Some((stop, closed)) = ends {
            drop(stop);
            // The sender is dropped with the port and never sends.
            drop(closed.await);
        }
    }
}

/// Begins a session, or says that there is no room.
fn begin(stream: TcpStream, client: SocketAddr, settings: &Settings, actor: Actor, sessions: Arc<Sessions>) {
    let place = settings.gate.admit(client.ip());
    let begun = place.and_then(|place| Some((place, session::Session::begin(settings, actor, sessions)?)));
    let Some((place, (session, outgoing))) = begun else {
        // Whoever does not take it sees the connection end.
        drop(stream.try_write(FULL));
        return;
    };
    tokio::spawn(async move {
        session.serve(stream, outgoing).await;
        drop(place);
    });
}

//! The lattice over plain TCP, for any NATS client.

use std::{io, net::SocketAddr, sync::Arc};

use bytes::{Bytes, BytesMut};
use futures::{sink, stream};
use tokio::{
    io::AsyncWriteExt,
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};
use wisteria_bridge::{Broker, Peer};

/// What is read at once at most. The room is taken when bytes are there, so that an idle connection holds none.
const READ: usize = 64 << 10;

/// How long to wait when no connection can be accepted, as when there are too many open files.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(100);

/// Listens for NATS clients.
#[derive(Debug)]
pub(crate) struct NatsListener(TcpListener);

impl NatsListener {
    /// Takes an address.
    pub(crate) async fn bind(address: SocketAddr) -> io::Result<Self> {
        TcpListener::bind(address).await.map(Self)
    }

    /// The address, with the port that was chosen.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Serves clients until the process ends.
    pub(crate) async fn serve(self, broker: Arc<Broker>) {
        loop {
            match self.0.accept().await {
                Ok((stream, client)) => drop(tokio::spawn(serve(broker.clone(), stream, client))),
                Err(error) => {
                    tracing::warn!(%error, "a NATS client could not be accepted; raise the limit of open files?");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

async fn serve(broker: Arc<Broker>, stream: TcpStream, client: SocketAddr) {
    // Whatever leaves is coalesced already.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "small messages may be held back");
    }
    let peer = Peer { server: stream.local_addr().ok(), client: Some(client.ip()) };
    let (reader, writer) = stream.into_split();
    let reader = Reader { half: reader, buffer: BytesMut::new() };
    let incoming = Box::pin(stream::unfold(reader, async |mut reader| Some((reader.read().await?, reader))));
    let outgoing = Box::pin(sink::unfold(writer, write));
    // How it ended is logged where it is served.
    drop(broker.serve_peer(peer, incoming, outgoing).await);
}

/// The reading end of a connection.
struct Reader {
    half: OwnedReadHalf,
    /// Room for the next bytes, while they come one after the other.
    buffer: BytesMut,
}

impl Reader {
    /// The next bytes; nothing at the end. A connection that broke has ended.
    async fn read(&mut self) -> Option<Bytes> {
        loop {
            if self.buffer.capacity() < READ / 2 {
                // Takes the room back that was handed out before, if nobody kept any of it.
                self.buffer.reserve(READ);
            }
            match self.half.try_read_buf(&mut self.buffer) {
                Ok(0) => return None,
                Ok(_) => return Some(self.buffer.split().freeze()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.buffer = BytesMut::new();
                    self.half.readable().await.ok()?;
                }
                Err(_) => return None,
            }
        }
    }
}

async fn write(mut writer: OwnedWriteHalf, bytes: Bytes) -> io::Result<OwnedWriteHalf> {
    writer.write_all(&bytes).await?;
    Ok(writer)
}

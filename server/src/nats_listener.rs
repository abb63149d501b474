//! The lattice over plain TCP, for any NATS client; after the greeting under TLS where the server has it.

use std::{io, net::SocketAddr, sync::Arc};

use bytes::{Bytes, BytesMut};
use futures::{channel::oneshot, sink, stream};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};
use tokio_rustls::server::TlsStream;
use wisteria_bridge::{Broker, Peer};

use crate::edge::{Gate, Place, ServerTls, accept};

/// What is read at once at most. The room is taken when bytes are there, so that an idle connection holds none.
const READ: usize = 64 << 10;

/// What a NATS server tells whoever is one too many.
const FULL: &[u8] = b"-ERR 'maximum connections exceeded'\r\n";

/// Listens for NATS clients.
#[derive(Debug)]
pub(crate) struct NatsListener {
    listener: TcpListener,
    tls: Option<ServerTls>,
    gate: Gate,
}

impl NatsListener {
    /// Serves at a port.
    pub(crate) fn new(listener: TcpListener, tls: Option<ServerTls>, gate: Gate) -> Self {
        Self { listener, tls, gate }
    }

    /// The address, with the port that was chosen.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves clients until the process ends.
    pub(crate) async fn serve(self, broker: Arc<Broker>) {
        loop {
            let (stream, client) = accept(&self.listener).await;
            match self.gate.admit(client.ip()) {
                Some(place) => drop(tokio::spawn(serve(broker.clone(), stream, client, self.tls.clone(), place))),
                // Whoever does not take it sees the connection end.
                None => drop(stream.try_write(FULL)),
            }
        }
    }
}

async fn serve(broker: Arc<Broker>, stream: TcpStream, client: SocketAddr, tls: Option<ServerTls>, place: Place) {
    // Whatever leaves is coalesced already.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "small messages may be held back");
    }
    let peer = Peer { server: stream.local_addr().ok(), client: Some(client.ip()), tls: tls.is_some() };
    // How it ended is logged where it is served.
    match tls {
        None => {
            let (reader, writer) = stream.into_split();
            let reader = Reader { half: reader, buffer: BytesMut::new() };
            let incoming = Box::pin(stream::unfold(reader, async |mut reader| Some((reader.read().await?, reader))));
            let outgoing = Box::pin(sink::unfold(writer, write));
            drop(broker.serve_peer(peer, incoming, outgoing).await);
        }
        Some(tls) => {
            let (incoming, outgoing) = protected(stream, tls);
            drop(broker.serve_peer(peer, incoming, outgoing).await);
        }
    }
    drop(place);
}

/// A connection whose first bytes leave in the clear. They are the greeting, after which TLS begins.
fn protected(
    stream: TcpStream,
    tls: ServerTls,
) -> (impl futures::Stream<Item = Bytes> + Unpin, impl futures::Sink<Bytes, Error = io::Error> + Unpin) {
    let (ready, protected) = oneshot::channel();
    let greeting = Outgoing::Greeting { stream, tls, ready };
    let outgoing = sink::unfold(greeting, Outgoing::write);
    let incoming = stream::unfold(Incoming::Greeted(protected), Incoming::read);
    (Box::pin(incoming), Box::pin(outgoing))
}

type Reading = ReadHalf<TlsStream<TcpStream>>;

/// The writing end of a protected connection.
enum Outgoing {
    Greeting { stream: TcpStream, tls: ServerTls, ready: oneshot::Sender<Reading> },
    Protected(WriteHalf<TlsStream<TcpStream>>),
}

impl Outgoing {
    async fn write(self, bytes: Bytes) -> io::Result<Self> {
        match self {
            Self::Greeting { mut stream, tls, ready } => {
                stream.write_all(&bytes).await?;
                let (reader, writer) = tokio::io::split(tls.protect(stream).await?);
                // Without a reader the connection is ending.
                drop(ready.send(reader));
                Ok(Self::Protected(writer))
            }
            Self::Protected(mut writer) => {
                writer.write_all(&bytes).await?;
                writer.flush().await?;
                Ok(Self::Protected(writer))
            }
        }
    }
}

/// The reading end of a protected connection.
enum Incoming {
    Greeted(oneshot::Receiver<Reading>),
    Protected(Reading, BytesMut),
}

impl Incoming {
    /// The next bytes; nothing at the end. A connection that broke has ended.
    async fn read(self) -> Option<(Bytes, Self)> {
        let (mut reader, mut buffer) = match self {
            Self::Greeted(protected) => (protected.await.ok()?, BytesMut::new()),
            Self::Protected(reader, buffer) => (reader, buffer),
        };
        buffer.reserve(READ);
        match reader.read_buf(&mut buffer).await {
            Ok(1..) => Some((buffer.split().freeze(), Self::Protected(reader, buffer))),
            Ok(0) | Err(_) => None,
        }
    }
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

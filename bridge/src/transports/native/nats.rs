//! TCP as NATS servers speak it: the greeting in the clear, then TLS where the server or the address asks for it.

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, sink, stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wisteria_core::platform::BoxFuture;

use super::{
    Tls,
    dial::{Address, Socket, attempt},
};
use crate::{
    protocol::{Decoder, ProtocolLimits, ServerInfo, ServerOp, ServerSide},
    transports::{Connector, Pipe, TransportError},
};

/// Connects to a NATS server, `nats://127.0.0.1:4222`, or `tls://…` where it must be under TLS.
#[derive(Debug, Clone)]
pub struct NatsConnector {
    url: String,
    tls: Tls,
}

/// The port of NATS servers where the address names none.
const PORT: u16 = 4222;

/// The longest greeting taken.
const MAX_GREETING: usize = 64 << 10;

/// Bytes read at once at most.
const READ: usize = 64 << 10;

impl NatsConnector {
    /// A connector for an address. Under TLS the server must prove its name to the system's authorities.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), tls: Tls::default() }
    }

    /// Trusts these authorities.
    #[must_use]
    pub fn with_tls(self, tls: Tls) -> Self {
        Self { tls, ..self }
    }

    async fn open(&self) -> Result<Pipe, TransportError> {
        let address: Address = self.url.parse()?;
        let asks_for_tls = match address.scheme.as_str() {
            "nats" => false,
            "tls" => true,
            other => {
                let text = format!("a NATS server's address begins with nats:// or tls://, not {other}://");
                return Err(TransportError(text));
            }
        };
        let mut socket = address.dial(PORT).await?;
        let (greeting, info) = greeting(&mut socket).await?;
        let socket: Box<dyn Socket> = match asks_for_tls || info.tls_required {
            true => Box::new(self.tls.protect(&address.host, socket).await?),
            false => Box::new(socket),
        };
        Ok(pipe(greeting, socket))
    }
}

impl Connector for NatsConnector {
    fn connect(&self) -> BoxFuture<'_, Result<Pipe, TransportError>> {
        Box::pin(attempt(&self.url, self.open()))
    }
}

/// Reads what the server says first, and no byte of what comes after it.
async fn greeting(socket: &mut (impl Socket + ?Sized)) -> Result<(Bytes, Box<ServerInfo>), TransportError> {
    let no_nats = |cause: &str| TransportError(format!("what answers is no NATS server: {cause}"));
    let mut line = BytesMut::new();
    while !line.ends_with(b"\n") {
        if line.len() >= MAX_GREETING {
            return Err(no_nats("its greeting has no end"));
        }
        // A byte at a time, as TLS may begin right after the line.
        let byte = socket.read_u8().await.map_err(|cause| no_nats(&cause.to_string()))?;
        line.extend_from_slice(&[byte]);
    }
    let mut decoder = Decoder::<ServerSide>::new(ProtocolLimits { line: MAX_GREETING, payload: 0 });
    decoder.push(&line);
    match decoder.next_op() {
        Ok(Some(ServerOp::Info(info))) => Ok((line.freeze(), info)),
        Ok(Some(ServerOp::Error(text))) => Err(TransportError(text)),
        Ok(_) => Err(no_nats("it did not greet")),
        Err(error) => Err(no_nats(&error.to_string())),
    }
}

fn pipe(greeting: Bytes, socket: Box<dyn Socket>) -> Pipe {
    let (reader, writer) = tokio::io::split(socket);
    let further = stream::unfold((reader, BytesMut::new()), |(mut reader, mut buffer)| async move {
        buffer.reserve(READ);
        // After an error, as after the end, nothing more comes.
        match reader.read_buf(&mut buffer).await {
            Ok(1..) => Some((buffer.split().freeze(), (reader, buffer))),
            Ok(0) | Err(_) => None,
        }
    });
    let outgoing = sink::unfold(writer, |mut writer, bytes: Bytes| async move {
        let error = |cause: std::io::Error| TransportError(cause.to_string());
        writer.write_all(&bytes).await.map_err(error)?;
        writer.flush().await.map_err(error)?;
        Ok(writer)
    });
    Pipe { incoming: stream::iter([greeting]).chain(further).boxed(), outgoing: Box::pin(outgoing) }
}

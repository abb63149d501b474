//! One connection to a server: bytes out, messages in.

use anyhow::{Context, Result, bail, ensure};
use bytes::{Buf, BytesMut};
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A connection that has said who it is.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    unread: BytesMut,
}

/// A message as it came.
#[derive(Debug)]
pub(crate) struct Received {
    /// What it was published to.
    pub(crate) subject: String,
    /// Where the reply goes.
    pub(crate) reply: Option<String>,
}

const CONNECT: &[u8] = b"CONNECT {\"verbose\":false,\"pedantic\":false,\"lang\":\"rust\",\"version\":\"0\",\
    \"protocol\":1,\"headers\":true,\"no_responders\":true}\r\n";

impl Connection {
    /// Connects, and returns once the server has answered.
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut connection = Self { stream, unread: BytesMut::new() };
        connection.write(CONNECT).await?;
        connection.settle().await?;
        Ok(connection)
    }

    /// Sends bytes.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(bytes).await?)
    }

    /// Returns once the server has acted on all that was sent. Messages that come before are lost.
    pub(crate) async fn settle(&mut self) -> Result<()> {
        self.write(b"PING\r\n").await?;
        loop {
            while let Some(line) = self.line() {
                match &line[..] {
                    b"PONG" => return Ok(()),
                    line if line.starts_with(b"-ERR") => bail!("{}", String::from_utf8_lossy(line)),
                    _ => {}
                }
            }
            self.read().await?;
        }
    }

    /// The next messages, at least one.
    pub(crate) async fn messages(&mut self) -> Result<Vec<Received>> {
        let mut received = Vec::new();
        loop {
            while let Some(message) = self.message().await? {
                received.push(message);
            }
            if !received.is_empty() {
                return Ok(received);
            }
            self.read().await?;
        }
    }

    /// The socket itself, for those who count bytes only.
    pub(crate) fn into_stream(self) -> TcpStream {
        self.stream
    }

    /// A message that is there as a whole.
    async fn message(&mut self) -> Result<Option<Received>> {
        while let Some(end) = self.unread.windows(2).position(|pair| pair == b"\r\n") {
            let line = str::from_utf8(&self.unread[..end])?;
            let mut words = line.split(' ');
            if words.next() != Some("MSG") {
                let is_ping = line == "PING";
                ensure!(!line.starts_with("-ERR"), "{line}");
                self.unread.advance(end + 2);
                if is_ping {
                    self.write(b"PONG\r\n").await?;
                }
                continue;
            }
            let words = words.collect::<Vec<_>>();
            let (subject, reply, size) = match words[..] {
                [subject, _, size] => (subject, None, size),
                [subject, _, reply, size] => (subject, Some(reply.to_owned()), size),
                _ => bail!("not understood: {line}"),
            };
            let whole = end + 2 + size.parse::<usize>()? + 2;
            if self.unread.len() < whole {
                return Ok(None);
            }
            let message = Received { subject: subject.to_owned(), reply };
            self.unread.advance(whole);
            return Ok(Some(message));
        }
        Ok(None)
    }

    fn line(&mut self) -> Option<BytesMut> {
        let end = self.unread.windows(2).position(|pair| pair == b"\r\n")?;
        let line = self.unread.split_to(end);
        self.unread.advance(2);
        Some(line)
    }

    async fn read(&mut self) -> Result<()> {
        let count = self.stream.read_buf(&mut self.unread).await.context("reading")?;
        ensure!(count > 0, "the server closed the connection");
        Ok(())
    }
}

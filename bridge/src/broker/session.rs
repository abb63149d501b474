//! What a connection says and what follows from it; without I/O.

use std::sync::Arc;

use wisteria_core::bus::{Message, Status};

use super::{Broker, Ended, connection::Connection, subscription::ClientSubscription};
use crate::protocol::{self, ClientOp, ClientSide, ConnectOptions, Decoder, ProtocolError};

/// The reading end of one connection. Dropping it ends the connection.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) connection: Arc<Connection>,
    decoder: Decoder<ClientSide>,
    /// What the client said of itself; nothing else is taken before.
    options: Option<Box<ConnectOptions>>,
}

impl Session {
    /// A new connection, which is told about the server first.
    pub(super) fn new(broker: &Broker, number: u64) -> Self {
        let connection = Arc::new(Connection::new(number, broker.router.clone(), broker.limits));
        connection.say(|out| protocol::info(&broker.info(number), out));
        Self { connection, decoder: Decoder::new(broker.limits.protocol), options: None }
    }

    /// Whether the client has said `CONNECT`.
    pub(super) fn is_connected(&self) -> bool {
        self.options.is_some()
    }

    /// Acts on all operations that are complete with these bytes.
    ///
    /// # Errors
    /// What makes it impossible to go on.
    pub(super) fn receive(&mut self, bytes: &[u8]) -> Result<(), ProtocolError> {
        self.decoder.push(bytes);
        loop {
            let outcome = match self.decoder.next_op() {
                Ok(None) => return Ok(()),
                Ok(Some(op)) => self.handle(op),
                Err(error) => Err(error),
            };
            match outcome {
                Ok(()) => {}
                Err(error) if error.is_fatal() => return Err(error),
                Err(error) => {
                    tracing::debug!(connection = self.connection.number, %error, "refused an operation");
                    self.connection.say(|out| protocol::error(error.nats_text(), out));
                }
            }
        }
    }

    fn handle(&mut self, op: ClientOp) -> Result<(), ProtocolError> {
        match op {
            ClientOp::Connect(options) => {
                self.connect(options);
                Ok(())
            }
            // Some clients ask for a sign of life before all else.
            ClientOp::Ping => {
                self.connection.say(protocol::pong);
                Ok(())
            }
            ClientOp::Pong => Ok(()),
            ClientOp::Publish(message) => self.publish(&message),
            ClientOp::Subscribe { sid, pattern, queue } => {
                let options = self.options("SUB")?;
                let subscription = ClientSubscription::new(&self.connection, sid, pattern, options.headers);
                self.connection.subscribe(subscription, queue.as_deref());
                self.acknowledge()
            }
            ClientOp::Unsubscribe { sid, max } => {
                self.options("UNSUB")?;
                let subscription = self.connection.subscription(&sid);
                if !subscription.is_some_and(|subscription| max.is_some_and(|max| subscription.end_after(max))) {
                    self.connection.unsubscribe(&sid);
                }
                self.acknowledge()
            }
        }
    }

    /// The one place where a connection is let in. Whoever reaches the broker is.
    fn connect(&mut self, options: Box<ConnectOptions>) {
        tracing::debug!(connection = self.connection.number, name = options.name, "a client connected");
        if options.verbose {
            self.connection.say(protocol::ok);
        }
        self.options = Some(options);
    }

    fn publish(&self, message: &Message) -> Result<(), ProtocolError> {
        let options = self.options("PUB")?;
        self.connection.answered(&message.subject);
        let router = &self.connection.router;
        let taken = match options.echo {
            true => router.route(message),
            false => router.route_except(message, |id| self.connection.owns(id)),
        };
        if taken == 0
            && options.headers
            && options.no_responders
            && let Some(reply) = &message.reply
        {
            router.route(&Status::NoResponders.message(reply.clone()));
        }
        self.acknowledge()
    }

    fn options(&self, verb: &'static str) -> Result<&ConnectOptions, ProtocolError> {
        self.options.as_deref().ok_or(ProtocolError::NotConnected(verb))
    }

    fn acknowledge(&self) -> Result<(), ProtocolError> {
        if self.options.as_ref().is_some_and(|options| options.verbose) {
            self.connection.say(protocol::ok);
        }
        Ok(())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.connection.end(Ended::Left);
    }
}

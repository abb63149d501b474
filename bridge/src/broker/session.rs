//! What a connection says and what follows from it; without I/O.

use std::sync::Arc;

use wisteria_core::{
    bus::{Message, Status},
    platform::random_uuid,
};

use super::{Broker, Ended, Gatekeeper, connection::Connection, subscription::ClientSubscription};
use crate::protocol::{self, ClientOp, ClientSide, ConnectOptions, Decoder, ProtocolError};

/// The reading end of one connection. Dropping it ends the connection.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) connection: Arc<Connection>,
    decoder: Decoder<ClientSide>,
    gatekeeper: Arc<dyn Gatekeeper>,
    nonce: String,
    /// What the client said of itself; nothing else is taken before.
    options: Option<Box<ConnectOptions>>,
}

impl Session {
    /// A new connection, which is told about the server first.
    pub(super) fn new(broker: &Broker) -> Self {
        let number = broker.connections.number();
        let connection = Arc::new(Connection::new(number, broker));
        let nonce = random_uuid(&*broker.platform);
        connection.say(|out| protocol::info(&broker.info(number, Some(nonce.clone())), out));
        let decoder = Decoder::new(broker.limits.protocol);
        Self { connection, decoder, gatekeeper: broker.gatekeeper.clone(), nonce, options: None }
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
                    self.connection.say(|out| protocol::error(&error.nats_text(), out));
                }
            }
        }
    }

    fn handle(&mut self, op: ClientOp) -> Result<(), ProtocolError> {
        match op {
            ClientOp::Connect(options) => self.connect(options),
            // Some clients ask for a sign of life before all else.
            ClientOp::Ping => {
                self.connection.say(protocol::pong);
                Ok(())
            }
            ClientOp::Pong => Ok(()),
            ClientOp::Publish(message) => self.publish(&message),
            ClientOp::Subscribe { sid, pattern, queue } => {
                let options = self.options("SUB")?;
                if !self.connection.may_subscribe(&pattern) {
                    return Err(ProtocolError::NotPermitted { what: "Subscription", subject: pattern.to_string() });
                }
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

    /// The one place where a connection is let in. What it says later changes how it is spoken to, not who it is.
    fn connect(&mut self, options: Box<ConnectOptions>) -> Result<(), ProtocolError> {
        if self.options.is_none() {
            let permissions = self.gatekeeper.admit(&options, &self.nonce).ok_or(ProtocolError::NotAdmitted)?;
            self.connection.admit(permissions, options.name.as_deref());
            tracing::debug!(connection = self.connection.number, name = options.name, "a client connected");
        }
        self.options = Some(options);
        self.acknowledge()
    }

    fn publish(&self, message: &Message) -> Result<(), ProtocolError> {
        let options = self.options("PUB")?;
        if !self.connection.may_publish(&message.subject) {
            return Err(ProtocolError::NotPermitted { what: "Publish", subject: message.subject.to_string() });
        }
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

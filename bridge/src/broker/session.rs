//! What a connection says and what follows from it; without I/O.

use std::sync::{Arc, atomic::Ordering};

use bytes::Bytes;
use wisteria_core::{
    bus::{Passing, Routes, Status, SubjectError, SubjectPattern},
    platform::random_uuid,
};

use super::{
    Broker, Ended, Gatekeeper, PROTOCOL, Peer, batch::batch, connection::Connection, connections::Connections,
    subscription::ClientSubscription,
};
use crate::{
    auth::Refusal,
    protocol::{self, ClientOp, ConnectOptions, Intake, ProtocolError, Said, Sid},
};

/// The reading end of one connection. Dropping it ends the connection.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) connection: Arc<Connection>,
    intake: Intake,
    speaker: Speaker,
    /// What was said since this was last asked for.
    said: u32,
}

/// Who speaks.
#[derive(Debug)]
struct Speaker {
    connection: Arc<Connection>,
    gatekeeper: Arc<dyn Gatekeeper>,
    connections: Arc<Connections>,
    nonce: String,
    /// What the client said of itself. Who says anything else first says with it that nothing need be known.
    options: Option<Box<ConnectOptions>>,
    routes: Routes,
}

impl Session {
    /// A new connection, which is told about the server first.
    pub(super) fn new(broker: &Broker, peer: &Peer) -> Self {
        let number = broker.connections.number();
        let connection = Arc::new(Connection::new(number, broker));
        let nonce = random_uuid(&*broker.platform);
        connection.say(|out| protocol::info(&broker.info(number, peer, Some(nonce.clone())), out));
        let speaker = Speaker {
            connection: connection.clone(),
            gatekeeper: broker.gatekeeper.clone(),
            connections: broker.connections.clone(),
            nonce,
            options: None,
            routes: Routes::default(),
        };
        Self { connection, intake: Intake::new(broker.limits.protocol), speaker, said: 0 }
    }

    /// Acts on all operations that are complete with these bytes. True says that they press a receiver hard.
    ///
    /// # Errors
    /// What makes it impossible to go on.
    pub(super) fn receive(&mut self, bytes: &Bytes) -> Result<bool, ProtocolError> {
        let Self { connection, intake, speaker, said: count } = self;
        batch(|| {
            intake.take(bytes, |said| {
                *count = count.saturating_add(1);
                match said.and_then(|said| speaker.say(said)) {
                    Err(error) if !error.is_fatal() => {
                        tracing::debug!(connection = connection.number, %error, "refused an operation");
                        speaker.refuse(&error)
                    }
                    outcome => outcome,
                }
            })
        })
    }

    /// How many operations were acted on since the last time.
    pub(super) fn take_count(&mut self) -> u32 {
        std::mem::take(&mut self.said)
    }
}

impl Speaker {
    fn say(&mut self, said: Said<'_>) -> Result<(), ProtocolError> {
        match said {
            Said::Publication(message) => self.publish(message),
            Said::Other(ClientOp::Publish(message)) => self.publish((&message).into()),
            Said::Other(ClientOp::Connect(options)) => self.connect(options),
            // Some clients ask for a sign of life before all else.
            Said::Other(ClientOp::Ping) => {
                self.connection.say(protocol::pong);
                Ok(())
            }
            Said::Other(ClientOp::Pong) => Ok(()),
            Said::Other(ClientOp::Subscribe { sid, pattern, queue }) => self.subscribe(sid, pattern, queue.as_deref()),
            Said::Other(ClientOp::Unsubscribe { sid, max }) => {
                self.admitted()?;
                let subscription = self.connection.subscription(&sid);
                if !subscription.is_some_and(|subscription| max.is_some_and(|max| subscription.end_after(max))) {
                    self.connection.unsubscribe(&sid);
                }
                self.acknowledge();
                Ok(())
            }
        }
    }

    /// The one place where a connection is let in. What it says later changes how it is spoken to, not who it is.
    fn connect(&mut self, options: Box<ConnectOptions>) -> Result<(), ProtocolError> {
        if options.protocol > PROTOCOL {
            return Err(ProtocolError::ClientProtocol(options.protocol));
        }
        if options.no_responders && !options.headers {
            return Err(ProtocolError::NoResponders);
        }
        self.admit(options)?;
        self.acknowledge();
        Ok(())
    }

    fn admit(&mut self, options: Box<ConnectOptions>) -> Result<(), ProtocolError> {
        if self.options.is_none() {
            let admission = self.gatekeeper.admit(&options, &self.nonce).map_err(ProtocolError::NotAdmitted)?;
            let names = admission.names.clone();
            self.connection.admit(admission, options.name.as_deref());
            // Whoever revokes it from now on finds the connection.
            if names.iter().any(|name| self.connections.is_revoked(name)) {
                return Err(ProtocolError::NotAdmitted(Refusal::Revoked));
            }
            tracing::debug!(connection = self.connection.number, name = options.name, "a client connected");
        }
        self.connection.takes_headers.store(options.headers, Ordering::Relaxed);
        self.options = Some(options);
        Ok(())
    }

    fn subscribe(&mut self, sid: Sid, pattern: SubjectPattern, queue: Option<&str>) -> Result<(), ProtocolError> {
        self.admitted()?;
        if !self.connection.permissions().subscribe.covers(&pattern) {
            let (subject, queue) = (pattern.to_string(), queue.map(str::to_owned));
            return Err(ProtocolError::NotPermitted { what: "Subscription", subject, queue });
        }
        self.connection.subscribe(ClientSubscription::new(&self.connection, sid, pattern), queue)?;
        self.acknowledge();
        Ok(())
    }

    fn publish(&mut self, message: Passing<'_>) -> Result<(), ProtocolError> {
        self.admitted()?;
        let (connection, options) = (&self.connection, self.options.as_deref().expect("it was let in"));
        if message.has_headers() && !options.headers {
            return Err(ProtocolError::HeadersUnsupported);
        }
        let subject = message.subject().as_str();
        connection.check_publication(&message)?;
        if options.verbose {
            // Before what comes back of it, as in NATS.
            connection.say(protocol::ok);
        }
        connection.answered(subject);
        let unheard_by = (!options.echo).then_some(connection.number);
        let taken = connection.router.route_by(&mut self.routes, message, unheard_by);
        if taken == 0
            && options.no_responders
            && let Some(reply) = message.reply()
        {
            let mut status = Status::NoResponders.message(reply.to_subject());
            status.headers.insert("Nats-Subject", subject);
            connection.router.route(&status);
        }
        Ok(())
    }

    /// Makes sure that the client was let in, if need be as one of whom nothing is known.
    fn admitted(&mut self) -> Result<(), ProtocolError> {
        match &self.options {
            Some(_) => Ok(()),
            None => self.admit(Box::new(ConnectOptions::unsaid())),
        }
    }

    /// Says what is wrong with an operation, as far as the client wants to know.
    fn refuse(&mut self, error: &ProtocolError) -> Result<(), ProtocolError> {
        self.admitted()?;
        let is_pedantic = self.options.as_ref().is_some_and(|options| options.pedantic);
        // Nobody can listen to it. All else that is refused might have reached someone, so its loss must be known.
        let is_nobodys = matches!(error, ProtocolError::PublishSubject(SubjectError::EmptyToken(_)));
        if (is_pedantic || !is_nobodys)
            && let Some(text) = error.nats_text()
        {
            self.connection.say(|out| protocol::error(&text, out));
        }
        if is_nobodys {
            self.acknowledge();
        }
        Ok(())
    }

    fn acknowledge(&self) {
        if self.options.as_ref().is_some_and(|options| options.verbose) {
            self.connection.say(protocol::ok);
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.connection.end(Ended::Left);
    }
}

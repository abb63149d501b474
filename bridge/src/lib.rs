//! The bus over sockets: NATS client protocol, client session, embedded broker and transports.

//! The cluster's JetStream, over a connection of its own beside that of the bus.

use async_nats::{ConnectOptions, ServerAddr, jetstream::Context};
use wisteria_bridge::Credentials;

use super::{Access, NatsError};

/// The way to what the cluster stores.
#[derive(Debug, Clone)]
pub(crate) struct JetStream(pub(super) Context);

impl JetStream {
    /// Connects under a name that people see on the server.
    pub(crate) async fn connect(access: &Access, name: &str) -> Result<Self, NatsError> {
        let servers = access.urls.iter().map(|url| url.parse::<ServerAddr>()).collect::<Result<Vec<_>, _>>();
        let servers = servers.map_err(|error| access.explain(error.to_string()))?;
        let mut options = introduce(&access.credentials).name(name);
        if let Some(path) = &access.tls_ca {
            options = options.add_root_certificates(path.clone());
        }
        let client = options.connect(servers).await.map_err(|error| access.explain(error.to_string()))?;
        Ok(Self(match &access.js_domain {
            Some(domain) => async_nats::jetstream::with_domain(client, domain),
            None => async_nats::jetstream::new(client),
        }))
    }
}

/// The options of a client that proves who it is by these credentials.
pub(crate) fn introduce(credentials: &Credentials) -> ConnectOptions {
    match credentials.clone() {
        // A cluster knows no join tokens, and no option names one.
        Credentials::None | Credentials::Join { .. } => ConnectOptions::new(),
        Credentials::Token(token) => ConnectOptions::with_token(token.expose().to_owned()),
        Credentials::User { name, password } => {
            ConnectOptions::with_user_and_password(name, password.expose().to_owned())
        }
        Credentials::Key(key) => ConnectOptions::with_nkey(key.seed()),
        Credentials::Claims { jwt, key } => ConnectOptions::with_jwt(jwt, move |nonce| {
            let signature = key.sign(&nonce).to_vec();
            async { Ok(signature) }
        }),
    }
}

//! How a client proves to a NATS server who it is.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex},
};

use wisteria_core::{
    identity::{KeyKind, KeyPair, PublicKey},
    secret::Secret,
    text::BASE64_URL,
};

use crate::protocol::{Auth, ConnectOptions};

/// What the server asks for. Debug shows no secret.
#[derive(Clone, Default)]
pub enum Credentials {
    /// Nothing.
    #[default]
    None,
    /// A token that all clients share.
    Token(Secret),
    /// A name with its password.
    User {
        /// The name.
        name: String,
        /// The password.
        password: Secret,
    },
    /// A user's key, by whose signature the server knows it.
    Key(KeyPair),
    /// A user's claims with the key that they name.
    Claims {
        /// The signed claims.
        jwt: String,
        /// The key.
        key: KeyPair,
    },
    /// A join token, which is bound to the key that it is used with first.
    Join {
        /// The token.
        token: JoinToken,
        /// The key.
        key: KeyPair,
        /// The keys of the providers that the client serves.
        providers: Vec<KeyPair>,
    },
}

/// A join token that can be replaced before it expires; its clones hold the same one. Debug does not show it.
#[derive(Clone)]
pub struct JoinToken(Arc<Mutex<Secret>>);

impl JoinToken {
    /// With this one first.
    pub fn new(token: impl Into<Secret>) -> Self {
        Self(Arc::new(Mutex::new(token.into())))
    }

    /// Has another one used from the next connection on.
    pub fn replace(&self, token: impl Into<Secret>) {
        *self.0.lock().expect("nothing panics under this lock") = token.into();
    }

    fn get(&self) -> Secret {
        self.0.lock().expect("nothing panics under this lock").clone()
    }
}

impl fmt::Debug for JoinToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JoinToken")
    }
}

impl Credentials {
    /// Adds the proof to what a client says of itself; `nonce` is what the server wants signed.
    pub fn complete(&self, options: &mut ConnectOptions, nonce: Option<&str>) {
        let sign = |key: &KeyPair| nonce.map(|nonce| BASE64_URL.encode(&key.sign(nonce.as_bytes())));
        let auth = match self {
            Self::None => return,
            Self::Token(token) => Auth { auth_token: Some(token.expose().to_owned()), ..Auth::default() },
            Self::User { name, password } => {
                Auth { user: Some(name.clone()), pass: Some(password.expose().to_owned()), ..Auth::default() }
            }
            Self::Key(key) => Auth { nkey: Some(key.public_key().to_string()), sig: sign(key), ..Auth::default() },
            Self::Claims { jwt, key } => Auth { jwt: Some(jwt.clone()), sig: sign(key), ..Auth::default() },
            Self::Join { token, key, providers } => {
                let prove = |provider: &KeyPair| Some((provider.public_key().to_string(), sign(provider)?));
                // One by one: to collect them would sort them first, by code of its own.
                let mut proofs = BTreeMap::new();
                proofs.extend(providers.iter().filter_map(prove));
                Auth {
                    jwt: Some(token.get().expose().to_owned()),
                    nkey: Some(key.public_key().to_string()),
                    sig: sign(key),
                    providers: proofs,
                    ..Auth::default()
                }
            }
        };
        options.auth = auth;
    }

    /// The key by which the server knows the client, below which its inbox is.
    pub fn key(&self) -> Option<PublicKey> {
        match self {
            Self::None | Self::Token(_) | Self::User { .. } | Self::Key(_) => None,
            Self::Claims { key, .. } | Self::Join { key, .. } => Some(key.public_key()),
        }
    }

    /// Reads the text of a `.creds` file: a user's claims and seed between dashed lines.
    ///
    /// # Errors
    /// What is missing in it.
    pub fn from_creds(text: &str) -> Result<Self, &'static str> {
        let jwt = section(text, "NATS USER JWT").ok_or("there is no user's JWT in it")?;
        let seed = section(text, "USER NKEY SEED").ok_or("there is no user's seed in it")?;
        Ok(Self::Claims { jwt: jwt.to_owned(), key: user_key(seed)? })
    }

    /// Reads a user's seed, `SU…`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_seed(text: &str) -> Result<Self, &'static str> {
        user_key(text.trim()).map(Self::Key)
    }

    /// Parts an address from the credentials in it: `scheme://name:password@host` or `scheme://token@host`.
    pub fn of_url(url: &str) -> (String, Self) {
        let parted = url.split_once("://").and_then(|(scheme, rest)| {
            let authority = &rest[..rest.find('/').unwrap_or(rest.len())];
            let (user, _) = authority.rsplit_once('@')?;
            Some((format!("{scheme}://{}", &rest[user.len() + 1..]), user))
        });
        match parted {
            None => (url.to_owned(), Self::None),
            Some((bare, user)) => match user.split_once(':') {
                Some((name, password)) => {
                    (bare, Self::User { name: unescape(name), password: unescape(password).into() })
                }
                None => (bare, Self::Token(unescape(user).into())),
            },
        }
    }
}

/// The one line under a `BEGIN`.
fn section<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = text.lines().map(str::trim);
    lines.find(|line| line.starts_with("-----BEGIN") && line.contains(name))?;
    lines.find(|line| !line.is_empty()).filter(|line| !line.starts_with('-'))
}

fn user_key(seed: &str) -> Result<KeyPair, &'static str> {
    let key = KeyPair::from_seed(seed).map_err(|_| "there is no seed in it")?;
    match key.public_key().kind() {
        KeyKind::User => Ok(key),
        _ => Err("its seed is not that of a user (SU…)"),
    }
}

/// What `%40` and the like stand for. What is no escape stands for itself.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = after.get(..2).filter(|_| *first == b'%');
        let byte = escaped.and_then(|hex| u8::from_str_radix(str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Token(_) => f.write_str("Token"),
            Self::User { name, .. } => write!(f, "User({name})"),
            Self::Key(key) | Self::Claims { key, .. } | Self::Join { key, .. } => {
                write!(f, "Key({})", key.public_key())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BridgeOptions, protocol::ClientOp};

    fn key() -> KeyPair {
        KeyPair::from_raw(KeyKind::User, [3; 32])
    }

    fn completed(credentials: &Credentials) -> Auth {
        let mut options = ConnectOptions::default();
        credentials.complete(&mut options, Some("a nonce"));
        options.auth
    }

    #[test]
    fn credentials_leave_their_address() {
        let check = |url: &str, bare: &str, expected: Auth| {
            let (rest, credentials) = Credentials::of_url(url);
            assert_eq!((rest.as_str(), completed(&credentials)), (bare, expected), "{url}");
        };
        let text = |text: &str| Some(text.to_owned());
        check("nats://h:4222", "nats://h:4222", Auth::default());
        check("ws://h/a@b", "ws://h/a@b", Auth::default());
        check("nats://t%40k@h", "nats://h", Auth { auth_token: text("t@k"), ..Auth::default() });
        let user = Some("u".to_owned());
        check("nats://u:p%3a%@h:1/x", "nats://h:1/x", Auth { user, pass: text("p:%"), ..Auth::default() });
    }

    #[test]
    fn the_server_can_check_the_signature_over_its_nonce() {
        let creds = format!(
            "-----BEGIN NATS USER JWT-----\na.b.c\n------END NATS USER JWT------\n\nKeep it.\n\
            -----BEGIN USER NKEY SEED-----\n{}\n------END USER NKEY SEED------\n",
            key().seed()
        );
        let claims = completed(&Credentials::from_creds(&creds).expect("a creds file"));
        let seed = completed(&Credentials::from_seed(&format!("{}\n", key().seed())).expect("a seed"));
        assert_eq!((claims.jwt.as_deref(), claims.nkey), (Some("a.b.c"), None));
        assert_eq!(seed.nkey, Some(key().public_key().to_string()));
        for signature in [claims.sig, seed.sig] {
            let signature = BASE64_URL.decode(signature.expect("one").as_bytes()).expect("base64");
            assert_eq!(key().public_key().verify(b"a nonce", &signature), Ok(()));
        }
    }

    #[test]
    fn what_is_no_users_secret_is_refused() {
        let host = KeyPair::from_raw(KeyKind::Host, [3; 32]).seed();
        for text in ["", "SU", &host] {
            assert!(Credentials::from_seed(text).is_err(), "{text}");
            assert!(Credentials::from_creds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_join_token_is_replaced_from_the_next_connection_on() {
        let token = JoinToken::new("old".to_owned());
        let credentials = Credentials::Join { token: token.clone(), key: key(), providers: Vec::new() };
        assert_eq!(completed(&credentials).jwt.as_deref(), Some("old"));
        token.replace("new".to_owned());
        assert_eq!(completed(&credentials.clone()).jwt.as_deref(), Some("new"));
    }

    #[test]
    fn debug_of_whatever_holds_credentials_shows_no_secret() {
        let token = JoinToken::new("lovelace".to_owned());
        let name = || "ada".to_owned();
        for credentials in [
            Credentials::Token(Secret::new("lovelace")),
            Credentials::User { name: name(), password: Secret::new("lovelace") },
            Credentials::Key(key()),
            Credentials::Claims { jwt: "lovelace".to_owned(), key: key() },
            Credentials::Join { token, key: key(), providers: vec![key()] },
            Credentials::of_url("nats://ada:lovelace@h").1,
            Credentials::of_url("ws://lovelace@h").1,
        ] {
            let mut connect = ConnectOptions::default();
            credentials.complete(&mut connect, Some("a nonce"));
            let signature = connect.auth.sig.clone().unwrap_or_else(|| "no signature".to_owned());
            let auth = connect.auth.clone();
            let said = ClientOp::Connect(Box::new(connect));
            let options = BridgeOptions { name: name(), credentials: credentials.clone(), ..BridgeOptions::default() };
            let shown = format!("{credentials:?} {auth:?} {said:?} {options:?}");
            for secret in ["lovelace", &key().seed(), &signature] {
                assert!(!shown.contains(secret), "{secret} in {shown}");
            }
        }
        let shown = format!("{:?}", Credentials::of_url("nats://ada:lovelace@h").1);
        assert!(shown.contains("ada"), "{shown}");
    }
}

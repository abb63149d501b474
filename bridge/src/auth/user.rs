//! User claims as NATS has them: a JSON web token that an account signs, in version 2 of its format.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wisteria_core::{
    bus::SubjectPattern,
    identity::{KeyKind, KeyPair, PublicKey},
    text::BASE64_URL,
};

use super::{Grant, Refusal};
use crate::broker::{Admission, Allowed, Permissions, Responses, Rule};

/// The header as NATS writes it.
const HEADER: &str = r#"{"typ":"JWT","alg":"ed25519-nkey"}"#;

/// What an account says of one of its users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserClaims {
    /// Names the claims.
    #[serde(rename = "jti", default)]
    pub id: String,
    /// When they were issued, in seconds since the Unix epoch.
    #[serde(rename = "iat", default)]
    pub issued_at: u64,
    /// The account's key, or that of one who signs for it.
    #[serde(rename = "iss")]
    pub issuer: PublicKey,
    /// What the user is called.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The user's key.
    #[serde(rename = "sub")]
    pub subject: PublicKey,
    /// Until when they hold.
    #[serde(rename = "exp", default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<u64>,
    /// From when on they hold.
    #[serde(rename = "nbf", default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<u64>,
    /// What a NATS server reads.
    pub nats: NatsUser,
    /// The role in a lattice, which counts in place of what a NATS server reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wisteria: Option<Grant>,
}

/// What the user may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NatsUser {
    /// Where it may publish.
    #[serde(rename = "pub", default)]
    publish: Lists,
    /// What it may subscribe to.
    #[serde(rename = "sub", default)]
    subscribe: Lists,
    #[serde(rename = "resp", default, skip_serializing_if = "Option::is_none")]
    responses: Option<NatsResponses>,
    /// Bounds, none of which is set by us; -1 stands for none.
    #[serde(default = "unlimited")]
    subs: i64,
    #[serde(default = "unlimited")]
    data: i64,
    #[serde(default = "unlimited")]
    payload: i64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    bearer_token: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    issuer_account: Option<PublicKey>,
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    version: u32,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Lists {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    allow: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    deny: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct NatsResponses {
    #[serde(default)]
    max: i64,
    /// Nanoseconds.
    #[serde(default)]
    ttl: i64,
}

/// What NATS takes where a number is 0.
const DEFAULT_RESPONSES: u64 = 1;
const DEFAULT_RESPONSE_TTL: Duration = Duration::from_secs(120);

fn unlimited() -> i64 {
    -1
}

#[derive(Deserialize)]
struct Header {
    typ: String,
    alg: String,
}

impl UserClaims {
    /// The claims of a user in a role. Without `user`, they are a join token, for whoever comes with it first.
    pub fn of_role(id: String, account: PublicKey, user: Option<PublicKey>, grant: Grant, issued_at: u64) -> Self {
        let nats = match user {
            Some(user) => NatsUser::of(&grant.permissions(user, &[])),
            // A NATS server would let anyone use it again and again, so it is of no use there.
            None => NatsUser { bearer_token: true, ..NatsUser::nothing() },
        };
        Self {
            id,
            issued_at,
            issuer: account,
            name: grant.role.to_string(),
            subject: user.unwrap_or(PublicKey::from_bytes(KeyKind::User, *account.as_bytes())),
            expires: None,
            not_before: None,
            nats,
            wisteria: Some(grant),
        }
    }

    /// The same in the name of an account, for which their issuer signs.
    #[must_use]
    pub fn for_account(mut self, account: Option<PublicKey>) -> Self {
        self.nats.issuer_account = account.filter(|account| *account != self.issuer);
        self
    }

    /// The claims of a user who may do what an admission says, as far as a NATS server can tell.
    pub(crate) fn scoped(id: String, issuer: PublicKey, user: PublicKey, admission: &Admission, now: Duration) -> Self {
        Self {
            id,
            issued_at: now.as_secs(),
            issuer,
            name: admission.key.map(|key| key.to_string()).unwrap_or_default(),
            subject: user,
            expires: admission.expires.map(|expires| expires.as_secs()),
            not_before: None,
            nats: NatsUser::of(&admission.permissions),
            wisteria: None,
        }
    }

    /// The signed token.
    pub fn sign(&self, account: &KeyPair) -> String {
        let claims = serde_json::to_vec(self).expect("claims have string keys and serialise");
        let signed = format!("{}.{}", BASE64_URL.encode(HEADER.as_bytes()), BASE64_URL.encode(&claims));
        let signature = BASE64_URL.encode(&account.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    /// Reads a token, and checks its signature, its issuer and its time. `now` is that since the Unix epoch.
    ///
    /// # Errors
    /// Why it is not to be believed.
    pub fn verify(token: &str, accounts: &[PublicKey], now: Duration) -> Result<Self, Refusal> {
        let claims = Self::unverified(token)?;
        if claims.issuer.kind() != KeyKind::Account || !accounts.contains(&claims.issuer) {
            return Err(Refusal::ForeignAccount(claims.issuer));
        }
        let (signed, signature) = token.rsplit_once('.').expect("it was read");
        let is_signed = claims.issuer.verify(signed.as_bytes(), &decode(signature)?);
        is_signed.map_err(|_| Refusal::Forged(claims.issuer))?;
        if claims.expires().is_some_and(|expires| expires <= now) {
            return Err(Refusal::Expired);
        }
        if claims.not_before.is_some_and(|from| Duration::from_secs(from) > now) {
            return Err(Refusal::NotYet);
        }
        Ok(claims)
    }

    /// Reads what a token says, which anyone may have written.
    ///
    /// # Errors
    /// It is not the token of a user.
    pub fn unverified(token: &str) -> Result<Self, Refusal> {
        let parts: Vec<&str> = token.split('.').collect();
        let [header, body, _] = parts[..] else {
            return Err(unreadable(&"a token has three parts"));
        };
        let read: Header = serde_json::from_slice(&decode(header)?).map_err(|error| unreadable(&error))?;
        if !read.typ.eq_ignore_ascii_case("jwt") || read.alg != "ed25519-nkey" {
            return Err(unreadable(&"its header is not that of an ed25519-nkey token"));
        }
        let claims: Self = serde_json::from_slice(&decode(body)?).map_err(|error| unreadable(&error))?;
        if (claims.nats.kind.as_str(), claims.nats.version) != ("user", 2) {
            return Err(unreadable(&"they are not those of a user in version 2"));
        }
        match claims.subject.kind() {
            KeyKind::User => Ok(claims),
            _ => Err(unreadable(&"their subject is no user")),
        }
    }

    /// Until when they hold, since the Unix epoch.
    pub fn expires(&self) -> Option<Duration> {
        self.expires.filter(|expires| *expires > 0).map(Duration::from_secs)
    }

    /// Whether they let in whoever brings them.
    pub fn is_bearer(&self) -> bool {
        self.nats.bearer_token
    }

    /// What a NATS server would let the user do.
    ///
    /// # Errors
    /// A subject in them is none.
    pub fn nats_permissions(&self) -> Result<Permissions, Refusal> {
        let NatsUser { publish, subscribe, responses, .. } = &self.nats;
        let responses = responses.map(|responses| Responses {
            max: match responses.max {
                0 => DEFAULT_RESPONSES,
                max => u64::try_from(max).unwrap_or(u64::MAX),
            },
            within: match responses.ttl {
                0 => DEFAULT_RESPONSE_TTL,
                ttl => u64::try_from(ttl).map_or(Duration::MAX, Duration::from_nanos),
            },
        });
        let mut publish = publish.read()?;
        if responses.is_some() {
            // Who may answer only is not one who may publish anywhere.
            publish.allow.get_or_insert_default();
        }
        Ok(Permissions { publish, subscribe: subscribe.read()?, responses, ..Permissions::ALL })
    }
}

fn unreadable(error: &dyn ToString) -> Refusal {
    Refusal::Unreadable(error.to_string())
}

fn decode(part: &str) -> Result<Vec<u8>, Refusal> {
    BASE64_URL.decode(part.as_bytes()).map_err(|error| unreadable(&error))
}

impl NatsUser {
    fn of(permissions: &Permissions) -> Self {
        let responses = permissions.responses.map(|responses| NatsResponses {
            max: i64::try_from(responses.max).unwrap_or(-1),
            ttl: i64::try_from(responses.within.as_nanos()).unwrap_or(-1),
        });
        let (publish, subscribe) = (Lists::of(&permissions.publish), Lists::of(&permissions.subscribe));
        Self { publish, subscribe, responses, ..Self::nothing() }
    }

    fn nothing() -> Self {
        let none = Lists { allow: Vec::new(), deny: vec![">".to_owned()] };
        Self {
            publish: none.clone(),
            subscribe: none,
            responses: None,
            subs: unlimited(),
            data: unlimited(),
            payload: unlimited(),
            bearer_token: false,
            issuer_account: None,
            kind: "user".to_owned(),
            version: 2,
        }
    }
}

impl Lists {
    fn of(allowed: &Allowed) -> Self {
        Self {
            allow: allowed.allow.iter().flatten().filter_map(Rule::as_pattern).collect(),
            deny: allowed.deny.iter().map(ToString::to_string).collect(),
        }
    }

    fn read(&self) -> Result<Allowed, Refusal> {
        let read = |list: &[String]| {
            let patterns = list.iter().map(SubjectPattern::new).collect::<Result<Vec<_>, _>>();
            patterns.map_err(|error| unreadable(&error))
        };
        let allow = read(&self.allow)?;
        Ok(Allowed {
            allow: (!allow.is_empty()).then(|| allow.into_iter().map(Rule::Pattern).collect()),
            deny: read(&self.deny)?,
        })
    }
}

/// The text of a `.creds` file: a user's claims and the seed of its key.
pub fn creds_file(token: &str, user: &KeyPair) -> String {
    format!(
        "-----BEGIN NATS USER JWT-----\n{token}\n------END NATS USER JWT------\n\n\
         Whoever has what follows is this user. Keep it secret.\n\n\
         -----BEGIN USER NKEY SEED-----\n{}\n------END USER NKEY SEED------\n",
        user.seed()
    )
}

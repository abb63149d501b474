//! What the providers of `wasmcloud:messaging` have in common: the operations, what links say, who may publish where, and
//! the way of messages to actors.

mod deliveries;
mod lattice;
mod replies;

pub use deliveries::{Arrived, Deliveries};
pub use lattice::LatticeMessaging;

use bytes::Bytes;
use wisteria_contracts::{
    codec,
    messaging::{PubMessage, ReplyMessage, RequestMessage, operation},
};

use super::{LinkRefused, LinkValue, LinkValues, ProviderCall, ProviderError, ProviderLink, ValueKind};
use crate::{
    bus::{Subject, SubjectPattern, is_of_users},
    call::DEFAULT_LINK_NAME,
};

/// What an actor hears.
pub const SUBSCRIPTION: LinkValue = LinkValue::new(
    "SUBSCRIPTION",
    ValueKind::List,
    "subjects that the actor hears, each with its queue group after | where it is not the actor's own",
    "orders.new,audit.>|auditors",
);

/// Where an actor may publish.
pub const PUBLISH: LinkValue = LinkValue::new(
    "PUBLISH",
    ValueKind::List,
    "subjects to which the actor may publish; without it all but those of systems",
    "orders.>,audit",
);

/// How many messages an actor is handed at a time.
pub const CONCURRENCY: LinkValue = LinkValue::new(
    "CONCURRENCY",
    ValueKind::Number,
    "how many messages the actor is handed at a time, up to 256; 1 keeps their order",
    "1",
)
.or("16");

/// The most that [`CONCURRENCY`] may be.
const MOST_AT_ONCE: u64 = 256;

/// How many milliseconds a request waits where it does not say.
const DEFAULT_TIMEOUT: u32 = 2000;

/// An operation with its argument.
#[derive(Debug)]
pub enum Request {
    /// Publishes a message.
    Publish(PubMessage),
    /// Publishes a message and waits for its reply, for as long as it says.
    Request(RequestMessage),
}

impl Request {
    /// Reads what is asked of the provider of that name.
    ///
    /// # Errors
    /// It is no operation of the contract, or its argument cannot be read.
    pub fn read(provider: &'static str, call: &ProviderCall) -> Result<Self, ProviderError> {
        let bad = |cause: codec::DecodeError| ProviderError::BadArgument {
            operation: call.operation.to_string(),
            cause: cause.to_string(),
        };
        match &*call.operation {
            operation::PUBLISH => codec::decode(&call.payload).map(Self::Publish).map_err(bad),
            operation::REQUEST => {
                let mut request: RequestMessage = codec::decode(&call.payload).map_err(bad)?;
                if request.timeout_ms == 0 {
                    request.timeout_ms = DEFAULT_TIMEOUT;
                }
                Ok(Self::Request(request))
            }
            _ => Err(ProviderError::unknown(provider, call, &[operation::PUBLISH, operation::REQUEST])),
        }
    }
}

/// What a link says, apart from where the messages are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What the actor hears.
    pub subscriptions: Vec<Listening>,
    /// Where it may publish; all subjects of users without.
    pub publish: Option<Vec<SubjectPattern>>,
    /// How many messages it is handed at a time.
    pub at_once: usize,
}

/// A pattern that an actor hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listening {
    /// The pattern.
    pub pattern: SubjectPattern,
    /// Of those in this group one gets each message.
    pub queue: String,
}

impl Settings {
    /// Reads the values of a link.
    ///
    /// # Errors
    /// One of them is not what it is to be.
    pub fn read(link: &ProviderLink) -> Result<Self, LinkRefused> {
        let at_once = link.values.number(CONCURRENCY.name).expect("it has a default");
        if !(1..=MOST_AT_ONCE).contains(&at_once) {
            return Err(LinkRefused(format!("`CONCURRENCY={at_once}` is not from 1 to {MOST_AT_ONCE}")));
        }
        let own_queue = own_queue(link);
        let subscriptions = link.values.list(SUBSCRIPTION.name).into_iter().map(|text| {
            let (pattern, queue) = text.split_once('|').unwrap_or((text, &own_queue));
            let queue = Subject::new(queue.trim()).map_err(|error| error.to_string())?.to_string();
            let pattern = SubjectPattern::new(pattern.trim()).map_err(|error| error.to_string())?;
            Ok(Listening { pattern, queue })
        });
        let read = |value: &LinkValue, why: String| {
            LinkRefused(format!("`{}` cannot be used: {why}; write it as {}={}", value.name, value.name, value.example))
        };
        let subscriptions =
            subscriptions.collect::<Result<Vec<_>, String>>().map_err(|why| read(&SUBSCRIPTION, why))?;
        Ok(Self {
            subscriptions,
            publish: patterns(&link.values).map_err(|why| read(&PUBLISH, why))?,
            at_once: usize::try_from(at_once).unwrap_or(1),
        })
    }

    /// The subject of a message, if the actor may publish to it. Without [`PUBLISH`] it may where `by_default` says.
    ///
    /// # Errors
    /// It is no subject, or not one for this actor.
    pub fn permit(&self, subject: &str, by_default: impl FnOnce(&str) -> bool) -> Result<Subject, ProviderError> {
        let subject = Subject::new(subject).map_err(|error| ProviderError::Failed(error.to_string()))?;
        let is_permitted = match &self.publish {
            Some(patterns) => patterns.iter().any(|pattern| pattern.covers(&subject)),
            None => by_default(&subject),
        };
        match (is_permitted, &self.publish) {
            (true, _) => Ok(subject),
            (false, None) => Err(reserved(&subject)),
            (false, Some(patterns)) => Err(ProviderError::Failed(format!(
                "the link does not let the actor publish to {subject}, only to {}; put the link with another PUBLISH",
                patterns.iter().map(SubjectPattern::as_str).collect::<Vec<_>>().join(",")
            ))),
        }
    }

    /// The first pattern that stands for other subjects than those of users.
    fn first_of_systems(&self) -> Option<&SubjectPattern> {
        let heard = self.subscriptions.iter().map(|one| &one.pattern);
        heard.chain(self.publish.iter().flatten()).find(|pattern| !is_of_users(pattern))
    }
}

fn patterns(values: &LinkValues) -> Result<Option<Vec<SubjectPattern>>, String> {
    match values.text(PUBLISH.name) {
        None => Ok(None),
        Some(_) => {
            let patterns = values.list(PUBLISH.name).into_iter().map(SubjectPattern::new);
            patterns.collect::<Result<_, _>>().map(Some).map_err(|error| error.to_string())
        }
    }
}

/// The group of those that hear for one link, on whichever hosts they are.
fn own_queue(link: &ProviderLink) -> String {
    match &*link.link_name {
        DEFAULT_LINK_NAME => link.actor.to_string(),
        name => format!("{}.{name}", link.actor),
    }
}

/// The error of a message to where no actor may publish.
pub fn reserved(subject: &str) -> ProviderError {
    ProviderError::Failed(format!(
        "actors do not publish to {subject}: subjects that start with wasmbus, wisteria, $ or _ are those of systems; \
         choose another"
    ))
}

/// The error of a request that nobody hears.
pub fn no_responders(subject: &str) -> ProviderError {
    ProviderError::Failed(format!("nobody subscribes to {subject}"))
}

/// A reply to a request, as the actor gets it.
pub fn replied(subject: &str, reply_to: Option<&str>, body: Bytes) -> Bytes {
    let reply_to = reply_to.map(str::to_owned);
    codec::encode(&ReplyMessage { subject: subject.to_owned(), reply_to, body: body.into() }).into()
}

/// The error of a request that nobody answered.
pub fn no_reply(subject: &str, milliseconds: u32) -> ProviderError {
    ProviderError::Failed(format!("no reply on {subject} within {milliseconds} ms"))
}

/// The error of a message that is too large.
pub fn too_large(size: usize, limit: usize) -> ProviderError {
    ProviderError::Failed(format!("a body of {size} bytes is above the limit of {limit} bytes; send less at once"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::identity::{KeyKind, PublicKey};

    fn read(link_name: &str, values: &[(&str, &str)]) -> Result<Settings, String> {
        let values = values.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let link = ProviderLink {
            actor: PublicKey::from_bytes(KeyKind::Module, [1; 32]),
            link_name: link_name.into(),
            values: LinkValues::new(&[SUBSCRIPTION, PUBLISH, CONCURRENCY], values.collect::<BTreeMap<_, _>>())
                .expect("they are of their kinds"),
            is_new: true,
        };
        Settings::read(&link).map_err(|refused| refused.0)
    }

    #[test]
    fn a_subscription_has_its_own_queue_or_that_of_its_actor_and_link() {
        let actor = PublicKey::from_bytes(KeyKind::Module, [1; 32]);
        for (link_name, own) in [("default", actor.to_string()), ("second", format!("{actor}.second"))] {
            let settings = read(link_name, &[("SUBSCRIPTION", "a.b, c.>|q")]).expect("it is good");
            let heard = settings.subscriptions.iter().map(|one| (one.pattern.as_str(), one.queue.as_str()));
            assert_eq!(heard.collect::<Vec<_>>(), [("a.b", own.as_str()), ("c.>", "q")]);
            assert_eq!(settings.at_once, 16);
        }
        assert!(read("default", &[]).expect("it is good").subscriptions.is_empty());
    }

    #[test]
    fn what_is_no_pattern_no_queue_or_no_number_to_work_with_is_refused() {
        for (name, text, words) in [
            ("SUBSCRIPTION", "a..b", "an empty token"),
            ("SUBSCRIPTION", "a|", "an empty token"),
            ("SUBSCRIPTION", "a|b c", "white space"),
            ("SUBSCRIPTION", ">.a", "a wildcard where none may stand"),
            ("PUBLISH", "a b", "write it as PUBLISH=orders.>,audit"),
            ("CONCURRENCY", "0", "not from 1 to 256"),
            ("CONCURRENCY", "257", "not from 1 to 256"),
        ] {
            let why = read("default", &[(name, text)]).expect_err("refused");
            assert!(why.contains(words), "{words} in: {why}");
        }
    }

    #[test]
    fn an_actor_publishes_where_its_link_lets_it() {
        let any = read("default", &[]).expect("it is good");
        assert_eq!(any.permit("a.b", is_of_users).as_deref(), Ok("a.b"));
        for refused in ["wasmbus.ctl.default.ping.hosts", "wisteria.x", "$JS.API.INFO", "_INBOX.a", "a.*", ">", ""] {
            assert!(any.permit(refused, is_of_users).is_err(), "{refused}");
        }
        let some = read("default", &[("PUBLISH", "a.>,b")]).expect("it is good");
        assert!(some.permit("a.c", is_of_users).is_ok() && some.permit("b", is_of_users).is_ok());
        let why = some.permit("a", is_of_users).expect_err("refused").to_string();
        assert!(why.contains("does not let the actor publish to a, only to a.>,b"), "{why}");
    }
}

//! What a relayed connection says and hears, without I/O: each operation is read, followed, and written again.

use std::collections::HashMap;

use bytes::BytesMut;
use futures::channel::oneshot;
use wisteria_core::bus::{Status, Subject};

use super::{RelayEnded, RelayLimits, ScopedUsers, scoped::Entered};
use crate::{
    Credentials,
    auth::Refusal,
    broker::Permissions,
    protocol::{self, Auth, ClientOp, ConnectOptions, ServerInfo, ServerOp, Sid},
    replies::{OpenReplies, is_inbox},
};

/// One connection, as seen from between its ends.
#[derive(Debug)]
pub(super) struct Session {
    credentials: Credentials,
    entrance: Option<Entrance>,
    nonce: Option<String>,
    /// The client's name; a host's is its key.
    name: Option<String>,
    subscriptions: HashMap<Sid, bool>,
    open_replies: OpenReplies,
    /// `PING`s passed to the broker and not answered yet.
    open_pings: u64,
}

/// Where the relay itself decides who comes in.
#[derive(Debug)]
struct Entrance {
    scoped: ScopedUsers,
    tell: Option<oneshot::Sender<oneshot::Receiver<()>>>,
    admitted: Option<(Permissions, Entered)>,
}

impl Session {
    /// The session of a connection that the broker greeted.
    pub(super) fn new(credentials: Credentials, greeting: &ServerInfo, limits: &RelayLimits) -> Self {
        Self {
            credentials,
            entrance: None,
            nonce: greeting.nonce.clone(),
            name: None,
            subscriptions: HashMap::new(),
            open_replies: OpenReplies::new(limits.open_requests),
            open_pings: 0,
        }
    }

    /// Has the client prove who it is before it says anything else; `tell` hears by what it can be revoked.
    pub(super) fn ask(&mut self, scoped: ScopedUsers, tell: oneshot::Sender<oneshot::Receiver<()>>) {
        self.entrance = Some(Entrance { scoped, tell: Some(tell), admitted: None });
    }

    /// Passes on what the client said, if it may say so.
    pub(super) fn up(&mut self, op: ClientOp, out: &mut BytesMut) -> Result<(), RelayEnded> {
        let may_speak = self.entrance.as_ref().is_none_or(|entrance| entrance.admitted.is_some());
        match op {
            ClientOp::Connect(mut options) => {
                self.name.clone_from(&options.name);
                let nonce = self.nonce.as_deref();
                match &mut self.entrance {
                    Some(entrance) => entrance.admit(&mut options, nonce).map_err(RelayEnded::Refused)?,
                    None => self.credentials.complete(&mut options, nonce),
                }
                protocol::connect(&options, out);
            }
            ClientOp::Publish(_) | ClientOp::Subscribe { .. } if !may_speak => {
                return Err(RelayEnded::Refused(Refusal::NoCredentials));
            }
            ClientOp::Publish(message) => {
                let admitted = self.entrance.as_ref().and_then(|entrance| entrance.admitted.as_ref());
                let subject = message.subject.as_str();
                if admitted.is_some_and(|(may, _)| !may.speaks_for_itself(subject, &message.payload)) {
                    return Err(RelayEnded::NotPermitted(subject.to_owned()));
                }
                if is_inbox(&message.subject) {
                    self.open_replies.remove(&message.subject);
                }
                protocol::publication(&message, out);
            }
            ClientOp::Subscribe { sid, pattern, queue } => {
                protocol::subscription(&pattern, queue.as_deref(), &sid, out);
                let answers = queue.is_some() || self.is_named_by(&pattern.to_string());
                self.subscriptions.insert(sid, answers);
            }
            ClientOp::Unsubscribe { sid, max: Some(max) } => protocol::unsubscription_after(max, &sid, out),
            ClientOp::Unsubscribe { sid, max: None } => {
                protocol::unsubscription(&sid, out);
                self.subscriptions.remove(&sid);
            }
            ClientOp::Ping => {
                self.open_pings += 1;
                protocol::ping(out);
            }
            ClientOp::Pong => protocol::pong(out),
        }
        Ok(())
    }

    /// Passes on what the broker said.
    pub(super) fn down(&mut self, op: ServerOp, out: &mut BytesMut) {
        match op {
            ServerOp::Info(info) => {
                let asks = self.entrance.is_some() || matches!(self.credentials, Credentials::None);
                protocol::info(&for_client(&info, asks), out);
            }
            ServerOp::Message { sid, message } => {
                self.note_request(&sid, message.reply.as_ref());
                protocol::delivery(sid.as_str(), &message, out);
            }
            ServerOp::Ping => protocol::ping(out),
            ServerOp::Pong => {
                self.open_pings = self.open_pings.saturating_sub(1);
                protocol::pong(out);
            }
            ServerOp::Ok => protocol::ok(out),
            ServerOp::Error(text) => protocol::error(&text, out),
        }
    }

    /// The client is gone: ends its subscriptions, and asks for a sign that no more requests will come for it.
    pub(super) fn withdraw(&mut self, out: &mut BytesMut) {
        for sid in self.subscriptions.keys() {
            protocol::unsubscription(sid, out);
        }
        self.open_pings += 1;
        protocol::ping(out);
    }

    /// Hears what still comes after [`Self::withdraw`]. False says that this was all.
    pub(super) fn drain(&mut self, op: &ServerOp) -> bool {
        match op {
            ServerOp::Message { sid, message } => self.note_request(sid, message.reply.as_ref()),
            ServerOp::Pong => self.open_pings = self.open_pings.saturating_sub(1),
            _ => {}
        }
        self.open_pings > 0
    }

    /// Fails the requests that the client was handed and has not answered.
    pub(super) fn fail_open_requests(&mut self, out: &mut BytesMut) {
        for reply in self.open_replies.take() {
            protocol::publication(&Status::HostLost.message(reply), out);
        }
    }

    /// Follows a request whose answer can come from this client only: it got it for its queue group, or by its name.
    fn note_request(&mut self, sid: &Sid, reply: Option<&Subject>) {
        if let Some(reply) = reply
            && is_inbox(reply)
            && self.subscriptions.get(sid) == Some(&true)
        {
            self.open_replies.insert(reply.clone());
        }
    }

    fn is_named_by(&self, pattern: &str) -> bool {
        self.name.as_ref().is_some_and(|name| pattern.split('.').any(|token| token == name))
    }
}

impl Entrance {
    /// Lets the client in, as one of the broker's users.
    fn admit(&mut self, options: &mut ConnectOptions, nonce: Option<&str>) -> Result<(), Refusal> {
        let (admission, credentials) = self.scoped.admit(options, nonce.unwrap_or_default())?;
        options.auth = Auth::default();
        credentials.complete(options, nonce);
        let (entered, revoked) = self.scoped.enter(&admission);
        if let Some(tell) = self.tell.take() {
            // Nobody listens any more where the connection ends.
            drop(tell.send(revoked));
        }
        self.admitted = Some((admission.permissions, entered));
        Ok(())
    }
}

/// The broker's greeting without what is between it and the relay; what it asks for is the client's to answer where the
/// client is asked.
pub(super) fn for_client(info: &ServerInfo, client_is_asked: bool) -> ServerInfo {
    let (nonce, auth_required) = match client_is_asked {
        true => (info.nonce.clone(), info.auth_required),
        false => (None, false),
    };
    ServerInfo { nonce, auth_required, tls_required: false, ..info.clone() }
}

#[cfg(test)]
mod tests {
    use wisteria_core::{
        bus::{Message, SubjectPattern, message},
        secret::Secret,
    };

    use super::*;

    fn subscribe(sid: &str, pattern: &str, queue: Option<&str>) -> ClientOp {
        let pattern = SubjectPattern::new(pattern).expect("a pattern");
        ClientOp::Subscribe { sid: sid.into(), pattern, queue: queue.map(str::to_owned) }
    }

    fn request(sid: &str, reply: &str) -> ServerOp {
        let subject = |text: &str| Subject::new(text).expect("a subject");
        let message = Message { reply: Some(subject(reply)), ..message(subject("a"), "?") };
        ServerOp::Message { sid: sid.into(), message }
    }

    fn answer(reply: &str) -> ClientOp {
        ClientOp::Publish(message(Subject::new(reply).expect("a subject"), "!"))
    }

    fn up(session: &mut Session, op: ClientOp, out: &mut BytesMut) {
        session.up(op, out).expect("passed on");
    }

    fn session() -> Session {
        let greeting = ServerInfo { nonce: Some("n".to_owned()), ..ServerInfo::default() };
        let mut session = Session::new(Credentials::Token(Secret::new("t")), &greeting, &RelayLimits::default());
        let mut out = BytesMut::new();
        let options = ConnectOptions { name: Some("NHOST".to_owned()), ..ConnectOptions::default() };
        up(&mut session, ClientOp::Connect(Box::new(options)), &mut out);
        assert!(String::from_utf8_lossy(&out).contains(r#""auth_token":"t""#));
        session
    }

    fn text(bytes: &BytesMut) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    #[test]
    fn only_requests_that_no_one_else_answers_fail_with_the_client() {
        let (mut session, mut ignored) = (session(), BytesMut::new());
        up(&mut session, subscribe("1", "a", Some("q")), &mut ignored);
        up(&mut session, subscribe("2", "all", None), &mut ignored);
        up(&mut session, subscribe("3", "cmd.NHOST.*", None), &mut ignored);
        let requests = [("1", "_INBOX.1"), ("1", "_INBOX.2"), ("2", "_INBOX.3"), ("3", "_INBOX.4"), ("1", "x")];
        for (sid, reply) in requests {
            session.down(request(sid, reply), &mut ignored);
        }
        up(&mut session, answer("_INBOX.1"), &mut ignored);
        let mut out = BytesMut::new();
        session.fail_open_requests(&mut out);
        let failed =
            text(&out).lines().filter_map(|line| line.strip_prefix("HPUB ").map(str::to_owned)).collect::<Vec<_>>();
        assert!(
            matches!(&failed[..], [a, b] if a.starts_with("_INBOX.2 ") && b.starts_with("_INBOX.4 ")),
            "{failed:?}"
        );
    }

    #[test]
    fn what_comes_while_it_withdraws_fails_too() {
        let (mut session, mut out) = (session(), BytesMut::new());
        up(&mut session, subscribe("1", "a", Some("q")), &mut out);
        up(&mut session, ClientOp::Ping, &mut out);
        out.clear();
        session.withdraw(&mut out);
        assert_eq!(text(&out), "UNSUB 1\r\nPING\r\n");
        assert!(session.drain(&ServerOp::Pong), "that was the client's own ping");
        assert!(session.drain(&request("1", "_INBOX.1")));
        assert!(!session.drain(&ServerOp::Pong));
        out.clear();
        session.fail_open_requests(&mut out);
        assert!(text(&out).starts_with("HPUB _INBOX.1 "), "{out:?}");
    }
}

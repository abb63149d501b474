//! What a relayed connection says and hears, without I/O: each operation is read, followed, and written again.

use std::collections::HashMap;

use bytes::BytesMut;
use wisteria_core::bus::{Status, Subject};

use super::RelayLimits;
use crate::{
    Credentials,
    protocol::{self, ClientOp, ServerInfo, ServerOp, Sid},
    replies::{OpenReplies, is_inbox},
};

/// One connection, as seen from between its ends.
#[derive(Debug)]
pub(super) struct Session {
    credentials: Credentials,
    nonce: Option<String>,
    /// The client's name; a host's is its key.
    name: Option<String>,
    subscriptions: HashMap<Sid, bool>,
    open_replies: OpenReplies,
    /// `PING`s passed to the broker and not answered yet.
    open_pings: u64,
}

impl Session {
    /// The session of a connection that the broker greeted.
    pub(super) fn new(credentials: Credentials, greeting: &ServerInfo, limits: &RelayLimits) -> Self {
        Self {
            credentials,
            nonce: greeting.nonce.clone(),
            name: None,
            subscriptions: HashMap::new(),
            open_replies: OpenReplies::new(limits.open_requests),
            open_pings: 0,
        }
    }

    /// Passes on what the client said.
    pub(super) fn up(&mut self, op: ClientOp, out: &mut BytesMut) {
        match op {
            ClientOp::Connect(mut options) => {
                self.name.clone_from(&options.name);
                self.credentials.complete(&mut options, self.nonce.as_deref());
                protocol::connect(&options, out);
            }
            ClientOp::Publish(message) => {
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
    }

    /// Passes on what the broker said.
    pub(super) fn down(&mut self, op: ServerOp, out: &mut BytesMut) {
        match op {
            ServerOp::Info(info) => protocol::info(&for_client(&info, &self.credentials), out),
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

/// The broker's greeting without what is between it and the relay. What it asks for is the client's to answer where the
/// relay has no credentials.
pub(super) fn for_client(info: &ServerInfo, relay: &Credentials) -> ServerInfo {
    let (nonce, auth_required) = match relay {
        Credentials::None => (info.nonce.clone(), info.auth_required),
        _ => (None, false),
    };
    ServerInfo { nonce, auth_required, tls_required: false, ..info.clone() }
}

#[cfg(test)]
mod tests {
    use wisteria_core::bus::{Message, SubjectPattern, message};

    use super::*;
    use crate::protocol::ConnectOptions;

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

    fn session() -> Session {
        let greeting = ServerInfo { nonce: Some("n".to_owned()), ..ServerInfo::default() };
        let mut session = Session::new(Credentials::Token("t".to_owned()), &greeting, &RelayLimits::default());
        let mut out = BytesMut::new();
        let options = ConnectOptions { name: Some("NHOST".to_owned()), ..ConnectOptions::default() };
        session.up(ClientOp::Connect(Box::new(options)), &mut out);
        assert!(String::from_utf8_lossy(&out).contains(r#""auth_token":"t""#));
        session
    }

    fn text(bytes: &BytesMut) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    #[test]
    fn only_requests_that_no_one_else_answers_fail_with_the_client() {
        let (mut session, mut ignored) = (session(), BytesMut::new());
        session.up(subscribe("1", "a", Some("q")), &mut ignored);
        session.up(subscribe("2", "all", None), &mut ignored);
        session.up(subscribe("3", "cmd.NHOST.*", None), &mut ignored);
        let requests = [("1", "_INBOX.1"), ("1", "_INBOX.2"), ("2", "_INBOX.3"), ("3", "_INBOX.4"), ("1", "x")];
        for (sid, reply) in requests {
            session.down(request(sid, reply), &mut ignored);
        }
        session.up(answer("_INBOX.1"), &mut ignored);
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
        session.up(subscribe("1", "a", Some("q")), &mut out);
        session.up(ClientOp::Ping, &mut out);
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

//! Asks the hosts of a provider what it says to a change of its links.

use futures::{StreamExt, stream};

use super::keeper::Keeper;
use crate::{
    bus::{BusError, Message, message},
    encoding,
    error::{ErrorCode, LatticeError},
    host::{Link, bus_failed},
    lattice::{
        control::{Ack, LinkDefinition},
        wire,
    },
};

/// What happens to the link.
#[derive(Debug, Clone, Copy)]
pub(super) enum Verb {
    Put,
    Delete,
    /// Calls through it wait.
    Hold,
    /// They go on.
    Release,
}

/// What a provider says to a change, over all hosts that run it.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Every host took it.
    Taken,
    /// It runs nowhere.
    Absent,
    /// One host did not take it or did not answer.
    Refused {
        /// Its words.
        error: LatticeError,
        /// Whether another host may have taken it.
        taken_elsewhere: bool,
    },
}

impl Keeper {
    /// Tells a provider of a change and waits for its verdict.
    pub(super) async fn ask_provider(&self, link: &Link, verb: Verb) -> Verdict {
        let verb = match verb {
            Verb::Put => "put",
            Verb::Delete => "del",
            Verb::Hold => "hold",
            Verb::Release => "release",
        };
        let subjects = self.place.subjects();
        let subject = subjects
            .provider_link(link.provider, &link.key.link_name, verb)
            .expect("only links whose names are tokens are kept");
        let request = message(subject, wire::to_messagepack(&LinkDefinition::from(link)));
        let ours = usize::from(self.place.runs_provider(link.provider));
        let others = self.roster().hosts_of_provider(&link.provider.to_string());
        let answers = match ours + others {
            0 | 1 => vec![self.ask_one(link, request).await],
            hosts => self.ask_all(link, request, hosts).await,
        };
        let (mut taken, mut absent, mut refusal) = (0, 0, None);
        for answer in answers {
            match answer {
                Ok(true) => taken += 1,
                Ok(false) => absent += 1,
                Err(error) => refusal = Some(error),
            }
        }
        match (refusal, taken, absent) {
            (Some(error), _, _) => Verdict::Refused { error, taken_elsewhere: taken > 0 },
            (None, 0, _) => Verdict::Absent,
            (None, ..) => Verdict::Taken,
        }
    }

    /// Asks the one host that runs a provider; false where there is none.
    async fn ask_one(&self, link: &Link, request: Message) -> Result<bool, LatticeError> {
        match self.place.bus().request(request, self.place.deadline()).await {
            Ok(reply) => read_verdict(&reply).map(|()| true),
            Err(BusError::NoResponders(_)) => Ok(false),
            Err(error) => Err(bus_failed(&error, format_args!("provider {}", link.provider))),
        }
    }

    /// Asks all hosts that run a provider, as many as are known, and waits until they have answered.
    async fn ask_all(&self, link: &Link, mut request: Message, hosts: usize) -> Vec<Result<bool, LatticeError>> {
        let inbox = self.place.bus().new_inbox();
        let failed = |error: &BusError| vec![Err(bus_failed(error, format_args!("provider {}", link.provider)))];
        let replies = match self.place.bus().subscribe(inbox.clone().into(), None) {
            Ok(replies) => replies,
            Err(error) => return failed(&error),
        };
        request.reply = Some(inbox);
        if let Err(error) = self.place.bus().publish(request) {
            return failed(&error);
        }
        let answers = stream::unfold(replies, |mut replies| async move {
            let reply = replies.next().await?;
            let answer = match reply.status() {
                None => read_verdict(&reply).map(|()| true),
                Some(_) => Ok(false),
            };
            Some((answer, replies))
        });
        let mut heard = Vec::new();
        let all = answers.take(hosts).for_each(|answer| {
            heard.push(answer);
            futures::future::ready(())
        });
        if self.in_time(all).await.is_none() {
            let silent = hosts - heard.len();
            heard.push(Err(LatticeError::new(
                ErrorCode::Timeout,
                format!(
                    "{silent} of {hosts} hosts that run provider {} did not answer in time; see: wisteria get hosts",
                    link.provider
                ),
            )));
        }
        heard
    }
}

fn read_verdict(reply: &Message) -> Result<(), LatticeError> {
    let ack: Ack = encoding::from_messagepack(&reply.payload).map_err(|error| {
        LatticeError::new(ErrorCode::BadRequest, format!("the provider's verdict cannot be read: {error}"))
    })?;
    match ack.accepted {
        true => Ok(()),
        false => Err(LatticeError::new(ErrorCode::LinkRefused, ack.error)),
    }
}

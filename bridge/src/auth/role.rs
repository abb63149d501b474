//! What each role may do on its lattice. All that a role is lies in this file.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use wisteria_core::{
    bus::SubjectPattern,
    identity::{KeyKind, PublicKey},
};

use crate::broker::{Allowed, OwnCalls, OwnEvents, Permissions, Responses, Rule, TokenKind};

/// As what a client joins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A host that is not trusted: serves the modules it was granted and its own providers, calls all, changes nothing.
    Tab,
    /// A client that controls hosts and links and calls actors, and serves none.
    Operator,
    /// A server: everything in its lattice.
    Host,
    /// What a page of a server gets from it on the same machine: a tab for any module, and an operator.
    Page,
}

/// Text that is no role.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there is no role \"{0}\"; there are tab, operator, host and page")]
pub struct RoleError(String);

/// A role in a lattice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// The lattice.
    pub lattice: String,
    /// The modules that a tab may serve.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modules: Vec<PublicKey>,
}

/// A request is answered once, by when any deadline has passed.
const RESPONSES: Responses = Responses { max: 1, within: Duration::from_secs(600) };

/// Events that only those tell who keep links and revocations.
const KEEPERS_EVENTS: [&str; 3] = ["linkdef_set", "linkdef_deleted", "revocation_set"];

impl Grant {
    /// What the role lets a client do that has proved to be `key` and to have the keys of `providers`.
    pub fn permissions(&self, key: PublicKey, providers: &[PublicKey]) -> Permissions {
        let of = Of { lattice: &self.lattice, key };
        let (publish, subscribe) = match self.role {
            Role::Host => (of.all(), of.all()),
            Role::Operator => (of.operator_says(), of.operator_hears()),
            Role::Tab => (of.host_says(), [of.host_hears(), self.tab_serves(&of, providers)].concat()),
            Role::Page => (
                [of.host_says(), of.operator_says()].concat(),
                [of.host_hears(), of.operator_hears(), of.page_serves()].concat(),
            ),
        };
        // Who is trusted with the lattice's calls carries what users say, too; a page may come from anybody.
        let users = match self.role {
            Role::Host | Role::Operator => vec![Rule::OfUsers],
            Role::Tab | Role::Page => Vec::new(),
        };
        let own_inbox = vec![of.pattern("_INBOX.{N}.>")];
        let deny = match self.role {
            Role::Host => Vec::new(),
            _ => KEEPERS_EVENTS.iter().map(|event| of.subject(&format!("wasmbus.evt.{{L}}.{event}"))).collect(),
        };
        let tells_of_actors = match self.role {
            Role::Tab => Some(self.modules.clone()),
            _ => None,
        };
        Permissions {
            publish: Allowed { allow: Some([publish, users.clone()].concat()), deny },
            subscribe: Allowed {
                allow: Some([own_inbox.clone(), subscribe, users.clone()].concat()),
                deny: Vec::new(),
            },
            responses: Some(RESPONSES),
            replies: Some(Allowed { allow: Some([own_inbox, users].concat()), deny: Vec::new() }),
            events: (self.role != Role::Host).then(|| OwnEvents {
                below: ["wasmbus.evt.{L}", "wasmbus.rpcevt.{L}"].map(|below| of.fill(below)).to_vec(),
                source: key,
                actors: tells_of_actors,
            }),
            calls: (self.role == Role::Tab).then(|| OwnCalls {
                below: of.fill("wasmbus.rpc.{L}."),
                origins: self.modules.iter().copied().chain([key]).collect(),
            }),
        }
    }

    fn tab_serves(&self, of: &Of<'_>, providers: &[PublicKey]) -> Vec<Rule> {
        let modules = self.modules.iter().flat_map(|module| {
            [
                of.pattern(&format!("wasmbus.rpc.{{L}}.{module}")),
                of.pattern(&format!("wisteria.modules.{{L}}.{module}")),
            ]
        });
        let providers = providers.iter().map(|provider| of.pattern(&format!("wasmbus.rpc.{{L}}.{provider}.>")));
        modules.chain(providers).collect()
    }
}

/// Builds the rules of one client: `{L}` is its lattice, `{N}` its key.
struct Of<'a> {
    lattice: &'a str,
    key: PublicKey,
}

impl Of<'_> {
    fn all(&self) -> Vec<Rule> {
        self.patterns(&[
            "wasmbus.rpc.{L}.>",
            "wasmbus.ctl.{L}.>",
            "wasmbus.evt.{L}",
            "wasmbus.evt.{L}.>",
            "wasmbus.rpcevt.{L}",
            "wisteria.modules.{L}.>",
            "wisteria.meta.{L}.>",
            "wisteria.tokens.{L}.*",
            "wisteria.calls.{L}.*",
            "wisteria.lost.*",
        ])
    }

    /// Calls, questions, and what happens on it.
    fn host_says(&self) -> Vec<Rule> {
        self.patterns(&[
            "wasmbus.rpc.{L}.*",
            "wasmbus.rpc.{L}.*.*",
            "wasmbus.rpc.{L}.*.*.values",
            "wasmbus.ctl.{L}.ping.hosts",
            "wasmbus.ctl.{L}.get.links",
            "wasmbus.ctl.{L}.get.claims",
            "wasmbus.ctl.{L}.get.*.inv",
            "wisteria.meta.{L}.hosts",
            "wisteria.meta.{L}.revocations.get",
            "wisteria.modules.{L}.*",
            "wasmbus.evt.{L}",
            "wasmbus.evt.{L}.*",
            "wasmbus.rpcevt.{L}",
            "wisteria.calls.{L}.{N}",
        ])
    }

    /// What concerns every host, and itself; never what registries ask for.
    fn host_hears(&self) -> Vec<Rule> {
        let mut rules = self.patterns(&[
            "wasmbus.ctl.{L}.ping.hosts",
            "wasmbus.ctl.{L}.auction.actor",
            "wasmbus.ctl.{L}.auction.provider",
            "wasmbus.ctl.{L}.get.{N}.inv",
            "wasmbus.ctl.{L}.cmd.{N}.*",
            "wasmbus.ctl.{L}.labels.{N}.*",
            "wasmbus.evt.{L}",
            "wasmbus.evt.{L}.*",
            "wisteria.lost.*",
        ]);
        rules.push(self.one("wisteria.modules.{L}.", TokenKind::Hash, None));
        rules
    }

    /// Calls, control, and tokens.
    fn operator_says(&self) -> Vec<Rule> {
        self.patterns(&[
            "wasmbus.rpc.{L}.*",
            "wasmbus.rpc.{L}.*.*",
            "wasmbus.rpc.{L}.*.*.values",
            "wasmbus.ctl.{L}.>",
            "wisteria.meta.{L}.hosts",
            "wisteria.meta.{L}.revocations.*",
            "wisteria.modules.{L}.*",
            "wisteria.tokens.{L}.*",
        ])
    }

    /// What happens, and requests for the modules it offers.
    fn operator_hears(&self) -> Vec<Rule> {
        let mut rules = self.patterns(&[
            "wasmbus.evt.{L}",
            "wasmbus.evt.{L}.>",
            "wasmbus.rpcevt.{L}",
            "wisteria.calls.{L}.*",
            "wisteria.lost.*",
        ]);
        rules.push(self.one("wisteria.modules.{L}.", TokenKind::Hash, None));
        rules
    }

    /// Any actor and any provider, one by one.
    fn page_serves(&self) -> Vec<Rule> {
        let all = SubjectPattern::new(">").expect("a pattern");
        vec![
            self.one("wasmbus.rpc.{L}.", TokenKind::Key(KeyKind::Module), None),
            self.one("wasmbus.rpc.{L}.", TokenKind::Key(KeyKind::Provider), Some(all)),
            self.one("wisteria.modules.{L}.", TokenKind::Key(KeyKind::Module), None),
        ]
    }

    fn one(&self, before: &str, kind: TokenKind, after: Option<SubjectPattern>) -> Rule {
        Rule::One { before: self.fill(before), kind, after }
    }

    fn patterns(&self, templates: &[&str]) -> Vec<Rule> {
        templates.iter().map(|template| self.pattern(template)).collect()
    }

    fn pattern(&self, template: &str) -> Rule {
        Rule::Pattern(self.subject(template))
    }

    fn subject(&self, template: &str) -> SubjectPattern {
        SubjectPattern::new(self.fill(template)).expect("keys and the lattice's name are single tokens")
    }

    fn fill(&self, template: &str) -> String {
        template.replace("{L}", self.lattice).replace("{N}", &self.key.to_string())
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tab => "tab",
            Self::Operator => "operator",
            Self::Host => "host",
            Self::Page => "page",
        })
    }
}

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, RoleError> {
        [Self::Tab, Self::Operator, Self::Host, Self::Page]
            .into_iter()
            .find(|role| role.to_string() == text)
            .ok_or_else(|| RoleError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(kind: KeyKind, byte: u8) -> PublicKey {
        PublicKey::from_bytes(kind, [byte; 32])
    }

    fn permissions(role: Role) -> Permissions {
        let grant = Grant { role, lattice: "l".to_owned(), modules: vec![key(KeyKind::Module, 1)] };
        grant.permissions(key(KeyKind::Host, 1), &[key(KeyKind::Provider, 1)])
    }

    #[test]
    fn a_tab_serves_what_is_its_own_and_commands_nobody() {
        let (own, other) = (key(KeyKind::Host, 1), key(KeyKind::Host, 2));
        let (module, foreign) = (key(KeyKind::Module, 1), key(KeyKind::Module, 2));
        let (provider, linked) = (key(KeyKind::Provider, 1), key(KeyKind::Provider, 2));
        let tab = permissions(Role::Tab);
        for heard in [
            format!("wasmbus.rpc.l.{module}"),
            format!("wasmbus.rpc.l.{provider}.*.linkdefs.put"),
            format!("wasmbus.ctl.l.cmd.{own}.*"),
            format!("_INBOX.{own}.x.*"),
        ] {
            assert!(tab.subscribe.covers(&heard), "{heard}");
        }
        for unheard in [
            format!("wasmbus.rpc.l.{foreign}"),
            format!("wasmbus.rpc.l.{linked}.*"),
            format!("wasmbus.ctl.l.cmd.{other}.*"),
            format!("_INBOX.{other}.x.*"),
            format!("wasmbus.rpc.other.{module}"),
            "wasmbus.rpc.l.*".to_owned(),
            "wasmbus.>".to_owned(),
            "_INBOX.>".to_owned(),
            "_INBOX.*.>".to_owned(),
            "wasmbus.ctl.l.registries.put".to_owned(),
            "wisteria.calls.l.*".to_owned(),
        ] {
            assert!(!tab.subscribe.covers(&unheard), "{unheard}");
        }
        for unsaid in [
            format!("wasmbus.ctl.l.cmd.{other}.stop"),
            "wasmbus.ctl.l.linkdefs.put".to_owned(),
            format!("wasmbus.rpc.l.{linked}.default.linkdefs.put"),
            format!("wasmbus.rpc.l.{linked}.default.shutdown"),
            "wasmbus.evt.l.linkdef_set".to_owned(),
            "wasmbus.evt.l.revocation_set".to_owned(),
            "wisteria.meta.l.revocations.put".to_owned(),
            "wisteria.tokens.l.mint".to_owned(),
            format!("_INBOX.{other}.x.1"),
            format!("wisteria.calls.l.{other}"),
        ] {
            assert!(!tab.publish.covers(&unsaid), "{unsaid}");
        }
        let question = format!("wasmbus.rpc.l.{linked}.default.values");
        for said in [format!("wasmbus.rpc.l.{foreign}"), format!("wisteria.calls.l.{own}"), question.clone()] {
            assert!(tab.publish.covers(&said), "{said}");
        }
        assert!(tab.speaks_for_itself(&question, b""), "a question is no call");
        assert!(!tab.speaks_for_itself(&format!("wasmbus.rpc.l.{linked}.default"), b""), "a call has an origin");
    }

    #[test]
    fn an_operator_commands_and_serves_nothing() {
        let operator = permissions(Role::Operator);
        assert!(operator.publish.covers("wasmbus.ctl.l.linkdefs.put"));
        let provider = key(KeyKind::Provider, 1);
        assert!(operator.publish.covers(&format!("wasmbus.rpc.l.{provider}.default.values")));
        assert!(!operator.publish.covers(&format!("wasmbus.rpc.l.{provider}.default.shutdown")));
        assert!(operator.publish.covers("wisteria.meta.l.revocations.put"));
        assert!(operator.subscribe.covers("wisteria.calls.l.*"));
        for unheard in [format!("wasmbus.rpc.l.{}", key(KeyKind::Module, 1)), "wasmbus.ctl.l.>".to_owned()] {
            assert!(!operator.subscribe.covers(&unheard), "{unheard}");
        }
    }

    #[test]
    fn a_page_serves_any_module_but_not_all_at_once() {
        let page = permissions(Role::Page);
        assert!(page.subscribe.covers(&format!("wasmbus.rpc.l.{}", key(KeyKind::Module, 9))));
        assert!(!page.subscribe.covers("wasmbus.rpc.l.*") && !page.subscribe.covers("wasmbus.rpc.l.>"));
        assert!(page.publish.covers("wasmbus.ctl.l.linkdefs.put"));
    }

    #[test]
    fn a_host_is_bound_to_its_lattice() {
        let host = permissions(Role::Host);
        assert!(host.subscribe.covers("wasmbus.rpc.l.>") && !host.subscribe.covers("wasmbus.rpc.>"));
    }

    #[test]
    fn hosts_and_operators_carry_subjects_of_users_and_pages_none() {
        for role in [Role::Host, Role::Operator, Role::Tab, Role::Page] {
            let may = matches!(role, Role::Host | Role::Operator);
            let all = permissions(role);
            for lists in [&all.publish, &all.subscribe, all.replies.as_ref().expect("they are bounded")] {
                for subject in ["orders.new", "orders.>", "wasmcloud.echo"] {
                    assert_eq!(lists.covers(subject), may, "{role} {subject}");
                }
                for subject in [">", "*", "*.>", "*.rpc.l.*", "wasmbus.>", "wasmbus.rpc.other.x", "$SYS.>", "_INBOX.>"]
                {
                    assert!(!lists.covers(subject), "{role} {subject}");
                }
            }
        }
    }

    #[test]
    fn roles_survive_their_text() {
        for role in [Role::Tab, Role::Operator, Role::Host, Role::Page] {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
        assert!("admin".parse::<Role>().is_err());
    }
}

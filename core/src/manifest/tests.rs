//! Manifests from text to plan.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Application, ComponentKind, Plan, Running, Scaling, Step};
use crate::lattice::control::{ActorRun, ActorSummary, Inventory, LinkDefinition, ProviderSummary};

/// A manifest of one actor and one capability, as wadm's documentation writes it.
fn pets() -> Value {
    json!({
        "apiVersion": "core.oam.dev/v1beta1",
        "kind": "Application",
        "metadata": { "name": "pets", "annotations": { "version": "v0.0.1", "description": "A clinic" } },
        "spec": { "components": [
            {
                "name": "ui", "type": "actor", "properties": { "image": "./ui.wasm" },
                "traits": [
                    { "type": "spreadscaler", "properties": { "replicas": 5, "spread": [
                        { "name": "east", "weight": 80, "requirements": { "zone": "east" } },
                        { "name": "west", "weight": 20, "requirements": { "zone": "west" } },
                    ] } },
                    { "type": "linkdef", "properties": { "target": "web", "values": { "port": 8080 } } },
                ],
            },
            {
                "name": "web", "type": "capability",
                "properties": { "image": "wasmcloud.azurecr.io/httpserver:0.16.2", "contract": "wasmcloud:httpserver" },
                "traits": [{ "type": "daemonscaler", "properties": {} }],
            },
        ] },
    })
}

fn read(manifest: &Value) -> Application {
    Application::read(manifest).unwrap_or_else(|error| panic!("{error}"))
}

/// The manifest with what stands at a JSON pointer replaced, or taken away.
fn with(pointer: &str, value: Value) -> Value {
    let mut manifest = pets();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    match manifest.pointer_mut(parent).expect("it is there") {
        Value::Object(object) if value.is_null() => drop(object.remove(name)),
        Value::Object(object) => drop(object.insert(name.to_owned(), value)),
        list => list[name.parse::<usize>().expect("an index")] = value,
    }
    manifest
}

#[test]
fn a_manifest_is_read_and_written_again() {
    let application = read(&pets());
    assert_eq!(application.name, "pets");
    assert_eq!(application.annotations["version"], "v0.0.1");
    let ComponentKind::Actor { links, .. } = &application.components[0].kind else {
        panic!("{application:?}");
    };
    assert_eq!(links[0].values["port"], "8080");
    assert_eq!(application.components[1].scaling, Scaling::Daemon { replicas: 1, shares: vec![] });
    assert_eq!(read(&application.write()), application);
}

#[test]
fn what_is_wrong_is_named_with_its_place_and_the_remedy() {
    let actor = "/spec/components/0";
    for (manifest, expected) in [
        (json!([]), "the manifest is a list; it is to be a mapping"),
        (with("/apiVersion", json!("v2")), "apiVersion is v2; this reads core.oam.dev/v1beta1 alone"),
        (with("/metadata", Value::Null), "metadata is missing"),
        (with("/metadata/nmae", json!("x")), "metadata.nmae is not known; known here: name, annotations, labels"),
        (with("/spec/components", json!({})), "spec.components is a mapping; it is to be a list"),
        (with(&format!("{actor}/type"), json!("acotr")), "spec.components[0].type is acotr; it is actor or capability"),
        (
            with(&format!("{actor}/properties/image"), json!("")),
            "spec.components[0].properties.image is empty; write image: ./counter.wasm",
        ),
        (
            with(&format!("{actor}/traits/1/properties/target"), json!("wbe")),
            "spec.components[0].traits links to wbe, which is no component; capabilities of this manifest: web",
        ),
        (
            with(&format!("{actor}/traits/0/type"), json!("scaler")),
            "spec.components[0].traits[0].type is scaler; it is spreadscaler, daemonscaler or linkdef",
        ),
        (
            with(&format!("{actor}/traits/0/properties/replicas"), json!(-1)),
            "spec.components[0].traits[0].properties.replicas is -1; it is to be a whole number from 0 on",
        ),
        (
            with("/spec/components/1/name", json!("ui")),
            "spec.components[1].name is ui, as that of a component before it; give each a name of its own",
        ),
    ] {
        assert_eq!(Application::read(&manifest).expect_err(expected).to_string(), expected);
    }
}

fn host(id: &str, zone: &str) -> Inventory {
    let labels = BTreeMap::from([("zone".to_owned(), zone.to_owned())]);
    let provider = ProviderSummary {
        id: format!("V{id}"),
        link_name: "default".to_owned(),
        contract_id: "wasmcloud:httpserver".to_owned(),
        name: Some("httpserver".to_owned()),
        ..ProviderSummary::default()
    };
    Inventory { host_id: id.to_owned(), labels, providers: vec![provider], ..Inventory::default() }
}

fn actor(key: &str, max_instances: u32) -> ActorSummary {
    let run = ActorRun { max_instances, ..ActorRun::default() };
    ActorSummary { id: key.to_owned(), instances: vec![run], ..ActorSummary::default() }
}

fn start(host: &str, max_instances: u32) -> Step {
    Step::StartActor { component: "ui".to_owned(), host: host.to_owned(), max_instances }
}

#[test]
fn a_plan_has_what_is_missing_and_nothing_else() {
    let application = read(&pets());
    let mut running = Running { hosts: vec![host("N1", "east"), host("N2", "west")], ..Running::default() };
    let put = Step::PutLink {
        actor: "ui".to_owned(),
        provider: "web".to_owned(),
        contract: "wasmcloud:httpserver".to_owned(),
        link_name: "default".to_owned(),
        values: BTreeMap::from([("port".to_owned(), "8080".to_owned())]),
    };
    let plan = |running: &Running| Plan::new(&application, running).expect("it fits").steps;
    assert_eq!(plan(&running), [start("N1", 4), start("N2", 1), put.clone()]);

    running.actors.insert("ui".to_owned(), "M1".to_owned());
    running.hosts[0].actors.push(actor("M1", 4));
    running.hosts[1].actors.push(actor("M1", 3));
    assert_eq!(plan(&running), [start("N2", 1), put]);

    running.hosts[1].actors[0] = actor("M1", 1);
    running.links.push(LinkDefinition {
        actor_id: "M1".to_owned(),
        provider_id: "VN1".to_owned(),
        contract_id: "wasmcloud:httpserver".to_owned(),
        link_name: "default".to_owned(),
        values: BTreeMap::from([("port".to_owned(), "8080".to_owned())]),
        ..LinkDefinition::default()
    });
    assert_eq!(plan(&running), []);

    running.hosts[0].providers.clear();
    let provider = Step::StartProvider {
        component: "web".to_owned(),
        host: "N1".to_owned(),
        name: "httpserver".to_owned(),
        link_name: "default".to_owned(),
        is_shared: true,
    };
    assert_eq!(plan(&running)[0], provider);
}

#[test]
fn a_later_revision_replaces_earlier_ones_wherever_they_run() {
    let application = read(&pets());
    let mut running = Running { hosts: vec![host("N1", "east"), host("N2", "west")], ..Running::default() };
    running.actors.insert("ui".to_owned(), "M1".to_owned());
    running.hosts[0].actors.push(actor("M1", 4));
    running.hosts[1].actors.push(actor("M1", 3));
    running.hosts[1].actors[0].instances[0].revision = 2;
    let updates = |revision| {
        let running = Running { revisions: BTreeMap::from([("ui".to_owned(), revision)]), ..running.clone() };
        let steps = Plan::new(&application, &running).expect("it fits").steps;
        let (update, others) = steps.split_first().expect("there is no link yet");
        match update {
            Step::UpdateActor { component, hosts, .. } => {
                assert_eq!((component.as_str(), &others[0]), ("ui", &start("N2", 1)));
                hosts.clone()
            }
            _ => Vec::new(),
        }
    };
    assert_eq!(updates(3), ["N1", "N2"]);
    assert_eq!(updates(2), ["N1"]);
    assert_eq!(updates(0), [""; 0]);
}

#[test]
fn a_plan_that_cannot_be_says_which_hosts_are_missing() {
    let impossible = Plan::new(&read(&pets()), &Running { hosts: vec![host("N1", "east")], ..Running::default() });
    assert_eq!(
        impossible.expect_err("there is no west").to_string(),
        "ui needs 1 host with zone=west, and 0 fit; start or label hosts, or ask for less"
    );
}

#[test]
fn what_runs_is_a_manifest_whose_plan_is_empty() {
    let mut running = Running { hosts: vec![host("N1", "east")], ..Running::default() };
    running.hosts[0].actors.push(ActorSummary { name: Some("My UI".to_owned()), ..actor("M1", 4) });
    running.links.push(LinkDefinition {
        actor_id: "M1".to_owned(),
        provider_id: "VN1".to_owned(),
        contract_id: "wasmcloud:httpserver".to_owned(),
        link_name: "default".to_owned(),
        ..LinkDefinition::default()
    });
    let application = Application::of("mine", &running);
    assert_eq!(read(&application.write()), application);
    let names: Vec<_> = application.components.iter().map(|component| component.name.as_str()).collect();
    assert_eq!(names, ["httpserver", "my-ui"]);
    running.actors.insert("my-ui".to_owned(), "M1".to_owned());
    assert_eq!(Plan::new(&application, &running).expect("it fits").steps, []);
}

#[test]
fn what_runs_on_servers_or_in_tabs_runs_there_again() {
    let kind = |mut host: Inventory, kind: &str| {
        host.labels.insert("kind".to_owned(), kind.to_owned());
        host
    };
    let mut running = Running {
        hosts: vec![kind(host("N1", "east"), "server"), kind(host("N2", "east"), "browser")],
        ..Running::default()
    };
    // What a client has sent is named by its hash, and by its key in a manifest.
    let sent = Some("wisteria://module/765b9834".to_owned());
    running.hosts[0].actors.push(ActorSummary { image_ref: sent, ..actor("M1", 3) });
    running.hosts[1].actors.push(actor("M1", 1));
    // Both hosts have that provider, and the tab's is the one that is linked.
    running.links.push(LinkDefinition {
        actor_id: "M1".to_owned(),
        provider_id: "VN2".to_owned(),
        contract_id: "wasmcloud:httpserver".to_owned(),
        link_name: "default".to_owned(),
        ..LinkDefinition::default()
    });
    let application = Application::of("mine", &running);
    assert_eq!(read(&application.write()), application);
    let shares = |at: usize| match &application.components[at].scaling {
        Scaling::Spread { shares, .. } | Scaling::Daemon { shares, .. } => {
            shares.iter().map(|share| (share.requirements["kind"].as_str(), share.weight)).collect::<Vec<_>>()
        }
    };
    let ComponentKind::Actor { image, .. } = &application.components[1].kind else {
        panic!("{application:?}");
    };
    assert_eq!(image, "M1");
    assert_eq!((shares(0), shares(1)), (vec![("browser", 1)], vec![("browser", 1), ("server", 3)]));

    running.actors.insert(application.components[1].name.clone(), "M1".to_owned());
    assert_eq!(Plan::new(&application, &running).expect("it fits").steps, []);
    running.links[0].provider_id = "VN1".to_owned();
    assert_eq!(Plan::new(&application, &running).expect("it fits").steps.len(), 1, "the tab's provider is asked for");
}

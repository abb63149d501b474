//! Where requests do not go, what they do not tell, and what becomes of them when a server goes away.

use std::{fs, time::Duration};

use serde_json::{Value, json};
use tempfile::TempDir;
use wisteria_server::provider::HttpClient;

use super::site::Site;
use crate::linked::{call, link};

async fn get(provider: &HttpClient, url: &str) -> Result<Value, String> {
    call(provider, "HttpClient.Request", &json!({ "url": url })).await
}

#[track_caller]
fn failed(outcome: Result<Value, String>, start: &str, words: &str) {
    let failure = outcome.expect_err("it fails");
    assert!(failure.starts_with(start) && failure.contains(words), "{start}, {words} in {failure}");
}

#[tokio::test]
async fn what_a_link_adds_stays_with_the_server_that_was_asked_for() {
    let (first, second) = (Site::start().await, Site::start().await);
    let provider = HttpClient::new(None);
    let allow = format!("http://{},http://{}", first.address(), second.address());
    let values =
        [("ALLOW", allow.as_str()), ("AUTHORIZATION", "Bearer lovelace"), ("HEADERS", "X-Key: lovelace\nX-Other: 1")];
    link(&provider, &values, true).await.expect("linked");
    assert!(!format!("{provider:?}").contains("lovelace"), "{provider:?}");

    let url = |path: &str| format!("http://{}{path}", first.address());
    let request = json!({
        "url": url("/to/302/echo"),
        "headers": { "authorization": ["the actor's"], "Cookie": ["a=b"], "x-mine": ["1"] },
    });
    let answer = call(&provider, "HttpClient.Request", &request).await.expect("answered");
    assert!(!answer.to_string().contains("lovelace"), "{answer}");
    let [heard] = &first.heard()[..] else { panic!("it was asked once") };
    for (name, value) in
        [("authorization", "Bearer lovelace"), ("x-key", "lovelace"), ("cookie", "a=b"), ("x-mine", "1")]
    {
        assert_eq!(heard.get_all(name).iter().collect::<Vec<_>>(), [value], "{name}");
    }

    // To another server, and back again.
    let there = format!("/to/302/http://{}/echo", second.address());
    let back = format!("/to/302/http://{}/to/302/http://{}/echo", second.address(), first.address());
    for (path, asked) in [(there, &second), (back, &first)] {
        let request = json!({ "url": url(&path), "headers": request["headers"] });
        call(&provider, "HttpClient.Request", &request).await.expect("answered");
        let [heard] = &asked.heard()[..] else { panic!("it was asked once") };
        for name in ["authorization", "x-key", "x-other", "cookie", "referer"] {
            assert!(!heard.contains_key(name), "{name} in {heard:?}");
        }
        assert_eq!(heard["x-mine"], "1");
        assert_eq!(heard["host"], asked.address().to_string());
    }
}

#[tokio::test]
async fn a_redirect_goes_nowhere_that_the_link_does_not_allow() {
    let (first, second) = (Site::start().await, Site::start().await);
    let provider = HttpClient::new(None);
    let allow = format!("http://{}", first.address());
    link(&provider, &[("ALLOW", &allow), ("REDIRECTS", "2")], true).await.expect("linked");
    failed(
        get(&provider, &format!("{allow}/to/302/http://{}/echo", second.address())).await,
        "provider-failed: ",
        &format!("the link does not allow http://{}/echo", second.address()),
    );
    assert!(second.heard().is_empty(), "nobody asked it");
    failed(get(&provider, &format!("{allow}/around")).await, "provider-failed: ", "redirects once more after 2 times");

    link(&provider, &[("ALLOW", &allow), ("REDIRECTS", "0")], true).await.expect("linked");
    let answer = get(&provider, &format!("{allow}/around")).await.expect("it is an answer");
    assert_eq!((&answer["statusCode"], &answer["header"]["location"]), (&json!(302), &json!(["/around"])));
}

#[tokio::test]
async fn a_name_that_stands_for_this_machine_is_refused_unless_the_link_says_so() {
    // This machine's own name stands for an address that nobody else reaches by it.
    let name = fs::read_to_string("/proc/sys/kernel/hostname").expect("a name").trim().to_lowercase();
    let mut addresses = tokio::net::lookup_host((&*name, 0)).await.expect("it is in /etc/hosts");
    let site = Site::start_at(addresses.next().expect("an address")).await;
    let (here, port) = (Site::start().await, site.address().port());
    let provider = HttpClient::new(None);
    let (named, local) = (format!("http://{name}:{port}"), format!("http://localhost:{}", here.address().port()));
    let allow = format!("{named},{local}");
    link(&provider, &[("ALLOW", &allow)], true).await.expect("linked");
    failed(
        get(&provider, &format!("{named}/echo")).await,
        &format!("provider-failed: the name {name} stands for {}", site.address().ip()),
        "which is not of the public internet",
    );
    assert!(site.heard().is_empty(), "nobody asked it");
    get(&provider, &format!("{local}/echo")).await.expect("who writes localhost means it");
    let address = format!("http://{}/echo", here.address());
    failed(get(&provider, &address).await, "provider-failed: ", "does not allow");
    link(&provider, &[("ALLOW", &allow), ("ALLOW_PRIVATE", "true")], true).await.expect("linked");
    get(&provider, &format!("{named}/echo")).await.expect("answered");
}

#[tokio::test]
async fn a_server_must_prove_its_name_to_an_authority_that_is_trusted() {
    let (site, certificate) = Site::start_with_tls().await;
    let url = format!("https://127.0.0.1:{}", site.address().port());
    let stranger = HttpClient::new(None);
    link(&stranger, &[("ALLOW", &url)], true).await.expect("linked");
    failed(get(&stranger, &format!("{url}/echo")).await, "provider-unavailable: https://127.0.0.1:", "certificate");

    let dir = TempDir::new().expect("a temporary directory");
    let file = dir.path().join("ca.pem");
    fs::write(&file, certificate).expect("written");
    let provider = HttpClient::new(Some(file));
    link(&provider, &[("ALLOW", &url)], true).await.expect("linked");
    assert_eq!(get(&provider, &format!("{url}/echo")).await.expect("answered")["statusCode"], 200);
    assert_eq!(site.heard().len(), 1, "the stranger said nothing");

    let nobody = HttpClient::new(Some(dir.path().join("none.pem")));
    let refused = link(&nobody, &[("ALLOW", &url)], true).await.expect_err("refused").to_string();
    assert!(refused.contains("none.pem"), "{refused}");
}

#[tokio::test]
async fn a_server_that_goes_away_is_unavailable_at_once_and_answers_when_it_is_back() {
    let site = Site::start().await;
    let address = site.address();
    let url = format!("http://{address}");
    let provider = HttpClient::new(None);
    link(&provider, &[("ALLOW", &url), ("TIMEOUT", "300ms")], true).await.expect("linked");
    get(&provider, &format!("{url}/echo")).await.expect("answered");
    failed(get(&provider, &format!("{url}/silent")).await, "provider-unavailable: ", "did not answer within 300 ms");

    drop(site);
    let gone = async {
        let mut each = tokio::time::interval(Duration::from_millis(10));
        // What was connected before may be served to its end.
        while get(&provider, &format!("{url}/echo")).await.is_ok() {
            each.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await.expect("it goes away");
    failed(get(&provider, &format!("{url}/echo")).await, &format!("provider-unavailable: {url} "), "see that it runs");
    let site = Site::start_at(address).await;
    get(&provider, &format!("{url}/echo")).await.expect("answered");
    assert_eq!(site.heard().len(), 1);
}

#[tokio::test]
async fn a_link_that_says_something_else_is_refused() {
    let provider = HttpClient::new(None);
    let allow = ("ALLOW", "https://api.example.org");
    for (values, words) in [
        (&[][..], "the value `ALLOW` is missing"),
        (&[("ALLOW", "*")], "`*` in `ALLOW` has no scheme; write it as https://api.example.org"),
        (&[("ALLOW", "https://a.example,https://*")], "`https://*` in `ALLOW` has a *"),
        (&[allow, ("MAX_BODY", "17Mi")], "may be 16777216 at most"),
        (&[allow, ("REDIRECTS", "21")], "may be 20 at most"),
        (&[allow, ("TIMEOUT", "5")], "`TIMEOUT=5` is no duration"),
        (&[allow, ("ALLOW_PRIVATE", "yes")], "`ALLOW_PRIVATE=yes` is no boolean"),
        (&[allow, ("HEADERS", "lovelace")], "line 1 of `HEADERS` is no header"),
    ] {
        let refused = link(&provider, values, true).await.expect_err("refused").to_string();
        assert!(refused.contains(words) && !refused.contains("lovelace"), "{words} in {refused}");
    }
}

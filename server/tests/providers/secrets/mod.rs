//! `wisteria:secrets`.

mod loss;
mod source;

use wisteria_core::provider::Provider;

use self::source::Source;
use crate::{
    conformance::run_all,
    linked::{call_from_afar, link},
};

#[tokio::test]
async fn the_secrets_of_a_directory_are_given_as_all_others() {
    run_all("secrets", &Source::directory().await).await;
}

#[tokio::test]
async fn the_secrets_of_a_vault_are_given_as_all_others() {
    let source = Source::vault().await;
    run_all("secrets", &source).await;
    let asked: Vec<_> = source.asked();
    assert!(asked.iter().any(|request| request.contains("/API_TOKEN ")), "{asked:?}");
    let is_foreign = |request: &String| ["HIDDEN", "passwd", "OTHER"].iter().any(|word| request.contains(word));
    assert!(!asked.iter().any(is_foreign), "nobody asks for what the link does not allow: {asked:?}");
}

#[tokio::test]
async fn an_actor_on_another_host_gets_no_secret() {
    for source in [Source::directory().await, Source::vault().await] {
        source.asked();
        for name in ["API_TOKEN", "HIDDEN", "NONE"] {
            let refused = call_from_afar(&source.provider, "Secrets.Get", &name.into()).await.expect_err("refused");
            assert!(refused.starts_with("provider-failed: secrets stay on their host, and actor M"), "{refused}");
            assert!(!refused.contains("lovelace"), "{refused}");
        }
        assert!(source.asked().is_empty(), "nor is it looked up");
    }
}

#[tokio::test]
async fn a_link_says_which_names_in_words_that_are_checked() {
    let source = Source::directory().await;
    let check = async |names: &str| link(&source.provider, &[("NAMES", names)], true).await.map_err(|error| error.0);
    for names in ["A", "A,b-2,c.d_e", "shop.*,A", "*", "A, B"] {
        assert_eq!(check(names).await, Ok(()), "{names}");
    }
    for (names, words) in [
        ("../A", "`../A` in `NAMES` is neither a name of a secret nor the beginning"),
        ("A,.hidden", "`.hidden`"),
        ("a b", "`a b`"),
        ("a*b", "`a*b`"),
        ("*a", "`*a`"),
        ("a**", "`a**`"),
        ("A,,B", "`NAMES=A,,B` is no list"),
        ("secret:A", "`NAMES` is no secret"),
    ] {
        let refused = check(names).await.expect_err("refused");
        assert!(refused.contains(words), "{words} in {refused}");
    }
    let many = vec!["A"; 101].join(",");
    assert!(check(&many).await.expect_err("refused").contains("101 entries and may have 100"));
    let none = link(&source.provider, &[], true).await.expect_err("refused").0;
    assert!(none.contains("the value `NAMES` is missing"), "{none}");
    assert_eq!(source.provider.health().await, Ok(()));
}

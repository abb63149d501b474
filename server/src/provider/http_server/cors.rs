//! Which pages of other origins may read an actor's answers, as the Fetch standard's CORS says it.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use crate::edge::Origin;

/// What a link says of it.
pub(super) struct Rules<'a> {
    pub(super) origins: &'a [&'a str],
    pub(super) methods: &'a [&'a str],
    pub(super) headers: &'a [&'a str],
    pub(super) max_age: Option<Duration>,
    pub(super) with_credentials: bool,
}

impl Rules<'_> {
    /// What answers browsers.
    ///
    /// # Errors
    /// Why the rules cannot be used.
    pub(super) fn layer(&self) -> Result<CorsLayer, String> {
        let methods = self.methods.iter().map(|text| {
            // Methods are told apart by case, so that one in lower case would allow nothing.
            let method = text.parse::<Method>().ok().filter(|_| *text == text.to_ascii_uppercase() && *text != "*");
            method.ok_or_else(|| format!("`{text}` in `cors-methods` is no method; write it as cors-methods=GET,POST"))
        });
        let layer = CorsLayer::new()
            .allow_origin(self.allow_origin()?)
            .allow_methods(methods.collect::<Result<Vec<_>, _>>()?)
            .allow_headers(self.allow_headers()?)
            .allow_credentials(self.with_credentials);
        Ok(match self.max_age {
            Some(age) => layer.max_age(age),
            None => layer,
        })
    }

    fn allow_origin(&self) -> Result<AllowOrigin, String> {
        if self.origins.contains(&"*") {
            return match self.with_credentials {
                true => {
                    Err("`cors-credentials` and `cors-origins=*` would give everybody's pages what users may see; \
                    name the origins"
                        .to_owned())
                }
                false => Ok(AllowOrigin::any()),
            };
        }
        let origins = self.origins.iter().map(|text| {
            let is_origin = text.parse::<Origin>().is_ok();
            let value = HeaderValue::try_from(text.to_ascii_lowercase()).ok().filter(|_| is_origin);
            value.ok_or_else(|| {
                format!("`{text}` in `cors-origins` is no origin; write it as cors-origins=https://app.example.org")
            })
        });
        origins.collect::<Result<Vec<_>, _>>().map(AllowOrigin::list)
    }

    fn allow_headers(&self) -> Result<AllowHeaders, String> {
        if self.headers.contains(&"*") {
            return match self.with_credentials {
                true => {
                    Err("`cors-headers=*` means nothing to browsers with `cors-credentials`; name the headers"
                        .to_owned())
                }
                false => Ok(AllowHeaders::any()),
            };
        }
        let headers = self.headers.iter().map(|text| {
            let name = text.parse::<HeaderName>();
            name.map_err(|_| format!("`{text}` in `cors-headers` is no header; write it as cors-headers=content-type"))
        });
        headers.collect::<Result<Vec<_>, _>>().map(AllowHeaders::list)
    }
}

/// Whether a browser asks what a page may do, instead of asking for it.
pub(super) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    *method == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules<'_> = Rules {
        origins: &["https://app.example.org"],
        methods: &["GET"],
        headers: &["content-type"],
        max_age: None,
        with_credentials: true,
    };

    #[test]
    fn rules_that_mean_nothing_or_too_much_are_refused() {
        assert!(RULES.layer().is_ok());
        for (rules, words) in [
            (Rules { origins: &["*"], ..RULES }, "name the origins"),
            (Rules { origins: &["app.example.org"], ..RULES }, "`app.example.org` in `cors-origins` is no origin"),
            (Rules { origins: &["https://app.example.org/"], ..RULES }, "is no origin"),
            (Rules { headers: &["*"], ..RULES }, "name the headers"),
            (Rules { headers: &["a b"], ..RULES }, "`a b` in `cors-headers` is no header"),
            (Rules { methods: &["get"], ..RULES }, "`get` in `cors-methods` is no method"),
            (Rules { methods: &["*"], ..RULES }, "`*` in `cors-methods` is no method"),
        ] {
            let why = rules.layer().expect_err("refused");
            assert!(why.contains(words), "{words} in {why}");
        }
        assert!(Rules { origins: &["*"], headers: &["*"], with_credentials: false, ..RULES }.layer().is_ok());
    }
}

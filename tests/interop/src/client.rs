use std::time::Duration;

use pkce_core::S256Support;
use ureq::http::Response;
use ureq::{Agent, Body};
use url::Url;

use crate::Fallible;

pub const CLIENT: &str = "example-client";
/// Nobody listens there: the redirect is read, not followed.
pub const REDIRECT_URI: &str = "http://127.0.0.1:49152/callback";
pub const STATE: &str = "af0ifjsldkj";

/// One client, with connections of its own.
pub struct Client {
    pub agent: Agent,
    issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub s256: S256Support,
}

/// What a server says: a code or a token, or its OAuth error.
pub type Outcome = Result<String, String>;

/// The outcome without the code or the token.
pub fn said(outcome: &Outcome) -> &str {
    outcome.as_ref().map_or_else(String::as_str, |_| "accepted")
}

/// Follows no redirect, and returns every response, whatever its status.
pub fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .timeout_global(Some(Duration::from_secs(60)))
        // The server closes idle connections after 5 seconds, perhaps just when one is used again.
        .max_idle_age(Duration::from_secs(2))
        .build()
        .into()
}

impl Client {
    pub fn discover(issuer: &str) -> Fallible<Self> {
        Self::discover_at(issuer, "oauth-authorization-server")
    }

    /// With the name of the metadata below `/.well-known`.
    pub fn discover_at(issuer: &str, name: &str) -> Fallible<Self> {
        let agent = agent();
        let mut answer = agent.get(format!("{issuer}/.well-known/{name}")).call()?;
        let metadata: serde_json::Value = answer.body_mut().read_json()?;
        let text = |name: &str| {
            metadata[name]
                .as_str()
                .map(str::to_owned)
                .ok_or(format!("no {name} in metadata"))
        };
        if text("issuer")? != issuer {
            return Err("the metadata is another issuer's".into());
        }
        let methods = metadata["code_challenge_methods_supported"].as_array();
        Ok(Self {
            issuer: issuer.to_owned(),
            authorization_endpoint: text("authorization_endpoint")?,
            token_endpoint: text("token_endpoint")?,
            s256: S256Support::from_metadata(methods.map(|m| m.iter().filter_map(serde_json::Value::as_str))),
            agent,
        })
    }

    pub fn code(&self, pkce: &[(&str, &str)]) -> Fallible<String> {
        self.authorize(pkce)?
            .map_err(|error| format!("the authorization endpoint refused: {error}").into())
    }

    pub fn authorize(&self, pkce: &[(&str, &str)]) -> Fallible<Outcome> {
        self.visit(&self.authorization_url(pkce)?, STATE)
    }

    pub fn authorization_url(&self, pkce: &[(&str, &str)]) -> Fallible<Url> {
        let mut url = Url::parse(&self.authorization_endpoint)?;
        url.query_pairs_mut()
            .extend_pairs([
                ("response_type", "code"),
                ("client_id", CLIENT),
                ("redirect_uri", REDIRECT_URI),
                ("state", STATE),
            ])
            .extend_pairs(pkce);
        Ok(url)
    }

    /// Opens the page and presses Allow. Where there is no page but an error, pressing Allow all the same must not get a
    /// code.
    pub fn visit(&self, url: &Url, state: &str) -> Fallible<Outcome> {
        let mut shown = self.agent.get(url.as_str()).call()?;
        let page = shown.body_mut().read_to_string()?;
        let form = format!("{}&decision=allow", url.query().unwrap_or_default());
        let content_type = "application/x-www-form-urlencoded";
        let mut decided = self
            .agent
            .post(&self.authorization_endpoint)
            .content_type(content_type)
            .send(form)?;
        decided.body_mut().read_to_string()?;
        let status = (shown.status().as_u16(), decided.status().as_u16());
        let decided = self.read_redirect(&location(&decided, url)?, state)?;
        match (status, &decided) {
            ((200, 303), Ok(_)) if page.contains(r#"name="decision" value="allow""#) => Ok(decided),
            ((303, 303), Err(error)) => match self.read_redirect(&location(&shown, url)?, state)? {
                Err(before) if before == *error => Ok(decided),
                _ => Err("the page and the form are answered differently".into()),
            },
            _ => Err(format!("the page and the form are answered with HTTP status {status:?}").into()),
        }
    }

    /// Reads the redirect back to the client, which has exactly the parameters that it should.
    pub fn read_redirect(&self, url: &Url, state: &str) -> Fallible<Outcome> {
        if !url.as_str().starts_with(&format!("{REDIRECT_URI}?")) {
            return Err("the redirect goes elsewhere".into());
        }
        let mut pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        pairs.retain(|(name, _)| name != "error_description");
        let [first, sent_state, issuer] = &pairs[..] else {
            return Err("the redirect has other parameters than it should".into());
        };
        if *sent_state != ("state".to_owned(), state.to_owned()) || *issuer != ("iss".to_owned(), self.issuer.clone()) {
            return Err("another state or issuer came back".into());
        }
        match first.0.as_str() {
            "code" => Ok(Ok(first.1.clone())),
            "error" => Ok(Err(first.1.clone())),
            _ => Err("neither a code nor an error".into()),
        }
    }

    pub fn redeem(&self, code: &str, verifiers: &[&str]) -> Fallible<Outcome> {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", CLIENT),
            ("redirect_uri", REDIRECT_URI),
            ("code", code),
        ];
        let verifiers = verifiers.iter().map(|verifier| ("code_verifier", *verifier));
        let mut answer = self
            .agent
            .post(&self.token_endpoint)
            .send_form(form.into_iter().chain(verifiers))?;
        let status = answer.status().as_u16();
        let body: serde_json::Value = answer.body_mut().read_json()?;
        match (status, body["access_token"].as_str(), body["error"].as_str()) {
            (200, Some(token), None) => Ok(Ok(token.to_owned())),
            (400, None, Some(error)) => Ok(Err(error.to_owned())),
            (500.., None, Some(error)) => Ok(Err(format!("{status} {error}"))),
            _ => Err(format!("the token endpoint answered with HTTP status {status}").into()),
        }
    }
}

/// Where a redirect goes.
pub fn location(response: &Response<Body>, base: &Url) -> Fallible<Url> {
    let status = response.status();
    let target = response
        .headers()
        .get("location")
        .ok_or(format!("HTTP status {status} without a redirect at {base}"))?;
    Ok(base.join(target.to_str()?)?)
}

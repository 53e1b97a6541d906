//! Exchanges the code and the verifier for a token (RFC 6749 section 4.1.3, RFC 7636 section 4.5).

use std::fmt;

use anyhow::{Context, anyhow, bail, ensure};
use pkce_core::CodeVerifier;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

use crate::callback::refusal;
use crate::{printable, trouble};

const LIMIT: u64 = 256 * 1024;

/// The granted token. No `Debug`: it contains the access token.
#[derive(Deserialize)]
pub struct Token {
    access_token: Zeroizing<String>,
    token_type: String,
    #[serde(default, deserialize_with = "lenient_seconds")]
    expires_in: Option<u64>,
    scope: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
    error_description: Option<String>,
}

/// Reads `expires_in`. RFC 6749 has a number of seconds, but some servers send `"3600"` or `3600.0`. It is a hint, so
/// anything else counts as absent.
fn lenient_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let seconds = match Value::deserialize(deserializer)? {
        Value::Number(seconds) => seconds.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    Ok(seconds
        .filter(|&s| (0.0..=u32::MAX.into()).contains(&s))
        .map(|s: f64| s as u64))
}

/// Builds the form body. It contains the verifier, so it is wiped on drop. Its capacity is reserved at once, because a
/// growing string leaves old copies behind.
pub fn request_body(client_id: &str, redirect_uri: &str, code: &str, verifier: &CodeVerifier) -> Zeroizing<String> {
    let parameters = [
        ("grant_type", "authorization_code"),
        ("client_id", client_id),
        ("redirect_uri", redirect_uri),
        ("code", code),
        ("code_verifier", verifier.expose_secret()),
    ];
    let room = parameters
        .iter()
        .map(|(name, value)| name.len() + 3 * value.len() + 2)
        .sum();
    let mut form = form_urlencoded::Serializer::new(String::with_capacity(room));
    Zeroizing::new(form.extend_pairs(parameters).finish())
}

/// Sends the token request. Copies in the buffers of the socket and of TLS are out of this program's reach.
pub fn redeem(agent: &ureq::Agent, endpoint: &Url, body: &str) -> anyhow::Result<Token> {
    let failed = |why: ureq::Error| anyhow!("the token endpoint at {endpoint} {}", trouble(&why));
    let mut answer = agent
        .post(endpoint.as_str())
        .header("Content-Type", "application/x-www-form-urlencoded")
        .header("Accept", "application/json")
        .send(body)
        .map_err(failed)?;
    let status = answer.status().as_u16();
    let body = answer.body_mut().with_config().limit(LIMIT);
    let text = Zeroizing::new(body.read_to_string().map_err(failed)?);
    read(status, &text)
}

fn read(status: u16, text: &str) -> anyhow::Result<Token> {
    if status == 200 {
        // The parser's error may quote the token.
        let token: Token = serde_json::from_str(text)
            .ok()
            .context("the token endpoint's response is not a token")?;
        ensure!(
            !token.access_token.is_empty(),
            "the token endpoint sent an empty access_token"
        );
        // RFC 6749 section 7.1: a client must not use a token of a type that it does not know.
        ensure!(
            token.token_type.eq_ignore_ascii_case("Bearer"),
            "the token endpoint sent a token of the unknown type {}",
            printable(&token.token_type)
        );
        return Ok(token);
    }
    match serde_json::from_str::<Refusal>(text) {
        Ok(why) => bail!(
            "the token endpoint refused the code: {}",
            refusal(&why.error, why.error_description.as_deref())
        ),
        Err(_) => bail!("the token endpoint responded with HTTP status {status}"),
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "token_type:   {}", printable(&self.token_type))?;
        if let Some(seconds) = self.expires_in {
            writeln!(f, "expires_in:   {seconds}")?;
        }
        if let Some(scope) = &self.scope {
            writeln!(f, "scope:        {}", printable(scope))?;
        }
        writeln!(f, "access_token: {}…", printable(&start_of(&self.access_token)))
    }
}

/// Returns enough to recognize a token, and never more than a quarter of it.
fn start_of(token: &str) -> String {
    let shown = (token.chars().count() / 4).min(8);
    token.chars().take(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn body_is_encoded_and_never_grew() {
        let verifier = CodeVerifier::parse(&"~".repeat(128)).unwrap();
        let body = request_body("a&b", "http://127.0.0.1:1/callback", "c+d", &verifier);
        assert_eq!(
            *body,
            format!(
                "grant_type=authorization_code&client_id=a%26b&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fcallback\
                 &code=c%2Bd&code_verifier={}",
                "%7E".repeat(128)
            )
        );
        let room = "grant_type=&client_id=&redirect_uri=&code=&code_verifier=&".len() + 3 * (18 + 3 + 27 + 3 + 128);
        assert_eq!(body.capacity(), room);
    }

    #[test]
    fn token_is_shown_shortened() {
        let text = r#"{"access_token":"abcdefghijklmnopqrstuvwxyzABCDEFGHIJ","token_type":"Bearer","expires_in":3600}"#;
        let shown = read(200, text).ok().unwrap().to_string();
        assert_eq!(
            shown,
            "token_type:   Bearer\nexpires_in:   3600\naccess_token: abcdefgh…\n"
        );
        assert_eq!(start_of("four"), "f");
    }

    #[test]
    fn refusals_are_told_apart() {
        let token = |token, kind| format!(r#"{{"access_token":"{token}","token_type":"{kind}"}}"#);
        let refusal = r#"{"error":"invalid_grant","error_description":"expired"}"#;
        for (status, text, why) in [
            (400, refusal, "refused the code: invalid_grant (expired)"),
            (401, r#"{"error":"invalid_client"}"#, "refused the code: invalid_client"),
            (500, "<html>", "responded with HTTP status 500"),
            (302, "", "responded with HTTP status 302"),
            (200, &token("", "Bearer"), "sent an empty access_token"),
            (
                200,
                &token("abcd", r"mac\u202e"),
                "sent a token of the unknown type mac\u{fffd}",
            ),
            (200, &token("abcd", ""), "sent a token of the unknown type "),
        ] {
            let error = read(status, text).err().unwrap().to_string();
            assert_eq!(error, format!("the token endpoint {why}"));
        }
        let error = read(200, r#"{"token_type":"Bearer"}"#).err().unwrap().to_string();
        assert_eq!(error, "the token endpoint's response is not a token");
        assert!(read(200, &token("abcd", "bearer")).is_ok());
    }

    #[test]
    fn expires_in_is_read_however_servers_send_it() {
        for (sent, seconds) in [
            ("3600", Some(3600)),
            ("3600.0", Some(3600)),
            (r#""3600""#, Some(3600)),
            ("null", None),
            (r#""soon""#, None),
            ("-1", None),
            ("1e300", None),
            ("[]", None),
        ] {
            let text = format!(r#"{{"access_token":"abcd","token_type":"Bearer","expires_in":{sent}}}"#);
            assert_eq!(read(200, &text).ok().unwrap().expires_in, seconds, "{sent}");
        }
    }
}

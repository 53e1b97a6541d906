//! The code and the verifier for a token (RFC 6749 section 4.1.3, RFC 7636 section 4.5).

use std::fmt;

use anyhow::{Context, bail};
use pkce_core::CodeVerifier;
use serde::Deserialize;
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

use crate::callback::refusal;
use crate::printable;

const LIMIT: u64 = 256 * 1024;

/// What the server granted. No `Debug`: it holds the access token.
#[derive(Deserialize)]
pub struct Answer {
    access_token: Zeroizing<String>,
    token_type: String,
    expires_in: Option<u64>,
    scope: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
    error_description: Option<String>,
}

/// The form body. It holds the verifier, so it is wiped when it is dropped; the room that it needs is taken at once,
/// because a text that grows leaves its old copies behind.
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

/// Sends it. What the sockets and TLS keep of it is out of this program's reach.
pub fn redeem(agent: &ureq::Agent, endpoint: &Url, body: &str) -> anyhow::Result<Answer> {
    let answer = agent
        .post(endpoint.as_str())
        .header("Content-Type", "application/x-www-form-urlencoded")
        .header("Accept", "application/json")
        .send(body);
    let mut answer = answer.with_context(|| format!("the token endpoint cannot be reached at {endpoint}"))?;
    let status = answer.status().as_u16();
    let text = answer
        .body_mut()
        .with_config()
        .limit(LIMIT)
        .read_to_string()
        .map(Zeroizing::new);
    read(status, &text.context("the token endpoint's answer cannot be read")?)
}

fn read(status: u16, text: &str) -> anyhow::Result<Answer> {
    if status == 200 {
        // Not the parser's own words: they can quote what they stumbled over.
        return serde_json::from_str(text)
            .ok()
            .context("the token endpoint's answer is no token");
    }
    match serde_json::from_str::<Refusal>(text) {
        Ok(why) => bail!(
            "the token endpoint refused the code: {}",
            refusal(&why.error, why.error_description.as_deref())
        ),
        Err(_) => bail!("the token endpoint answered with HTTP status {status}"),
    }
}

impl fmt::Display for Answer {
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

/// Enough to recognize a token, and never more than a quarter of it.
fn start_of(token: &str) -> String {
    let shown = (token.chars().count() / 4).min(8);
    token.chars().take(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, text: &str) -> String {
        read(status, text).err().unwrap().to_string()
    }

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
    fn answer_is_shown_with_the_token_shortened() {
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
        assert_eq!(
            refused(400, r#"{"error":"invalid_grant","error_description":"expired"}"#),
            "the token endpoint refused the code: invalid_grant (expired)"
        );
        assert_eq!(
            refused(401, r#"{"error":"invalid_client"}"#),
            "the token endpoint refused the code: invalid_client"
        );
        assert_eq!(
            refused(500, "<html>"),
            "the token endpoint answered with HTTP status 500"
        );
        assert_eq!(refused(302, ""), "the token endpoint answered with HTTP status 302");
        assert_eq!(
            refused(200, r#"{"token_type":"Bearer"}"#),
            "the token endpoint's answer is no token"
        );
    }
}

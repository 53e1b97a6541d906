//! Prints which requests the authorization server of `pmcp` accepts.

use futures::executor::block_on;
use pmcp::server::auth::{GrantType, InMemoryOAuthProvider, OAuthClient, OAuthProvider, ResponseType, TokenRequest};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const REDIRECT: &str = "http://127.0.0.1/callback";

/// Both requests: accepted if tokens are issued.
fn exchange(name: &str, secret: bool, challenge: Option<&str>, method: Option<&str>, verifier: Option<&str>) {
    let accepted = block_on(async {
        let server = InMemoryOAuthProvider::new("http://127.0.0.1");
        let client = OAuthClient {
            client_id: String::new(),
            client_secret: None,
            client_name: String::new(),
            redirect_uris: vec![REDIRECT.to_owned()],
            grant_types: vec![GrantType::AuthorizationCode],
            response_types: vec![ResponseType::Code],
            scopes: Vec::new(),
            metadata: Default::default(),
        };
        let client = server.register_client(client).await.unwrap();
        let (challenge, method) = (challenge.map(str::to_owned), method.map(str::to_owned));
        let code = server
            .create_authorization_code(&client.client_id, "user", REDIRECT, Vec::new(), challenge, method)
            .await
            .ok()?;
        let request = TokenRequest {
            grant_type: GrantType::AuthorizationCode,
            code: Some(code),
            redirect_uri: Some(REDIRECT.to_owned()),
            client_id: Some(client.client_id),
            client_secret: client.client_secret.filter(|_| secret),
            refresh_token: None,
            username: None,
            password: None,
            scope: None,
            code_verifier: verifier.map(str::to_owned),
        };
        server.exchange_code(&request).await.ok()
    });
    println!("{} {name}", if accepted.is_some() { "accepted" } else { "refused" });
}

fn main() {
    let (s256, verifier) = (Some("S256"), Some(VERIFIER));
    exchange("valid S256 exchange", false, Some(CHALLENGE), s256, verifier);
    exchange("valid plain exchange", false, verifier, Some("plain"), verifier);
    exchange("valid exchange with a secret and without PKCE", true, None, None, None);

    exchange("neither a secret nor PKCE", false, None, None, None);
    exchange("verifier without a challenge", true, None, None, verifier);
    exchange("method without a challenge", true, None, s256, None);
    exchange(
        "empty challenge, empty verifier",
        true,
        Some(""),
        Some("plain"),
        Some(""),
    );
    exchange(
        "challenge and verifier of 1 character",
        false,
        Some("a"),
        None,
        Some("a"),
    );
    exchange(
        "S256: empty verifier",
        true,
        Some("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"),
        s256,
        Some(""),
    );
    exchange(
        "plain: verifier with a space",
        false,
        Some(&VERIFIER.replace('-', " ")),
        Some("plain"),
        Some(&VERIFIER.replace('-', " ")),
    );
}

//! Prints which requests `oauth2-test-server` accepts, over HTTP.

use oauth2_test_server::{AuthorizeParams, Client, IssuerConfig, OAuthTestServer};
use serde_json::json;
use url::Url;

struct Login<'a> {
    server: &'a OAuthTestServer,
    client: Client,
}

impl<'a> Login<'a> {
    async fn new(server: &'a OAuthTestServer, token_endpoint_auth_method: &str) -> Self {
        let redirect_uris = ["http://localhost/cb"];
        let metadata = json!({
            "redirect_uris": redirect_uris,
            "token_endpoint_auth_method": token_endpoint_auth_method,
        });
        let client = server.register_client(metadata).await;
        Self { server, client }
    }

    /// Returns a code, unless the authorization request is refused.
    async fn code(&self, challenge: Option<&str>, method: Option<&str>) -> Option<String> {
        let mut url = self.server.authorize_url(&self.client, AuthorizeParams::new());
        url.query_pairs_mut()
            .extend_pairs(challenge.map(|value| ("code_challenge", value)))
            .extend_pairs(method.map(|value| ("code_challenge_method", value)));
        let response = self.server.http.get(url).send().await.unwrap();
        // An error redirects to a path of the server.
        let location = Url::parse(response.headers()["location"].to_str().unwrap()).ok()?;
        let mut parameters = location.query_pairs();
        parameters.find_map(|(name, value)| (name == "code").then(|| value.into_owned()))
    }

    async fn authorize(&self, name: &str, challenge: Option<&str>, method: Option<&str>) {
        report(name, self.code(challenge, method).await.is_some());
    }

    /// Both requests: accepted if tokens are issued.
    async fn exchange(&self, name: &str, challenge: Option<&str>, method: Option<&str>, verifier: Option<&str>) {
        let mut accepted = false;
        if let Some(code) = self.code(challenge, method).await {
            let mut form = vec![("grant_type", "authorization_code"), ("code", &code)];
            form.extend(verifier.map(|value| ("code_verifier", value)));
            let request = self.server.http.post(&self.server.endpoints.token).form(&form);
            accepted = request.send().await.unwrap().status().is_success();
        }
        report(name, accepted);
    }
}

#[tokio::main]
async fn main() {
    let (s256, plain) = (Some("S256"), Some("plain"));
    let (verifier, challenge) = (Some(VERIFIER), Some(CHALLENGE));
    let (empty, of_empty, one) = (Some(""), Some(CHALLENGE_OF_EMPTY), Some("a"));

    let server = OAuthTestServer::start().await;
    let config = IssuerConfig {
        code_challenge_methods_supported: ["S256".to_owned()].into(),
        ..Default::default()
    };
    let without_plain = OAuthTestServer::start_with_config(config).await;
    let client = Login::new(&server, "client_secret_basic").await;
    let public = Login::new(&server, "none").await;
    let strict = Login::new(&without_plain, "none").await;
    for (login, name, challenge, method, verifier) in [
        (&client, "valid S256 exchange", challenge, s256, verifier),
        (&client, "valid plain exchange", verifier, plain, verifier),
        (&client, "valid exchange, no method", verifier, None, verifier),
        (&client, "valid exchange without PKCE", None, None, None),
        (&public, "valid public exchange", challenge, s256, verifier),
        (&strict, "valid exchange, only S256", challenge, s256, verifier),
        (&client, "missing verifier", challenge, s256, None),
        (&client, "verifier without a challenge", None, None, verifier),
        (&client, "plain exchange of nothing", empty, plain, empty),
        (&client, "plain exchange of 1 character", one, plain, one),
        (&client, "S256: empty verifier", of_empty, s256, empty),
        (&public, "public client without PKCE", None, None, None),
        (&strict, "plain exchange, only S256", verifier, plain, verifier),
    ] {
        login.exchange(name, challenge, method, verifier).await;
    }
    client.authorize("method s256", challenge, Some("s256")).await;
    client.authorize("method without a challenge", None, s256).await;
    for (name, challenge) in MALFORMED {
        let name = format!("challenge {name}");
        client.authorize(&name, Some(challenge), s256).await;
    }
}

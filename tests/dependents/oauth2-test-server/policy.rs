
/// Returns the policy for a client. A public one must use PKCE; plain is accepted if it is configured.
pub(super) fn pkce_policy(state: &AppState, client: &Client) -> LenientPolicy {
    let policy = ServerPolicy::new().allow_non_pkce().require_pkce(is_public(client));
    if state.config.code_challenge_methods_supported.contains("plain") {
        policy.allow_plain()
    } else {
        policy
    }
}

pub(super) fn is_public(client: &Client) -> bool {
    client.token_endpoint_auth_method == "none"
}


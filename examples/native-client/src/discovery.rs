//! The server's endpoints, and whether it supports PKCE (RFC 8414).

use std::str::FromStr;

use anyhow::{Context, anyhow, bail, ensure};
use pkce_core::S256Support;
use serde::Deserialize;
use url::{Host, Url};

use crate::{printable, trouble};

/// Metadata is small. Anything larger is something else.
const LIMIT: u64 = 256 * 1024;

/// The server's name. It is compared as text, so the text is kept beside the URL.
#[derive(Clone, Debug)]
pub struct Issuer {
    text: String,
    url: Url,
}

#[derive(Debug, Deserialize)]
pub struct Metadata {
    pub issuer: String,
    pub authorization_endpoint: Url,
    pub token_endpoint: Url,
    code_challenge_methods_supported: Option<Vec<String>>,
    /// Some servers send `null` for false.
    authorization_response_iss_parameter_supported: Option<bool>,
}

impl FromStr for Issuer {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).ok().filter(is_protected);
        let url = url.ok_or("must be https://…, or http:// on 127.0.0.1, [::1] or localhost")?;
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err("must have no user name, query or fragment");
        }
        let text = text.to_owned();
        Ok(Self { text, url })
    }
}

impl Issuer {
    /// RFC 8414 puts the well-known part between the host and the path; OpenID Connect puts it behind the path.
    fn metadata_urls(&self) -> [Url; 2] {
        let path = self.url.path().trim_end_matches('/');
        let at = |path: &str| {
            let mut url = self.url.clone();
            url.set_path(path);
            url
        };
        [
            at(&format!("/.well-known/oauth-authorization-server{path}")),
            at(&format!("{path}/.well-known/openid-configuration")),
        ]
    }
}

/// Tries both places, and accepts only metadata of the issuer that was asked for.
pub fn discover(agent: &ureq::Agent, issuer: &Issuer) -> anyhow::Result<Metadata> {
    let mut answers = Vec::new();
    for url in issuer.metadata_urls() {
        match fetch(agent, &url)? {
            Ok(text) => return read(&text, issuer).with_context(|| format!("cannot use the metadata at {url}")),
            Err(why) => answers.push(format!("{url} {why}")),
        }
    }
    bail!(
        "no metadata found: {}; check the issuer, which may need a path, such as https://server.example/tenant",
        answers.join(", ")
    )
}

/// Returns the outer error if the server cannot be reached or its response cannot be read, and the inner one if there is
/// no metadata at this URL.
fn fetch(agent: &ureq::Agent, url: &Url) -> anyhow::Result<Result<String, String>> {
    let failed = |why: ureq::Error| anyhow!("the server's metadata at {url} {}", trouble(&why));
    let mut response = agent
        .get(url.as_str())
        .header("Accept", "application/json")
        .call()
        .map_err(failed)?;
    if response.status() != 200 {
        return Ok(Err(format!("has HTTP status {}", response.status().as_u16())));
    }
    // Some servers send a web page for every path.
    let json = |name: &str| name.eq_ignore_ascii_case("application/json");
    if !response.body().mime_type().is_some_and(json) {
        return Ok(Err("is not JSON".to_owned()));
    }
    Ok(Ok(response
        .body_mut()
        .with_config()
        .limit(LIMIT)
        .read_to_string()
        .map_err(failed)?))
}

fn read(text: &str, issuer: &Issuer) -> anyhow::Result<Metadata> {
    let metadata: Metadata = serde_json::from_str(text)?;
    ensure!(
        metadata.issuer == issuer.text,
        "the server calls itself {0}, not {1}: if that is the server you mean, use {0} as the issuer",
        printable(&metadata.issuer),
        issuer.text
    );
    for endpoint in [&metadata.authorization_endpoint, &metadata.token_endpoint] {
        ensure!(
            is_protected(endpoint),
            "the endpoint {endpoint} is neither https nor on this machine"
        );
    }
    Ok(metadata)
}

impl Metadata {
    /// Returns whether every authorization response contains `iss` (RFC 9207).
    pub fn iss_required(&self) -> bool {
        self.authorization_response_iss_parameter_supported == Some(true)
    }

    /// Returns `Listed` or `Unknown`. A list without S256 ends the login: there is no fallback to plain
    /// (RFC 7636 section 7.2).
    pub fn s256_support(&self) -> anyhow::Result<S256Support> {
        let support = S256Support::from_metadata(self.code_challenge_methods_supported.as_ref());
        if support == S256Support::NotListed {
            bail!("the server does not support PKCE with S256, so a login there would not be protected");
        }
        Ok(support)
    }
}

/// Codes and tokens are sent encrypted, or on this machine only.
fn is_protected(url: &Url) -> bool {
    let on_this_machine = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && on_this_machine)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(issuer: &str, more: &str) -> String {
        format!(
            r#"{{"issuer":"{issuer}","authorization_endpoint":"https://a.example/authorize",
                 "token_endpoint":"https://a.example/token"{more}}}"#
        )
    }

    fn read_from(issuer: &str, text: &str) -> anyhow::Result<Metadata> {
        read(text, &issuer.parse().unwrap())
    }

    fn support(more: &str) -> anyhow::Result<S256Support> {
        read_from("https://a.example", &metadata("https://a.example", more))?.s256_support()
    }

    #[test]
    fn well_known_is_put_where_each_standard_says() {
        let urls = |issuer: &str| issuer.parse::<Issuer>().unwrap().metadata_urls().map(String::from);
        for issuer in ["https://a.example", "https://a.example/"] {
            assert_eq!(
                urls(issuer),
                [
                    "https://a.example/.well-known/oauth-authorization-server",
                    "https://a.example/.well-known/openid-configuration",
                ]
            );
        }
        assert_eq!(
            urls("https://a.example/tenant/7"),
            [
                "https://a.example/.well-known/oauth-authorization-server/tenant/7",
                "https://a.example/tenant/7/.well-known/openid-configuration",
            ]
        );
    }

    #[test]
    fn an_issuer_is_https_or_on_this_machine() {
        for good in [
            "https://a.example",
            "http://127.0.0.1:8080",
            "http://[::1]:1",
            "http://localhost:1/x",
        ] {
            assert!(good.parse::<Issuer>().is_ok(), "{good}");
        }
        for bad in [
            "a.example",
            "http://a.example",
            "http://localhost.example",
            "ftp://127.0.0.1",
            "https://a.example?x",
            "https://a.example#x",
            "https://u:p@a.example",
        ] {
            assert!(bad.parse::<Issuer>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_list_has_to_contain_s256_and_a_missing_one_is_unknown() {
        let listed = |list: &str| support(&format!(r#","code_challenge_methods_supported":{list}"#));
        assert_eq!(support("").unwrap(), S256Support::Unknown);
        assert_eq!(listed(r#"["plain","S256"]"#).unwrap(), S256Support::Listed);
        for list in [r#"["plain"]"#, "[]", r#"["s256"]"#] {
            let refused = listed(list).unwrap_err().to_string();
            assert!(refused.contains("does not support PKCE with S256"), "{list}");
        }
    }

    #[test]
    fn a_null_flag_is_false() {
        let flag = |value: &str| {
            let more = format!(r#","authorization_response_iss_parameter_supported":{value}"#);
            let text = metadata("https://a.example", &more);
            read_from("https://a.example", &text).unwrap().iss_required()
        };
        assert!(flag("true"));
        assert!(!flag("null") && !flag("false"));
    }

    #[test]
    fn another_issuer_is_refused_even_if_it_differs_only_by_a_slash() {
        for other in ["https://b.example", "https://a.example/"] {
            let refused = read_from("https://a.example", &metadata(other, "")).unwrap_err();
            assert!(refused.to_string().contains("the server calls itself"), "{other}");
        }
    }

    #[test]
    fn metadata_that_sends_secrets_in_the_clear_or_is_broken_is_refused() {
        let text = metadata("https://a.example", "").replace("https://a.example/token", "http://a.example/token");
        assert!(
            read_from("https://a.example", &text)
                .unwrap_err()
                .to_string()
                .contains("neither https")
        );
        assert!(read_from("https://a.example", "{}").is_err());
        assert!(support(r#","code_challenge_methods_supported":"S256""#).is_err());
    }
}

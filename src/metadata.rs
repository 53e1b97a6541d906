use crate::method::CodeChallengeMethod;

/// What a server's metadata says about S256, for a client that decides whether to start a login
/// ([RFC 8414 section 2](https://www.rfc-editor.org/rfc/rfc8414#section-2)).
///
/// Three values, because some servers support S256 but omit `code_challenge_methods_supported`.
///
/// | Value | What a client does |
/// |---|---|
/// | [`Listed`](Self::Listed) | Use S256. |
/// | [`NotListed`](Self::NotListed) | Stop. Never fall back to plain ([RFC 7636 section 7.2](https://www.rfc-editor.org/rfc/rfc7636#section-7.2)). |
/// | [`Unknown`](Self::Unknown) | Send S256 anyway. A server that does not know PKCE ignores it and the login is not protected; stop if that is not acceptable, as for a client of the Model Context Protocol (MCP). |
///
/// ```
/// use pkce_core::S256Support;
///
/// assert_eq!(S256Support::from_metadata(Some(["plain", "S256"])), S256Support::Listed);
/// assert_eq!(S256Support::from_metadata(Some(["plain"])), S256Support::NotListed);
/// assert_eq!(S256Support::from_metadata(None::<[&str; 0]>), S256Support::Unknown);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(alias = "mcp")]
#[must_use = "a client must not start a login with a server that does not support S256"]
pub enum S256Support {
    /// The list contains `S256`.
    Listed,
    /// There is a list, and it does not contain `S256`.
    NotListed,
    /// There is no list.
    Unknown,
}

impl S256Support {
    /// Reads `code_challenge_methods_supported`. Pass `None` if the metadata has no such member.
    ///
    /// Names are case-sensitive.
    ///
    /// ```
    /// use pkce_core::S256Support;
    ///
    /// let metadata: Option<Vec<String>> = Some(vec!["S256".to_owned()]);
    /// assert_eq!(S256Support::from_metadata(metadata), S256Support::Listed);
    /// ```
    ///
    /// With `serde_json`:
    ///
    /// ```
    /// use pkce_core::S256Support;
    ///
    /// let json = serde_json::json!({ "code_challenge_methods_supported": ["S256"] });
    /// let methods = json["code_challenge_methods_supported"].as_array();
    /// let methods = methods.map(|m| m.iter().filter_map(|m| m.as_str()));
    /// assert_eq!(S256Support::from_metadata(methods), S256Support::Listed);
    /// ```
    pub fn from_metadata<I>(code_challenge_methods_supported: Option<I>) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let Some(methods) = code_challenge_methods_supported else {
            return Self::Unknown;
        };
        let mut methods = methods.into_iter();
        if methods.any(|method| method.as_ref() == CodeChallengeMethod::S256.as_str()) {
            Self::Listed
        } else {
            Self::NotListed
        }
    }
}

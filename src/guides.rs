//! Guides for those who use the crate, one page each.
//!
//! | Page | For |
//! |---|---|
//! | [`client`] | the author of a client that has never read the RFC |
//! | [`server`] | the author of an authorization server, with an audit finding |
//! | [`flow`] | everybody: which call belongs to which arrow, and every decision as a table |
//! | [`security`] | a reviewer: what PKCE stops, what it does not, what each promise means |
//! | [`firmware`] | devices without an allocator |
//! | [`browser`] | WebAssembly in a browser |
//! | [`migration`] | users of `pkce`, `pkce-std`, `oauth2`, `oauth2-types`, or of lines written by hand |
//! | [`with_other_crates`] | users of `oauth2` and `openidconnect`, which keep their own types |
//!
//! This module exists in the documentation alone. A program cannot name it.

// Each page imports the crate's names for its links.

pub mod client {
    #![doc = include_str!("guides/client.md")]
    use crate::*;
}

pub mod server {
    #![doc = include_str!("guides/server.md")]
    use crate::*;
}

pub mod flow {
    #![doc = include_str!("guides/flow.md")]
    use crate::*;
}

pub mod security {
    #![doc = include_str!("guides/security.md")]
    use crate::*;
}

pub mod firmware {
    #![doc = include_str!("guides/firmware.md")]
    use crate::*;
}

pub mod browser {
    #![doc = include_str!("guides/browser.md")]
    use crate::*;
}

pub mod migration {
    #![doc = include_str!("guides/migration.md")]
    use crate::*;
}

pub mod with_other_crates {
    #![doc = include_str!("guides/with_other_crates.md")]
    use crate::*;
}

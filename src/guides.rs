//! Guides to the crate, one page each.
//!
//! | Page | Subject |
//! |---|---|
//! | [`client`] | writing a client, and what to do when a login fails |
//! | [`server`] | writing an authorization server, with a table of audit findings |
//! | [`flow`] | the whole flow as a diagram, and every decision as a table |
//! | [`security`] | what PKCE prevents, and what it does not |
//! | [`firmware`] | devices without an allocator |
//! | [`browser`] | WebAssembly in a browser |
//! | [`migration`] | moving from `pkce`, `pkce-std`, `oauth2`, `oauth2-types` or hand-written code |
//! | [`adopting`] | moving an existing program: the order, what changes, and what it costs |
//! | [`with_other_crates`] | using the crate together with `oauth2` and `openidconnect` |
//!
//! This module exists only in the documentation.

// The imports are for the links in the pages.

#[doc(alias = "nonce")]
pub mod client {
    #![doc = include_str!("guides/client.md")]
    use super::*;
    use crate::*;
}

pub mod server {
    #![doc = include_str!("guides/server.md")]
    use super::*;
    use crate::*;
}

pub mod flow {
    #![doc = include_str!("guides/flow.md")]
    use super::*;
    use crate::*;
}

pub mod security {
    #![doc = include_str!("guides/security.md")]
    use super::*;
    use crate::*;
}

pub mod firmware {
    #![doc = include_str!("guides/firmware.md")]
    use super::*;
    use crate::*;
}

pub mod browser {
    #![doc = include_str!("guides/browser.md")]
    use super::*;
    use crate::*;
}

pub mod migration {
    #![doc = include_str!("guides/migration.md")]
    use super::*;
    use crate::*;
}

pub mod adopting {
    #![doc = include_str!("guides/adopting.md")]
    use super::*;
    use crate::*;
}

pub mod with_other_crates {
    #![doc = include_str!("guides/with_other_crates.md")]
    use super::*;
    use crate::*;
}

//! `code_challenge_methods_supported` in a server's metadata (RFC 8414 section 2): S256 is listed, it is not, or there
//! is no list, which is also true of some servers that support S256.

use pkce_core::S256Support::{self, Listed, NotListed, Unknown};

#[test]
fn no_list_is_unknown() {
    assert_eq!(S256Support::from_metadata(None::<Vec<String>>), Unknown);
    assert_eq!(S256Support::from_metadata(None::<[&str; 1]>), Unknown);
    assert_eq!(S256Support::from_metadata(None::<&[String]>), Unknown);
}

#[test]
fn a_list_with_s256_at_any_index_is_listed() {
    for list in [
        &["S256"][..],
        &["plain", "S256"],
        &["S256", "plain"],
        &["S512", "S256", "", "plain"],
        &["S256", "S256"],
    ] {
        assert_eq!(S256Support::from_metadata(Some(list)), Listed, "{list:?}");
    }
}

#[test]
fn a_list_without_exactly_s256_is_not_listed() {
    for list in [
        &[][..],
        &[""],
        &["plain"],
        &["s256"],
        &["S256 "],
        &[" S256"],
        &["S2566"],
        &["RS256"],
        &["SHA256"],
        &["S-256"],
        &["S256,plain"],
        &["\"S256\""],
        &["plain", "s256"],
    ] {
        assert_eq!(S256Support::from_metadata(Some(list)), NotListed, "{list:?}");
    }
}

#[test]
fn every_kind_of_list_is_read() {
    let owned = vec!["plain".to_owned(), "S256".to_owned()];
    assert_eq!(S256Support::from_metadata(Some(["S256"])), Listed);
    assert_eq!(S256Support::from_metadata(Some(&owned)), Listed);
    assert_eq!(S256Support::from_metadata(Some(owned.as_slice())), Listed);
    assert_eq!(S256Support::from_metadata(Some(owned.iter().rev())), Listed);
    assert_eq!(S256Support::from_metadata(Some("plain S256".split(' '))), Listed);
    assert_eq!(S256Support::from_metadata(Some(owned)), Listed);
    assert_eq!(S256Support::from_metadata(Some(Vec::<String>::new())), NotListed);
}

#[test]
fn an_optional_list_is_read_by_reference() {
    let metadata: [(Option<Vec<String>>, S256Support); 3] = [
        (None, Unknown),
        (Some(vec![]), NotListed),
        (Some(vec!["S256".to_owned()]), Listed),
    ];
    for (field, wanted) in metadata {
        assert_eq!(S256Support::from_metadata(field.as_ref()), wanted, "{field:?}");
        assert_eq!(S256Support::from_metadata(field.as_deref()), wanted, "{field:?}");
    }
}

//! `code_challenge_methods_supported` in a server's metadata (RFC 8414 section 2): S256 is listed, it is not, or there
//! is no list, which is also true of some servers that support S256.

use pkce_core::S256Support;

#[test]
fn no_list_is_unknown() {
    assert_eq!(S256Support::from_metadata(None::<Vec<String>>), S256Support::Unknown);
    assert_eq!(S256Support::from_metadata(None::<[&str; 1]>), S256Support::Unknown);
    assert_eq!(S256Support::from_metadata(None::<&[String]>), S256Support::Unknown);
}

#[test]
fn an_empty_list_is_not_listed() {
    assert_eq!(
        S256Support::from_metadata(Some(Vec::<String>::new())),
        S256Support::NotListed
    );
    assert_eq!(S256Support::from_metadata(Some([""; 0])), S256Support::NotListed);
}

#[test]
fn s256_alone_is_listed() {
    assert_eq!(S256Support::from_metadata(Some(["S256"])), S256Support::Listed);
}

#[test]
fn s256_among_others_is_listed_at_every_position() {
    assert_eq!(S256Support::from_metadata(Some(["plain", "S256"])), S256Support::Listed);
    assert_eq!(S256Support::from_metadata(Some(["S256", "plain"])), S256Support::Listed);
    assert_eq!(
        S256Support::from_metadata(Some(["S512", "S256", "", "plain"])),
        S256Support::Listed
    );
    assert_eq!(S256Support::from_metadata(Some(["S256", "S256"])), S256Support::Listed);
}

#[test]
fn only_plain_is_not_listed() {
    assert_eq!(S256Support::from_metadata(Some(["plain"])), S256Support::NotListed);
}

#[test]
fn a_name_that_is_not_exactly_s256_is_not_listed() {
    for name in [
        "s256",
        "S256 ",
        " S256",
        "S2566",
        "RS256",
        "SHA256",
        "S-256",
        "S256,plain",
        "\"S256\"",
        "",
    ] {
        assert_eq!(
            S256Support::from_metadata(Some([name])),
            S256Support::NotListed,
            "{name:?}"
        );
    }
}

#[test]
fn every_kind_of_list_is_read() {
    let owned = vec!["plain".to_owned(), "S256".to_owned()];
    let slice: &[&str] = &["plain", "S256"];
    assert_eq!(S256Support::from_metadata(Some(slice)), S256Support::Listed);
    assert_eq!(S256Support::from_metadata(Some(&owned)), S256Support::Listed);
    assert_eq!(S256Support::from_metadata(Some(owned.as_slice())), S256Support::Listed);
    assert_eq!(
        S256Support::from_metadata(Some(owned.iter().rev())),
        S256Support::Listed
    );
    assert_eq!(
        S256Support::from_metadata(Some("plain S256".split(' '))),
        S256Support::Listed
    );
    assert_eq!(S256Support::from_metadata(Some(owned)), S256Support::Listed);
}

#[test]
fn a_field_of_an_optional_list_is_read_by_reference() {
    let metadata: [(Option<Vec<String>>, S256Support); 3] = [
        (None, S256Support::Unknown),
        (Some(vec![]), S256Support::NotListed),
        (Some(vec!["S256".to_owned()]), S256Support::Listed),
    ];
    for (field, wanted) in metadata {
        assert_eq!(S256Support::from_metadata(field.as_ref()), wanted, "{field:?}");
        assert_eq!(S256Support::from_metadata(field.as_deref()), wanted, "{field:?}");
    }
}

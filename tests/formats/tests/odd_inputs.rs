//! Inputs that no serializer writes: damaged documents, and each format's own oddities. No error shows any of them.

use formats::Format::{self, *};
use formats::{Derived, Errors, VERIFIER, secrets};
use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier};
use serde::Serialize;

/// For each format, documents with `@` for the secret.
const ODD: &[(&[Format], &[&str])] = &[
    (
        &[JsonStr, JsonReader, JsonValue],
        &[
            "\"@",
            "\"@\\",
            "\"@\\u12",
            "\"@\\ud800\"",
            "\"@\n\"",
            "\"@\" \"@\"",
            "@",
            "\"\\u0000@\"",
            "[\"@\", \"plain\"",
            "[\"@\", \"plain\", ]",
            "[\"@\" \"plain\"]",
            "[[[[\"@\"]]]]",
            "{\"@",
            "{\"@\"}",
            "{\"@\" \"@\"}",
            "{@: 1}",
            "{\"@\": \"@\", \"@\": \"@\",}",
            "{\"code_challenge\": @, \"code_challenge_method\": \"plain\"}",
            "{\"code_challenge\": \"@\", \"code_challenge_method\": @}",
            "{\"code_challenge\": \"@\", \"code_challenge_method\": \"plain\" \"@\"}",
            "{\"code_challenge\": \"@\", \"code_challenge_method\": \"plain\", \"x\": \"@}",
            "{\"$serde_json::private::Number\": \"@\"}",
            "{\"$serde_json::private::RawValue\": \"@\"}",
            "1234567.0078125e400",
            "123456789012345678901234567890123456789012345678901234567890",
            "-123456789012345678901234567890x",
        ],
    ),
    (
        &[Form, QueryString],
        &[
            "@",
            "@=@",
            "=@",
            "&&@&&",
            "code_challenge=@&code_challenge_method=@",
            "code_challenge[]=@&code_challenge_method=plain",
            "code_challenge[@]=@&code_challenge_method=plain",
            "code_challenge[@][@][@][@][@][@][@][@]=@",
            "code_challenge=@&code_challenge=@&code_challenge_method=plain",
            "code_challenge=@%&code_challenge_method=plain",
            "code_challenge=@%zz&code_challenge_method=plain",
            "code_challenge=@%ff%fe&code_challenge_method=plain",
            "code_challenge=@+@&code_challenge_method=plain",
            "code_challenge_method=plain&code_challenge=%64@",
            "code_challenge_method[S256]=@&code_challenge=@",
            "[@]=1",
            "@[",
            "a[0]=@&a[@]=@&a=@",
        ],
    ),
    (
        &[Toml, TomlTable],
        &[
            "@ = 1",
            "code_challenge = @",
            "code_challenge = \"@",
            "code_challenge = '''@\n@'''\ncode_challenge_method = 'plain'",
            "code_challenge = ['@']\ncode_challenge_method = 'plain'",
            "code_challenge = {\"@\" = \"@\"}\ncode_challenge_method = 'plain'",
            "code_challenge = \"@\"\ncode_challenge = \"@\"",
            "code_challenge = 1979-05-27T07:32:00Z\ncode_challenge_method = '@'",
            "code_challenge = 1234567.0078125\ncode_challenge_method = '@'",
            "code_challenge.@ = '@'\ncode_challenge_method = 'plain'",
            "[@]\n[@]",
            "[[code_challenge]]\n\"@\" = \"@\"",
            "code_challenge = \"@\"\ncode_challenge_method = \"\"\"@\"\"\"",
            "\"@\".\"@\" = inf",
        ],
    ),
    (
        &[Yaml],
        &[
            "@:",
            "- @",
            "- - @",
            "!@ @=",
            "!!binary @",
            "!!int @",
            "!!float @",
            "!@ {@: @}",
            "&@ x",
            "*@",
            "&a [*a, @]",
            "&a @=",
            "[&a @, *a]",
            "{code_challenge: &a @, code_challenge_method: *a}",
            "{code_challenge: !@ [@], code_challenge_method: plain}",
            "{code_challenge: &a {@: *a}, code_challenge_method: plain}",
            "{<<: {code_challenge: [@]}, code_challenge_method: plain}",
            "{code_challenge: @, code_challenge: @, code_challenge_method: plain}",
            "? [@]\n: @",
            "? {@: @}\n: @",
            "|\n  @\n  @",
            ">\n  @\n\t@",
            "\"@\\x\"",
            "'@",
            "{@",
            "[@",
            "%@\n---\n@",
            "--- @\n--- @",
            "@: @: @",
            "\u{feff}@\u{0}",
            "123456789012345678901234567890123456789",
            "{code_challenge: 1234567.0078125, code_challenge_method: plain}",
        ],
    ),
    (
        &[Ron],
        &[
            "@",
            "dBjftJeZ4CVP",
            "@(@)",
            "dBjftJeZ4CVP(1)",
            "dBjftJeZ4CVP(code_challenge: \"@\", code_challenge_method: \"plain\")",
            "(dBjftJeZ4CVP: \"@\")",
            "(code_challenge: dBjftJeZ4CVP, code_challenge_method: \"plain\")",
            "(code_challenge: dBjftJeZ4CVP(\"@\"), code_challenge_method: \"plain\")",
            "(code_challenge: \"@\", code_challenge_method: dBjftJeZ4CVP)",
            "(code_challenge: \"@\", code_challenge: \"@\", code_challenge_method: \"plain\")",
            "(code_challenge: \"@\" code_challenge_method: \"plain\")",
            "CodeChallenge(\"@\", \"plain\", \"@\")",
            "CodeChallenge(\"@\": \"@\")",
            "{\"@\": \"@\"}",
            "[\"@\", \"plain\"]",
            "Some(\"@\")",
            "Some(@)",
            "r#\"@\"##",
            "r#@",
            "b\"@=\"",
            "'@'",
            "\"@\\q\"",
            "\"@",
            "#![enable(unwrap_newtypes)] (\"@=\")",
            "/* @",
            "0x@",
            "1234567.0078125",
            "123456789012345678901234567890123456789i128",
        ],
    ),
    (
        &[Xml],
        &[
            "@",
            "<@/>",
            "<@>@</@>",
            "<@>@</x>",
            "<r>@",
            "<r @=\"@\"/>",
            "<r @/>",
            "<r code_challenge=\"@\" code_challenge_method=\"plain\"/>",
            "<r><code_challenge><@/></code_challenge><code_challenge_method>plain</code_challenge_method></r>",
            "<r><code_challenge @=\"@\">@</code_challenge><code_challenge_method>@</code_challenge_method></r>",
            "<r><code_challenge>@</@><code_challenge_method>plain</code_challenge_method></r>",
            "<r><code_challenge>@</code_challenge><code_challenge>@</code_challenge></r>",
            "<r><code_challenge><![CDATA[@]]>@</code_challenge><code_challenge_method>@</code_challenge_method></r>",
            "<r>&dBjftJeZ4CVP;</r>",
            "<r>@&#xFFFFFFF;</r>",
            "<r>@&@</r>",
            "<r><![CDATA[@</r>",
            "<r><!-- @ </r>",
            "<?@ @",
            "<!DOCTYPE @><r>@=</r>",
            "<r xmlns:@=\"@\" @:x=\"@\">@ @</r>",
            "<r xsi:nil=\"@\"><@></r>",
            "<r a=\"@\" a=\"@\">@</r>",
        ],
    ),
    (
        &[Csv],
        &[
            "@\n@=\n",
            "code_challenge,code_challenge_method\n@,@\n",
            "code_challenge,code_challenge_method\n@\n",
            "code_challenge,code_challenge_method\n@,plain,@\n",
            "code_challenge,code_challenge\n@,@\n",
            "@,@\n@,@\n",
            "a\n\"@\n",
            "a\n\"@\"@\"\n",
            "a\n1234567.0078125\n",
            "a\n123456789012345678901234567890123456789\n",
        ],
    ),
    (
        &[Format::Plain],
        &["@=", "@ @", "", "\n@", "@\u{0}", "true", "1234567.0078125"],
    ),
];

#[derive(Serialize)]
struct Row<'a> {
    code_challenge: &'a str,
    code_challenge_method: &'a str,
}

fn read(errors: &mut Errors, document: &[u8]) {
    errors.read::<CodeVerifier>(document);
    errors.read::<Option<CodeVerifier>>(document);
    errors.read::<CodeChallenge>(document);
    errors.read::<Option<CodeChallenge>>(document);
    errors.read::<CodeChallengeMethod>(document);
}

#[test]
fn no_error_shows_an_odd_input() {
    for secret in secrets() {
        for (formats, documents) in ODD {
            for &format in *formats {
                let mut errors = Errors::new(format, secret);
                for document in *documents {
                    read(&mut errors, document.replace('@', secret).as_bytes());
                    read(
                        &mut errors,
                        format!("\u{feff}{document}").replace('@', secret).as_bytes(),
                    );
                }
                errors.assert_hidden(10);
            }
        }
    }
}

/// Every document of a verifier and of a challenge, cut at each length, and with each byte changed.
#[test]
fn no_error_shows_a_damaged_input() {
    let row = Row {
        code_challenge: VERIFIER,
        code_challenge_method: VERIFIER,
    };
    for format in Format::ALL {
        let mut errors = Errors::new(format, VERIFIER);
        let documents = [
            format.write(&VERIFIER),
            format.write(&row),
            format.write(&[VERIFIER, VERIFIER]),
            format.write(&[&row]),
        ];
        for document in documents.into_iter().flatten() {
            for len in 0..document.len() {
                read(&mut errors, &document[..len]);
                for byte in *b"\x00\x7f\x80\x9f\xbf\xc1\xd9\xff\"<&!*:{[(%" {
                    let mut document = document.clone();
                    document[len] = byte;
                    read(&mut errors, &document);
                }
            }
        }
        errors.assert_hidden(100);
    }
}

/// The control: the errors of derived impls, for the same odd inputs, show them.
#[test]
fn errors_of_a_derived_impl_show_an_odd_input() {
    for (formats, documents) in ODD {
        for &format in *formats {
            let mut errors = Errors::new(format, VERIFIER);
            for document in *documents {
                errors.read::<Derived>(document.replace('@', VERIFIER).as_bytes());
            }
            // serde_plain never shows a value.
            assert_eq!(errors.leaks.is_empty(), format == Format::Plain, "{format:?}");
        }
    }
}

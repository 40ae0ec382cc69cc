//! What is struck, and what isn't.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use tollgate_secret::{Redactor, Secret};

fn redactor(secrets: &[&str]) -> Redactor {
    let secrets: Vec<_> = secrets
        .iter()
        .map(|it| Secret::new((*it).to_owned()))
        .collect();
    Redactor::new(&secrets, [])
}

fn json(text: &str) -> String {
    let quoted = serde_json::Value::String(text.to_owned()).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn percent_all(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

fn percent_some(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        b' ' => "+".to_owned(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(one).collect()
}

fn html(text: &str) -> String {
    let one = |letter: char| match letter {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' => "&#39;".to_owned(),
        '/' => "&#x2F;".to_owned(),
        other => other.to_string(),
    };
    text.chars().map(one).collect()
}

fn units(text: &str) -> String {
    text.encode_utf16()
        .map(|unit| format!("\\u{unit:04x}"))
        .collect()
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02X}")).collect()
}

fn escape(which: usize, text: &str) -> String {
    match which {
        0 => text.to_owned(),
        1 => json(text),
        2 => percent_all(text),
        3 => percent_some(text),
        4 => html(text),
        _ => units(text),
    }
}

/// Something that holds the secret, encoded as a whole.
fn encode(which: usize, before: &str, secret: &str, behind: &str) -> String {
    let whole = format!("{before}{secret}{behind}");
    match which {
        0 => whole,
        1 => STANDARD.encode(whole),
        2 => URL_SAFE_NO_PAD.encode(whole),
        3 => hex(&whole),
        4 => STANDARD.encode(STANDARD.encode(whole)),
        5 => STANDARD.encode(format!("{before}{}", json(secret))),
        _ => whole.to_ascii_uppercase(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]
    /// Whatever is encoded, then escaped in two layers: nothing of it that could be decoded is left. (A
    /// last letter that no escape has, so that none reaches beyond the secret.)
    #[test]
    fn a_secret_is_struck_however_it_is_spelled(
        secret in "[ -~äß€]{7,59}[g-z]",
        (before, behind) in ("[a-z:]{0,7}", "[a-z:]{0,5}"),
        encoding in 0_usize..7,
        (inner, outer) in (0_usize..6, 0_usize..6),
    ) {
        let redactor = redactor(&[&secret]);
        let spelled = escape(outer, &escape(inner, &encode(encoding, &before, &secret, &behind)));
        let text = format!("error: bad key <{spelled}>");
        let struck = redactor.strike(&text);
        prop_assert!(struck.contains("[redacted]"), "{text} -> {struck}");
        prop_assert!(!redactor.finds(&struck), "{text} -> {struck}");
        let output = redactor.strike_output(&text);
        prop_assert!(output.contains("[redacted]"), "{text} -> {output}");
        prop_assert!(!output.contains(&spelled));
    }

    /// A text without the secret is given back as it is.
    #[test]
    fn innocent_texts_stay(text in "[ -~äß€\\n]{0,200}") {
        let redactor = redactor(&["0f9a7c31-no-such-text-44d1"]);
        prop_assert_eq!(redactor.strike(&text), text.as_str());
        prop_assert!(!redactor.finds(&text));
    }
}

#[test]
fn what_is_around_a_secret_stays() {
    let redactor = redactor(&["p/q r\"s", "KEYSECRET-77"]);
    for (text, struck) in [
        ("at `p/q r\"s` it", "at `[redacted]` it"),
        (r#"{"k":"p\/q r\"s"}"#, r#"{"k":"[redacted]"}"#),
        ("?k=p%2Fq+r%22s&x=1", "?k=[redacted]&x=1"),
        ("keysecret-77KEYSECRET-77", "[redacted]"),
        ("x KEYSECRET-77 y", "x [redacted] y"),
        ("Basic dTpLRVlTRUNSRVQtNzc= z", "Basic d[redacted]= z"),
    ] {
        assert_eq!(redactor.strike(text), struck);
    }
}

#[test]
fn a_secret_that_looks_escaped_is_struck_where_it_is_escaped() {
    for secret in ["ä\\%AA€äg", "\\ &a0A g"] {
        let redactor = redactor(&[secret]);
        for (inner, outer) in (0..6).flat_map(|inner| (0..6).map(move |outer| (inner, outer))) {
            let spelled = escape(outer, &escape(inner, secret));
            assert_eq!(redactor.strike(&spelled), "[redacted]", "{spelled}");
        }
    }
}

#[test]
fn short_secrets_have_a_rule() {
    let redactor = redactor(&["abc", "pin4", "longer-one"]);
    assert_eq!(
        redactor.strike("abc pin4 longer-one"),
        "abc [redacted] [redacted]"
    );
    assert_eq!(
        redactor.strike_output("abc pin4 longer-one"),
        "abc pin4 [redacted]"
    );
    let public = Secret::new("somebody@example.com".into());
    let redactor = Redactor::new([], [&public]);
    assert_eq!(redactor.strike("to somebody@example.com"), "to [redacted]");
    assert!(!redactor.finds("to somebody@example.com"));
}

#[test]
fn a_cut_leaves_no_piece() {
    let secret = "SECRETTOKEN-0123456789abcdefghij";
    let redactor = redactor(&[secret]);
    for cut in 4..secret.len() {
        let (begin, end) = secret.split_at(cut);
        for mark in ["…", "..."] {
            let text = format!("near `x {begin}{mark}` and `{mark}{end} y`");
            let struck = redactor.strike(&text);
            assert!(!struck.contains(begin), "{text} -> {struck}");
            assert!(end.len() < 4 || !struck.contains(end), "{text} -> {struck}");
            assert!(struck.starts_with("near `x [redacted]"), "{struck}");
        }
    }
    // Through an escape.
    let spelled = units(secret);
    for cut in 30..spelled.len() - 30 {
        let (begin, end) = spelled.split_at(cut);
        let struck = redactor
            .strike(&format!("near `x {begin}…` and `…{end} y`"))
            .into_owned();
        assert_eq!(struck, "near `x [redacted]…` and `…[redacted] y`", "{cut}");
    }
    // Cut here, wherever that falls: the whole is struck first.
    let text = format!("{}{secret}", "x".repeat(990));
    for most in 990..1022 {
        let shown = redactor.shown(&text, most);
        assert!(!shown.contains("SECR"), "{shown}");
    }
}

#[test]
fn a_long_text_is_searched_whole_and_shown_in_part() {
    let secret = "SECRETTOKEN-0123456789abcdefghij";
    let redactor = redactor(&[secret]);
    for at in [0, 65_500, 65_535, 65_536, 131_000, 200_000] {
        let text = format!(
            "{}{}{}",
            "é".repeat(at / 2),
            units(secret),
            "z".repeat(1000)
        );
        assert!(redactor.finds(&text), "{at}");
        assert!(!redactor.shown(&text, 100_000).contains("\\u0053"), "{at}");
    }
    let long = "k".repeat(3000) + "abcdefgh";
    let redactor = Redactor::new([&Secret::new(long.clone())], []);
    assert_eq!(redactor.strike(&format!("<{long}>")), "<[redacted]>");
}

#[test]
fn too_many_cuts_end_the_text() {
    let redactor = redactor(&["SECRETTOKEN"]);
    let struck = redactor.strike(&"...SECRETTO".repeat(200)).into_owned();
    assert!(
        struck.len() < 200 * 11 && redactor.strike(&"SECRETTO...".repeat(200)).len() < 200 * 14
    );
}

#[test]
fn two_are_joined_and_neither_is_shown() {
    let joined = redactor(&["first-secret"]).and(&redactor(&["second-secret"]));
    assert_eq!(
        joined.strike("first-secret, second-secret"),
        "[redacted], [redacted]"
    );
    assert_eq!(format!("{joined:?}"), "Redactor");
}

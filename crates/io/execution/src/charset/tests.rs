use super::*;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Polls to the end; with the text, how often other tasks got their turn.
fn turns(body: &[u8], content_type: Option<&str>) -> (Text, usize) {
    let body = Bytes::copy_from_slice(body);
    let (mut work, mut turns) = (pin!(read(body, content_type.map(str::as_bytes))), 0);
    loop {
        match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(text) => return (text, turns),
            Poll::Pending => turns += 1,
        }
    }
}

fn text(body: &[u8], content_type: &str) -> Text {
    turns(body, (!content_type.is_empty()).then_some(content_type)).0
}

fn whole(body: &[u8], content_type: &str) -> String {
    match text(body, content_type) {
        Text::Whole(text) => text,
        other => panic!("{content_type}: {other:?}"),
    }
}

fn why(body: &[u8], content_type: &str) -> String {
    match text(body, content_type) {
        Text::Broken { why, .. } | Text::Unreadable { why } => why,
        Text::Whole(text) => panic!("{content_type}: {text}"),
    }
}

fn wide(text: &str, bytes: usize, big: bool) -> Vec<u8> {
    let units: Vec<u32> = match bytes {
        2 => text.encode_utf16().map(u32::from).collect(),
        _ => text.chars().map(u32::from).collect(),
    };
    let bytes_of = |unit: u32| match big {
        true => unit.to_be_bytes()[4 - bytes..].to_vec(),
        false => unit.to_le_bytes()[..bytes].to_vec(),
    };
    units.into_iter().flat_map(bytes_of).collect()
}

const JSON: &str = "application/json";

#[test]
fn the_charset_of_the_content_type_is_honoured_however_it_is_written() {
    for (content_type, body, expected) in [
        (
            "application/json;charset=ISO-8859-1",
            &b"\"Zo\xeb\""[..],
            "\"Zoë\"",
        ),
        ("text/plain; charset=\"iso-8859-1\"", b"Zo\xeb", "Zoë"),
        ("text/plain; charset='latin1'", b"Zo\xeb", "Zoë"),
        (
            "text/plain ; format=flowed ; Charset = Windows-1252",
            b"\x80 9",
            "€ 9",
        ),
        (
            "text/plain; x=\"a;charset=utf-8\"; charset=cp1252",
            b"\x84a\x93",
            "„a“",
        ),
        (
            "text/plain; x=\"\\\"\"; charset=us-ascii; charset=utf-8",
            b"Zo\xeb",
            "Zoë",
        ),
        (
            "application/json; charset=Shift_JIS",
            b"\"\x93\xfa\x96{\"",
            "\"日本\"",
        ),
        ("application/json; charset=windows-31j", b"\x93\xfa", "日"),
        ("text/html;charset=EUC-JP", b"\xc6\xfc\xcb\xdc", "日本"),
        (
            "text/html;charset=iso-2022-jp",
            b"\x1b$BF|K\\\x1b(B",
            "日本",
        ),
        ("text/html;charset=gb2312", b"\xc4\xe3", "你"),
        ("text/html;charset=Big5", b"\xa7A", "你"),
        ("text/html;charset=EUC-KR", b"\xb0\xa1", "가"),
        ("text/html;charset=koi8-r", b"\xed\xc9\xd2", "Мир"),
        ("text/html;charset=windows-1251", b"\xcc\xe8\xf0", "Мир"),
        ("text/html;charset=iso-8859-15", b"\xa4", "€"),
        ("application/json; charset=utf8", "ë".as_bytes(), "ë"),
        ("application/json; charset=\"\"", "ë".as_bytes(), "ë"),
        ("application/json; charset", "ë".as_bytes(), "ë"),
        (";;; charset=utf-8", "ë".as_bytes(), "ë"),
        ("\u{fffd}", "ë".as_bytes(), "ë"),
    ] {
        assert_eq!(whole(body, content_type), expected, "{content_type}");
    }
}

#[test]
fn what_is_wider_than_a_byte_is_read_in_either_order() {
    let json = "{\"name\":\"Zoë 日本 🎉\"}";
    for (bytes, name) in [(2, "utf-16"), (4, "utf-32")] {
        for (big, order) in [(true, "be"), (false, "le")] {
            let body = wide(json, bytes, big);
            let marked = wide(&format!("\u{feff}{json}"), bytes, big);
            for said in ["", JSON, "text/plain", &format!("{JSON}; charset={name}")] {
                assert_eq!(whole(&body, said), json, "{name}{order} {said}");
            }
            let said = format!("{JSON}; charset={name}{order}");
            assert_eq!(whole(&body, &said), json);
            for said in [
                "",
                JSON,
                "text/plain; charset=iso-8859-1",
                "x/y; charset=no-such",
            ] {
                assert_eq!(whole(&marked, said), json, "{name}{order} {said}");
            }
        }
    }
    // Nothing tells the order: as RFC 2781 has it.
    let big = wide("日本", 2, true);
    assert_eq!(whole(&big, "text/plain; charset=utf-16"), "日本");
    assert_eq!(whole(b"\x001", JSON), "1");
    assert_eq!(whole(b"1\0", JSON), "1");
}

#[test]
fn without_a_charset_it_is_utf_8_and_some_text_windows_1252() {
    let utf8 = "\u{feff}{\"a\":\"ë\"}".as_bytes();
    for said in ["", JSON, "text/plain", "text/plain; charset=iso-8859-1"] {
        assert_eq!(whole(utf8, said), "{\"a\":\"ë\"}");
        assert_eq!(whole(b"", said), "");
        assert_eq!(whole(b" \r\n", said), " \r\n");
    }
    for said in ["", "text/plain", "Text/HTML; x=y", "text/csv"] {
        assert_eq!(whole(b"Zo\xeb \x80", said), "Zoë €", "{said}");
    }
    for said in [
        JSON,
        "Application/Problem+JSON",
        "text/json",
        "text/xml",
        "application/soap+xml",
        "image/png",
        "application/octet-stream",
    ] {
        let why = why(b"{\"a\":\"Zo\xeb\"}", said);
        assert!(why.contains("not UTF-8") && why.contains("byte 8"), "{why}");
    }
}

#[test]
fn xml_may_say_itself_what_it_is_in() {
    let declared = |charset: &str, rest: &[u8]| {
        let head = format!("<?xml version='1.0' encoding = \"{charset}\" standalone='yes'?>");
        [head.as_bytes(), rest].concat()
    };
    for said in ["", "application/xml", "text/xml; x=y", "text/plain"] {
        let read = whole(&declared("ISO-8859-1", b"<n>Zo\xeb</n>"), said);
        assert!(read.ends_with("<n>Zoë</n>"), "{read}");
        let read = whole(&declared("utf-16", "<n>Zoë</n>".as_bytes()), said);
        assert!(read.ends_with("<n>Zoë</n>"), "{read}");
        let told = why(&declared("ebcdic", b"<n/>"), said);
        assert!(told.contains("XML declaration") && told.contains("`ebcdic`"));
    }
    let body = declared("ISO-8859-1", "<n>Zoë</n>".as_bytes());
    assert!(whole(&body, "application/xml; charset=utf-8").contains("Zoë"));
    let wide = wide(
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?><n>Zoë</n>",
        2,
        false,
    );
    assert!(whole(&wide, "application/xml").contains("Zoë"));
    for odd in [
        "<?xml",
        "<?xml encoding",
        "<?xml encoding=?>",
        "<?xml encoding='?>",
        "<?xml encoding=\"x?>",
    ] {
        assert_eq!(whole(odd.as_bytes(), "text/xml"), odd);
    }
}

#[test]
fn a_charset_that_nobody_knows_is_named() {
    for label in [
        "utf-7",
        "hz-gb-2312",
        "ebcdic-cp-us",
        "x\u{7f}",
        "replacement",
    ] {
        let told = why(b"{}", &format!("{JSON}; charset={label}"));
        let quoted = format!("`{}`", label.escape_debug());
        assert!(
            told.contains(&quoted) && told.contains("Content-Type"),
            "{told}"
        );
    }
    for nothing in ["", " \r\n"] {
        assert_eq!(
            whole(nothing.as_bytes(), "text/plain; charset=utf-7"),
            nothing
        );
    }
    let told = why(b"{}", &format!("{JSON}; charset={}", "x".repeat(5000)));
    assert!(told.len() < 300, "{told}");
}

#[test]
fn what_is_no_text_in_its_charset_is_told_with_its_place_and_shown() {
    for (said, body, charset, at, shown) in [
        (
            "text/plain; charset=utf-8",
            &b"ab\xebc"[..],
            "UTF-8",
            2,
            "ab\u{fffd}c",
        ),
        (
            "text/plain; charset=shift_jis",
            b"abc\x93",
            "Shift_JIS",
            3,
            "abc\u{fffd}",
        ),
        (
            "text/plain; charset=euc-jp",
            b"ab\xff\xffc",
            "EUC-JP",
            2,
            "ab\u{fffd}\u{fffd}c",
        ),
        (
            "text/plain; charset=utf-16be",
            b"\0a\xdc\0\0b",
            "UTF-16BE",
            2,
            "a\u{fffd}b",
        ),
        (
            "text/plain; charset=utf-16le",
            b"a\0b",
            "UTF-16LE",
            2,
            "a\u{fffd}",
        ),
        (
            "text/plain; charset=utf-32be",
            b"\0\0\0a\0\x11\0\0\0",
            "UTF-32BE",
            4,
            "a\u{fffd}\u{fffd}",
        ),
    ] {
        let Text::Broken { shown: read, why } = text(body, said) else {
            panic!("{said}");
        };
        assert_eq!(read, shown, "{said}");
        let words = [
            format!("not {charset},"),
            format!("byte {at} "),
            "Content-Type".to_owned(),
        ];
        assert!(words.iter().all(|word| why.contains(word)), "{why}");
    }
}

#[test]
fn zeros_between_letters_are_no_text_and_are_not_shown() {
    let said = "text/plain; charset=utf-8";
    for body in [&b"k\0e\0y\0"[..], b"\0k\0e\0y", b"k\0\0\0e\0\0\0y"] {
        for said in [
            said,
            "text/plain; charset=iso-8859-1",
            "x/y; charset=shift_jis",
        ] {
            let Text::Broken { shown, why } = text(body, said) else {
                panic!("{said}");
            };
            assert_eq!(shown, "key");
            assert!(why.contains("zeros"), "{why}");
        }
    }
    // Not known to be UTF-16: it begins with no character of ASCII.
    let undeclared = wide("\u{65e5}key", 2, false);
    assert!(why(&undeclared, "text/plain").contains("zeros"));
    let Text::Broken { shown, .. } = text(&wide("\u{d7ff}key", 2, false), JSON) else {
        panic!();
    };
    assert!(shown.ends_with("key"), "{shown:?}");
    assert_eq!(
        whole(b"{}\0\0", JSON),
        "{}\0\0",
        "as some servers end a text"
    );
}

#[test]
fn long_bodies_are_read_step_by_step() {
    let long = "日本 and more ".repeat(50_000);
    for (encoding, said) in [
        (encoding_rs::SHIFT_JIS, "text/plain; charset=shift_jis"),
        (encoding_rs::GB18030, "text/plain; charset=gb18030"),
        (encoding_rs::ISO_2022_JP, "text/plain; charset=iso-2022-jp"),
    ] {
        let (body, _, _) = encoding.encode(&long);
        let (read, turns) = turns(&body, Some(said));
        assert_eq!(read, Text::Whole(long.clone()), "{said}");
        assert!(turns >= body.len() / STEP, "{turns}");
    }
    for (bytes, big) in [(2, true), (2, false), (4, true), (4, false)] {
        let body = wide(&long, bytes, big);
        let unknown = "text/plain; charset=utf-16le";
        let said = if (bytes, big) == (2, false) {
            unknown
        } else {
            ""
        };
        let body = if said.is_empty() {
            [wide("\u{feff}", bytes, big), body].concat()
        } else {
            body
        };
        let (read, turns) = turns(&body, Some(said));
        assert_eq!(read, Text::Whole(long.clone()));
        assert!(turns >= body.len() / STEP, "{turns}");
    }
}

#[test]
fn bytes_of_any_kind_are_text_or_an_error() {
    let labels = [
        "",
        "utf-8",
        "utf-16",
        "utf-16le",
        "utf-32",
        "shift_jis",
        "euc-jp",
        "iso-2022-jp",
        "gb18030",
        "big5",
        "euc-kr",
        "windows-1252",
        "x-user-defined",
        "x-mac-cyrillic",
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut dice = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state >> 32
    };
    for _ in 0..20_000 {
        let body: Vec<u8> = (0..dice() % 40)
            .map(|_| if dice() % 3 == 0 { 0 } else { dice() as u8 })
            .collect();
        let label = labels[dice() as usize % labels.len()];
        match text(&body, &format!("text/plain; charset={label}")) {
            Text::Whole(text) => assert!(text.len() <= 3 * body.len()),
            Text::Broken { shown, why } if why.contains("zeros") => assert!(!shown.contains('\0')),
            Text::Broken { shown, why } => {
                assert!(shown.contains('\u{fffd}'), "{label} {body:?}");
                let at = why.split_once("byte ").unwrap().1;
                let at: usize = at.split(' ').next().unwrap().parse().unwrap();
                assert!(at < body.len(), "{label} {why} {body:?}");
            }
            Text::Unreadable { why } => panic!("{why}"),
        }
    }
}

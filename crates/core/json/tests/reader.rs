//! The reader against a plain reference, and its faults.

mod reference;

use proptest::prelude::*;
use reference::Tree;
use serde_json::json;
use tollgate_json::{Fault, MAX_DEPTH, read, read_as, read_bytes, read_first, read_within};

/// `serde_json`'s own names, and what looks like them.
const KEYS: [&str; 12] = [
    "$serde_json::private::Number",
    "$serde_json::private::RawValue",
    "$$serde_json::private::Number",
    "$$$serde_json::private::RawValue",
    "$serde_json::private::",
    "serde_json::private::Number",
    "$serde_json::Number",
    "$",
    "$$",
    "",
    "a",
    "\u{e9}\"\\\u{1f600}\n",
];

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(KEYS.to_vec()).prop_map(str::to_owned),
        1 => "\\PC{0,4}",
    ]
}

fn number() -> impl Strategy<Value = String> {
    "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,20})?(e[+-][0-9]{1,3})?"
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        Just(Tree::Null),
        any::<bool>().prop_map(Tree::Bool),
        number().prop_map(Tree::Number),
        key().prop_map(Tree::Text),
        number().prop_map(Tree::Text),
    ];
    leaf.prop_recursive(6, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Tree::List),
            prop::collection::vec((key(), inner), 0..5).prop_map(Tree::Object),
        ]
    })
}

/// A text with some of its bytes taken out, doubled or replaced.
fn harmed() -> impl Strategy<Value = String> {
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0..3_u8, r#"[ -~\n]"#), 0..4);
    (tree(), any::<u64>(), edits).prop_map(|(tree, seed, edits)| {
        let mut letters: Vec<char> = tree.spell(seed).chars().collect();
        for (place, kind, with) in edits {
            let at = place.index(letters.len().max(1));
            match kind {
                _ if at >= letters.len() => {}
                0 => drop(letters.remove(at)),
                1 => letters.insert(at, letters[at]),
                _ => letters[at] = with.chars().next().unwrap_or('x'),
            }
        }
        letters.into_iter().collect()
    })
}

fn place_is_in(text: &str, fault: &Fault) {
    let line = text.split('\n').nth(fault.line - 1);
    let line = line.unwrap_or_else(|| panic!("{fault} is no line of {text:?}"));
    assert!(
        fault.column <= line.chars().count() + 1,
        "{fault} in {text:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn what_is_read_is_what_the_text_says(tree in tree(), seed in any::<u64>()) {
        let text = tree.spell(seed);
        let wanted = reference::parse(&text).unwrap();
        prop_assert_eq!(&wanted, &tree.without_doubles());
        let found = read(&text).unwrap();
        prop_assert_eq!(&Tree::of(&found), &wanted, "{}", text);
        // And once more, from what is printed.
        let again = read(&found.to_string()).unwrap();
        prop_assert_eq!(Tree::of(&again), wanted);
    }

    #[test]
    fn what_the_reference_refuses_is_refused(text in harmed()) {
        let wanted = reference::parse(&text);
        match (read(&text), &wanted) {
            (Ok(found), Some(wanted)) => prop_assert_eq!(&Tree::of(&found), wanted, "{}", text),
            (Err(fault), None) => place_is_in(&text, &fault),
            (found, _) => prop_assert!(false, "{:?} for {:?}: {:?}", found, wanted, text),
        }
        prop_assert_eq!(read_bytes(text.as_bytes()).is_ok(), wanted.is_some());
    }

    #[test]
    fn the_first_value_is_read_as_if_it_were_alone(tree in tree(), seed in any::<u64>(), rest in "[\\[{}\\],:\"a ]{0,200}") {
        let alone = tree.spell(seed);
        // A number would go on.
        let text = format!("{alone} {rest}");
        let (found, end) = read_first(&text, MAX_DEPTH).unwrap();
        prop_assert_eq!(&Tree::of(&found), &tree.without_doubles());
        prop_assert_eq!(end, alone.trim_end().len());
    }

    #[test]
    fn depth_is_bounded_and_told(levels in 0..400_usize, most in 0..200_usize, shape in 0..4_u8, seed in any::<u64>()) {
        let text = Tree::nested(levels, shape).spell(seed);
        let bound = most.min(MAX_DEPTH);
        match read_within(&text, most) {
            Ok(found) => {
                prop_assert!(levels <= bound);
                prop_assert_eq!(tollgate_json::depth(&found), levels);
            }
            Err(fault) => {
                prop_assert!(levels > bound);
                prop_assert_eq!(&fault.message, &format!("it is nested deeper than {bound} levels"));
                place_is_in(&text, &fault);
            }
        }
    }
}

#[test]
fn bombs_of_any_size_are_refused() {
    let key = "$serde_json::private::RawValue";
    let escaped: String = key
        .chars()
        .map(|c| format!("\\u{:04x}", c as u32))
        .collect();
    for key in [key, &escaped] {
        let mut bomb = "1".to_owned();
        for _ in 0..12 {
            let inner = json!(bomb).to_string();
            bomb = format!(
                "{}{{\"{key}\":{inner}}}{}",
                "[".repeat(126),
                "]".repeat(126)
            );
        }
        let read = read(&bomb).unwrap();
        assert_eq!(tollgate_json::depth(&read), 127, "the inner ones stay text");
    }
    for open in [
        "[",
        "{\"a\":",
        "[{\"a\":[",
        "[1,",
        "{\"$serde_json::private::RawValue\":",
    ] {
        for times in [128, 100_000, 1_000_000] {
            let fault = read(&open.repeat(times)).unwrap_err();
            assert!(fault.message.contains("deeper than 127"), "{fault}");
            assert!(read_first(&open.repeat(times), 1_000_000).is_err());
            assert!(read_as::<Vec<u32>>(&open.repeat(times)).is_err());
        }
    }
}

#[test]
fn an_object_is_never_a_number() {
    for key in [
        "$serde_json::private::Number",
        r"\u0024serde_json\u003a:private::Number",
    ] {
        for inner in [r#""1""#, r#""x""#, "1", "{}"] {
            let text = format!("{{\"{key}\": {inner}}}");
            let found = read(&text).unwrap();
            assert_eq!(
                found["$serde_json::private::Number"],
                read(inner).unwrap(),
                "{text}"
            );
            assert!(read_as::<u32>(&text).is_err());
            assert!(read_as::<f64>(&text).is_err());
        }
    }
}

#[test]
fn faults_have_their_place_in_the_text_itself() {
    let place = |text: &str| {
        let fault = read(text).unwrap_err();
        (fault.line, fault.column, fault.message)
    };
    let key = "\"$serde_json::private::Number\"";
    assert_eq!(place("{\n \"é\": $}"), (2, 7, "expected value".to_owned()));
    let text = format!("{{{key}:1,\n{key}:{{{key}:nil}}}}");
    assert_eq!(place(&text), (2, 65, "expected ident".to_owned()));
    assert_eq!(place(""), (1, 0, "EOF while parsing a value".to_owned()));
    let deep = format!("[\n  {}", "[".repeat(500));
    assert_eq!(place(&deep).0, 2);
    assert_eq!(place(&deep).1, 2 + 127);
    let fault = read_bytes(b"[\"a\",\n\xff]").unwrap_err();
    assert_eq!(
        fault.to_string(),
        "the text is not UTF-8 at line 2 column 0"
    );
    assert_eq!(
        read_first(" \n", 9).unwrap_err().message,
        "the text is empty"
    );
}

//! The dialect by example: one table per topic.

use serde_json::{Value, json};
use tollgate_jsonpath::{DeadEnd, MAX_PATH_BYTES, Path, ReadError};

fn store() -> Value {
    json!({
        "total": 4,
        "none": null,
        "odd name": "spaced",
        "store": {
            "book": [
                { "title": "Sayings", "price": 8.95, "tags": ["a", "b"], "sold": true },
                { "title": "Sword", "price": 12.99, "isbn": "0-553", "sold": false },
                { "title": "Moby Dick", "price": 8, "isbn": null, "kind": "fiction" },
            ],
            "bicycle": { "colour": "red", "price": 19.95 },
        },
    })
}

fn read(path: &str) -> Result<Value, ReadError> {
    Path::compile(path)
        .unwrap_or_else(|e| panic!("{path}: {e}"))
        .read(&store())
}

#[track_caller]
fn check(table: &[(&str, Value)]) {
    for (path, expected) in table {
        assert_eq!(read(path).as_ref(), Ok(expected), "{path}");
    }
}

#[test]
fn definite_paths_yield_the_value() {
    check(&[
        ("$.total", json!(4)),
        ("total", json!(4)),
        ("@.total", json!(4)),
        // The reference leaves the last character unread where a step could begin.
        ("$.total[", json!(4)),
        ("$['total']", json!(4)),
        ("$[\"odd name\"]", json!("spaced")),
        ("$.none", Value::Null),
        ("$.store.book[0].title", json!("Sayings")),
        ("$.store.book[-1].title", json!("Moby Dick")),
    ]);
    assert_eq!(read("$"), Ok(store()));
    check(&[(
        "$.store.bicycle['price','colour']",
        json!({ "price": 19.95, "colour": "red" }),
    )]);
}

#[test]
fn a_definite_path_that_finds_nothing_fails() {
    for path in [
        "$.missing",
        "$.store.missing.deeper",
        "$.store.book[3]",
        "$.store.book[-4]",
        "$.total.part",
        "$.none.part",
        "$.store[0]",
        "$.store.book.title",
    ] {
        assert!(matches!(read(path), Err(ReadError::NotFound(_))), "{path}");
    }
}

#[test]
fn indefinite_paths_yield_an_array_empty_when_nothing_matches() {
    check(&[
        (
            "$.store.book[*].title",
            json!(["Sayings", "Sword", "Moby Dick"]),
        ),
        ("$.store.book[*].missing", json!([])),
        ("$..isbn", json!(["0-553", null])),
        ("$..missing", json!([])),
        ("$.store.*.price", json!([19.95])),
        ("$.store.book[0:2].price", json!([8.95, 12.99])),
        ("$.store.book[1:].price", json!([12.99, 8])),
        ("$.store.book[:-1].price", json!([8.95, 12.99])),
        ("$.store.book[-1:].price", json!([8])),
        ("$.store.book[-1000:].price", json!([8.95, 12.99, 8])),
        ("$.store.book[0,2].price", json!([8.95, 8])),
        ("$.store.book[5:9]", json!([])),
    ]);
}

#[test]
fn a_leading_dot_scans() {
    check(&[
        (".total", json!([4])),
        (".isbn", json!(["0-553", null])),
        (".missing", json!([])),
    ]);
}

#[test]
fn an_uncertain_place_is_skipped_and_a_certain_one_fails() {
    check(&[
        ("$.store.book[*].tags[1]", json!(["b"])),
        ("$..tags[9]", json!([])),
    ]);
    assert!(read("$.total[*].x").is_ok_and(|v| v == json!([])));
    // An index that lies outside leads to nothing, which is no error where a list is wanted; a missing member
    // before the wildcard, and a value without parts, are.
    check(&[("$.store.book[7].tags[*]", json!([]))]);
    for path in [
        "$.store.missing[*]",
        "$.total.part[*]",
        "$.none[0,1]",
        "$.total[?(@.x)]",
    ] {
        assert!(matches!(read(path), Err(ReadError::NotFound(_))), "{path}");
    }
}

#[test]
fn filters() {
    check(&[
        // A null is there.
        (
            "$.store.book[?(@.isbn)].title",
            json!(["Sword", "Moby Dick"]),
        ),
        ("$.store.book[?(!@.isbn)].title", json!(["Sayings"])),
        (
            "$.store.book[?(@.isbn != null)].title",
            json!(["Sayings", "Sword"]),
        ),
        (
            "$.store.book[?(@.kind != 'x')].title",
            json!(["Sayings", "Sword", "Moby Dick"]),
        ),
        ("$.store.book[?(@.title == 'Sword')].price", json!([12.99])),
        ("$.store.book[?(@.title=='Sword')].price", json!([12.99])),
        (
            "$.store.book[?(@.title == \"Sword\")].price",
            json!([12.99]),
        ),
        (
            "$.store.book[?(@.title != 'Sword')].price",
            json!([8.95, 8]),
        ),
        (
            "$.store.book[?(@.price < 10 && @.kind)].title",
            json!(["Moby Dick"]),
        ),
        (
            "$.store.book[?(@.price >= 12.99 || @.kind == 'fiction')].title",
            json!(["Sword", "Moby Dick"]),
        ),
        ("$.store.book[?(@.sold == true)].title", json!(["Sayings"])),
        (
            "$.store.book[?(@.price == 8.0)].title",
            json!(["Moby Dick"]),
        ),
        (
            "$.store.book[?(@.price < $.store.bicycle.price)].price",
            json!([8.95, 12.99, 8]),
        ),
        (
            "$.store.book[?(@.title =~ /s.*/i)].title",
            json!(["Sayings", "Sword"]),
        ),
        ("$.store.book[?(@.title =~ /s/i)].title", json!([])),
        (
            "$.store.book[?(@.title in ['Sword', 'Moby Dick'])].price",
            json!([12.99, 8]),
        ),
        (
            "$.store.book[?(@.title nin ['Sword', 'Moby Dick'])].price",
            json!([8.95]),
        ),
        (
            "$.store.book[?(@.tags[0] == 'a')].title",
            json!(["Sayings"]),
        ),
        ("$..[?(@.colour == 'red')].price", json!([19.95])),
        ("$.store.bicycle[?(@.price > 19)].colour", json!(["red"])),
        ("$.store.bicycle[?(@.price > 20)].colour", json!([])),
    ]);
}

#[test]
fn patterns_are_java_s() {
    let document = json!([{ "a": "é1" }, { "a": "x1" }, { "a": "\u{661}" }, { "a": "a b" }]);
    for (pattern, found) in [
        ("\\w\\d", vec!["x1"]),
        ("\\W\\d", vec!["é1"]),
        ("\\D", vec!["\u{661}"]),
        ("[\\w\\s]+", vec!["x1", "a b"]),
        ("[^\\d].*", vec!["é1", "x1", "\u{661}", "a b"]),
        (".\\S", vec!["é1", "x1"]),
    ] {
        let path = Path::compile(&format!("$[?(@.a =~ /{pattern}/)].a")).unwrap();
        assert_eq!(path.read(&document), Ok(json!(found)), "{pattern}");
    }
}

#[test]
fn functions_end_a_path() {
    check(&[
        ("$.store.book.length()", json!(3)),
        ("$.store.book.size()", json!(3)),
        ("$.store.book[0].tags.length()", json!(2)),
        ("$.store.book[?(@.tags)].tags.length()", json!([2])),
        ("$..price.sum()", json!(49.89)),
        ("$..price.max()", json!(19.95)),
        ("$..price.min()", json!(8.0)),
        // What `length` counts behind a scan is what lies in the values.
        ("$..isbn.length()", json!(0)),
        ("$..book.length()", json!(3)),
        ("$..tags.length()", json!(2)),
    ]);
    assert!(matches!(
        read("$.store.book.sum()"),
        Err(ReadError::NotFound(_))
    ));
}

#[test]
fn numbers_keep_every_digit() {
    let document: Value =
        serde_json::from_str(r#"{"n":123456789012345678901234567890.10}"#).unwrap();
    let found = Path::compile("$.n").unwrap().read(&document).unwrap();
    assert_eq!(found.to_string(), "123456789012345678901234567890.10");
}

#[test]
fn what_is_no_path_says_where_and_why() {
    for (path, offset, word) in [
        ("", 0, "expected a path"),
        ("$.", 1, "can't end with a dot"),
        ("$..", 2, "can't end with a dot"),
        ("$...a", 3, "expected a name"),
        ("$.a[0", 5, "not closed by ]"),
        ("$.a['b", 6, "not closed"),
        ("$.a['b' 'c']", 8, "expected , or ]"),
        ("$.a['b',]", 8, "expected a quoted name"),
        ("$.a[x]", 4, "expected *"),
        ("$.a b", 3, "a space is not allowed"),
        ("$.é b", 4, "a space is not allowed"),
        ("a b", 1, "a space is not allowed"),
        ("$.a[99999999999]", 4, "is no index"),
        ("$.a[::2]", 4, "needs a start or an end"),
        ("$.a[(@.length-1)]", 4, "expected *"),
        ("$.a[?]", 5, "no filter to be filled in"),
        ("$.a[?(@.b ~ 1)]", 10, "expected &&, || or )"),
        ("$.a[?(@.b == x)]", 13, "expected @"),
        ("$.a[?(@.b in [1)]", 13, "not closed by ]"),
        ("$.a[?(1)]", 7, "expected an operator"),
        ("$.a[?(@.b =~ /(/)]", 13, "the pattern is malformed"),
        ("$.a[?(@.b[ == 1)]", 9, "not closed"),
        ("$.a.sum(", 7, "not closed by )"),
        ("$.a.sum($.b c)", 11, "a space is not allowed"),
        ("$x", 1, "after the root"),
    ] {
        let error = Path::compile(path).expect_err(path);
        assert!(error.message.contains(word), "{path}: {error}");
        assert_eq!(error.offset, offset, "{path}: {error}");
    }
}

#[test]
fn what_compiles_and_never_finds_anything_says_so() {
    for (path, word) in [
        ("$.store.shout()", "no function shout()"),
        ("$..length()", "followed by nothing"),
        ("$.store.book.length().b", "has no such part"),
        ("$.store.book[*].price.sum()", "no numbers"),
        ("$.total.first()", "wants a list"),
        ("$.store.book.index(9)", "no item"),
        ("$.store.book.length(1)", "can't be given a literal"),
        ("$.store.book.min(1x,)", "no numbers"),
        ("$.total[?(@.x)]", "filter can't be applied"),
    ] {
        let error = Path::compile(path).unwrap().read(&store()).expect_err(path);
        assert!(error.to_string().contains(word), "{path}: {error}");
    }
    for (path, dead_end) in [
        ("$.store.shout()", Some(DeadEnd::UnknownFunction("shout"))),
        ("$.a[*].first().b", Some(DeadEnd::BehindFunction("first"))),
        ("$..a.length()[0]", Some(DeadEnd::BehindFunction("length"))),
        ("$.a.index(0).b", None),
        ("$.a.sum()", None),
    ] {
        assert_eq!(Path::compile(path).unwrap().dead_end(), dead_end, "{path}");
    }
}

#[test]
fn bounds_hold() {
    let long = format!("$.{}", "a".repeat(MAX_PATH_BYTES));
    assert!(Path::compile(&long).is_err());
    assert!(Path::compile(&format!("$[?({}@.a)]", "(".repeat(500))).is_err());
    assert!(Path::compile(&format!("$[?({}@.a)]", "!".repeat(500))).is_err());
    assert!(Path::compile(&"[0]".repeat(65)).is_err());
    // A pattern that backtracks catastrophically elsewhere takes linear time here.
    let hostile = json!([{ "a": "a".repeat(5000) }]);
    let path = Path::compile("$[?(@.a =~ /(a+)+b/)]").unwrap();
    assert_eq!(path.read(&hostile), Ok(json!([])));
    // Scans of scans grow with every step; the bound on visits ends them.
    let mut wide = json!(1);
    for _ in 0..60 {
        wide = json!([wide]);
    }
    let scans = Path::compile(&format!("${}", "..*".repeat(12))).unwrap();
    assert!(matches!(scans.read(&wide), Err(ReadError::TooLarge(_))));
    // What is found again and again is not copied without end.
    let mut deep = json!("x".repeat(400_000));
    for _ in 0..60 {
        deep = json!({ "a": deep });
    }
    let pairs = Path::compile("$..a..a").unwrap();
    assert!(matches!(pairs.read(&deep), Err(ReadError::TooLarge(_))));
    assert!(pairs.find(&deep).is_ok_and(|found| found.len() > 1000));
}

#[test]
fn nesting_ends_before_the_stack_does() {
    let mut deep = json!({"a": [1]});
    for _ in 0..120 {
        deep = json!({"a": [deep.clone()], "b": 1});
    }
    let scans = "..*".repeat(20);
    for path in [
        format!("$[?(@.a{})]", "[?(@.a".repeat(300) + &")]".repeat(300)),
        format!("${}", "[?(@..a[*]".repeat(100) + &")]".repeat(100)),
        format!(
            "$.concat({}$.a{})",
            "$.concat(".repeat(300),
            ")".repeat(300)
        ),
        format!("$[?({}@.a{})]", "(".repeat(120), ")".repeat(120)),
        format!("$[?({}@.a)]", "!".repeat(1500)),
        format!("$[?(@ in {}{})]", "[".repeat(1500), "]".repeat(1500)),
        format!("$..[?(@{scans}[?(@{scans}[?(@{scans})])])]"),
        format!(
            "$.append({{\"a\":{}{}}})",
            "[".repeat(1500),
            "]".repeat(1500)
        ),
    ] {
        if let Ok(path) = Path::compile(&path) {
            let _ = path.read(&deep);
        }
    }
    // As many filters in each other as may be, each of which scans the document.
    let mut most = 1;
    while Path::compile(&format!(
        "${}",
        "[?(@..a".repeat(most + 1) + &")]".repeat(most + 1)
    ))
    .is_ok()
    {
        most += 1;
    }
    assert!(most > 30, "{most}");
    let nested = format!("${}", "[?(@..a".repeat(most) + &")]".repeat(most));
    assert!(matches!(
        Path::compile(&nested).unwrap().read(&json!([deep])),
        Err(ReadError::TooLarge(_))
    ));
}

#[test]
fn a_path_in_a_path_is_compiled_once() {
    // What a length is applied to is kept in several forms. Had each a copy of what is nested in it, these
    // 30 levels would take more memory than there is.
    let mut path = "@==1".to_owned();
    for _ in 0..30 {
        path = format!("@..a.*.*.*.*.*.*[?({path})].length()==1");
    }
    let path = path.strip_suffix("==1").unwrap();
    let _ = Path::compile(path).map(|path| path.read(&json!({"a": [1]})));
    let listed = json!({"rows": [{"list": [path, "x"]}]});
    let found = Path::compile("$.rows[?('x' in @.list)]")
        .unwrap()
        .read(&listed);
    assert!(found.is_ok(), "{found:?}");
}

#[test]
fn what_is_searched_for_is_counted_with_each_item() {
    let digits = |count: usize| serde_json::from_str::<Value>(&"7".repeat(count)).unwrap();
    let document = json!({
        "rows": [{"n": digits(400_000)}], "list": vec![digits(20); 20_000],
    });
    for path in [
        "$.rows[?(@.n in $.list)]",
        "$.rows[?($.list contains @.n)]",
        "$.rows[?([1] anyof $.list)]",
    ] {
        let read = Path::compile(path).unwrap().read(&document);
        let stopped = matches!(read, Err(ReadError::TooLarge(_)));
        assert_eq!(stopped, !path.contains("anyof"), "{path}: {read:?}");
    }
}

#[test]
fn a_number_of_any_exponent_is_searched_for() {
    for number in [
        "1.5e-9223372036854775807",
        "1.5e9223372036854775807",
        "1e-9223372036854775808",
    ] {
        let text = format!("{{\"rows\": [{{\"n\": [{number}]}}]}}");
        let document = serde_json::from_str::<Value>(&text).unwrap();
        for path in [
            "$.rows[?('x' in @.n)]",
            "$.rows[?(@.n contains 1.5)]",
            "$.concat($.rows[0].n[0])",
        ] {
            let _ = Path::compile(path).unwrap().read(&document);
        }
    }
}

#[test]
fn what_repeats_is_counted() {
    let rows: Vec<Value> = (0..1500).map(|number| json!({ "n": number })).collect();
    let document = json!({
        "rows": rows,
        "list": (0..1500).collect::<Vec<i32>>(),
        "same": [rows],
        "equal": [rows],
        "paths": vec![format!("$.{}", "a".repeat(2000)); 20],
    });
    for path in [
        "$.rows[?(@.n in $.list)]",
        "$.rows[?($.list anyof $.list)]",
        "$.rows[?(@ in $..n)]",
        "$.rows[*].n.concat($.list)",
        "$.rows[?($.same == $.equal)]",
        "$.rows[?(@.n in $.paths)]",
    ] {
        let read = Path::compile(path).unwrap().read(&document);
        assert!(matches!(read, Err(ReadError::TooLarge(_))), "{path}");
    }
    // What starts from the document is read once.
    for path in [
        "$.rows[?(@.n == $..list.max())].n",
        "$.rows[?(@.n > $.list.length())].n",
    ] {
        let read = Path::compile(path).unwrap().read(&document);
        assert!(
            !matches!(read, Err(ReadError::TooLarge(_))),
            "{path}: {read:?}"
        );
    }
}

//! The expression language by example.

mod shared;

use shared::evaluate;
use tollgate_expression::functions;

fn check(kind: &str, cases: &[(&str, &str)]) {
    for (expression, wanted) in cases {
        let got = match evaluate(kind, expression) {
            Ok(value) => value
                .to_text()
                .map_or("NOT_SET".to_owned(), |text| text.to_string()),
            Err(why) => panic!("{expression}: {why}"),
        };
        assert_eq!(got, *wanted, "{expression}");
    }
}

#[test]
fn texts() {
    check(
        "string",
        &[
            (r#""a" + "b""#, "ab"),
            (r#"Append("a", "b", "c")"#, "abc"),
            (r#"Append("a", Flow.unset)"#, "NOT_SET"),
            (r#"ToDisplayString(Append("a", Flow.unset))"#, ""),
            (r#"upper(Flow.text)"#, "GRÜSSE"),
            (r#"Lower("ÄB")"#, "äb"),
            (r#"Left(Flow.text, 3)"#, "Grü"),
            (r#"Right(Flow.text, 2)"#, "ße"),
            (r#"Right("ab", 12)"#, "ab"),
            (r#"Substring(Flow.text, 2, 2)"#, "üß"),
            (r#"Trim("  a ")"#, "a"),
            (r#"Replace("a+b+", "+", "")"#, "ab"),
            (r#"Replace("ab", "", "x")"#, "ab"),
            (r#"Split("a,b,c", ",")[1]"#, "b"),
            (r#"Join(Split("a,b", ","), "-")"#, "a-b"),
            (r#"Format("{0} of {1}", 3, "four")"#, "3 of four"),
            (r#"RegexExtract("order 87654321", "[0-9]{8}")"#, "87654321"),
            (r#"UrlEncode("a b&ü")"#, "a%20b%26%C3%BC"),
            (r#"Reverse("abc")"#, "cba"),
            (r#""a \"quoted\" \\ \n""#, "a \"quoted\" \\ \n"),
            (
                r#"ToString(ToPhoneNumber("tel:+1 317-555").e164)"#,
                "+1317555",
            ),
            (r#"ToString(3.50)"#, "3.5"),
            (r#"ToString(Flow.list)"#, "b, a, b"),
            (r#"If(Flow.unset == "x", "yes", "no")"#, "no"),
        ],
    );
}

#[test]
fn numbers() {
    check(
        "integer",
        &[
            ("1 + 2 * 3", "7"),
            ("(1 + 2) * 3", "9"),
            ("-7 % 3", "-1"),
            ("10 - 4 - 3", "3"),
            ("Round(2.5)", "3"),
            ("Floor(-2.5)", "-3"),
            ("Max(3, 9, 4)", "9"),
            ("ToInt(\"42\")", "42"),
            ("ToInt(3.9)", "3"),
            ("Length(Flow.text)", "5"),
            ("FindString(\"abcabc\", \"c\", 3)", "5"),
            ("FindString(\"abc\", \"x\")", "-1"),
        ],
    );
    check(
        "decimal",
        &[
            ("7 / 2", "3.5"),
            ("0.1 + 0.2", "0.3"),
            ("Round(2.345, 2)", "2.35"),
            ("Average(MakeList(1, 2, 4.5))", "2.5"),
            ("Power(1.5, 2)", "2.25"),
            ("Sqrt(16)", "4"),
        ],
    );
}

#[test]
fn conditions_know_three_values() {
    check(
        "boolean",
        &[
            (r#"Flow.unset == NOT_SET"#, "true"),
            (r#"Flow.unset == "a""#, "false"),
            (r#"Flow.unset != "a""#, "true"),
            (r#"Contains(Flow.unset, "a") or true"#, "true"),
            (r#"Contains(Flow.unset, "a") or false"#, "NOT_SET"),
            (r#"Contains(Flow.unset, "a") and false"#, "false"),
            (r#"not Contains(Flow.unset, "a")"#, "NOT_SET"),
            (
                r#"IsNotSetOrEmpty("") and IsNotSetOrEmpty(Flow.unset) and !IsSet(Flow.unset)"#,
                "true",
            ),
            (r#"1 < 2 and "a" < "b" OR false"#, "true"),
            (r#"not 1 > 2"#, "true"),
            (r#"Contains("ABC", "b", true)"#, "true"),
            (r#"Contains("ABC", "b")"#, "false"),
            (r#"2 == 2.0"#, "true"),
            (
                r#"ToDateTime("2026-01-01T01:00:00+01:00") == ToDateTime("2026-01-01")"#,
                "true",
            ),
            (
                r#"DateTimeDiff(GetCurrentDateTimeUtc(), ToDateTime("2026-01-05T08:54:59Z")) >= ToDuration("PT5M")"#,
                "true",
            ),
            (
                r#"ToPhoneNumber("+1317") == ToPhoneNumber("tel:+1317")"#,
                "true",
            ),
        ],
    );
}

#[test]
fn dates() {
    check(
        "string",
        &[
            (
                "ToString(GetCurrentDateTimeUtc())",
                "2026-01-05T09:00:00.000Z",
            ),
            (
                "ToString(AddHours(GetCurrentDateTimeUtc(), -10))",
                "2026-01-04T23:00:00.000Z",
            ),
            (
                "ToString(AddMonths(MakeDateTime(2026, 1, 31), 1))",
                "2026-02-28T00:00:00.000Z",
            ),
            (
                "ToString(AddYears(MakeDateTime(2024, 2, 29), 1))",
                "2025-02-28T00:00:00.000Z",
            ),
            ("ToString(MakeDuration(1, 2, 3, 4))", "P1DT2H3M4S"),
            (
                "ToString(GetCurrentDateTimeUtc() + MakeDuration(0, 0, 0, 1, 500))",
                "2026-01-05T09:00:01.500Z",
            ),
            (
                "ToString(MakeDateTime(2026, 3, 1) - MakeDateTime(2026, 2, 1))",
                "P28D",
            ),
            (
                "ToString(DayOfWeek(GetCurrentDateTimeUtc())) + ToString(DayOfYear(MakeDateTime(2024, 12, 31)))",
                "2366",
            ),
        ],
    );
}

#[test]
fn collections_and_json() {
    check(
        "string",
        &[
            ("GetAt(Flow.list, 1)", "a"),
            ("Flow.list[0]", "b"),
            ("ToString(Sort(Distinct(Flow.list)))", "a, b"),
            ("ToString(AddItem(Flow.list, \"c\"))", "b, a, b, c"),
            ("ToString(Slice(Flow.list, 1))", "a, b"),
            ("ToString(FindAll(Flow.list, \"b\"))", "0, 2"),
            ("ToString(Flow.json.a.b[1])", "x"),
            ("ToString(Flow.json.a.c)", "NOT_SET"),
            ("ToString(Flow.json.n)", "NOT_SET"),
            (
                "JsonStringify(JsonParse(\"{\\\"k\\\": [1.50]}\"))",
                "{\"k\":[1.50]}",
            ),
            ("JsonStringify(ToJson(Flow.list))", "[\"b\",\"a\",\"b\"]"),
        ],
    );
    check(
        "integer",
        &[
            ("FindFirst(Flow.list, \"b\")", "0"),
            ("FindLast(Flow.list, \"b\")", "2"),
            ("FindFirst(Flow.list, \"x\")", "-1"),
            ("Length(Flow.list)", "3"),
            (
                "If(FindFirst(Flow.list, \"x\") >= 0, ToInt(GetAt(Flow.list, -1)), 0)",
                "0",
            ),
            ("Sum(MakeList(1, 2, 3))", "6"),
            ("ToInt(Flow.json.a.b[0])", "1"),
        ],
    );
}

#[test]
fn what_fails_while_running_says_why() {
    let cases = [
        (
            "string",
            "GetAt(Flow.list, 3)",
            "GetAt: position 3 of a collection of 3",
        ),
        ("string", "Flow.list[5]", "item 5 of a collection of 3"),
        (
            "integer",
            "ToInt(Flow.text)",
            "ToInt: argument 1 is `Grüße`, not a number",
        ),
        ("decimal", "1 / 0", "division by zero"),
        (
            "integer",
            "9223372036854775807 + 1",
            "the result is too large",
        ),
        (
            "string",
            "ToString(ToDateTime(\"tomorrow\"))",
            "ToDateTime: argument 1 is `tomorrow`, not a date and time as 2026-01-31T23:59:59Z",
        ),
        (
            "json",
            "JsonParse(\"{\")",
            "JsonParse: not JSON: EOF while parsing an object at line 1 column 1",
        ),
        (
            "boolean",
            "RegexMatch(\"a\", \"(\")",
            "RegexMatch: not a pattern",
        ),
    ];
    for (kind, expression, wanted) in cases {
        let why = evaluate(kind, expression).unwrap_err();
        assert!(why.contains(wanted), "{expression}: {why}");
    }
}

#[test]
fn texts_have_a_bound() {
    let doubled = "Replace(Replace(Replace(Replace(\"aaaaaaaaaa\", \"a\", \"bbbbbbbbbbbbbbbbbbbb\"), \"b\", \"cccccccccccccccccccc\"), \"c\", \"dddddddddddddddddddd\"), \"d\", \"eeeeeeeeeeeeeeeeeeee\")";
    let why = evaluate("string", doubled).unwrap_err();
    assert!(why.contains("more than 1048576 bytes"), "{why}");
    let deep = format!("{}1{}", "(".repeat(200), ")".repeat(200));
    assert!(
        evaluate("integer", &deep)
            .unwrap_err()
            .contains("nested deeper than 100")
    );
}

#[test]
fn a_function_whose_name_is_not_confirmed_is_named() {
    let text = "workflow:\n  name: W\n  startUpRef: S\n  states:\n    - state: {name: S, actions: [{endWorkflow: {exitReason: {exp: 'Join(Split(\"a\", \",\"), \"\")'}}}]}\n";
    let warned = shared::parse(text).warnings().to_string();
    assert_eq!(
        warned,
        "5:67: warning: `Join` is not confirmed to have this name at the vendor (it works here; check it there)"
    );
    assert!(functions().filter(|function| function.confirmed()).count() > 60);
}

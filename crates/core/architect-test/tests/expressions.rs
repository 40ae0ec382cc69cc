//! The expression language by example.

mod shared;

use shared::evaluate;

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
            (r#"Append("a", Flow.unset)"#, "a"),
            (r#"Append(Flow.unset, Flow.unset)"#, ""),
            (r#"ToDisplayString(Flow.unset)"#, ""),
            (r#"ToString(Flow.unset)"#, "NOT_SET"),
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
            (r#"ToString(Split("a,b", ","), "-")"#, "a-b"),
            (r#"LTrim("  a ") + "|" + RTrim("  a ")"#, "a |  a"),
            (r#"Reverse("abc")"#, "cba"),
            (r#""a \"quoted\" \\ \n""#, "a \"quoted\" \\ \n"),
            (
                r#"ToString(ToPhoneNumber("tel:+1 317-555").e164)"#,
                "+1317555",
            ),
            (r#"ToString(3.50)"#, "3.50"),
            (
                r#"ToPhoneNumber("tel:+13178723000;ext=12").e164"#,
                "+13178723000",
            ),
            (
                r#"ToString(ToPhoneNumber("+1 317 ext 12").subscriberNumber)"#,
                "317",
            ),
            (r#"ToString(ToPhoneNumber("mailto:a@b").isSip)"#, "false"),
            (r#"ToString(ToPhoneNumber("anonymous"))"#, "anonymous"),
            (r#"ToString(ToPhoneNumber("anonymous").isTel)"#, "false"),
            (r#"ToString(Compare("zebra", "äpfel"))"#, "1"),
            (r#"ToString("é" < "f" and "e" < "é" and "É" > "é")"#, "true"),
            (r#"ToString(6 / 2)"#, "3.0"),
            (r#"ToString(2.345, 2)"#, "2.35"),
            (r#"ToString(Flow.list)"#, "b\na\nb"),
            (r#"5 > 3 ? "yes" : Left(Flow.unset, 1)"#, "yes"),
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
            ("6 & 3 | 8", "10"),
            ("~5", "-6"),
            ("10 - 4 - 3", "3"),
            ("Sum(3, 9, Flow.unsetNumber, 4)", "16"),
            ("ToInt(\"42\")", "42"),
            ("ToInt(3.9)", "3"),
            ("Length(Flow.text)", "5"),
            ("FindString(\"abcabc\", \"c\", 2)", "5"),
            ("FindString(\"abcabc\", \"C\", true)", "2"),
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
            ("1.5 ^ 2", "2.25"),
            ("2 ^ 3 ^ 2", "512.0"),
            ("-2 ^ 2", "4.0"),
            ("16 ^ 0.5", "4.0"),
            ("5. + .5", "5.5"),
            ("Round(2.5)", "3.0"),
            ("Floor(-2.5)", "-3.0"),
        ],
    );
}

#[test]
fn conditions_settle_from_the_left() {
    check(
        "boolean",
        &[
            (r#"Flow.unset == NOT_SET"#, "true"),
            (r#"Flow.unset == "a""#, "false"),
            (r#"Flow.unset != "a""#, "true"),
            (r#"true or Contains(Flow.unset, "a")"#, "true"),
            (r#"false and Contains(Flow.unset, "a")"#, "false"),
            (
                r#"IsSet(Flow.unset) and Contains(Flow.unset, "a")"#,
                "false",
            ),
            (
                r#"IsNotSetOrEmpty("") and IsNotSetOrEmpty(Flow.unset) and !IsSet(Flow.unset)"#,
                "true",
            ),
            ("1 == 1 == true", "true"),
            ("AreEqual(true, \"a\", \"A\")", "true"),
            ("\"a\" < \"B\" and \"b\" > \"B\" == false", "true"),
            (r#"1 < 2 and "a" < "b" OR false"#, "true"),
            (r#"!(1 > 2)"#, "true"),
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
            ("ToString(GetCurrentDateTimeUtc())", "2026-01-05T09:00:00Z"),
            (
                "ToString(AddHours(GetCurrentDateTimeUtc(), -10))",
                "2026-01-04T23:00:00Z",
            ),
            (
                "ToString(AddMonths(MakeDateTime(2026, 1, 31), 1))",
                "2026-02-28T00:00:00Z",
            ),
            (
                "ToString(AddYears(MakeDateTime(2024, 2, 29), 1))",
                "2025-02-28T00:00:00Z",
            ),
            ("ToString(MakeDuration(1, 2, 3, 4))", "P1DT2H3M4S"),
            (
                "ToString(GetCurrentDateTimeUtc() + MakeDuration(0, 0, 0, 1, 500))",
                "2026-01-05T09:00:01Z",
            ),
            (
                "ToString(DateTimeDiff(MakeDateTime(2026, 3, 1), MakeDateTime(2026, 2, 1)))",
                "P28D",
            ),
            (
                "ToString(DayOfWeek(GetCurrentDateTimeUtc())) + ToString(WeekNum(MakeDateTime(2024, 12, 31)))",
                "253",
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
            ("ToString(RemoveDups(Flow.list), \",\")", "b,a"),
            (
                "ToString(AddItem(Flow.list, \"c\", \"d\"), \",\")",
                "b,a,b,c,d",
            ),
            ("ToString(AddItemAt(Flow.list, 1, \"c\"), \",\")", "b,c,a,b"),
            ("ToString(RemoveItem(Flow.list, \"b\"), \",\")", "a"),
            ("ToString(RemoveItemAt(Flow.list, 0, 2), \",\")", "a"),
            (
                "ToString(ReplaceItem(Flow.list, \"b\", \"x\"), \",\")",
                "x,a,x",
            ),
            (
                "ToString(ReplaceItemFirst(Flow.list, \"b\", \"x\"), \",\")",
                "x,a,b",
            ),
            (
                "ToString(ReplaceItemAt(Flow.list, 1, \"x\"), \",\")",
                "b,x,b",
            ),
            ("ToString(Find(Flow.list, \"b\"), \",\")", "0,2"),
            ("ToString(Flow.json.a.b[1])", "x"),
            ("ToString(Flow.json.a.c)", "NOT_SET"),
            ("ToString(Flow.json.n)", "NOT_SET"),
            ("ToString(Flow.json[\"a\"].b[1])", "x"),
            (
                "ToString(JsonParse(\"{\\\"k\\\": [1.50]}\"))",
                "{\"k\":[1.50]}",
            ),
            ("ToString(ToJson(Flow.list))", "[\"b\",\"a\",\"b\"]"),
            ("ToString(Count(ToJsonCollection(Flow.json.a.b)))", "2"),
        ],
    );
    check(
        "integer",
        &[
            ("FindFirst(Flow.list, \"b\")", "0"),
            ("FindFirst(Flow.list, \"x\")", "-1"),
            ("Count(Flow.list)", "3"),
            (
                "If(FindFirst(Flow.list, \"x\") >= 0, ToInt(GetAt(Flow.list, FindFirst(Flow.list, \"x\"))), 0)",
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
        ("decimal", "1 / (1 - 1)", "division by zero"),
        ("decimal", "1 / 0", "division by zero"),
        (
            "currency",
            "MakeCurrency(5, \"XXQ\")",
            "no currency `XXQ` is known",
        ),
        (
            "audio",
            "ToAudioPhoneNumber(ToPhoneNumber(\"+1317\"), \"zz\")",
            "no region has the dialing code `zz`",
        ),
        (
            "decimal",
            "(1 - 9) ^ 0.3",
            "a negative number has no such power",
        ),
        (
            "decimal",
            "(1 - 9) ^ 0.5",
            "a negative number has no such power",
        ),
        ("decimal", "(1 - 1) ^ -1", "division by zero"),
        ("decimal", "(1 - 1) ^ -0.5", "division by zero"),
        (
            "string",
            "MakeList(NOT_SET, NOT_SET)",
            "the value is NOT_SET collection, expected string",
        ),
        ("integer", "1 + Flow.unsetNumber", "NOT_SET beside `+`"),
        ("integer", "1 + NOT_SET", "NOT_SET can't be computed with"),
        (
            "string",
            "Left(Flow.unset, 1)",
            "Left: argument 1 is NOT_SET",
        ),
        (
            "string",
            "Left(\"a\", -1)",
            "argument 2 of Left is -1, not from 0 upwards",
        ),
        (
            "boolean",
            "Flow.unset == \"a\" and !Contains(Flow.unset, \"a\") or Contains(Flow.unset, \"a\")",
            "Contains: argument 1 is NOT_SET",
        ),
        ("boolean", "not true", "`not` is no operator"),
        ("boolean", "1 <> 2", "`<>` is no operator"),
        (
            "integer",
            "(Flow.list)[0]",
            "`.` and `[` follow a name or a call",
        ),
        ("integer", "999999999999999 + 1", "the result is too large"),
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
    ];
    for (kind, expression, wanted) in cases {
        let why = evaluate(kind, expression).unwrap_err();
        assert!(why.contains(wanted), "{expression}: {why}");
    }
}

/// JSON that a service answered is anything; what is made of it has the type that was said, or is refused.
#[test]
fn what_can_not_be_converted_is_refused() {
    let least = r#"JsonParse("-9223372036854775808")"#;
    let far = r#"JsonParse("99999999999999999999")"#;
    for (kind, expression, wanted) in [
        (
            "boolean",
            r#"ToBool(JsonParse("[]"))"#,
            "ToBool: argument 1 is `[]`, not true or false",
        ),
        (
            "integer",
            r#"ToInt(JsonParse("{}"))"#,
            "ToInt: argument 1 is `{}`, not a number",
        ),
        (
            "decimal",
            r#"ToDecimal(JsonParse("[1]"))"#,
            "ToDecimal: argument 1 is `[1]`, not a number",
        ),
        (
            "dateTime",
            r#"ToDateTime(JsonParse("1.5"))"#,
            "ToDateTime: argument 1 is `1.5`, not a date and time",
        ),
        (
            "dateTime",
            r#"ToDateTime(JsonParse("true"))"#,
            "ToDateTime: argument 1 is `true`, not a date and time",
        ),
        (
            "duration",
            r#"ToDuration(JsonParse("[]"))"#,
            "ToDuration: argument 1 is `[]`, not a duration",
        ),
        (
            "integer",
            &format!("ToInt({least})"),
            "ToInt: the result is too large",
        ),
        (
            "integer",
            &format!("ToInt({far})"),
            "ToInt: argument 1 is `99999999999999999999`, not a number",
        ),
        (
            "duration",
            &format!("ToDuration({least})"),
            "ToDuration: the duration is too long",
        ),
    ] {
        let why = evaluate(kind, expression).unwrap_err();
        assert!(why.contains(wanted), "{expression}: {why}");
    }
}

#[test]
fn texts_have_a_bound() {
    let doubled = "Replace(Replace(Replace(Replace(\"aaaaaaaaaa\", \"a\", \"bbbbbbbbbbbbbbbbbbbb\"), \"b\", \"cccccccccccccccccccc\"), \"c\", \"dddddddddddddddddddd\"), \"d\", \"eeeeeeeeeeeeeeeeeeee\")";
    let why = evaluate("string", doubled).unwrap_err();
    assert!(why.contains("more than 32000 characters"), "{why}");
    let deep = format!("{}1{}", "(".repeat(200), ")".repeat(200));
    assert!(
        evaluate("integer", &deep)
            .unwrap_err()
            .contains("nested deeper than 100")
    );
}

#[test]
fn what_the_vendor_is_not_known_to_have_is_named() {
    let warned = |expression: &str| {
        let text = format!(
            "workflow:\n  name: W\n  startUpRef: S\n  states:\n    - state: {{name: S, actions: [{{endWorkflow: {{exitReason: {{exp: '{expression}'}}}}}}]}}\n"
        );
        shared::parse(&text).warnings().to_string()
    };
    let cases = [
        (
            "ToString(FindQueueById(\"a\"))",
            "5:67: warning: `FindQueueById(string) -> queue` is known from others' notes only (it works here; check it at the vendor)",
        ),
        (
            "ToString(ToQueue(\"a\"))",
            "5:67: warning: `ToQueue(string~) -> queue` is known from what the vendor doesn't offer to writers only (it works here; check it at the vendor)",
        ),
        (
            "ToString(EmailAddressLocalPart(\"a@b\"))",
            "5:67: warning: `EmailAddressLocalPart` is known from workflows of other kinds: email (it works here; check it at the vendor)",
        ),
        (
            "ToString(Format.Date.dayOnly)",
            "5:67: warning: `Format.Date.dayOnly` is known from workflows of other kinds: call (it works here; check it at the vendor)",
        ),
        ("ToString(Left(\"a\", 1))", ""),
    ];
    for (expression, warning) in cases {
        assert_eq!(warned(expression), warning, "{expression}");
    }
}

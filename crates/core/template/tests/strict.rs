//! Strict references by example; `tests/oracle` shows that the reference language answers the same.

use serde_json::json;
use tollgate_template::{Bounds, Context, Error, References, Refused, Template, Value, Why};

const STRICT: References = References::Strict { template: "t" };

fn render(template: &str, references: References) -> Result<String, Error> {
    let mut context = Context::new();
    let values = json!({"x": "text", "n": null, "i": 3, "l": ["a", null], "m": {"a": null}});
    for (name, value) in values.as_object().into_iter().flatten() {
        context.insert(name, Value::from_json(value));
    }
    Template::parse_with(template, references)?.render(&context, &Bounds::default())
}

#[test]
fn what_has_a_value_or_is_asked_for_one_renders() {
    for (template, expected) in [
        ("$x ${i} $!l[0] \\$x", "text 3 a $x"),
        ("$!n|$!m.a|$!l[1]|$!m.nope|#$!n|\\$n", "|||||\\$n"),
        ("#if($nope)y#{else}n#end", "n"),
        ("#if(!$nope && ($nope || $x))y#elseif($nope)z#end", "y"),
        ("#if(true)#set($v = $nope)[$!v]#end", "[]"),
        (
            "#if($x)#foreach($e in [1])#set($v = !$nope)$v#end#end",
            "true",
        ),
        ("#set($v = $n)[$!v]#set($x = $m.a)[$!x]", "[][]"),
        (
            "#foreach($e in $l)[$!e]#end#foreach($e in $n)no#end",
            "[a][]",
        ),
        (
            "#foo #E0E0E0 $1 US$ #[[$nope]]#",
            "#foo #E0E0E0 $1 US$ $nope",
        ),
        ("#set($m.b = $n)$m", "{\"a\":null,\"b\":null}"),
        ("#if($i > 2 && $n != $x)y#end", "y"),
    ] {
        let rendered = render(template, STRICT);
        assert_eq!(rendered.as_deref(), Ok(expected), "{template}");
    }
}

#[test]
fn what_has_none_is_refused_in_velocitys_words() {
    use Why::{Kind, Macro, Null, Unset};
    for (template, why, name, words) in [
        (
            "a $nope",
            Unset,
            Some("nope"),
            "Variable $nope has not been set at t[line 1, column 3]",
        ),
        (
            "\t$!nope.a",
            Unset,
            Some("nope"),
            "Variable $nope has not been set at t[line 1, column 9]",
        ),
        (
            "\r\n\\$nope",
            Unset,
            Some("nope"),
            "Variable $nope has not been set at t[line 2, column 1]",
        ),
        (
            "#if($nope.a)#end",
            Unset,
            Some("nope"),
            "Variable $nope has not been set at t[line 1, column 5]",
        ),
        (
            "#if($nope == 1)#end",
            Unset,
            Some("nope"),
            "Variable $nope has not been set at t[line 1, column 5]",
        ),
        (
            "#set($v = !$nope)",
            Unset,
            Some("nope"),
            "Variable $nope has not been set at t[line 1, column 12]",
        ),
        (
            "#foreach($e in $l)#end$e",
            Unset,
            Some("e"),
            "Variable $e has not been set at t[line 1, column 23]",
        ),
        (
            "#set($nope.a = 1)",
            Unset,
            Some("nope"),
            "Variable $nope has not been set at t[line 1, column 6]",
        ),
        (
            "#set($v = \"😀\n  \"\"$nope\")",
            Unset,
            Some("nope"),
            "Variable $nope has not been set at t[line 2, column 4]",
        ),
        (
            "${n}",
            Null,
            Some("n"),
            "Reference ${n} evaluated to null when attempting to render at t[line 1, column 1]",
        ),
        (
            "$m.a",
            Null,
            Some("m"),
            "Reference $m.a evaluated to null when attempting to render at t[line 1, column 1]",
        ),
        (
            "$!m.a.b",
            Null,
            Some("m"),
            "Attempted to access 'b' on a null value at t[line 1, column 7]",
        ),
        (
            "$x.foo",
            Kind,
            Some("x"),
            "Object 'java.lang.String' does not contain property 'foo' at t[line 1, column 4]",
        ),
        (
            "$x.foo(1, $n)",
            Kind,
            Some("x"),
            "Object 'java.lang.String' does not contain method foo(java.lang.Integer, null) at t[line 1, \
             column 4]",
        ),
        (
            "#set($x.a = 1)",
            Kind,
            Some("x"),
            "Object 'java.lang.String' does not contain property 'a' at t[line 1, column 6]",
        ),
        (
            "#set($x[0] = 'a')",
            Kind,
            Some("x"),
            "Found neither a 'set' or 'put' method with param types '(java.lang.Integer,java.lang.String)' \
             on class 'java.lang.String' at t[line 1, column 8]",
        ),
        (
            "#foreach($e in $x)#end",
            Kind,
            Some("x"),
            "#foreach parameter $x at t[line 1, column 16] is of type java.lang.String and is either of \
             wrong type or cannot be iterated.",
        ),
        (
            "#if($x < 1)#end",
            Kind,
            Some("x"),
            "Left side of '>=' operation is not a valid Number at t[line 1, column 9]",
        ),
        (
            "#if(1 <= $n)#end",
            Null,
            Some("n"),
            "Right side ($n) of '<=' operation has null value at t[line 1, column 9]",
        ),
        (
            "#foo($x)",
            Macro,
            None,
            "Macro '#foo' is not defined at t[line 1, column 1]",
        ),
    ] {
        let error = render(template, STRICT).unwrap_err();
        assert_eq!(error.message, words, "{template}");
        let name = name.map(str::to_owned);
        assert_eq!(error.refused, Some(Refused { name, why }), "{template}");
        assert!(
            render(template, References::AsWritten).is_ok(),
            "{template}"
        );
    }
}

#[test]
fn a_macro_takes_no_bare_words() {
    let error = Template::parse_with("#if(false)\n#foo($x b)#end", STRICT).unwrap_err();
    assert_eq!(
        error.message,
        "Invalid arg 'b' in macro #foo at t[line 2, column 9]"
    );
    assert!(Template::parse("#if(false)#foo($x b)#end").is_ok());
}

#[test]
fn other_errors_say_nothing_of_references() {
    let error = render("$x.substring(9)", STRICT).unwrap_err();
    assert_eq!(error.refused, None, "{error}");
}

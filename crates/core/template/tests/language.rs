//! What the reference lacks, by example: the tools that data actions add, hints, places, references.

use serde_json::json;
use tollgate_template::{Bounds, Context, Template, Value, nearest};

fn context() -> Context {
    let mut context = Context::new();
    let json = json!({"id": "a/b \"c\"", "phone": "tel:+13175550125", "n": null, "e": "", "list": ["x", "y/z", 2]});
    context.insert("input", Value::from_json(&json));
    context.insert("ids", Value::text("[\"p\\/1\", {\"a\": 1.0}]"));
    context.insert("none", Value::text("[]"));
    context.insert("text", Value::text("no array"));
    context
}

fn render(template: &str) -> Result<String, String> {
    let rendered =
        Template::parse(template).and_then(|it| it.render(&context(), &Bounds::default()));
    rendered.map_err(|error| error.to_string())
}

#[track_caller]
fn check(table: &[(&str, &str)]) {
    for (template, expected) in table {
        assert_eq!(render(template).as_deref(), Ok(*expected), "{template}");
    }
}

#[test]
fn escapes_that_data_actions_add() {
    check(&[
        ("$esc.jsonString($input.id)", "a\\/b \\\"c\\\""),
        ("$esc.jsonEncode('\u{7f}\u{2028}\n')", "\\u007F\\u2028\\n"),
        ("$esc.jsonDecode('a\\/b \\u00e9\\n')", "a/b é\n"),
        ("$esc.jsonDecode('\"')", "\""),
        ("$esc.uriEncode('a b+/é')", "a%20b%2B%2F%C3%A9"),
        ("$esc.urlFormEncode('a b+/é')", "a+b%2B%2F%C3%A9"),
        (
            "$!esc.uriEncode($input.n)|$esc.uriEncode($input.n)",
            "|$esc.uriEncode($input.n)",
        ),
        (
            "$input.e.replaceAll('(')|$input.e.matches('(', 1)",
            "$input.e.replaceAll('(')|$input.e.matches('(', 1)",
        ),
        ("$encoding.base64('user:pässword')", "dXNlcjpww6Rzc3dvcmQ="),
    ]);
}

#[test]
fn the_first_of_an_array() {
    check(&[
        (
            "$successTemplateUtils.firstFromArray(\"$ids\")",
            "\"p\\/1\"",
        ),
        ("$successTemplateUtils.firstFromArray($input.list)", "\"x\""),
        (
            "$successTemplateUtils.firstFromArray(\"$none\", \"$esc.quote$esc.quote\")",
            "\"\"",
        ),
        ("$successTemplateUtils.firstFromArray(\"$text\", 7)", "7"),
    ]);
    for (template, word) in [
        (
            "$successTemplateUtils.firstFromArray(\"$none\")",
            "the array is empty",
        ),
        (
            "$successTemplateUtils.firstFromArray(\"$text\")",
            "not an array",
        ),
        (
            "$successTemplateUtils.moveKeysIntoArrayOfObjects('a', 'b')",
            "not supported",
        ),
        ("$math.random", "not supported"),
        (
            "$input.id.getBytes()",
            "getBytes of a text is not supported",
        ),
    ] {
        let error = render(template).expect_err(template);
        assert!(error.contains(word), "{error}");
        assert!(error.starts_with("line 1, column 1"), "{error}");
    }
}

#[test]
fn urls_and_vendors() {
    check(&[
        (
            "$urlTool.optionalQueryParam('q', $input.id)",
            "q=a%2Fb%20%22c%22",
        ),
        ("$urlTool.optionalQueryParam('q', $input.n)", ""),
        ("$urlTool.optionalQueryParam('q', $input.e)", ""),
        ("$salesforce.escReserved('a-b(c)')", "a\\-b\\(c\\)"),
        (
            "$msdynamics.phoneNumberFilter($input.phone, ['a', 'b'])",
            "a eq 'tel:+13175550125' or a eq '13175550125' or b eq 'tel:+13175550125' or b eq '13175550125'",
        ),
    ]);
}

#[test]
fn faults_name_their_place_and_what_to_do() {
    for (template, line, column, word) in [
        ("a\n  #if($x)b", 2, 3, "this #if has no #end"),
        ("a\n#end", 2, 1, "#end without an #if"),
        ("#forech($a in [1 2])x#end", 1, 18, "did you mean #foreach?"),
        (
            "#forech($a in [1,2])x#end",
            1,
            22,
            "did you mean #foreach by #forech?",
        ),
        (
            "#foreach($a of)x#end",
            1,
            1,
            "expected #foreach($item in $list)",
        ),
        ("x #macro(a)#end", 1, 3, "#macro is refused"),
        ("#set($a 1)", 1, 9, "expected =, found `1`"),
        ("#if($a == )x#end", 1, 11, "expected a value"),
        ("${a.b(", 1, 6, "expected }, found `(`"),
        ("#set($a = \"x)", 1, 11, "no closing \""),
        ("é $", 1, 3, "a lone # or $"),
        ("#set($a = \"b $c.d(\")", 1, 19, "in this quoted text"),
        (
            "x\n$input.list.get(9)",
            2,
            1,
            "index 9 is outside a list of 3",
        ),
        (
            "#set($a = \"x $input.list.get(9)\")",
            1,
            14,
            "index 9 is outside a list of 3",
        ),
    ] {
        let fault = match Template::parse(template) {
            Ok(parsed) => parsed
                .render(&context(), &Bounds::default())
                .expect_err(template),
            Err(fault) => fault,
        };
        assert!(fault.message.contains(word), "{template}: {fault}");
        assert_eq!(
            (fault.line, fault.column),
            (line, column),
            "{template}: {fault}"
        );
    }
}

#[test]
fn references_are_found_where_they_are_read() {
    let text = "$input.a.b\n#set($v = \"x ${input.c.length()} $!d\")#if($e[$f])#end\\$g#foreach($h in $i.j)#end $esc.url($k)";
    let template = Template::parse(text).unwrap_or_else(|error| panic!("{error}"));
    let found: Vec<String> = template
        .references()
        .iter()
        .map(|it| {
            format!(
                "{}.{}@{}:{}",
                it.root,
                it.properties.join("."),
                it.line,
                it.column
            )
        })
        .collect();
    let expected = [
        "input.a.b@1:1",
        "input.c@2:14",
        "d.@2:34",
        "e.@2:43",
        "f.@2:46",
        "g.@2:55",
        "i.j@2:72",
        "esc.@2:82",
        "k.@2:91",
    ];
    assert_eq!(found, expected);
    assert_eq!(nearest("queueID", ["queueId", "name"]), Some("queueId"));
}

#[test]
fn a_context_is_only_read_and_a_buffer_used_again() {
    let template =
        Template::parse("$ids#set($ids = 1)$ids").unwrap_or_else(|error| panic!("{error}"));
    let context = context();
    let mut out = String::from("before");
    for _ in 0..2 {
        let rendered = template.render_into(&context, &Bounds::default(), &mut out);
        assert_eq!(rendered, Ok(()));
        assert_eq!(out, "[\"p\\/1\", {\"a\": 1.0}]1");
    }
}

#[test]
fn a_template_is_rendered_from_any_thread() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&Template::parse(
        "#set($a = [1, 'x', 99999999999999999999])$b.replaceAll('a', '')",
    ));
}

#[test]
fn what_is_put_into_a_value_stays_there() {
    let context = context();
    for expected in ["3", "4"] {
        let template = Template::parse("$input.list.size()#set($ok = $input.list.add('z'))");
        let rendered = template.and_then(|it| it.render(&context, &Bounds::default()));
        assert_eq!(rendered.as_deref(), Ok(expected));
    }
    let mut tools = Context::new();
    tools.insert("esc", Value::text("mine"));
    let rendered = Template::parse("$esc.q").and_then(|it| it.render(&tools, &Bounds::default()));
    assert_eq!(rendered.as_deref(), Ok("\""));
}

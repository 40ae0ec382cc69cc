//! Each bound holds, says where, and is reached at once: no input makes a rendering long, large or deep.

use tollgate_template::{Bounds, Context, Error, Template, Value};

fn context() -> Context {
    let mut context = Context::new();
    context.insert("x", Value::text("ab"));
    context.insert("l", Value::list(vec![Value::text("a"), Value::text("b")]));
    context
}

#[track_caller]
fn fails(template: &str, word: &str) -> Error {
    let small = Bounds {
        max_steps: 100_000,
        max_output_bytes: 1 << 18,
    };
    let error = match Template::parse(template) {
        Ok(parsed) => match parsed.render(&context(), &small) {
            Ok(out) => panic!("{} bytes from {}", out.len(), start(template)),
            Err(error) => error,
        },
        Err(error) => error,
    };
    assert!(error.message.contains(word), "{}: {error}", start(template));
    assert!(error.line > 0 && error.column > 0, "{error}");
    error
}

fn start(text: &str) -> &str {
    let end = text.char_indices().nth(80).map_or(text.len(), |(at, _)| at);
    &text[..end]
}

#[test]
fn steps() {
    let long = "#foreach($a in [1..900])\n#foreach($b in [1..900])$a#end#end";
    let error = fails(long, "stopped after 100000 steps");
    assert_eq!((error.line, error.column), (2, 1));
    fails(
        "#foreach($a in [1..2000000000])#end",
        "this range is too long",
    );
    fails(
        "#foreach($a in [-2147483648..2147483647])#end",
        "this range is too long",
    );
    // Work on long values counts, however few expressions do it.
    fails(
        "#set($s = $x.repeat(100000))#foreach($i in [1..30000])#if($s.contains('c'))#end#end",
        "steps",
    );
    fails(
        "#set($m = {})#foreach($i in [1..20000])#set($m[$i] = $i)#end#foreach($i in [1..20000])$!m.get($i)#end",
        "steps",
    );
}

#[test]
fn bytes() {
    let error = fails(
        "one\n  #set($s = $x)#foreach($i in [1..90])#set($s = $s + $s)#end",
        "grew beyond",
    );
    assert_eq!(error.line, 2);
    fails(
        "#set($s = $x)#foreach($i in [1..90])#set($s = \"$s$s\")#end",
        "grew beyond",
    );
    fails(
        &format!("#foreach($i in [1..9000]){}#end", "0123456789".repeat(9)),
        "grew beyond",
    );
    fails("$x.repeat(2000000000)", "grew beyond");
    fails(
        "#set($s = $x.repeat(1000))$s.replace('a', $s)",
        "grew beyond",
    );
    fails(
        "#set($s = $x.repeat(1000))$s.replaceAll('a', $s)",
        "grew beyond",
    );
    fails(
        "#set($s = $x.repeat(1000))$s.replaceAll('', $s)",
        "grew beyond",
    );
    fails(
        "#set($s = $x.repeat(120000))$esc.url($s.replace('a', '/'))",
        "grew beyond",
    );
    fails("#set($s = $x.repeat(100000))$s$s$s", "grew beyond");
    // Many texts, each of a size allowed.
    fails(
        "#set($s = $x.repeat(120000))#set($l = [])#foreach($i in [1..1000])#set($ok = $l.add(\"$s$i\"))#end",
        "texts built on the way",
    );
}

#[test]
fn nesting_of_templates() {
    let deep = 20_000;
    for (open, close) in [
        ("#if(true)", "#end"),
        ("#foreach($a in [1])", "#end"),
        ("#if((", ""),
        ("#if(!", ""),
        ("#set($a = [", ""),
        ("#set($a = {1:", ""),
        ("$a.b(", ""),
        ("$a[$a", ""),
        ("$a.b($a.c([", ""),
        ("#foo([$a.b([", ""),
        ("#if(\"#if(\"\"", ""),
        ("#@a()", ""),
        ("#literal()", ""),
    ] {
        let template = format!("{}x{}", open.repeat(deep), close.repeat(deep));
        assert!(Template::parse(&template).is_err(), "{open}");
    }
    fails(
        &format!("#if({}true{})#end", "(".repeat(200), ")".repeat(200)),
        "nested more than 64 deep",
    );
    // Long is not deep.
    let chain = format!("#set($a = 1{})$a", " + 1".repeat(20_000));
    let rendered = Template::parse(&chain).and_then(|it| it.render(&context(), &Bounds::default()));
    assert_eq!(rendered.as_deref(), Ok("20001"));
    let or = format!("#if(false{})yes#end", " || $nope".repeat(20_000));
    let rendered = Template::parse(&or).and_then(|it| it.render(&context(), &Bounds::default()));
    assert_eq!(rendered.as_deref(), Ok(""));
}

#[test]
fn nesting_of_values() {
    fails(
        "#set($l = [1])#foreach($i in [1..9000])#set($l = [$l])#end$l",
        "nests more than 128 deep",
    );
    fails(
        "#set($m = {})#foreach($i in [1..9000])#set($m = {'a': $m})#end$m",
        "nests more than 128 deep",
    );
    fails(
        "#set($a = [])#set($b = [])#foreach($i in [1..9000])#set($a = [$a])#set($b = [$b])#end#if($a == $b)#end",
        "nests more than 128 deep",
    );
    fails("$l.add($l)", "can't be put into itself");
    fails(
        "#set($m = {'l': $l})$l.add([$m])",
        "can't be put into itself",
    );
    fails(
        "#set($m = {})#set($m.a = [{'b': $m}])",
        "can't be put into itself",
    );
    // Let go of without descending: 2^n paths, and a chain of n.
    let grown = "#set($a = [])#foreach($i in [1..40])#set($a = [$a, $a])#end#set($b = [])#foreach($i in [1..9000])#set($b = [$b])#end";
    let rendered = Template::parse(grown).and_then(|it| it.render(&context(), &Bounds::default()));
    assert_eq!(rendered.as_deref(), Ok(""));
}

/// Whatever holds the next: an entry of a map, a loop, a list of JSON or plain. As deep as the steps allow,
/// on a thread with the stack that a test's and a server's threads have.
#[test]
fn chains_of_any_holder_are_printed_compared_and_let_go_of() {
    let entry = "#set($m = {'k': $a})#foreach($e in $m.entrySet())#set($a = $e)#end";
    let scope = "#foreach($j in [1])#set($k = $foreach)#end#set($foreach = $k)#set($a = $k)";
    let stored = "#foreach($j in [1])#set($foreach.x = $a)#set($k = $foreach)#end#set($a = $k)";
    // What the caller sent is of JSON, and prints what it holds anew.
    let json = "#set($l = $input.lists.get($i))#set($x = $l.add($a))#set($m = {'k': $l})\
        #foreach($e in $m.entrySet())#set($a = $e)#end";
    for make in [entry, scope, stored, json] {
        for end in [
            "$a",
            "#if($a == $b)x#end",
            "#set($a = 1)x",
            "$esc.url($a)",
            "#set($l = [$a])$l",
        ] {
            let template = format!(
                "#set($a = 1)#foreach($i in [0..15000])#if($a)#end{make}#end#set($b = $a){end}"
            );
            let template = Template::parse(&template).unwrap();
            let mut context = context();
            let lists = vec![serde_json::json!([]); 15_001];
            let input = serde_json::json!({"lists": lists});
            context.insert("input", Value::from_json(&input));
            let bounds = Bounds {
                max_steps: 1_500_000,
                ..Bounds::default()
            };
            if let Err(error) = template.render(&context, &bounds) {
                let message = error.message;
                let bounded = ["nests more than 128 deep", "stopped after"];
                assert!(
                    bounded.iter().any(|it| message.contains(it)),
                    "{make} {end}: {message}"
                );
            }
        }
    }
}

#[test]
fn doubling_by_sharing() {
    let twice = "#foreach($i in [1..60])#set($a = [$a, $a])#end";
    fails(&format!("#set($a = ['x']){twice}$a"), "grew beyond");
    fails(
        &format!(
            "#set($a = []){twice}#set($b = []){}#if($a == $b)#end",
            twice.replace("$a", "$b")
        ),
        "steps",
    );
    fails(&format!("#set($a = []){twice}$esc.html($a)"), "grew beyond");
}

#[test]
fn numbers() {
    fails(
        "#set($n = 99999999999999999999)#foreach($i in [1..90])#set($n = $n * $n)#end",
        "more than 4096 digits",
    );
    fails(
        "#set($n = 99999999999999999999 * 1.5)#foreach($i in [1..90])#set($n = $n * $n)#end",
        "digits",
    );
    assert!(Template::parse(&format!("#set($n = {})$n", "9".repeat(100_000))).is_err());
}

#[test]
fn patterns() {
    let mut context = Context::new();
    context.insert("s", Value::text(&"a".repeat(5000)));
    let render = |template: &str| {
        Template::parse(template).and_then(|it| it.render(&context, &Bounds::default()))
    };
    // Elsewhere it backtracks for longer than the sun shines.
    assert_eq!(
        render("$s.matches('(a+)+b') $s.matches('(a|aa)+$')").as_deref(),
        Ok("false true")
    );
    // What goes back is counted, and ends.
    assert_eq!(
        render("$s.replaceAll('a(?=a)', '').length() $s.matches('(a)*+') $s.matches('(((a{1000}){1000}){1000})')")
            .as_deref(),
        Ok("1 true false")
    );
    for (pattern, word) in [
        ("(a+)+\\1b", "needed more than the"),
        ("(a|a)*?(?=b)", "needed more than the"),
        ("(a|a)*(?<=b)\\1", "avoid nested repetitions"),
        ("(", "malformed"),
        ("[", "Unclosed character class"),
        ("\\", "lone \\"),
    ] {
        let error = render(&format!("$s.replaceAll('{pattern}', '')")).expect_err(pattern);
        assert!(error.message.contains(word), "{pattern}: {error}");
    }
    fails(&format!("$x.matches('{}')", "(".repeat(3000)), "malformed");
    fails(
        &format!("$x.matches('{}')", "a".repeat(5000)),
        "a pattern may have",
    );
    fails(
        &format!("$x.matches('{}a{}')", "[".repeat(1000), "]".repeat(1000)),
        "nest too deeply",
    );
}

#[test]
fn long_templates() {
    // Every byte is looked at a bounded number of times: many small pieces, many references, many quotes.
    for (piece, times) in [
        ("\\a", 30_000),
        ("$x\n", 20_000),
        ("$x ", 20_000),
        ("\\\\ ", 20_000),
        ("#foo ", 15_000),
        ("#* *#", 15_000),
        ("$a.b('\"')", 8_000),
        ("  ", 50_000),
        ("$ # ", 20_000),
        ("{\"a\":\"", 10_000),
    ] {
        let text = piece.repeat(times);
        let template = Template::parse(&text).unwrap_or_else(|error| panic!("{piece}: {error}"));
        assert!(template.references().len() <= times, "{piece}");
    }
    fails(&"a".repeat((1 << 20) + 1), "a template may have");
}

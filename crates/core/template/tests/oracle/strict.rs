//! Templates around which the rules of strict references turn.

use super::generate;
use serde_json::Value as Json;

/// What Java calls the classes of this test's values, and what we call them.
const CLASSES: [(&str, &str); 10] = [
    ("wiremock.net.minidev", "net.minidev"),
    (
        "Oracle$DataActionEscape",
        "org.apache.velocity.tools.generic.EscapeTool",
    ),
    ("Oracle$SuccessTemplateUtils", "successTemplateUtils"),
    ("java.util.HashMap$KeySet", "java.util.Collection"),
    ("java.util.HashMap$Values", "java.util.Collection"),
    ("java.util.HashMap$EntrySet", "java.util.Collection"),
    ("java.util.HashMap$Node", "java.util.Map$Entry"),
    (
        "java.util.LinkedHashMap$LinkedKeySet",
        "java.util.Collection",
    ),
    (
        "java.util.LinkedHashMap$LinkedValues",
        "java.util.Collection",
    ),
    (
        "java.util.LinkedHashMap$LinkedEntrySet",
        "java.util.Collection",
    ),
];

/// The reference's words with our names of classes.
pub(crate) fn named_as_ours(words: &str) -> String {
    CLASSES
        .iter()
        .fold(words.to_owned(), |words, (theirs, ours)| {
            words.replace(theirs, ours)
        })
}

/// References: set, null, unset, with parts that are there, are null, or aren't there.
#[rustfmt::skip]
const REFERENCES: &[&str] = &[
    "x", "n", "nope", "i", "t", "m", "m.a", "m.nope", "m.nope.b", "m.c.d", "m.c.d.e", "in.c", "in.c.d",
    "in.e.f", "in.e.f.g", "x.foo", "x.foo()", "x.foo(1, 'a', $n)", "x.length()", "x.length().foo", "x[0]",
    "x.substring('a')", "x.substring($nope)", "x.substring(99)", "n.a", "n.foo()", "n[0]", "nope.a",
    "nope.foo()", "nope[0]", "l[0]", "l[7]", "l['a']", "l[$nope]", "l[$n]", "l.get($n)", "m[$n]", "m['a']",
    "m['q'].z", "m.get('q')", "m.get('q').z", "nums[3]", "nums[3].a", "esc.nope", "esc.url($n)",
    "esc.url($nope)", "esc.html($m.nope)", "esc.nope($x)", "esc.d.foo", "math.add($n, 1)", "math.add($x, $x)",
    "math.add('1', $nope)", "math.nope(1)", "math.nope", "foreach", "foreach.index", "velocityCount",
    "csv.split(',')[9]", "csv.split(',').nope", "m.keySet().nope", "l.subList(0, 1).nope",
    "successTemplateUtils.nope(1)", "successTemplateUtils.firstFromArray($l)", "huge.nope", "p.nope", "d.nope",
    "t.nope", "m.entrySet().iterator", "l.size('q')",
];

/// What is done with a reference, which stands for `~`.
#[rustfmt::skip]
const USES: &[&str] = &[
    "$~", "$!~", "${~}", "$!{~}", "\\$~", "\\\\$~", "a\t$~", "\n é😀 $~", "#$~", "$$~", "{\"k\": $!~}", "\\$!~",
    "#if($~)y#{else}n#end", "#if(!$~)y#{else}n#end", "#if($~ && $x)y#{else}n#end", "#if($x || $~)y#{else}n#end",
    "#if($n || $~ || $nope)y#{else}n#end", "#if(($~))y#{else}n#end", "#if(!($~ && !$nope))y#end",
    "#if(false)#elseif($~)y#{else}n#end", "#if($~ == 1)y#{else}n#end", "#if($n == $~)y#{else}n#end",
    "#if('' != $~)y#end", "#if($~ < 1)y#end", "#if(1 >  $~)y#end", "#if(1 <= $~)y#end", "#if($~ >= $~)y#end",
    "#if($~.foo)y#end", "#if(\"$~\" == '')y#end", "#if([$~])y#end", "#if(true && ($~ > 'a'))y#end",
    "#set($v = $~)$!v|#if($v)y#end|$v", "#set($v = !$~)$v", "#set($v = $~ && $x)$v", "#set($v = ($~))$v",
    "#if(true)#set($v = $~)[$!v]#end", "#if(true)#foreach($w in [1])#set($v = $~ || $nope)[$!v]#end#end",
    "#if(true)$~#end", "#if(true)#foreach($w in $~)a#end#end", "#if(true)#set($v = [$~])$v#end",
    "#if(true)#set($v = \"$~\")$v#end", "#if(true)#set($v = $~ + 1)$v#end", "#if(true)#set($v = $~ == 1)$v#end",
    "#if($nope)#set($v = $~)#end$v", "\"#if($~)y#end\"", "#set($v = \"#if($~)y#end\")$v",
    "#set($v = \"a $~\")$v", "#set($v = \"\t$~\")$v", "#set($v = \"\n\t$~\")$v", "#set($v = \"a\"\"b $~\")$v",
    "#set($v = \"\\u0041 $~\")$v", "\n  #set($v = \"a #set($w = \"\"\n b $~\"\")$w\")$v", "#set($v = '$~')$v",
    "#set($v = $~ + 'x')$v", "#set($v = 'x' + $~)$v", "#set($v = $~ * 2)$!v", "#set($v = 1 - $~)$v",
    "#set($v = [$~, 1])$v", "#set($v = {'a': $~})$v", "#set($v = [1..$~])$!v", "#set($v = {$~: 1})$v",
    "#foreach($v in $~)$!v,#end$!v", "#foreach($v in $~)#end$velocityCount", "#foreach($v in [$~])$!v#end",
    "#foreach($v in [1..$~])a#end", "#foreach($v in  \"$~\" )a#end", "#break($~)", "#stop($~)", "#stop##$~",
    "#foo($~)", "#@foo($~)a#end", "#foo", "#@foo", "#foo($~ b)", "#if(false)#foo($~)#end", "#if(false)#foo(b)#end",
    "#set($~.z = 1)$!x", "#set($~[0] = 1)$!x", "#set($~.z = $n)$!m", "#set($~['z'] = $n)$!m", "#set($~.z.y = 1)",
    "#set($m.z = $~)$!m.z", "#set($l[0] = $~)$!l", "#set($~ = 1)$x$!n", "#set($~ = $n)$!x|$x", "#set(${v} = $~)a",
    "#set($!v = $~)$!v", "$esc.html($~)", "$!esc.html($~)", "$math.add(1, $~)", "$x.concat($~)", "$l.contains($~)",
    "$m.get($~)", "$x.foo($~)", "$l[$~]", "$!m[$~]", "$m[\"$~\"]", "## $~\n", "#* $~ *#", "#[[ $~ ]]#", "\\#foo($~)",
    "#literal()$~#end", "#foreach($w in [1])#set($v = $~)#end$!v", "#foreach($v in [1])#set($~ = $n)#end$!x",
    "#foreach($v in [$n])#if($v)a#end#set($v = $~)$!v#end$!v", "#foreach($v in [1])$v#end$~",
    "#foreach($v in [1])#set($v = $~)$!v#end",
];

/// Whole templates for what one reference can't show.
#[rustfmt::skip]
const WHOLE: &[&str] = &[
    "$\\!x", "a $\\!nope b", "a$\\!{x}b", "#set($v = $\\!x)ok", "#if($\\!x)y#{else}n#end", "#foreach($v in $\\!x)a#end",
    "#foreach($v in [1])#set($foreach = $n)#end", "#foreach($foreach in [1])a#end", "#foreach($foreach in [$n])a#end",
    "#foreach($v in [1])#set($foreach = 2)#end$foreach", "#foreach($v in [1])$foreach.nope#end",
    "#foreach($v in [1])$!foreach.nope#end", "#foreach($v in [1])$!foreach.parent#end",
    "#foreach($v in [1])#set($foreach.a = $n)$!foreach.a#end", "#foreach($v in [1])#end$v", "#foreach($v 1 $l)$v#end", "#foreach($v $nope $l)$v#end", "#foreach($v on $l)$v#end", "#foreach($v in [])#end$v",
    "#foreach($x in [1])#end$x", "#foreach($v in [1, $n, 2])[$!v]#end", "#foreach($v in [1, $n, 2])[$v]#end",
    "#foreach($v in [$n])#set($v = 1)$v#end", "#foreach($v in [$n])#set($v = $n)$!v#end$!v", "$velocityHasNext",
    "#foreach($v in [1])#foreach($v in [2])$v#end$!v#end", "#foreach($v in $m.entrySet())$v.nope#end",
    "#foreach($v in [1])#set($velocityCount = $n)$!velocityCount#end", "#set($esc = $n)$!esc", "#set($n = $n)$!n$n",
    "#set($v = 1 < 2 < 3)$v", "#set($v = 1 < 'a' + 'b')$v", "#if($i < 1 || $i > $x)a#end", "#if($i + $x > 1)a#end",
    "#if($i * $x > 1)a#end", "#if(($i * $x) > 1)a#end", "#if($x.length() > \"$i\")a#end", "#if([1] > 1)a#end",
    "#if(true > false)a#end", "#if($nums[4] > 1 && $d >= 2.5)a#end", "#if($s > 1)a#end", "#if($s == 12)a#end",
    "#if($s\n<\n1)a#end", "#if(1\n<\n \t$s)a#end", "#foo(1)\n", "#foo()", " #{foo}()", "#foo(a)", "#foo(1 a)", "#foo",
    "#@foo(a)b#end", "#@foo()b#end", "#E0E0E0", "#endx", "a #end2.5", "#{endx}", "#end-", "#if($x)a#endb#end", "#@endx", "#foo(\"$nope\")", "#{foo}", "a\r\nb\rc\n\r $nope", "\t\t $nope",
    "1234567\t$nope", "12345678\t$nope", "#if(\n$nope.a\n)#end", "$x\n#set($v = $nope)", "#end", "$m.\n$nope",
    "$x.length( $nope )", "$x.concat(  \"\n$nope\")", "${x.concat($nope)}", "$!{m.nope.a}", "${m.nope}b", "$m.nope.",
    "$m.nope-1", "$nope()", "$nope.", "$nope[", "$nope[0", "$nope.foo(", "$ nope", "$", "$1", "$_", "$nope-a", "$a-b",
    "US$nope", "#set($v = 'a')#set($v.b = 1)", "#set($i.b = 1)", "#set($t[0] = 1)", "#set($l['a'] = 1)", "#set($l.a = $n)",
    "#set($d['a'] = $n)", "#set($esc.a = 1)", "#set($esc['a'] = 1)", "#set($m.c.q.z = 1)", "#set($m.c.q[0] = 1)",
    "#set($m.c.q.foo() = 1)", "#set($x.foo() = 1)", "#set($m.foo() = 1)$m.foo", "#set($nope = $nope)", "#set($nope.a = $nope)",
    "#set($nope[$nope] = 1)", "#set($n[$nope] = 1)", "#set($m[$nope] = 1)", "$!m.put('z', $n)$!m.z$m.z",
];

pub(crate) fn cases() -> Vec<(String, Json)> {
    let context = generate::contexts().swap_remove(1);
    let uses = USES.iter().flat_map(|used| {
        let filled = |reference: &&str| used.replace('~', reference);
        REFERENCES.iter().map(filled).collect::<Vec<_>>()
    });
    uses.chain(WHOLE.iter().map(|template| (*template).to_owned()))
        .map(|template| (template, context.clone()))
        .collect()
}

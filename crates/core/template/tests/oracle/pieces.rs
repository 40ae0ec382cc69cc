//! The pieces templates are generated from.

#[rustfmt::skip]
pub(super) const NAMES: [&str; 24] = [
    "x", "y", "i", "j", "z", "big", "max", "long", "huge", "d", "e", "f", "p", "tiny", "t", "no", "n",
    "s", "l", "nums", "m", "in", "nope", "v",
];

#[rustfmt::skip]
pub(super) const PIECES: [&str; 133] = [
    "$", "$!", "${", "$!{", "}", "{", "#", "##", "#*", "*#", "#[[", "]]#", "\\", "\\\\", "(", ")", "[",
    "]", "\"", "'", ".", "..", ",", " ", "\n", "  \n", "\r\n", "\t", "x", "y", "n", "nope", "1", "2.5",
    "-3", "true", "#if", "#if($x)", "#if(", "#else", "#elseif", "#elseif($t)", "#end", "#{end}",
    "#{else}", "#set", "#set(", "#set($v = 1)", "#foreach", "#foreach($v in $l)",
    "#foreach($v in [1..2])", "#break", "#stop", "#foo", "#foo(1)", "#{foo}", "$x", "$!x", "${x}",
    "$!{x}", "\\$x", "\\\\$x", "\\$nope", "\\#if", "\\#foo", "$!nope", "$m.a", "$l[0]", "$x.length()",
    "$x.", "$x.foo(", "$x[", "$esc.d", "$$", "##\n", "=", "==", "&&", "or", "-", "text", "é", "😀", "!",
    "$\\!x", "$x.true", "#@x", "#literal()",
    "#if($x)a#end", "$l[ 0 ]", "$l[0", "[1, 2]", "[1..3]", "{'a': 1}", "#set($v = \"", "not", "|", "||",
    "<=", ":", "$x.y.z", "$!{x.y}", "\\#set($v = 1)", "\\\\#if($x)", "\\\\#set($v=1)", "##c\r\n", "#**#",
    "#***#", "#[[]]#", "#{if}", "$x#if($t)", "$x##", "$x.a##", "$x#*a*#", "$m.a#set($v=2)", "#$x",
    "#foo$x", "${x}#end", "$x-1", "$x$y$!n", "@", "#if ($t)", "#if\n($t)", "#foreach", "#break()",
    "#stop()", "#define", "\u{0}", "\u{a0}", "#set(${v} = 1)$v", "#set($!v = 1)$v", "$foreach",
    "$velocityHasNext",
];

#[rustfmt::skip]
pub(super) const BINARY: [&str; 24] = [
    "+", "-", "*", "/", "%", "==", "!=", "<", ">", "<=", ">=", "&&", "||", "and", "or", "eq", "ne", "lt",
    "gt", "le", "ge", "+", "+", "-",
];

#[rustfmt::skip]
pub(super) const TEXT_METHODS: [&str; 30] = [
    "length()", "toUpperCase()", "toLowerCase()", "trim()", "isEmpty()", "substring(1)",
    "substring(0, 2)", "indexOf('e')", "lastIndexOf('t', 2)", "replace('t', 'é')",
    "replaceAll('[a-e]+', '<$0>')", "replaceFirst('(t)(e)?', '$2$1')", "split(',').size()", "split('')",
    "split('[te]')[0]", "contains('ex')", "startsWith('te')", "endsWith($x)", "equals($y)",
    "equalsIgnoreCase('TEXT')", "concat($s)", "charAt(0)", "matches('t.*')", "hashCode()", "toString()",
    "compareTo('tex')", "repeat(2)", "isBlank()", "strip()", "codePointAt(0)",
];

#[rustfmt::skip]
pub(super) const LIST_METHODS: [&str; 18] = [
    "size()", "isEmpty()", "get(0)", "get($i)", "contains('a')", "indexOf('b')", "lastIndexOf('z')",
    "add('n')", "add(0, 'n')", "remove(0)", "remove('a')", "set(0, 'w')", "subList(0, 1)",
    "containsAll(['a'])", "clear()", "addAll([1])", "equals($l)", "toString()",
];

#[rustfmt::skip]
pub(super) const MAP_METHODS: [&str; 16] = [
    "size()", "isEmpty()", "get('a')", "containsKey('a')", "containsValue(1)", "keySet()", "values()",
    "entrySet()", "put('a', 2)", "remove('a')", "getOrDefault('q', 'w')", "putIfAbsent('a', 3)", "a", "b",
    "c.d[1]", "putAll({'a': 4})",
];

#[rustfmt::skip]
pub(super) const NUMBER_METHODS: [&str; 10] = [
    "intValue()", "longValue()", "doubleValue()", "toString()", "equals(3)", "compareTo(3)", "hashCode()",
    "toString().length()", "parseInt('12')", "isNaN()",
];

#[rustfmt::skip]
pub(super) const ESC: [&str; 15] = [
    "url", "html", "xml", "java", "javascript", "sql", "jsonString", "jsonEncode", "propertyKey",
    "propertyValue", "velocity", "unicode", "nope", "html", "jsonString",
];

#[rustfmt::skip]
pub(super) const MATH: [(&str, usize); 19] = [
    ("add", 2), ("sub", 2), ("mul", 2), ("div", 2), ("pow", 2), ("idiv", 2), ("mod", 2), ("max", 2),
    ("min", 2), ("abs", 1), ("ceil", 1), ("floor", 1), ("round", 1), ("roundTo", 2), ("toInteger", 1),
    ("toDouble", 1), ("toNumber", 1), ("add", 3), ("getTotal", 1),
];

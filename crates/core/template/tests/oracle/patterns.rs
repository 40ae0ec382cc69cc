//! Java's patterns on texts around which their rules turn.

use serde_json::{Value as Json, json};

#[rustfmt::skip]
const PATTERNS: &[&str] = &[
    "", "a", "a*", "a+?", "a|b", "[abc]", "[^a-c]", "[a-c&&[^b]]", "[a[b]c]", "[a-]", "[-a]", "[]a]", "[^]a]", "[a^]", "[&]", "[a&&b]",
    ".", ".*", "^", "$", "^a", "a$", "\\d+", "\\D", "\\w+", "\\W", "\\s", "\\S+", "[\\d.]+", "[^\\d]", "[\\w-]+", "\\b", "\\bx",
    "\\h", "\\v", "\\R", "\\p{Alpha}+", "\\p{L}+", "\\P{L}", "\\p{Punct}", "\\p{Upper}", "\\pL", "\\.", "\\-", "\\/", "-", "#", " ", "&", "~",
    "(a)(b)?", "(?:ab)+", "(?i)A", "(?i:A)b", "(?s).", "(?m)^", "(?m)$", "(?<n>a)", "a{2}", "a{1,}", "a{0,2}", "\\Qa.b\\E", "\\Q.",
    "\\x61", "\\u0061", "\\t", "\\n", "\\0141", "\\e", "\\A.", ".\\z", "x\\Z", "é", "[é-ü]", "😀", "[😀a]", "\\$", "a,b", ",", ",+", "[,;]\\s*",
    "a(?=b)", "(?<=a)b", "(?<!a)b", "(a)\\1", "a++b", "(?>a|ab)c", "(?<n>.)\\k<n>", "(?s)^.*?(?=b)", "\\X", "\\G\\w",
    "(", ")", "[", "*", "a**", "\\", "{", "a{", "a{b}", "(?z)a", "\\y", "[z-a]", "x*", "^$", "\\s+$", "^\\s+", "[^A-Za-z0-9]", "[\\s\\S]+", "(a|ab)(c|bcd)(d*)",
];
#[rustfmt::skip]
const TEXTS: &[&str] = &[
    "", "a", "abc", "aaab", "a.b.c", "a,b,,c,,", "a b\tc\n", "A1-b_2", "é ü 漢 x", "line\nnext\r\nlast\n", "x", "abcd", " a ", "$1 \\ /", "12.5,7;8",
    "\u{85}a\u{2028}b", "aXbXc",
];
const REPLACEMENTS: &[&str] = &[
    "", "x", "<$0>", "[$1]", "\\$", "$", "\\", "${n}", "$9", "$10",
];

pub(crate) fn cases() -> Vec<(String, Json)> {
    let mut cases = Vec::new();
    for (at, pattern) in PATTERNS.iter().enumerate() {
        for (place, text) in TEXTS.iter().enumerate().skip(at % 2).step_by(2) {
            let replacement = REPLACEMENTS[(at + place) % REPLACEMENTS.len()];
            let context = json!({"p": pattern, "s": text, "r": replacement});
            for template in [
                "$s.matches($p)",
                "$s.replaceAll($p, $r)|$s.replaceFirst($p, $r)",
                "#set($a = $s.split($p))$a.size()#foreach($x in $a)<$x>#end#set($a = $s.split($p, 2))#foreach($x in $a)<$x>#end\
                 #set($a = $s.split($p, -1))#foreach($x in $a)<$x>#end",
            ] {
                cases.push((template.to_owned(), context.clone()));
            }
        }
    }
    cases
}

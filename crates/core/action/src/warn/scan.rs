//! Where a template uses what: every reference with its surroundings.
//!
//! The template has been compiled by then; this looks at its text once more, because a warning needs what
//! the compiled form no longer has: whether a reference prints, and whether it prints between the quotes of
//! a JSON text.

use std::collections::BTreeSet;
use std::ops::Range;

/// How deep calls may nest within calls; what lies deeper is not looked at.
const MAX_DEPTH: usize = 64;

/// One reference.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Use<'a> {
    /// The byte of its `$`.
    pub(crate) offset: usize,
    pub(crate) root: &'a str,
    /// The names after the root, up to the first call or index.
    pub(crate) properties: Vec<&'a str>,
    /// Whether it is written `$!`.
    pub(crate) quiet: bool,
    /// Whether anything is called or indexed on it.
    pub(crate) called: bool,
    /// The first method called on the root itself; empty for an index.
    pub(crate) first_call: Option<&'a str>,
    /// How it is used.
    pub(crate) usage: Usage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Usage {
    /// It prints, in the open.
    Printed,
    /// It prints between quotes.
    PrintedInQuotes,
    /// A call or a directive takes it.
    Argument,
}

/// One directive with an argument.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Directive<'a> {
    /// The byte of its `#`.
    pub(crate) offset: usize,
    pub(crate) name: &'a str,
    pub(crate) argument: &'a str,
    /// The bytes of the argument.
    pub(crate) range: Range<usize>,
}

/// What a template uses, in the order of its text.
#[derive(Debug, Default)]
pub(crate) struct Uses<'a> {
    pub(crate) references: Vec<Use<'a>>,
    pub(crate) directives: Vec<Directive<'a>>,
    /// The names to which the template itself gives a value.
    assigned: BTreeSet<&'a str>,
}

impl Use<'_> {
    /// How a reference that takes its place begins.
    pub(crate) fn sign(&self) -> &'static str {
        if self.quiet { "$!" } else { "$" }
    }
}

impl Uses<'_> {
    /// Whether the template itself gives a value to a name.
    pub(crate) fn sets(&self, name: &str) -> bool {
        self.assigned.contains(name)
    }

    /// The directive whose argument a place lies in: the last that begins before it.
    pub(crate) fn around(&self, offset: usize) -> Option<&Directive<'_>> {
        let behind = self
            .directives
            .partition_point(|directive| directive.offset <= offset);
        let directive = self.directives.get(behind.checked_sub(1)?)?;
        directive.range.contains(&offset).then_some(directive)
    }
}

/// Scans a template.
pub(crate) fn scan(text: &str) -> Uses<'_> {
    let mut scan = Scan {
        text,
        uses: Uses::default(),
    };
    scan.top();
    let mut uses = scan.uses;
    uses.directives.sort_by_key(|directive| directive.offset);
    let assigning = uses.directives.iter();
    let assigning = assigning.filter(|directive| matches!(directive.name, "set" | "foreach"));
    let targets = assigning.map(|directive| {
        let target = directive.argument.trim_start();
        let target = target.trim_start_matches(['$', '!', '{']);
        &target[..identifier(target)]
    });
    uses.assigned = targets.collect();
    uses
}

struct Scan<'a> {
    text: &'a str,
    uses: Uses<'a>,
}

impl<'a> Scan<'a> {
    fn top(&mut self) {
        let bytes = self.text.as_bytes();
        let (mut at, mut quoted) = (0, false);
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'\\' => at += 2,
                b'"' => {
                    quoted = !quoted;
                    at += 1;
                }
                b'$' => {
                    let usage = if quoted {
                        Usage::PrintedInQuotes
                    } else {
                        Usage::Printed
                    };
                    at = self.reference(at, usage, MAX_DEPTH).unwrap_or(at + 1);
                }
                b'#' => at = self.directive(at),
                _ => at += 1,
            }
        }
    }

    /// The byte after a comment, a directive with its argument, or a mere `#`.
    fn directive(&mut self, hash: usize) -> usize {
        let rest = &self.text[hash + 1..];
        let after = |end: &str| {
            let found = rest.find(end).map(|at| hash + 1 + at + end.len());
            found.unwrap_or(self.text.len())
        };
        match rest.as_bytes().first() {
            Some(b'#') => return after("\n"),
            Some(b'*') => return after("*#"),
            Some(b'[') if rest.starts_with("[[") => return after("]]#"),
            _ => {}
        }
        let brace = usize::from(rest.starts_with('{'));
        let length = identifier(&rest[brace..]);
        if length == 0 {
            return hash + 1;
        }
        let name = &rest[brace..brace + length];
        let mut at = hash + 1 + length + 2 * brace;
        let blanks = self.text.get(at..).unwrap_or_default();
        at += blanks.len() - blanks.trim_start_matches([' ', '\t']).len();
        if self.text.as_bytes().get(at) != Some(&b'(') {
            return hash + 1 + length;
        }
        let argument = self.arguments(at, MAX_DEPTH);
        self.uses.directives.push(Directive {
            offset: hash,
            name,
            argument: &self.text[argument.clone()],
            range: argument.clone(),
        });
        argument.end + 1
    }

    /// Records the reference at a `$` and what its calls take; the byte after it, or none if it is none.
    fn reference(&mut self, dollar: usize, usage: Usage, depth: usize) -> Option<usize> {
        let depth = depth.checked_sub(1)?;
        let bytes = self.text.as_bytes();
        let mut at = dollar + 1;
        let quiet = bytes.get(at) == Some(&b'!');
        at += usize::from(quiet);
        let braced = bytes.get(at) == Some(&b'{');
        at += usize::from(braced);
        let root = self.name(at)?;
        at += root.len();
        let place = self.uses.references.len();
        self.uses.references.push(Use {
            offset: dollar,
            root,
            properties: Vec::new(),
            quiet,
            called: false,
            first_call: None,
            usage,
        });
        let (mut properties, mut called, mut first_call) = (Vec::new(), false, None);
        loop {
            match bytes.get(at) {
                Some(b'.') => {
                    let Some(name) = self.name(at + 1) else { break };
                    at += 1 + name.len();
                    if bytes.get(at) == Some(&b'(') {
                        if !called && properties.is_empty() {
                            first_call = Some(name);
                        }
                        called = true;
                        at = self.arguments(at, depth).end + 1;
                    } else if !called {
                        properties.push(name);
                    }
                }
                Some(b'[') if bytes.get(at + 1) != Some(&b']') => {
                    if !called && properties.is_empty() {
                        first_call = Some("");
                    }
                    called = true;
                    at = self.arguments(at, depth).end + 1;
                }
                _ => break,
            }
        }
        let used = self.uses.references.get_mut(place)?;
        used.properties = properties;
        used.called = called;
        used.first_call = first_call;
        Some(at + usize::from(braced && bytes.get(at) == Some(&b'}')))
    }

    /// Records what lies between brackets, given the opening one; the bytes between them.
    fn arguments(&mut self, open: usize, depth: usize) -> Range<usize> {
        let bytes = self.text.as_bytes();
        let (mut at, mut nested, mut text) = (open + 1, 0_usize, None);
        while let Some(byte) = bytes.get(at) {
            match (byte, text) {
                (b'$', None | Some(b'"')) => {
                    at = self.reference(at, Usage::Argument, depth).unwrap_or(at + 1);
                    continue;
                }
                (quote @ (b'"' | b'\''), None) => text = Some(*quote),
                (quote, Some(open)) if *quote == open => text = None,
                (b'(' | b'[' | b'{', None) => nested += 1,
                (b')' | b']' | b'}', None) if nested == 0 => return open + 1..at,
                (b')' | b']' | b'}', None) => nested -= 1,
                _ => {}
            }
            at += 1;
        }
        open + 1..self.text.len()
    }

    fn name(&self, at: usize) -> Option<&'a str> {
        let rest = self.text.get(at..)?;
        Some(&rest[..identifier(rest)]).filter(|name| !name.is_empty())
    }
}

/// How many bytes at the start are a name: a letter, then letters, digits, `-` and `_`.
pub(crate) fn identifier(text: &str) -> usize {
    let bytes = text.as_bytes();
    if !bytes
        .first()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
    {
        return 0;
    }
    let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    bytes.iter().take_while(|byte| in_name(byte)).count()
}

#[cfg(test)]
mod tests {
    use super::{Usage, scan};

    fn uses(text: &str) -> Vec<(String, Usage)> {
        let found = scan(text).references.into_iter().map(|used| {
            let name = [&[used.root], &used.properties[..]].concat().join(".");
            (
                format!("{name}{}", if used.called { "()" } else { "" }),
                used.usage,
            )
        });
        found.collect()
    }

    #[test]
    fn references_are_told_apart_by_how_they_are_used() {
        let text =
            "{\"a\": \"$input.a\", \"b\": $!{input.b}, \"c\": \"$esc.jsonString($input.c)\"}";
        let expected = [
            ("input.a", Usage::PrintedInQuotes),
            ("input.b", Usage::Printed),
            ("esc()", Usage::PrintedInQuotes),
            ("input.c", Usage::Argument),
        ];
        assert_eq!(
            uses(text),
            expected.map(|(name, used)| (name.to_owned(), used))
        );
    }

    #[test]
    fn calls_nest_and_texts_are_looked_into() {
        let text = "${a.f(\"${b}\", '$no', [$c.d])}x ## $comment\n#* $x *##[[ $y ]]#\\$z ${e.g(')').h} $ $1";
        let names: Vec<String> = uses(text).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["a()", "b", "c.d", "e()"]);
    }

    #[test]
    fn directives_have_their_argument() {
        let found =
            scan("#if($a.b)#set( $x = ($input.y) )$x#{else}#end #foreach($i in [1..2])#end");
        let found_directives: Vec<_> = found
            .directives
            .iter()
            .map(|directive| (directive.name, directive.argument))
            .collect();
        let expected = [
            ("if", "$a.b"),
            ("set", " $x = ($input.y) "),
            ("foreach", "$i in [1..2]"),
        ];
        assert_eq!(found_directives, expected);
        assert!(found.sets("x") && found.sets("i") && !found.sets("a"));
    }
}

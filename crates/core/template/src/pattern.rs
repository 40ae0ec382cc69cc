//! Java's regular expressions, run in linear time.
//!
//! A pattern is rewritten to the `regex` crate's syntax, then matched the way Java's `Matcher` finds: after an
//! empty match the next character is tried, and an empty match may follow another at its end. What linear
//! time can't do (look-around, back-references, possessive and atomic groups) is an error that says so.

mod rewrite;

use crate::bounds::Meter;
use regex::Captures;
use tollgate_meter::PatternError;

/// The longest pattern, in bytes.
const MAX_PATTERN_BYTES: usize = 4096;
/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct Pattern {
    find: tollgate_meter::Pattern,
    whole: tollgate_meter::Pattern,
}

/// Compiles a pattern of Java's.
pub(crate) fn compile(text: &str, meter: &mut Meter) -> Result<Pattern, String> {
    if text.len() > MAX_PATTERN_BYTES {
        return Err(format!("a pattern may have {MAX_PATTERN_BYTES} bytes"));
    }
    let rewritten = rewrite::rewrite(text)?;
    let mut build = |pattern: &str| {
        let built = tollgate_meter::Pattern::compile(pattern, meter.whole()?);
        built.map_err(|error| match error {
            PatternError::Malformed(_) | PatternError::TooLarge => {
                let text: String = text.chars().take(40).collect();
                format!("the pattern `{text}` is malformed or too large")
            }
            PatternError::Stopped(exhausted) => exhausted.to_string(),
        })
    };
    Ok(Pattern {
        find: build(&rewritten)?,
        whole: build(&format!("\\A(?:{rewritten})\\z"))?,
    })
}

impl Pattern {
    /// Whether the whole text matches.
    pub(crate) fn matches(&self, text: &str, meter: &mut Meter) -> Result<bool, String> {
        let matched = self.whole.is_match(text, meter.whole()?);
        matched.map_err(|exhausted| exhausted.to_string())
    }

    /// Whether some part of the text matches.
    pub(crate) fn finds(&self, text: &str, meter: &mut Meter) -> Result<bool, String> {
        let found = self.find.is_match(text, meter.whole()?);
        found.map_err(|exhausted| exhausted.to_string())
    }

    /// Calls `each` with every match; stops where it says false.
    fn each<'t>(
        &self,
        text: &'t str,
        meter: &mut Meter,
        mut each: impl FnMut(&Captures<'t>, (usize, usize), &mut Meter) -> Result<bool, String>,
    ) -> Result<(), String> {
        let find = self.find.lend(text);
        let mut from = 0;
        while from <= text.len() {
            // What is passed over is paid for below; that a search may look further than it finds is not.
            meter.piece(self.find.worst(text.len() - from), 4)?;
            let Some(found) = find.captures_at(text, from) else {
                break;
            };
            let Some(span) = found.get(0).map(|it| (it.start(), it.end())) else {
                break;
            };
            meter.work(span.1 - from)?;
            if !each(&found, span, meter)? {
                break;
            }
            from = span.1;
            if span.0 == span.1 {
                from += text[from..].chars().next().map_or(1, char::len_utf8);
            }
        }
        Ok(())
    }

    /// `replaceAll`, or the first only: `$1` and `${name}` are groups, `\x` is x.
    pub(crate) fn replace(
        &self,
        text: &str,
        to: &str,
        all: bool,
        meter: &mut Meter,
    ) -> Result<String, String> {
        let (mut out, mut last) = (String::new(), 0);
        self.each(text, meter, |found, (start, end), meter| {
            meter.work(to.len())?;
            out.push_str(&text[last..start]);
            last = end;
            self.expand(to, found, &mut out)?;
            meter.fits(out.len())?;
            Ok(all)
        })?;
        out.push_str(&text[last..]);
        meter.build(out.len())?;
        Ok(out)
    }

    /// `split`: below 0 as many parts as there are, above 0 that many at most, at 0 without empty ones at
    /// the end.
    pub(crate) fn split<'t>(
        &self,
        text: &'t str,
        limit: i32,
        meter: &mut Meter,
    ) -> Result<Vec<&'t str>, String> {
        let most = usize::try_from(limit).ok().filter(|most| *most > 0);
        let (mut parts, mut last) = (Vec::new(), 0);
        if most != Some(1) {
            self.each(text, meter, |_, (start, end), _| {
                // An empty match at the start makes no part.
                if end > 0 {
                    parts.push(&text[last..start]);
                    last = end;
                }
                Ok(most.is_none_or(|most| parts.len() + 1 < most))
            })?;
        }
        if parts.is_empty() {
            return Ok(vec![text]);
        }
        parts.push(&text[last..]);
        if limit == 0 {
            while parts.last().is_some_and(|part| part.is_empty()) {
                parts.pop();
            }
        }
        Ok(parts)
    }

    /// Appends a replacement with its groups.
    fn expand(&self, to: &str, found: &Captures<'_>, out: &mut String) -> Result<(), String> {
        let mut rest = to;
        while let Some(at) = rest.find(['\\', '$']) {
            out.push_str(&rest[..at]);
            let sign = rest.as_bytes()[at];
            rest = &rest[at + 1..];
            let Some(next) = rest.chars().next() else {
                return Err("a replacement ends with a lone \\ or $".to_owned());
            };
            if sign == b'\\' {
                out.push(next);
                rest = &rest[next.len_utf8()..];
                continue;
            }
            let group = if let Some(named) = rest.strip_prefix('{') {
                let (name, after) = named.split_once('}').ok_or("a replacement's ${ has no }")?;
                rest = after;
                if !self
                    .find
                    .lend("")
                    .capture_names()
                    .any(|it| it == Some(name))
                {
                    return Err(format!("the pattern has no group {name}"));
                }
                found.name(name)
            } else {
                let first = next
                    .to_digit(10)
                    .ok_or("a replacement's $ is not followed by a group")?;
                let mut group = first as usize;
                if group >= found.len() {
                    return Err(format!("the pattern has no group {group}"));
                }
                rest = &rest[1..];
                // More digits belong to it as long as there is such a group.
                while let Some(digit) = rest.chars().next().and_then(|c| c.to_digit(10)) {
                    let longer = group * 10 + digit as usize;
                    if longer >= found.len() {
                        break;
                    }
                    group = longer;
                    rest = &rest[1..];
                }
                found.get(group)
            };
            out.push_str(group.map_or("", |it| it.as_str()));
        }
        out.push_str(rest);
        Ok(())
    }
}

//! What is done with matches: replacing them, and splitting at them.

use crate::{Error, Pattern, Search};
use tollgate_meter::Meter;

/// A part of a replacement.
enum Piece {
    Text(String),
    Group(usize),
}

impl Pattern {
    /// `replaceAll`, or `replaceFirst` without `all`: in `to`, `$1` and `${name}` are groups, and `\x` is x.
    /// The bytes of the result are held while it is built, and no longer.
    ///
    /// # Errors
    /// The replacement is malformed, which only a match brings to light, or the meter stops it.
    pub fn replace(&self, text: &str, to: &str, all: bool, meter: &Meter) -> Result<String, Error> {
        let mut held = 0;
        let built = self.replaced(text, to, all, meter, &mut held);
        meter.release(held);
        built
    }

    fn replaced(
        &self,
        text: &str,
        to: &str,
        all: bool,
        meter: &Meter,
        held: &mut usize,
    ) -> Result<String, Error> {
        // Both are dear to make: they wait until something is found.
        let mut pieces: Option<Vec<Piece>> = None;
        let groups = to.contains('$');
        let mut search = self.search(text, groups, meter)?;
        let (mut out, mut last) = (String::new(), 0);
        while let Some((start, end)) = search.advance()? {
            let pieces = match &mut pieces {
                Some(pieces) => pieces,
                none => none.insert(self.pieces(to)?),
            };
            append(&mut out, &text[last..start], held, meter)?;
            last = end;
            for piece in pieces {
                let part = match piece {
                    Piece::Text(part) => part,
                    Piece::Group(group) => {
                        let span = search.group(*group);
                        span.map_or("", |(start, end)| &text[start..end])
                    }
                };
                append(&mut out, part, held, meter)?;
            }
            if !all {
                break;
            }
        }
        append(&mut out, &text[last..], held, meter)?;
        Ok(out)
    }

    /// `split`: below 0 as many parts as there are, above 0 that many at most, at 0 without empty ones at
    /// the end.
    ///
    /// # Errors
    /// The meter stops it.
    pub fn split<'t>(
        &self,
        text: &'t str,
        limit: i32,
        meter: &Meter,
    ) -> Result<Vec<&'t str>, Error> {
        let most = usize::try_from(limit).ok().filter(|most| *most > 0);
        let (mut parts, mut last) = (Vec::new(), 0);
        let mut search: Search<'_> = self.search(text, false, meter)?;
        while most.is_none_or(|most| parts.len() + 1 < most)
            && let Some((start, end)) = search.advance()?
        {
            // An empty match at the start makes no part.
            if end > 0 {
                parts.push(&text[last..start]);
                last = end;
            }
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

    /// Reads a replacement.
    fn pieces(&self, to: &str) -> Result<Vec<Piece>, Error> {
        let fault = |how: &str| Err(Error::Replacement(how.to_owned()));
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = to;
        while let Some(at) = rest.find(['\\', '$']) {
            plain.push_str(&rest[..at]);
            let sign = rest.as_bytes()[at];
            rest = &rest[at + 1..];
            let Some(next) = rest.chars().next() else {
                return fault("a replacement ends with a lone \\ or $");
            };
            if sign == b'\\' {
                plain.push(next);
                rest = &rest[next.len_utf8()..];
                continue;
            }
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            if let Some(named) = rest.strip_prefix('{') {
                let end = named.find(|c: char| !c.is_ascii_alphanumeric());
                let name = &named[..end.unwrap_or(named.len())];
                let Some(after) = named[name.len()..].strip_prefix('}') else {
                    return fault("a replacement's ${ has no }");
                };
                rest = after;
                match self.group(name) {
                    Some(group) => pieces.push(Piece::Group(group)),
                    None => return fault(&format!("the pattern has no group {name}")),
                }
                continue;
            }
            let Some(first) = next.to_digit(10) else {
                return fault("a replacement's $ is not followed by a group");
            };
            let mut group = first as usize;
            rest = &rest[1..];
            if group >= self.groups() {
                return fault(&format!("the pattern has no group {group}"));
            }
            // More digits belong to it as long as there is such a group.
            while let Some(digit) = rest.chars().next().and_then(|c| c.to_digit(10)) {
                let longer = group * 10 + digit as usize;
                if longer >= self.groups() {
                    break;
                }
                group = longer;
                rest = &rest[1..];
            }
            pieces.push(Piece::Group(group));
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(pieces)
    }
}

/// Appends a part, and holds what the text takes more for that.
fn append(out: &mut String, part: &str, held: &mut usize, meter: &Meter) -> Result<(), Error> {
    let needed = out.len() + part.len();
    if needed > *held {
        let more = needed.max(2 * *held) - *held;
        meter.hold(more)?;
        *held += more;
        out.reserve_exact(*held - out.len());
    }
    meter.work(part.len())?;
    out.push_str(part);
    Ok(())
}

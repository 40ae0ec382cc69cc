//! `\Q…\E`: what is between is literal.

/// The pattern's characters, with escapes in the place of quotations.
pub(super) fn unquoted(text: &str) -> Vec<u32> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(u32::from(c));
        } else if rest.peek() == Some(&'Q') {
            rest.next();
            quotation(&mut rest, &mut out);
        } else {
            out.push(u32::from(c));
            out.extend(rest.next().map(u32::from));
        }
    }
    out
}

fn quotation(rest: &mut std::iter::Peekable<std::str::Chars<'_>>, out: &mut Vec<u32>) {
    let mut first = true;
    while let Some(c) = rest.next() {
        if c == '\\' && rest.peek() == Some(&'E') {
            rest.next();
            return;
        }
        if first && c.is_ascii_digit() {
            // It must not belong to an escape before the quotation.
            out.extend("\\x3".chars().map(u32::from));
        } else if c.is_ascii() && !c.is_ascii_alphanumeric() {
            out.push(u32::from('\\'));
        }
        out.push(u32::from(c));
        first = false;
    }
}

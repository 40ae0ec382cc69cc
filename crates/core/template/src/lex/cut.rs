//! Which token a state cuts off the front of a text.

use super::scan::{blank_line_end, bracketed, exponent, line_end, run, string, word};
use super::{Kind, State};

/// The longest token of the state, the earlier kind of two as long; a terminator where nothing fits.
pub(super) fn longest(state: State, rest: &str) -> Option<(Kind, usize)> {
    let bytes = rest.as_bytes();
    let mut best = Best(None);
    match bytes.first()? {
        b'$' | b'#' | b'\\' | b' ' | b'\t' => signs(state, rest, &mut best),
        _ => {}
    }
    match state {
        State::Default => default(bytes, &mut best),
        State::Reference | State::Modifier => reference(state, bytes, &mut best),
        State::Index => {
            best.literal(Kind::IndexClose, bytes, b"]");
            value(bytes, &mut best);
            number(bytes, &mut best);
        }
        State::Arguments => {
            brackets(bytes, &mut best);
            best.literal(Kind::ArgumentsClose, bytes, b")");
            value(bytes, &mut best);
            number(bytes, &mut best);
            name(bytes, &mut best);
        }
        State::Directive => directive(bytes, &mut best),
        State::PreDirective => {
            keywords(bytes, &mut best);
            number(bytes, &mut best);
            words(bytes, &mut best);
        }
        State::LineComment => best.longer(Kind::LineCommentEnd, line_end(bytes)),
        State::Comment => best.literal(Kind::CommentEnd, bytes, b"*#"),
        State::FormalComment => best.literal(Kind::FormalCommentEnd, bytes, b"*#"),
        State::TextBlock => best.literal(Kind::TextBlock, bytes, b"]]#"),
    }
    let any = match state {
        State::Reference | State::Modifier | State::PreDirective => Kind::Terminator,
        State::LineComment | State::Comment | State::FormalComment => Kind::Skipped,
        State::TextBlock => Kind::BlockCharacter,
        State::Default | State::Index | State::Arguments | State::Directive => return best.0,
    };
    best.0
        .or_else(|| Some((any, rest.chars().next()?.len_utf8())))
}

struct Best(Option<(Kind, usize)>);

impl Best {
    fn longer(&mut self, kind: Kind, length: usize) {
        let wins = match self.0 {
            None => length > 0,
            Some((other, before)) => length > before || (length == before && kind < other),
        };
        if wins {
            self.0 = Some((kind, length));
        }
    }

    fn literal(&mut self, kind: Kind, bytes: &[u8], literal: &[u8]) {
        if bytes.starts_with(literal) {
            self.longer(kind, literal.len());
        }
    }
}

/// `$`, `#` and what they begin, in any state.
fn signs(state: State, rest: &str, best: &mut Best) {
    let bytes = rest.as_bytes();
    let escapes = run(bytes, |byte| byte == b'\\');
    if bytes.get(escapes) == Some(&b'$') {
        best.longer(Kind::Dollar, escapes + 1);
        let more = run(&bytes[escapes + 1..], |byte| byte == b'\\');
        if bytes.get(escapes + 1 + more) == Some(&b'!') {
            best.longer(Kind::DollarBang, escapes + more + 2);
        }
    }
    best.literal(Kind::TextBlockStart, bytes, b"#[[");
    best.literal(Kind::CommentStart, bytes, b"#*");
    best.literal(Kind::Hash, bytes, b"#");
    let after = rest
        .strip_prefix("#**")
        .and_then(|rest| rest.chars().next());
    if let Some(next) = after.filter(|c| *c != '#') {
        best.longer(Kind::FormalCommentStart, 3 + next.len_utf8());
    }
    let comments = matches!(
        state,
        State::Default | State::Reference | State::Directive | State::PreDirective
    );
    if comments {
        best.literal(Kind::LineComment, bytes, b"##");
    }
    let sets = matches!(
        state,
        State::Default | State::Reference | State::Modifier | State::Arguments
    );
    if sets {
        let blanks = run(bytes, |byte| matches!(byte, b' ' | b'\t'));
        let rest = &bytes[blanks..];
        let word = [&b"#set"[..], b"#{set}"]
            .into_iter()
            .find(|it| rest.starts_with(it));
        if let Some(word) = word {
            let spaces = run(&rest[word.len()..], |byte| byte == b' ');
            if rest.get(word.len() + spaces) == Some(&b'(') {
                best.longer(Kind::Set, blanks + word.len() + spaces + 1);
            }
        }
    }
}

fn default(bytes: &[u8], best: &mut Best) {
    empty_index(bytes, best);
    best.longer(
        Kind::Text,
        run(bytes, |byte| !matches!(byte, b'$' | b'#' | b'\\')),
    );
    best.literal(Kind::DoubleEscape, bytes, b"\\\\");
    best.literal(Kind::Escape, bytes, b"\\");
    let escapes = run(bytes, |byte| byte == b'\\');
    if escapes % 2 == 1 && bytes.get(escapes) == Some(&b'#') {
        let after = &bytes[escapes + 1..];
        let length = word(after).max(bracketed(after));
        if length > 0 {
            best.longer(Kind::EscapedDirective, escapes + 1 + length);
        }
    }
}

fn empty_index(bytes: &[u8], best: &mut Best) {
    for sign in [&b"$["[..], b"$.", b"$![", b"$\\!["] {
        best.literal(Kind::EmptyIndex, bytes, sign);
    }
}

fn reference(state: State, bytes: &[u8], best: &mut Best) {
    best.literal(Kind::IndexOpen, bytes, b"[");
    best.literal(Kind::LeftCurly, bytes, b"{");
    best.literal(Kind::RightCurly, bytes, b"}");
    if state == State::Reference {
        empty_index(bytes, best);
    } else {
        best.literal(Kind::Open, bytes, b"(");
    }
    truth(bytes, best);
    name(bytes, best);
}

fn name(bytes: &[u8], best: &mut Best) {
    if bytes[0].is_ascii_alphabetic() || bytes[0] == b'_' {
        let in_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        best.longer(Kind::Identifier, run(bytes, in_name));
    }
    if bytes[0] == b'.' && bytes.get(1).is_some_and(u8::is_ascii_alphabetic) {
        best.longer(Kind::Dot, 2);
    }
}

fn truth(bytes: &[u8], best: &mut Best) {
    best.literal(Kind::True, bytes, b"true");
    best.literal(Kind::False, bytes, b"false");
}

/// Blanks, strings and truth values.
fn value(bytes: &[u8], best: &mut Best) {
    let white = |byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    best.longer(Kind::White, run(bytes, white));
    best.longer(Kind::String, string(bytes));
    truth(bytes, best);
}

fn brackets(bytes: &[u8], best: &mut Best) {
    best.literal(Kind::ListOpen, bytes, b"[");
    best.literal(Kind::ListClose, bytes, b"]");
    best.literal(Kind::Comma, bytes, b",");
    best.literal(Kind::DoubleDot, bytes, b"..");
    best.literal(Kind::Colon, bytes, b":");
    best.literal(Kind::MapOpen, bytes, b"{");
    best.literal(Kind::MapClose, bytes, b"}");
}

const OPERATORS: [(Kind, &[u8]); 22] = [
    (Kind::Minus, b"-"),
    (Kind::Plus, b"+"),
    (Kind::Times, b"*"),
    (Kind::Over, b"/"),
    (Kind::Modulo, b"%"),
    (Kind::And, b"&&"),
    (Kind::And, b"and"),
    (Kind::Or, b"||"),
    (Kind::Or, b"or"),
    (Kind::Less, b"<"),
    (Kind::Less, b"lt"),
    (Kind::LessOrEqual, b"<="),
    (Kind::LessOrEqual, b"le"),
    (Kind::Greater, b">"),
    (Kind::Greater, b"gt"),
    (Kind::GreaterOrEqual, b">="),
    (Kind::GreaterOrEqual, b"ge"),
    (Kind::Equal, b"=="),
    (Kind::Equal, b"eq"),
    (Kind::NotEqual, b"!="),
    (Kind::NotEqual, b"ne"),
    (Kind::Not, b"!"),
];

fn directive(bytes: &[u8], best: &mut Best) {
    brackets(bytes, best);
    best.literal(Kind::Open, bytes, b"(");
    if bytes[0] == b')' {
        best.longer(Kind::Close, 1 + blank_line_end(&bytes[1..]));
    }
    value(bytes, best);
    best.longer(Kind::Newline, line_end(bytes));
    for (kind, sign) in OPERATORS {
        best.literal(kind, bytes, sign);
    }
    best.literal(Kind::Not, bytes, b"not");
    best.literal(Kind::Assign, bytes, b"=");
    number(bytes, best);
    words(bytes, best);
}

fn keywords(bytes: &[u8], best: &mut Best) {
    for end in [&b"end"[..], b"{end}"] {
        if bytes.starts_with(end) {
            best.longer(
                Kind::EndDirective,
                end.len() + blank_line_end(&bytes[end.len()..]),
            );
        }
    }
    for or_else in [&b"else"[..], b"{else}"] {
        if bytes.starts_with(or_else) {
            let length = or_else.len();
            best.longer(Kind::Else, length + blank_line_end(&bytes[length..]));
        }
    }
    best.literal(Kind::If, bytes, b"if");
    best.literal(Kind::If, bytes, b"{if}");
    best.literal(Kind::ElseIf, bytes, b"elseif");
    best.literal(Kind::ElseIf, bytes, b"{elseif}");
}

fn number(bytes: &[u8], best: &mut Best) {
    let digits = |from: usize| {
        run(&bytes[from.min(bytes.len())..], |byte| {
            byte.is_ascii_digit()
        })
    };
    let sign = usize::from(bytes[0] == b'-');
    let whole = digits(sign);
    let after = sign + whole;
    if whole > 0 {
        let dots = if bytes[after..].starts_with(b"..") {
            2
        } else {
            0
        };
        best.longer(Kind::Integer, after + dots);
        best.longer(Kind::Float, exponent(bytes, after).unwrap_or(0));
    }
    if bytes.get(after) == Some(&b'.') {
        let fraction = digits(after + 1);
        if whole > 0 || fraction > 0 {
            let end = after + 1 + fraction;
            best.longer(Kind::Float, exponent(bytes, end).unwrap_or(end));
        }
    }
}

fn words(bytes: &[u8], best: &mut Best) {
    best.longer(Kind::Word, word(bytes));
    best.longer(Kind::BracketedWord, bracketed(bytes));
}

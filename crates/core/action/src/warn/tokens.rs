//! Conditions and values that are set, taken apart as far as a warning needs it.

use super::scan;

/// Operators that need numbers.
pub(super) const ORDERING: [&str; 8] = ["<", ">", "<=", ">=", "lt", "gt", "le", "ge"];

/// Part of a condition or a value that is set.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A reference to a name, or a property of it, without calls.
    Name(&'a str),
    Operator(&'a str),
    Number,
    /// What stands between quotes.
    Text,
    Other,
}

/// The parts of an argument. What lies between quotes is one.
pub(super) fn tokens(argument: &str) -> Vec<Token<'_>> {
    let (mut tokens, mut rest) = (Vec::new(), argument.trim_start());
    while let Some(first) = rest.chars().next() {
        let (token, length) = token(rest, first, tokens.last());
        tokens.push(token);
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    tokens
}

fn token<'a>(rest: &'a str, first: char, before: Option<&Token<'_>>) -> (Token<'a>, usize) {
    let digits = |text: &str| {
        text.len()
            - text
                .trim_start_matches(|it: char| it.is_ascii_digit() || it == '.')
                .len()
    };
    let is_operand = matches!(
        before,
        Some(Token::Name(_) | Token::Number | Token::Text | Token::Other)
    );
    match first {
        '"' | '\'' => {
            let end = rest[1..].find(first).map_or(rest.len(), |end| end + 2);
            (Token::Text, end)
        }
        '$' => reference(rest),
        '0'..='9' => (Token::Number, digits(rest)),
        '-' if !is_operand && digits(&rest[1..]) > 0 => (Token::Number, 1 + digits(&rest[1..])),
        '<' | '>' | '=' | '!' | '+' | '-' | '*' | '/' | '%' | '&' | '|' => {
            let length = match rest.get(..2) {
                Some("<=" | ">=" | "==" | "!=" | "&&" | "||") => 2,
                _ => 1,
            };
            (Token::Operator(&rest[..length]), length)
        }
        '(' | ')' => (Token::Operator(&rest[..1]), 1),
        _ => match scan::identifier(rest) {
            0 => (Token::Other, first.len_utf8()),
            length if ORDERING.contains(&&rest[..length]) => {
                (Token::Operator(&rest[..length]), length)
            }
            length => (Token::Other, length),
        },
    }
}

/// A reference, with all that is called on it.
fn reference(rest: &str) -> (Token<'_>, usize) {
    let mut end = 1 + usize::from(rest[1..].starts_with('!'));
    let braced = rest[end..].starts_with('{');
    end += usize::from(braced);
    let length = scan::identifier(&rest[end..]);
    let start = end;
    end += length;
    let mut is_plain = length > 0;
    let mut name = &rest[start..end];
    loop {
        let behind = &rest[end..];
        let property = behind.strip_prefix('.').map_or(0, scan::identifier);
        end += match behind.chars().next() {
            Some('.') if property > 0 => 1 + property,
            Some('(' | '[') => {
                is_plain = false;
                brackets(behind)
            }
            Some('}') if braced => {
                end += 1;
                break;
            }
            _ => break,
        };
        name = &rest[start..end];
    }
    (
        if is_plain {
            Token::Name(name)
        } else {
            Token::Other
        },
        end,
    )
}

/// The bytes from an opening bracket to its closing one.
fn brackets(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' | '[' => depth += 1,
            ')' | ']' if depth == 1 => return at + 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::{Token, tokens};

    #[test]
    fn conditions_are_taken_apart() {
        use Token::{Name, Number, Operator, Other, Text};
        for (argument, expected) in [
            ("$a > 1", vec![Name("a"), Operator(">"), Number]),
            (
                "${a}>=$!{b-c}",
                vec![Name("a"), Operator(">="), Name("b-c")],
            ),
            ("$a.length() gt -1", vec![Other, Operator("gt"), Number]),
            (
                "$x = $a -1",
                vec![Name("x"), Operator("="), Name("a"), Operator("-"), Number],
            ),
            ("'$a > 1' == \"$b\"", vec![Text, Operator("=="), Text]),
            (
                "!$a && ($b[0] < 2)",
                vec![
                    Operator("!"),
                    Name("a"),
                    Operator("&&"),
                    Operator("("),
                    Other,
                    Operator("<"),
                    Number,
                    Operator(")"),
                ],
            ),
            (
                "$math.toNumber($a) > 1.5",
                vec![Other, Operator(">"), Number],
            ),
            ("${a.b} < é", vec![Name("a.b"), Operator("<"), Other]),
        ] {
            assert_eq!(tokens(argument), expected, "{argument}");
        }
    }
}

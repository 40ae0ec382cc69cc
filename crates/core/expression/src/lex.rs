//! Cuts an expression's characters into tokens.

use crate::bounds::{INTEGERS, MAX_CHARACTERS};
use crate::fault::Fault;
use crate::value::decimal;
use rust_decimal::Decimal;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Name(String),
    Text(String),
    Integer(i64),
    Decimal(Decimal),
    /// An operator or a bracket, as written.
    Sign(&'static str),
    End,
}

/// Longest first, so that `<=` isn't read as `<`.
const SIGNS: [&str; 25] = [
    "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "^", "&", "|", "~", "<", ">", "=", "!", "?",
    ":", "(", ")", "[", "]", ",", ".",
];

/// Signs of other languages, with what stands for them here.
const FOREIGN: [(&str, &str); 3] = [("&&", "and"), ("||", "or"), ("<>", "!=")];

pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, Fault> {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() > MAX_CHARACTERS {
        return Err(Fault::new(
            0,
            format!("an expression of more than {MAX_CHARACTERS} characters"),
            "compute it in several updateData steps",
        ));
    }
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < characters.len() {
        let character = characters[at];
        let (token, end) = if character.is_whitespace() {
            at += 1;
            continue;
        } else if character == '"' {
            text_token(&characters, at)?
        } else if starts_number(&characters, at, tokens.last()) {
            number_token(&characters, at)?
        } else if character.is_alphabetic() || character == '_' {
            let end = scan(&characters, at, |c| c.is_alphanumeric() || c == '_');
            (Token::Name(characters[at..end].iter().collect()), end)
        } else if characters[at..].starts_with(&['{', '{']) {
            let close = characters[at..].windows(2).position(|w| w == ['}', '}']);
            let end = at
                + 2
                + close.ok_or_else(|| Fault::new(at, "a placeholder without }}", "close it"))?;
            (Token::Name(characters[at..end].iter().collect()), end)
        } else {
            let rest: String = characters[at..].iter().take(2).collect();
            if let Some((sign, own)) = FOREIGN.iter().find(|(sign, _)| rest == *sign) {
                let message = format!("`{sign}` is no operator");
                return Err(Fault::new(at, message, format!("write {own}")));
            }
            let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) else {
                let help = if character == '\'' {
                    "texts stand in double quotes"
                } else {
                    ""
                };
                return Err(Fault::new(
                    at,
                    format!("`{character}` means nothing here"),
                    help,
                ));
            };
            (Token::Sign(sign), at + sign.len())
        };
        tokens.push((at, token));
        at = end;
    }
    tokens.push((characters.len(), Token::End));
    Ok(tokens)
}

fn scan(characters: &[char], from: usize, member: impl Fn(char) -> bool) -> usize {
    let length = characters[from..]
        .iter()
        .take_while(|c| member(**c))
        .count();
    from + length
}

/// Whether a number begins here: with a digit, or with a point before one, as in `.5`. A point behind a name
/// or a closing bracket leads to a property.
fn starts_number(characters: &[char], at: usize, before: Option<&(usize, Token)>) -> bool {
    let digit = |at: usize| characters.get(at).is_some_and(char::is_ascii_digit);
    let owned = matches!(
        before,
        Some((_, Token::Name(_) | Token::Text(_) | Token::Sign(")" | "]")))
    );
    digit(at) || (characters[at] == '.' && digit(at + 1) && !owned)
}

fn number_token(characters: &[char], at: usize) -> Result<(Token, usize), Fault> {
    let mut end = scan(characters, at, |c| c.is_ascii_digit());
    let fraction = characters.get(end) == Some(&'.');
    if fraction {
        end = scan(characters, end + 1, |c| c.is_ascii_digit());
    }
    let text: String = characters[at..end].iter().collect();
    let token = if fraction {
        let end = if text.ends_with('.') { "0" } else { "" };
        decimal(&format!("0{text}{end}")).map(Token::Decimal)
    } else {
        let whole = text.parse().ok();
        whole
            .filter(|number| INTEGERS.contains(number))
            .map(Token::Integer)
    };
    match token {
        Some(token) => Ok((token, end)),
        None => Err(Fault::new(
            at,
            format!("{text} is too large"),
            "integers have 15 digits, decimals 28",
        )),
    }
}

fn text_token(characters: &[char], start: usize) -> Result<(Token, usize), Fault> {
    let mut text = String::new();
    let mut at = start + 1;
    loop {
        match characters.get(at) {
            None => {
                return Err(Fault::new(
                    start,
                    "a text that doesn't end",
                    "close it with \"",
                ));
            }
            Some('"') => return Ok((Token::Text(text), at + 1)),
            Some('\\') => {
                text.push(match characters.get(at + 1) {
                    Some('n') => '\n',
                    Some('r') => '\r',
                    Some('t') => '\t',
                    Some(plain @ ('"' | '\\')) => *plain,
                    _ => {
                        return Err(Fault::new(
                            at,
                            "a backslash before a character that has no escape",
                            "write \\\\ for a backslash; \\\", \\n, \\r and \\t are known",
                        ));
                    }
                });
                at += 2;
            }
            Some(character) => {
                text.push(*character);
                at += 1;
            }
        }
    }
}

//! Telephone numbers: what is in the text that one is made of.
//!
//! A number is global if it is written with a `+`; only then is it known in E.164's form, and with its dialing
//! code. What is neither a number nor the address of a SIP telephone is kept as it was written.

use super::{Entity, Value};
use crate::kind::Kind;
use crate::region::regions;
use std::sync::Arc;

pub(super) fn value(text: &str) -> Value {
    let raw = text.trim();
    let (scheme, rest) = parts(raw);
    // An address may end in an `@` that nothing follows.
    let rest = rest.trim_end_matches('@');
    if rest.is_empty() {
        return Value::NotSet;
    }
    let digits = digits(rest);
    let tel = scheme == "tel" && !digits.is_empty();
    let sip = scheme == "sip" || scheme == "sips";
    let global = tel && rest.trim_start().starts_with('+');
    let uri = match tel || sip {
        true => format!("{scheme}:{rest}"),
        false => raw.to_owned(),
    };
    let mut properties = vec![
        ("raw", Value::text(raw)),
        ("uri", Value::text(&uri)),
        ("istel", Value::Boolean(tel)),
        ("issip", Value::Boolean(sip)),
        ("isglobal", Value::Boolean(global)),
    ];
    if tel || sip {
        properties.push(("scheme", Value::text(if tel { "tel" } else { "sip" })));
    }
    if global {
        let code = dialing_code(&digits);
        properties.push(("e164", Value::text(&format!("+{digits}"))));
        properties.push(("dialingcode", Value::text(code)));
        properties.push(("subscribernumber", Value::text(&digits[code.len()..])));
    } else if tel {
        properties.push(("subscribernumber", Value::text(&digits)));
    }
    let properties = properties.into_iter();
    let properties = properties.map(|(name, value)| (name.to_owned(), value));
    Value::Entity(Arc::new(Entity {
        kind: Kind::PhoneNumber,
        properties: properties.collect(),
    }))
}

/// What a text is by its scheme, and what follows that. Without one it is the address of a SIP telephone if it
/// has an `@`, and else a number.
fn parts(raw: &str) -> (&str, &str) {
    match raw.split_once(':') {
        Some((scheme, rest)) => {
            let known = ["tel", "sip", "sips"].into_iter();
            let mut known = known.filter(|known| known.eq_ignore_ascii_case(scheme));
            (known.next().unwrap_or(""), rest)
        }
        None if raw.contains('@') => ("sip", raw),
        None => ("tel", raw),
    }
}

/// The digits of a number, up to its parameters (`;ext=12`) or the first letter.
fn digits(number: &str) -> String {
    let number = number
        .chars()
        .take_while(|c| *c != ';' && !c.is_alphabetic());
    number.filter(char::is_ascii_digit).collect()
}

/// The digits of a global number that are its country's, or its region's; all where no region has them.
fn dialing_code(digits: &str) -> &str {
    let code = regions().find(|(_, code)| digits.starts_with(code));
    code.map_or(digits, |(_, code)| &digits[..code.len()])
}

impl Value {
    /// What tells telephone numbers apart: the digits of a number, and of anything else the whole text.
    pub(crate) fn phone_identity(entity: &Entity) -> Option<String> {
        let text = |name: &str| entity.properties.get(name).and_then(Value::to_text);
        let uri = text("uri").or_else(|| text("e164"))?;
        Some(match entity.properties.get("istel") {
            Some(Value::Boolean(false)) => uri.to_string(),
            _ => digits(parts(&uri).1),
        })
    }
}

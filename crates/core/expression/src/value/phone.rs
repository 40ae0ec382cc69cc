//! Telephone numbers: what is in the text that one is made of.
//!
//! A number is global if it is written with a `+`; only then is it known in E.164's form, and with its dialing
//! code. A text without a scheme is a number, or the address of a SIP telephone if it has an `@`.

use super::{Entity, Value};
use crate::kind::Kind;
use crate::region::regions;
use std::sync::Arc;

pub(super) fn value(text: &str) -> Value {
    let raw = text.trim();
    let lower = raw.to_ascii_lowercase();
    let schemes = ["tel", "sips", "sip"];
    let mut schemes = schemes.into_iter();
    let scheme = schemes.find(|scheme| {
        lower
            .strip_prefix(scheme)
            .is_some_and(|rest| rest.starts_with(':'))
    });
    let (written, rest) = match scheme {
        Some(scheme) => (scheme, &raw[scheme.len() + 1..]),
        None if raw.contains('@') => ("sip", raw),
        None => ("tel", raw),
    };
    // An address may end in an `@` that nothing follows.
    let rest = rest.trim_end_matches('@');
    let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
    let tel = written == "tel";
    if rest.is_empty() || (tel && digits.is_empty()) {
        return Value::NotSet;
    }
    let global = tel && rest.trim_start().starts_with('+');
    let mut properties = vec![
        ("raw", Value::text(raw)),
        ("uri", Value::text(&format!("{written}:{rest}"))),
        ("scheme", Value::text(if tel { "tel" } else { "sip" })),
        ("istel", Value::Boolean(tel)),
        ("issip", Value::Boolean(!tel)),
        ("isglobal", Value::Boolean(global)),
    ];
    if global {
        let code = dialing_code(&digits);
        properties.push(("e164", Value::text(&format!("+{digits}"))));
        properties.push(("dialingcode", Value::text(code)));
        properties.push(("subscribernumber", Value::text(&digits[code.len()..])));
    } else if tel {
        properties.push(("subscribernumber", Value::text(&digits)));
    }
    let properties = properties
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    Value::Entity(Arc::new(Entity {
        kind: Kind::PhoneNumber,
        properties: properties.collect(),
    }))
}

/// The digits of a global number that are its country's, or its region's; all where no region has them.
fn dialing_code(digits: &str) -> &str {
    let code = regions().find(|(_, code)| digits.starts_with(code));
    code.map_or(digits, |(_, code)| &digits[..code.len()])
}

impl Value {
    /// What tells telephone numbers apart: the digits of a number, the whole address of a SIP telephone.
    pub(crate) fn phone_identity(entity: &Entity) -> Option<String> {
        let text = |name: &str| entity.properties.get(name).and_then(Value::to_text);
        let uri = text("uri").or_else(|| text("e164"))?;
        Some(match entity.properties.get("issip") {
            Some(Value::Boolean(true)) => uri.to_string(),
            _ => uri.chars().filter(char::is_ascii_digit).collect(),
        })
    }
}

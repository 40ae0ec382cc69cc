//! What is heard: texts read out, silence, prompts, and numbers, amounts, dates and the like in spoken words.
//!
//! Audio is kept as a text: what is spoken, prompts and silence in square brackets. What is `NOT_SET` is
//! blank audio, not `NOT_SET`. Numbers are in the workflow's language where that is English, Spanish or French, as
//! the vendor's examples show them; all else is in English ([`words`]), so that no test should lean on it.

mod words;

use super::call::Call;
use super::definition::Code;
use crate::arithmetic::joined;
use crate::bounds::MAX_TEXT;
use crate::kind::Kind;
use crate::time;
use crate::value::Value;
use jiff::civil::DateTime;
use std::sync::Arc;
use words::{Form, Tongue};

pub(super) const CODE: &[(&str, Code)] = &[
    ("AudioPlaybackOptions", |call| Ok(call.at(0).clone())),
    ("FindSystemPrompt", prompt),
    ("FindUserPrompt", prompt),
    ("ToAudio", |call| Ok(Value::Audio(call.at(0).heard()))),
    ("ToAudioBlank", |call| {
        Ok(audio(format!("[silence {} ms]", call.integer(0)?)))
    }),
    ("ToAudioBool", boolean),
    ("ToAudioBoolean", boolean),
    ("ToAudioCurrency", |call| {
        let Value::Currency(money) = call.at(0) else {
            return Ok(audio(String::new()));
        };
        let Some(amount) = money.amount else {
            return Ok(audio(String::new()));
        };
        let code = money.code.as_deref().unwrap_or_default();
        Ok(audio(match (call.at(1), option(call).as_str()) {
            (Value::Integer(places), _) => words::amount_in_decimals(amount, code, *places),
            (_, option) => words::amount(amount, code, option),
        }))
    }),
    ("ToAudioDate", |call| spoken_date(call, words::time::date)),
    ("ToAudioDateTime", |call| {
        spoken_date(call, |at, _| {
            format!(
                "{} {}",
                words::time::time(at, true),
                words::time::date(at, "longYear")
            )
        })
    }),
    ("ToAudioDuration", |call| {
        if !call.has(0) {
            return Ok(Value::NotSet);
        }
        Ok(audio(words::time::duration(call.duration(0)?)))
    }),
    ("ToAudioNumber", |call| {
        if !call.has(0) {
            return Ok(audio(String::new()));
        }
        let places = call.arguments[1..].iter().find_map(|value| match value {
            Value::Integer(places) => Some(*places),
            _ => None,
        });
        let digits = told(call, "playDigits");
        let (tongue, form) = (tongue(call), form(call));
        Ok(audio(tongue.number(call.decimal(0)?, places, digits, form)))
    }),
    ("ToAudioNumberOrdinal", |call| {
        Ok(audio(match call.at(0) {
            Value::Integer(number) => tongue(call).ordinal(*number, form(call)),
            _ => String::new(),
        }))
    }),
    ("ToAudioPercent", |call| {
        if !call.has(0) {
            return Ok(audio(String::new()));
        }
        let places = match call.at(1) {
            Value::Integer(places) => Some(*places),
            _ => None,
        };
        let number = words::number(call.decimal(0)?, places, false);
        Ok(audio(format!("{number} percent")))
    }),
    ("ToAudioPhoneNumber", phone),
    ("ToAudioTime", |call| {
        spoken_date(call, |at, option| match option {
            "twentyFourHours" => words::time::time_of_24_hours(at),
            "twelveHours" => words::time::time(at, false),
            _ => words::time::time(at, true),
        })
    }),
    ("ToAudioTimeRange", |call| {
        let (from, to) = (call.integer(0)?, call.integer(1)?);
        let part = call.at(2).to_text().unwrap_or_default();
        let (low, high) = (from.min(to), from.max(to));
        let unit = match high {
            1 => part.trim_end_matches('s'),
            _ => &part,
        };
        Ok(audio(match low == high {
            true => format!("{low} {unit}"),
            false => format!("{low} to {high} {unit}"),
        }))
    }),
    ("ToAudioTTS", |call| {
        let text = call.at(0).to_text().unwrap_or_default();
        if option(call) != "playChars" {
            return Ok(Value::Audio(text));
        }
        let each = text.chars().map(String::from);
        Ok(audio(each.collect::<Vec<_>>().join(" ")))
    }),
];

fn audio(mut text: String) -> Value {
    if let Some((end, _)) = text.char_indices().nth(MAX_TEXT) {
        text.truncate(end);
    }
    Value::Audio(Arc::from(text))
}

/// Whether a constant of this name is among the arguments.
fn told(call: &Call<'_>, name: &str) -> bool {
    let mut arguments = call.arguments.iter().skip(1);
    arguments.any(|value| named(value).eq_ignore_ascii_case(name))
}

/// The form that the constants of `Language.` among the arguments ask for.
fn form(call: &Call<'_>) -> Form {
    Form {
        feminine: told(call, "feminine"),
        article: told(call, "article"),
    }
}

/// The language of the workflow at this point.
fn tongue(call: &Call<'_>) -> Tongue {
    let variables = ["call.language", "interaction.language", "session.language"];
    let mut known = variables.iter().map(|name| call.world.builtin(name));
    let tag = known.find_map(|value| value.to_text());
    Tongue::of(&tag.unwrap_or_default())
}

/// A date in the words that a constant of `Format.Date` asks for.
pub(super) fn date_in_words(millis: i64, format: &Value) -> Result<String, String> {
    let at = time::civil(millis).ok_or("the time lies too far away")?;
    Ok(words::time::date(at, &named(format)))
}

/// The way in which the second argument says it is to be spoken.
fn option(call: &Call<'_>) -> String {
    named(call.at(1))
}

/// The last part of the name of a constant such as `Format.Date.longYear`.
fn named(format: &Value) -> String {
    match format {
        Value::Entity(_) => {
            let name = format.to_text().unwrap_or_default();
            name.rsplit('.').next().unwrap_or_default().to_owned()
        }
        _ => String::new(),
    }
}

/// A prompt by its name, with or without its scope; none without a name.
fn prompt(call: &mut Call<'_>) -> Result<Value, String> {
    let name = call.at(0).to_text().unwrap_or_default();
    let scopes = ["PromptSystem.", "Prompt."];
    let bare = scopes.iter().find_map(|scope| name.strip_prefix(scope));
    Ok(match bare.unwrap_or(&name).trim() {
        "" => Value::NotSet,
        bare => Value::named(Kind::Prompt, bare),
    })
}

fn boolean(call: &mut Call<'_>) -> Result<Value, String> {
    let words = match option(call).as_str() {
        "playYesNo" => ["Yes", "No"],
        _ => ["True", "False"],
    };
    Ok(audio(match call.at(0) {
        Value::Boolean(true) => words[0].to_owned(),
        Value::Boolean(false) => words[1].to_owned(),
        _ => String::new(),
    }))
}

/// The digits of a telephone number: with its dialing code, or as its own country dials it.
fn phone(call: &mut Call<'_>) -> Result<Value, String> {
    let text = call.at(0).to_text().unwrap_or_default();
    let Value::Entity(entity) = call.at(0) else {
        return Ok(audio(words::digits(&text)));
    };
    let of = |name: &str| entity.properties.get(name).and_then(Value::to_text);
    let Some(code) = of("dialingcode") else {
        let number = of("subscribernumber").unwrap_or_default();
        return Ok(audio(words::digits(&number)));
    };
    let local = match call.at(1) {
        Value::String(from) => **from == *code,
        _ => option(call) == "local",
    };
    let number = words::digits(&of("subscribernumber").unwrap_or_default());
    Ok(audio(match (local, &*code) {
        // North America's numbers have no zero in front. That all others have one is a guess: the vendor's
        // examples show the Netherlands.
        (true, "1") => number,
        (true, _) => joined("zero", &number),
        (false, _) => format!("plus {} {number}", words::digits(&code)),
    }))
}

fn spoken_date(call: &Call<'_>, speak: impl Fn(DateTime, &str) -> String) -> Result<Value, String> {
    if !call.has(0) {
        return Ok(audio(String::new()));
    }
    let at = time::civil(call.date(0)?).ok_or("the time lies too far away")?;
    Ok(audio(speak(at, &option(call))))
}

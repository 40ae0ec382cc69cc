//! Numbers in Spanish words. 4 and 6 are spelt as the vendor's examples spell them.

use super::Form;

const UNITS: [&str; 16] = [
    "cero", "uno", "dos", "tres", "quatro", "cinco", "séis", "siete", "ocho", "nueve", "diez",
    "once", "doce", "trece", "catorce", "quince",
];
const TEENS: [&str; 4] = ["dieciséis", "diecisiete", "dieciocho", "diecinueve"];
const TWENTIES: [&str; 10] = [
    "veinte",
    "veintiuno",
    "veintidós",
    "veintitrés",
    "veinticuatro",
    "veinticinco",
    "veintiséis",
    "veintisiete",
    "veintiocho",
    "veintinueve",
];
const TENS: [&str; 10] = [
    "",
    "diez",
    "veinte",
    "treinta",
    "cuarenta",
    "cincuenta",
    "sesenta",
    "setenta",
    "ochenta",
    "noventa",
];
const HUNDREDS: [&str; 10] = [
    "",
    "ciento",
    "doscientos",
    "trescientos",
    "cuatrocientos",
    "quinientos",
    "seiscientos",
    "setecientos",
    "ochocientos",
    "novecientos",
];

/// One digit. The article is the indefinite one: `un` and `una` for one, `unos` and `unas` for more.
pub(super) fn digit(digit: u64, form: Form) -> &'static str {
    match (digit, form.article, form.feminine) {
        (1, _, true) => "una",
        (1, true, false) => "un",
        (_, true, true) if digit > 1 => "unas",
        (_, true, false) if digit > 1 => "unos",
        _ => UNITS[index(digit)],
    }
}

/// A whole number.
pub(super) fn whole(number: u64, form: Form) -> String {
    let plain = Form::default();
    match number {
        0..10 => digit(number, form).to_owned(),
        10..16 => UNITS[index(number)].to_owned(),
        16..20 => TEENS[index(number - 16)].to_owned(),
        20..30 => TWENTIES[index(number - 20)].to_owned(),
        30..100 => behind(TENS[index(number / 10)], " y ", number % 10, form),
        100 => "cien".to_owned(),
        101..1000 => behind(HUNDREDS[index(number / 100)], " ", number % 100, form),
        1000..2000 => behind("mil", " ", number % 1000, form),
        2000..1_000_000 => {
            let thousands = format!("{} mil", whole(number / 1000, plain));
            behind(&thousands, " ", number % 1000, form)
        }
        1_000_000..2_000_000 => behind("un millón", " ", number % 1_000_000, form),
        _ => {
            let millions = format!("{} millones", whole(number / 1_000_000, plain));
            behind(&millions, " ", number % 1_000_000, form)
        }
    }
}

fn behind(front: &str, between: &str, rest: u64, form: Form) -> String {
    match rest {
        0 => front.to_owned(),
        rest => format!("{front}{between}{}", whole(rest, form)),
    }
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(0)
}

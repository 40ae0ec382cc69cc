//! Numbers and amounts in words, as the vendor's examples have them: numbers in English, Spanish and French, what else
//! is read out in English.

mod french;
mod spanish;
pub(super) mod time;

use crate::value::rounded;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] = [
    "", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];
const GROUPS: [(u64, &str); 5] = [
    (1_000_000_000_000, "trillion"),
    (1_000_000_000, "billion"),
    (1_000_000, "million"),
    (1000, "thousand"),
    (100, "hundred"),
];
const ORDINALS: [(&str, &str); 6] = [
    ("one", "first"),
    ("two", "second"),
    ("three", "third"),
    ("five", "fifth"),
    ("eight", "eighth"),
    ("nine", "ninth"),
];
/// Names of one and of several, and of the hundredth part, of the currencies that are met most.
const MONEY: [(&str, [&str; 4]); 4] = [
    ("USD", ["dollar", "dollars", "cent", "cents"]),
    ("EUR", ["euro", "euros", "cent", "cents"]),
    ("GBP", ["pound", "pounds", "penny", "pence"]),
    ("CAD", ["dollar", "dollars", "cent", "cents"]),
];

/// The language in which a number is read out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tongue {
    English,
    Spanish,
    French,
}

/// The form of a number beside a noun, where the language has some.
#[derive(Clone, Copy, Default)]
pub(super) struct Form {
    pub(super) feminine: bool,
    /// As an indefinite article.
    pub(super) article: bool,
}

impl Tongue {
    /// The language by its tag, such as `es-us`; English for any that isn't known here.
    pub(super) fn of(tag: &str) -> Tongue {
        match tag.get(..2).map(str::to_ascii_lowercase).as_deref() {
            Some("es") => Tongue::Spanish,
            Some("fr") => Tongue::French,
            _ => Tongue::English,
        }
    }

    fn whole(self, number: u64, form: Form) -> String {
        match self {
            Tongue::English => whole(number),
            Tongue::Spanish => spanish::whole(number, form),
            Tongue::French => french::whole(number, form),
        }
    }

    fn digits(self, text: &str, form: Form) -> String {
        let digits = text.chars().filter_map(|digit| digit.to_digit(10));
        let words = digits.map(|digit| match self {
            Tongue::English => SMALL[digit as usize],
            Tongue::Spanish => spanish::digit(digit.into(), form),
            Tongue::French => french::digit(digit.into(), form),
        });
        words.collect::<Vec<_>>().join(" ")
    }

    /// What stands before a number below 0, and for the point.
    fn signs(self) -> (&'static str, &'static str) {
        match self {
            Tongue::English => ("negative", "point"),
            Tongue::Spanish => ("menos", "coma"),
            Tongue::French => ("moins", "virgule"),
        }
    }

    /// A place in a row: `two hundred and first`. In Spanish, and below 0, the number itself.
    pub(super) fn ordinal(self, number: i64, form: Form) -> String {
        match self {
            _ if number < 0 => self.number(number.into(), None, false, form),
            Tongue::English => ordinal(number.unsigned_abs()),
            Tongue::Spanish => spanish::whole(number.unsigned_abs(), form),
            Tongue::French => french::ordinal(number.unsigned_abs(), form),
        }
    }
}

/// A whole number: `two hundred one`.
fn whole(number: u64) -> String {
    for (size, name) in GROUPS {
        if number >= size {
            let rest = match number % size {
                0 => String::new(),
                rest => format!(" {}", whole(rest)),
            };
            return format!("{} {name}{rest}", whole(number / size));
        }
    }
    let small = |number: u64| usize::try_from(number).unwrap_or(0);
    match number {
        0..20 => SMALL[small(number)].to_owned(),
        _ if number.is_multiple_of(10) => TENS[small(number / 10)].to_owned(),
        _ => format!("{} {}", TENS[small(number / 10)], SMALL[small(number % 10)]),
    }
}

/// Each digit by itself; what is no digit is left out.
pub(super) fn digits(text: &str) -> String {
    Tongue::English.digits(text, Form::default())
}

/// A number in English; see [`Tongue::number`].
pub(super) fn number(number: Decimal, places: Option<i64>, by_digits: bool) -> String {
    Tongue::English.number(number, places, by_digits, Form::default())
}

impl Tongue {
    /// A number with its digits behind the point one by one; so many of them, cut off or filled up, where they
    /// are told. In front of the point it is spoken as a whole, or by its digits.
    pub(super) fn number(
        self,
        number: Decimal,
        places: Option<i64>,
        by_digits: bool,
        form: Form,
    ) -> String {
        let places = places.map(|places| u32::try_from(places.clamp(0, 28)).unwrap_or(0));
        let number = match places {
            Some(places) => {
                let mut cut = number.trunc_with_scale(places);
                cut.rescale(places);
                cut
            }
            None => number.normalize(),
        };
        let (negative, point) = self.signs();
        let below = number.is_sign_negative() && !number.is_zero();
        let text = number.abs().to_string();
        let (front, behind) = text.split_once('.').unwrap_or((&text, ""));
        let front = match by_digits {
            true => self.digits(front, form),
            false => self.whole(front.parse().unwrap_or(u64::MAX), form),
        };
        let front = if below {
            format!("{negative} {front}")
        } else {
            front
        };
        // Behind the point a digit has a gender where all are read one by one.
        let plain = Form {
            article: false,
            feminine: form.feminine && by_digits,
        };
        match behind {
            "" => front,
            behind => format!("{front} {point} {}", self.digits(behind, plain)),
        }
    }
}

/// A place in a row: `two hundred and first`.
fn ordinal(number: u64) -> String {
    let (hundreds, rest) = (number - number % 100, number % 100);
    if hundreds > 0 && rest > 0 {
        return format!("{} and {}", whole(hundreds), ordinal(rest));
    }
    let words = whole(number);
    let (front, last) = match words.rsplit_once(' ') {
        Some((front, last)) => (format!("{front} "), last),
        None => (String::new(), words.as_str()),
    };
    let known = ORDINALS.iter().find(|(cardinal, _)| *cardinal == last);
    match (known, last) {
        (Some((_, ordinal)), _) => format!("{front}{ordinal}"),
        (None, "twelve") => format!("{front}twelfth"),
        (None, _) => match last.strip_suffix('y') {
            Some(stem) => format!("{front}{stem}ieth"),
            None => format!("{front}{last}th"),
        },
    }
}

/// An amount in whole units and hundredths, or as an option of `Format.Currency` says.
pub(super) fn amount(amount: Decimal, code: &str, option: &str) -> String {
    let [unit, units, part, parts] = names(code);
    let sign = if amount.is_sign_negative() && !amount.is_zero() {
        "negative "
    } else {
        ""
    };
    let amount = rounded(amount.abs(), 2);
    let major = amount.trunc().to_u64().unwrap_or(u64::MAX);
    let minor = (amount.fract() * Decimal::from(100)).to_u64().unwrap_or(0);
    let spoken = match option {
        "majorUnitsOnly" => counted(major, [unit, units]),
        "minorUnitsOnly" => counted(minor, [part, parts]),
        "asMinorUnits" => counted(
            major.saturating_mul(100).saturating_add(minor),
            [part, parts],
        ),
        "playDigits" => {
            let text = amount.to_string();
            let (front, behind) = text.split_once('.').unwrap_or((&text, ""));
            format!("{} point {} {units}", digits(front), digits(behind))
        }
        _ => format!(
            "{} and {}",
            counted(major, [unit, units]),
            counted(minor, [part, parts])
        ),
    };
    format!("{sign}{spoken}")
}

/// A number of things, by the name of one and of several.
fn counted(number: u64, names: [&str; 2]) -> String {
    format!("{} {}", whole(number), names[usize::from(number != 1)])
}

/// An amount with so many digits behind the point.
pub(super) fn amount_in_decimals(amount: Decimal, code: &str, places: i64) -> String {
    let [_, units, ..] = names(code);
    format!("{} {units}", number(amount, Some(places), false))
}

fn names(code: &str) -> [&str; 4] {
    let known = MONEY.iter().find(|(known, _)| *known == code);
    known.map_or([code, code, "hundredth", "hundredths"], |(_, names)| *names)
}

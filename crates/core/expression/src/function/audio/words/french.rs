//! Numbers and places in a row in French words.

use super::Form;

const SMALL: [&str; 17] = [
    "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze",
    "douze", "treize", "quatorze", "quinze", "seize",
];
const TENS: [&str; 7] = [
    "",
    "dix",
    "vingt",
    "trente",
    "quarante",
    "cinquante",
    "soixante",
];

pub(super) fn digit(digit: u64, form: Form) -> &'static str {
    match digit {
        1 if form.feminine => "une",
        _ => SMALL[index(digit)],
    }
}

/// A whole number.
pub(super) fn whole(number: u64, form: Form) -> String {
    let plain = Form::default();
    match number {
        0..10 => digit(number, form).to_owned(),
        10..17 => SMALL[index(number)].to_owned(),
        17..20 => format!("dix-{}", SMALL[index(number - 10)]),
        20..70 => match (TENS[index(number / 10)], number % 10) {
            (tens, 0) => tens.to_owned(),
            (tens, 1) => format!("{tens} et {}", digit(1, form)),
            (tens, rest) => format!("{tens}-{}", digit(rest, form)),
        },
        71 => "soixante et onze".to_owned(),
        70..80 => format!("soixante-{}", whole(number - 60, form)),
        80 => "quatre-vingts".to_owned(),
        81..100 => format!("quatre-vingt-{}", whole(number - 80, form)),
        100..200 => behind("cent", number % 100, form),
        200..1000 => {
            let plural = if number.is_multiple_of(100) { "s" } else { "" };
            let hundreds = format!("{} cent{plural}", SMALL[index(number / 100)]);
            behind(&hundreds, number % 100, form)
        }
        1000..2000 => behind("mille", number % 1000, form),
        2000..1_000_000 => {
            let thousands = format!("{} mille", whole(number / 1000, plain));
            behind(&thousands, number % 1000, form)
        }
        _ => {
            let plural = if number < 2_000_000 { "" } else { "s" };
            let millions = format!("{} million{plural}", whole(number / 1_000_000, plain));
            behind(&millions, number % 1_000_000, form)
        }
    }
}

/// A place in a row: `première`, `vingt et unième`.
pub(super) fn ordinal(number: u64, form: Form) -> String {
    if number == 1 {
        let word = if form.feminine {
            "première"
        } else {
            "premier"
        };
        return word.to_owned();
    }
    let words = whole(number, Form::default());
    let stem = words.trim_end_matches(['e', 's']);
    match words.as_str() {
        _ if words.ends_with("cinq") => format!("{words}uième"),
        _ if words.ends_with("neuf") => format!("{}vième", words.trim_end_matches('f')),
        _ if words.ends_with("trois") || words.ends_with("six") => format!("{words}ième"),
        _ => format!("{stem}ième"),
    }
}

fn behind(front: &str, rest: u64, form: Form) -> String {
    match rest {
        0 => front.to_owned(),
        rest => format!("{front} {}", whole(rest, form)),
    }
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_a_row() {
        let said = |number| ordinal(number, Form::default());
        for (number, words) in [
            (1, "premier"),
            (3, "troisième"),
            (4, "quatrième"),
            (5, "cinquième"),
            (6, "sixième"),
            (9, "neuvième"),
            (21, "vingt et unième"),
            (80, "quatre-vingtième"),
            (200, "deux centième"),
        ] {
            assert_eq!(said(number), words);
        }
        assert_eq!(whole(71, Form::default()), "soixante et onze");
        assert_eq!(
            whole(1_999, Form::default()),
            "mille neuf cent quatre-vingt-dix-neuf"
        );
    }
}

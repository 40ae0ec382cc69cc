//! Dates, times of day and spans in English words.

use super::{ordinal, whole};
use jiff::civil::DateTime;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
/// A date, or the part of it that an option of `Format.Date` names.
pub(in super::super) fn date(at: DateTime, option: &str) -> String {
    let day = DAYS[usize::try_from(at.weekday().to_sunday_zero_offset()).unwrap_or(0)];
    let month = MONTHS[usize::try_from(at.month() - 1).unwrap_or(0)];
    let in_month = ordinal(at.day().unsigned_abs().into());
    let year = u64::try_from(at.year()).unwrap_or(0);
    match option {
        "shortMonthAndDay" => format!("{day} {month} {in_month}"),
        "dayOfWeekOnly" => day.to_owned(),
        "dayOnly" => capital(&in_month),
        "monthOnly" => month.to_owned(),
        "shortYearOnly" => short_year(year),
        "longYearOnly" => long_year(year),
        "shortYear" => format!("{day} {month} {in_month} {}", short_year(year)),
        _ => format!("{day} {month} {in_month} {}", long_year(year)),
    }
}

/// `two thousand fourteen`, `nineteen hundred eighty nine`.
fn long_year(year: u64) -> String {
    if (2000..2100).contains(&year) {
        return whole(year);
    }
    match year % 100 {
        0 => format!("{} hundred", whole(year / 100)),
        rest => format!("{} hundred {}", whole(year / 100), whole(rest)),
    }
}

/// `twenty fourteen`, `nineteen eighty nine`.
fn short_year(year: u64) -> String {
    match year % 100 {
        0 => long_year(year),
        rest @ 1..10 => format!("{} oh {}", whole(year / 100), whole(rest)),
        rest => format!("{} {}", whole(year / 100), whole(rest)),
    }
}

/// A time of day by twelve hours, with the half of the day behind it or without.
pub(in super::super) fn time(at: DateTime, half: bool) -> String {
    let hour = match at.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    let half = match (half, at.hour() < 12) {
        (false, _) => "",
        (true, true) => " AM",
        (true, false) => " PM",
    };
    format!("{}{half}", clock(hour, at.minute()))
}

pub(in super::super) fn time_of_24_hours(at: DateTime) -> String {
    clock(at.hour(), at.minute())
}

fn clock(hour: i8, minute: i8) -> String {
    let number = |number: i8| whole(u64::try_from(number).unwrap_or(0));
    let minutes = match minute {
        0 => String::new(),
        1..10 => format!(" oh {}", number(minute)),
        _ => format!(" {}", number(minute)),
    };
    capital(&format!("{}{minutes}", number(hour)))
}

/// A span to its seconds: `one hour thirty minutes and five seconds`.
pub(in super::super) fn duration(millis: i64) -> String {
    let sign = if millis < 0 { "negative " } else { "" };
    let seconds = millis.unsigned_abs() / 1000;
    let parts = [
        (seconds / 86_400, "day"),
        (seconds / 3600 % 24, "hour"),
        (seconds / 60 % 60, "minute"),
        (seconds % 60, "second"),
    ];
    let mut out = String::new();
    for (number, unit) in parts {
        if number == 0 {
            continue;
        }
        let and = match (out.is_empty(), unit) {
            (true, _) => "",
            (false, "second") => " and ",
            (false, _) => " ",
        };
        let plural = if number == 1 { "" } else { "s" };
        out.push_str(&format!("{and}{} {unit}{plural}", whole(number)));
    }
    if out.is_empty() {
        out.push_str("zero seconds");
    }
    format!("{sign}{out}")
}

fn capital(words: &str) -> String {
    let mut characters = words.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

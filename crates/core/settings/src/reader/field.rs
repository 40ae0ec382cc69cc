//! Values that aren't tables: numbers, spans, texts, flags, and lists of them.

use super::Section;
use crate::findings::Placed;
use crate::{parse_span, show_span};
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;
use toml::Spanned;
use toml::de::DeValue;

impl<'f, 't> Section<'f, 't> {
    /// A value as `read` understands it; where it doesn't, the value should have been what `expected` says.
    fn field<T>(
        &self,
        key: &'static str,
        expected: impl FnOnce() -> String,
        read: impl FnOnce(&'f DeValue<'t>) -> Option<T>,
    ) -> Option<Placed<T>> {
        let value = self.value(key)?;
        match read(value.get_ref()) {
            Some(read) => Some(self.placed(key, value, read)),
            None => self.expected(key, value, &expected()),
        }
    }

    fn placed<T>(&self, key: &str, spanned: &Spanned<DeValue<'_>>, value: T) -> Placed<T> {
        Placed {
            value,
            at: spanned.span().start,
            field: self.path_of(key),
        }
    }

    /// A number within a range; a whole one will do.
    pub fn number(&self, key: &'static str, range: RangeInclusive<f64>) -> Option<f64> {
        let value = self.value(key)?;
        self.number_of(key, value, &range)
    }

    /// A list of numbers, each within a range.
    pub fn numbers(&self, key: &'static str, range: RangeInclusive<f64>) -> Option<Vec<f64>> {
        let expected = || "a list of numbers such as [1, 2.5]".to_owned();
        let array = self.field(key, expected, DeValue::as_array)?.value.iter();
        let numbers = array.filter_map(|item| self.number_of(key, item, &range));
        Some(numbers.collect())
    }

    fn number_of(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        range: &RangeInclusive<f64>,
    ) -> Option<f64> {
        let text = match value.get_ref() {
            DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str()),
            DeValue::Float(number) => Some(number.as_str()),
            _ => None,
        };
        let number = text.and_then(|text| text.replace('_', "").parse::<f64>().ok());
        let number = number.filter(|number| range.contains(number));
        number.or_else(|| {
            let (low, high) = (range.start(), range.end());
            self.expected(key, value, &format!("a number from {low} to {high}"))
        })
    }

    /// A whole number within a range.
    pub fn whole(&self, key: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        let (low, high) = (range.start(), range.end());
        let expected = || match *high >= u64::from(u32::MAX) {
            true => format!("a whole number from {low}"),
            false => format!("a whole number from {low} to {high}"),
        };
        let number = self.field(key, expected, |value| {
            let integer = value.as_integer()?;
            let digits = integer.as_str().replace('_', "");
            let number = u64::from_str_radix(&digits, integer.radix()).ok();
            number.filter(|number| range.contains(number))
        });
        number.map(|number| number.value)
    }

    /// A whole number from `low` that fits 32 bits.
    pub fn count(&self, key: &'static str, low: u32) -> Option<u32> {
        self.whole(key, low.into()..=u32::MAX.into())
            .and_then(|number| u32::try_from(number).ok())
    }

    /// A number of bytes or of things, from 1.
    pub fn size(&self, key: &'static str) -> Option<usize> {
        self.count(key, 1)
            .and_then(|number| usize::try_from(number).ok())
    }

    /// A span within a range.
    pub fn span(&self, key: &'static str, range: RangeInclusive<Duration>) -> Option<Duration> {
        let expected = || {
            let (low, high) = (show_span(*range.start()), show_span(*range.end()));
            format!("a time span from \"{low}\" to \"{high}\" such as \"60s\"")
        };
        let span = self.field(key, expected, |value| {
            let span = value.as_str().and_then(parse_span);
            span.filter(|span| range.contains(span))
        });
        span.map(|span| span.value)
    }

    /// Whether the field is there with text as its value, where other values are fine as well.
    pub fn is_text(&self, key: &'static str) -> bool {
        self.value(key)
            .is_some_and(|value| value.get_ref().as_str().is_some())
    }

    /// Text that isn't empty.
    pub fn text(&self, key: &'static str) -> Option<Placed<String>> {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        self.parsed(key, "text in quotes", text)
    }

    /// Text that has to be there; `example`: what to add where it isn't.
    pub fn needed(&self, key: &'static str, example: &str) -> Option<Placed<String>> {
        if !self.has(key) {
            self.missing(key, example);
        }
        self.text(key)
    }

    /// Text that `parse` understands.
    pub fn parsed<T>(
        &self,
        key: &'static str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<Placed<T>> {
        let expected = || expected.to_owned();
        self.field(key, expected, |value| value.as_str().and_then(parse))
    }

    /// True or false.
    pub fn flag(&self, key: &'static str) -> Option<bool> {
        let flag = self.field(key, || "true or false".to_owned(), DeValue::as_bool);
        flag.map(|flag| flag.value)
    }

    /// A list of texts.
    pub fn texts(&self, key: &'static str) -> Option<Vec<Placed<String>>> {
        let expected = || "a list of texts such as [\"one\", \"two\"]".to_owned();
        let array = self.field(key, expected, DeValue::as_array)?.value;
        let texts = array.iter().enumerate().filter_map(|(index, item)| {
            let path = format!("{}[{}]", self.path_of(key), index + 1);
            self.findings.note(path, item.span().start);
            match item.get_ref().as_str() {
                Some(text) => Some(self.placed(key, item, text.to_owned())),
                None => self.expected(key, item, "text in quotes"),
            }
        });
        Some(texts.collect())
    }

    /// What a text says; where it says nothing, its own error is the problem.
    pub fn read<T: FromStr<Err: Display>>(&self, text: &Placed<String>) -> Option<T> {
        let read = text.value.parse::<T>();
        read.map_err(|error| self.reject(text, error.to_string()))
            .ok()
    }

    /// What each of a list of texts says; nothing if it is absent.
    pub fn read_each<T: FromStr<Err: Display>>(&self, key: &'static str) -> Vec<T> {
        let texts = self.texts(key).unwrap_or_default();
        texts.iter().filter_map(|text| self.read(text)).collect()
    }
}

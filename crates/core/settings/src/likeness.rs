//! Which known name a misspelt one is most like.

/// `; did you mean "…"?`, if one of `known` is likely to be meant by `written`; else nothing.
#[must_use]
pub fn did_you_mean<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> String {
    let meant = nearest(written, known);
    meant.map_or(String::new(), |name| format!("; did you mean {name:?}?"))
}

/// The one of `known` that is most likely meant by `written`: no more than a third of its letters differ,
/// letters in exchanged places counted once and whatever their case.
pub(crate) fn nearest<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let lower = written.to_lowercase();
    let differ = |name: &str| strsim::osa_distance(&lower, &name.to_lowercase());
    let nearest = known
        .map(|name| (differ(name), name))
        .min_by_key(|(letters, _)| *letters);
    let (letters, name) = nearest?;
    let longest = name.chars().count().max(lower.chars().count());
    (letters * 3 <= longest && name != written).then_some(name)
}

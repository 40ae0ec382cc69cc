//! Words that are taken whatever they are, but for slips of the pen in known ones.

/// The known word that a slip is meant to be: one of another case, with other signs between its parts, or with an `s`
/// more or less. None for a word that is known, or that is none of them.
pub(crate) fn slip<'a>(word: &str, mut known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let core = |word: &str| {
        let letters = word.chars().filter(|letter| letter.is_ascii_alphanumeric());
        let letters: String = letters.map(|letter| letter.to_ascii_lowercase()).collect();
        letters.trim_end_matches('s').to_owned()
    };
    known.find(|known| *known != word && core(known) == core(word))
}

#[cfg(test)]
mod tests {
    use super::slip;

    #[test]
    fn a_slip_is_told_from_another_word() {
        let known = ["custom-rest-actions", "basicAuth"];
        let meant = |word| slip(word, known.into_iter());
        assert_eq!(meant("custom-rest-action"), Some("custom-rest-actions"));
        assert_eq!(meant("Custom Rest Actions"), Some("custom-rest-actions"));
        assert_eq!(meant("BasicAuth"), Some("basicAuth"));
        assert_eq!(meant("basicAuth"), None);
        assert_eq!(meant("sap-rest-actions"), None);
    }
}

//! A count and what is counted, as a person says it.

/// `1 warning`, `2 warnings`, `1 try`, `2 tries`, `1 branch`, `2 branches`: the last word of what is counted takes the
/// plural.
#[must_use]
pub fn counted(count: u64, noun: &str) -> String {
    if count == 1 {
        return format!("1 {noun}");
    }
    let consonant_before_y = || {
        let mut letters = noun.chars().rev().skip(1);
        letters
            .next()
            .is_some_and(|letter| !"aeiou".contains(letter))
    };
    match noun.strip_suffix('y') {
        Some(stem) if consonant_before_y() => format!("{count} {stem}ies"),
        _ if ["s", "x", "ch", "sh"].iter().any(|end| noun.ends_with(end)) => {
            format!("{count} {noun}es")
        }
        _ => format!("{count} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn one_thing_is_not_several() {
        let said = [
            (0, "flow"),
            (1, "flow"),
            (2, "data action"),
            (1, "try"),
            (3, "try"),
            (2, "branch"),
            (2, "store key"),
        ];
        assert_eq!(
            said.map(|(count, noun)| counted(count, noun)),
            [
                "0 flows",
                "1 flow",
                "2 data actions",
                "1 try",
                "3 tries",
                "2 branches",
                "2 store keys"
            ]
        );
    }
}

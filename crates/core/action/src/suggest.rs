//! "Did you mean …?"

/// The known name that is nearest to a name that isn't known: the same but for case, or at most a third of
/// its letters away.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let distances = known.into_iter().map(|candidate| {
        let distance = distance(&lower, &candidate.to_lowercase());
        (distance, candidate)
    });
    let (distance, candidate) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance * 3 <= name.chars().count()).then_some(candidate)
}

/// How many letters must be put in, taken out or changed.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in b.iter().enumerate() {
            let change = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn case_and_slips_are_seen_through() {
        let known = ["queueId", "userId"];
        assert_eq!(nearest("QueueID", known), Some("queueId"));
        assert_eq!(nearest("queuId", known), Some("queueId"));
        assert_eq!(nearest("language", known), None);
        assert_eq!(nearest("x", []), None);
    }
}

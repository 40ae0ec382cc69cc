//! "Did you mean …?"

/// Longer names are not compared.
const MAX_LETTERS: usize = 64;
/// The most names that are compared.
const MAX_KNOWN: usize = 256;

/// The known name that is nearest to a name that isn't known: the same but for case, or at most a third of
/// its letters away.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > MAX_LETTERS {
        return None;
    }
    let lower = name.to_lowercase();
    let short = |candidate: &&str| candidate.len() <= MAX_LETTERS;
    let known = known.into_iter().take(MAX_KNOWN).filter(short);
    let distances = known.map(|candidate| {
        let distance = distance(&lower, &candidate.to_lowercase());
        (distance, candidate)
    });
    let (distance, candidate) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance * 3 <= name.chars().count()).then_some(candidate)
}

/// How many letters must be put in, taken out, changed, or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut next = vec![i];
        for j in 1..=b.len() {
            let change = row[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = change.min(row[j] + 1).min(next[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
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
        assert_eq!(nearest("uesrId", known), Some("userId"));
        assert_eq!(nearest("language", known), None);
        assert_eq!(nearest("x", []), None);
    }
}

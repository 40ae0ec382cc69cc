//! "Did you mean …?"

/// The one of `known` that `word` most likely means: at most a third of its letters differ, by insertion,
/// deletion, replacement or a swap of neighbours; the first of equals. None where nothing is near, or where
/// `word` is itself known.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters: Vec<char> = word.chars().take(MAX_LETTERS).collect();
    let mut best: Option<(usize, &str)> = None;
    for candidate in known {
        let other: Vec<char> = candidate.chars().take(MAX_LETTERS).collect();
        let most = letters.len().max(other.len()).div_ceil(3);
        let distance = distance(&letters, &other);
        if distance == 0 && word == candidate {
            return None;
        }
        if distance <= most && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Longer words are compared by their start.
const MAX_LETTERS: usize = 64;

/// Edits between two words; a letter in the other case counts as no edit beyond the first.
fn distance(a: &[char], b: &[char]) -> usize {
    let same = |x: char, y: char| x.eq_ignore_ascii_case(&y);
    let width = b.len() + 1;
    let mut rows = vec![0; (a.len() + 1) * width];
    for (at, cell) in rows[..width].iter_mut().enumerate() {
        *cell = at;
    }
    for i in 1..=a.len() {
        rows[i * width] = i;
        for j in 1..=b.len() {
            let replaced = usize::from(!same(a[i - 1], b[j - 1]));
            let mut least = (rows[(i - 1) * width + j] + 1)
                .min(rows[i * width + j - 1] + 1)
                .min(rows[(i - 1) * width + j - 1] + replaced);
            if i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]) {
                least = least.min(rows[(i - 2) * width + j - 2] + 1);
            }
            rows[i * width + j] = least;
        }
    }
    rows[rows.len() - 1]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearest_word_is_found_and_a_far_one_is_not() {
        let known = ["queueId", "conversationId", "priority"];
        for (word, meant) in [
            ("queueID", Some("queueId")),
            ("queuId", Some("queueId")),
            ("conversatoinId", Some("conversationId")),
            ("priorty", Some("priority")),
            ("name", None),
            ("priority", None),
        ] {
            assert_eq!(nearest(word, known), meant, "{word}");
        }
    }
}

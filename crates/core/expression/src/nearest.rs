//! The name that was meant, for one that is not known.

/// Of `known`, the name nearest to `name`, if it is near enough to be what was meant.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = name.to_lowercase().chars().collect();
    let bound = (wanted.len() / 3).max(1);
    known
        .map(|candidate| (distance(&wanted, candidate), candidate))
        .filter(|(distance, _)| *distance <= bound)
        .min()
        .map(|(_, candidate)| candidate)
}

/// The question whether the name nearest to one that isn't known is meant; none if none is near enough.
pub fn meant<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    nearest(name, known).map(|near| format!("did you mean {near}?"))
}

/// Help text for a name that isn't known.
pub fn did_you_mean<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    if let Some(question) = meant(name, known.clone()) {
        return question;
    }
    let all: Vec<&str> = known.collect();
    match all.len() {
        0 => String::new(),
        1..=24 => format!("known: {}", all.join(", ")),
        _ => "docs/workflow-words.md lists what is known".to_owned(),
    }
}

/// Edits from one to the other, neighbours swapped counted as one; letters' case aside.
fn distance(wanted: &[char], candidate: &str) -> usize {
    let other: Vec<char> = candidate.to_lowercase().chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=wanted.len()).collect();
    for line in 0..other.len() {
        let mut next = vec![line + 1];
        for column in 0..wanted.len() {
            let differs = usize::from(other[line] != wanted[column]);
            let mut least = (row[column] + differs)
                .min(row[column + 1] + 1)
                .min(next[column] + 1);
            let swapped = line > 0
                && column > 0
                && other[line] == wanted[column - 1]
                && other[line - 1] == wanted[column];
            if swapped {
                least = least.min(before[column - 1] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[wanted.len()]
}

//! Names of files, made of the names that people gave.
//!
//! A file's name depends on the entity's own name alone, so that a folder looks the same wherever it is pulled from,
//! and one entity more moves no file of another. What a file system may not take is percent-encoded, which no two
//! names share. Only names that are equal, or differ in the case of letters, get something of their own behind a `~`.

use std::collections::BTreeMap;

/// Bytes of a name that are kept; file systems take 255 with what comes behind.
const MAX_BYTES: usize = 120;

/// The begins of files' names, one for each id and name, unique also where the case of letters doesn't count.
pub(super) fn stems(entities: &[(&str, &str)]) -> Vec<String> {
    let plain: Vec<String> = entities.iter().map(|(_, name)| stem(name)).collect();
    let mut taken: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (stem, (_, name)) in plain.iter().zip(entities) {
        taken.entry(stem.to_lowercase()).or_default().push(name);
    }
    let unique = |(stem, (id, name)): (String, &(&str, &str))| {
        let names = taken
            .get(&stem.to_lowercase())
            .map_or(&[][..], Vec::as_slice);
        match names.iter().filter(|other| *other == name).count() {
            _ if names.len() < 2 => stem,
            0 | 1 => format!("{stem}~{:08x}", hash(name)),
            _ => format!("{stem}~{}", end(id)),
        }
    };
    plain.into_iter().zip(entities).map(unique).collect()
}

/// The last part of an id, as far as a file's name has it.
fn end(id: &str) -> String {
    let part = id.rsplit("_-_").next().unwrap_or(id);
    stem(part)
}

fn stem(name: &str) -> String {
    let last = name.chars().count().saturating_sub(1);
    let mut stem = String::new();
    for (at, c) in name.chars().enumerate() {
        // A dot or a dash in front hides a file or makes it an option; at the end some systems drop what is blank.
        let safe = match c {
            '.' | ' ' => at > 0 && at < last,
            '-' => at > 0,
            _ => c.is_alphanumeric() || c == '_',
        };
        if safe {
            stem.push(c);
        } else {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                stem.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    if stem.is_empty() {
        // No encoding of a name: it begins no pair of digits.
        return "%unnamed".to_owned();
    }
    if stem.len() <= MAX_BYTES {
        return stem;
    }
    let cut = (0..=MAX_BYTES).rev().find(|at| stem.is_char_boundary(*at));
    stem.truncate(cut.unwrap_or(0));
    format!("{stem}~{:08x}", hash(name))
}

/// FNV-1a, for it stays the same in every build.
fn hash(name: &str) -> u32 {
    let start = 0x811c_9dc5_u32;
    name.bytes().fold(start, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::stems;

    #[test]
    fn names_are_told_apart_and_depend_on_nothing_else() {
        let long = "x".repeat(300);
        let names = [
            "Get Queue",
            "a/b",
            "a%2Fb",
            "..",
            "-x",
            "Ä ö",
            "",
            "tab\t",
            "get",
            "Get",
            &long,
        ];
        let entities: Vec<_> = names.iter().map(|name| ("custom_-_1", *name)).collect();
        let found = stems(&entities);
        let expected = [
            "Get Queue",
            "a%2Fb",
            "a%252Fb",
            "%2E%2E",
            "%2Dx",
            "Ä ö",
            "%unnamed",
            "tab%09",
        ];
        assert_eq!(found[..8], expected);
        assert!(found[8].starts_with("get~") && found[9].starts_with("Get~"));
        assert_ne!(found[8].to_lowercase(), found[9].to_lowercase());
        assert!(found[10].len() < 140, "{}", found[10]);
        let alone = stems(&[("other", "a/b")]);
        assert_eq!(alone, ["a%2Fb"]);
    }

    #[test]
    fn equal_names_are_told_apart_by_their_ids() {
        let found = stems(&[("custom_-_1-2", "a"), ("custom_-_1-3", "a")]);
        assert_eq!(found, ["a~1-2", "a~1-3"]);
    }
}

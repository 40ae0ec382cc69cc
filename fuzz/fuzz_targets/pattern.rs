//! A pattern and a text, with a zero byte between them: compiles, matches, ends within bounds, and is found
//! alike by both matchers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_meter::{Budget, Meter};
use tollgate_pattern::{Error, Flags, Pattern};

const SMALL: Budget = Budget {
    steps: 20_000,
    bytes: 1 << 20,
    piece: 200_000,
};

/// All matches with their groups, unless the meter stops it.
fn found(pattern: &Pattern, text: &str) -> Result<Vec<Option<(usize, usize)>>, Error> {
    let meter = Meter::new(SMALL);
    let mut found = Vec::new();
    let mut search = pattern.search(text, true, &meter)?;
    while search.advance()?.is_some() {
        found.extend((0..pattern.groups()).map(|group| search.group(group)));
    }
    Ok(found)
}

fuzz_target!(|data: &[u8]| {
    let data = String::from_utf8_lossy(data);
    let (text, searched) = data
        .split_once('\0')
        .unwrap_or((&data, "ab aab\r\né\u{301}😀 12,3\n"));
    let meter = Meter::new(SMALL);
    let Ok(pattern) = Pattern::compile(text, Flags::default(), &meter) else {
        return;
    };
    let _ = pattern.matches(searched, &meter);
    let _ = pattern.replace(searched, "<$0>", true, &meter);
    let _ = pattern.split(searched, 3, &meter);
    assert!(meter.steps_used() <= SMALL.steps && meter.bytes_held() == 0);
    // A look-ahead at nothing changes nothing but the matcher.
    let other = Pattern::compile(&format!("(?=){text}"), Flags::default(), &Meter::new(SMALL));
    if let (true, false, Ok(other)) = (pattern.is_linear(), text.contains('|'), other)
        && let (Ok(one), Ok(another)) = (found(&pattern, searched), found(&other, searched))
    {
        assert_eq!(one, another);
    }
});

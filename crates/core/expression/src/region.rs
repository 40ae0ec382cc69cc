//! Regions and how numbers of theirs begin, as a table (`regions.tsv`): the vendor's package of 2017 has it.

/// The table: a line of headings, then a line for each region.
const TABLE: &str = include_str!("regions.tsv");

/// Every region, by its ISO 3166 code, and the digits that its telephone numbers begin with.
pub fn regions() -> impl Iterator<Item = (&'static str, &'static str)> + Clone {
    TABLE
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once('\t'))
}

/// The digits that a region's telephone numbers begin with, by its code in capital letters.
#[must_use]
pub fn dialing_code(region: &str) -> Option<&'static str> {
    let found = regions().find(|(known, _)| *known == region);
    found.map(|(_, code)| code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_a_region_and_its_digits() {
        assert_eq!(regions().count(), TABLE.lines().count() - 1);
        assert!(regions().all(|(region, code)| {
            region.len() == 2 && code.len() <= 3 && code.bytes().all(|byte| byte.is_ascii_digit())
        }));
        assert_eq!(dialing_code("NL"), Some("31"));
    }
}

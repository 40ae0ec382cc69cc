//! Currencies by their ISO 4217 codes, with their signs, as a table (`currencies.tsv`): the vendor's package of 2017
//! has it.

/// The table: a line of headings, then a line for each currency.
const TABLE: &str = include_str!("currencies.tsv");

fn currencies() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = TABLE.lines().skip(1);
    lines.filter_map(|line| line.split_once('\t'))
}

/// The sign of a currency by its code, such as `€`; the code itself where it has none.
pub(crate) fn currency_sign(code: &str) -> Option<&'static str> {
    let found = currencies().find(|(known, _)| known.eq_ignore_ascii_case(code));
    found.map(|(_, sign)| sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_a_currency_and_its_sign() {
        assert_eq!(currencies().count(), TABLE.lines().count() - 1);
        assert_eq!(currency_sign("eur"), Some("€"));
        assert_eq!(currency_sign("CHF"), Some("CHF"));
    }
}

//! Tables that are called by a name, and fields that call them.

use crate::findings::Placed;
use crate::likeness::did_you_mean;
use crate::reader::Section;

/// The table's `key`: text that no earlier table of its kind has.
pub fn unique_name(
    section: &Section<'_, '_>,
    key: &'static str,
    taken: &mut Vec<String>,
) -> String {
    let Some(name) = section.needed(key, "\"…\"") else {
        section.spoil();
        return String::new();
    };
    if taken.contains(&name.value) {
        section.reject(
            &name,
            format!(
                "expected a name of its own, found {:?} a second time",
                name.value
            ),
        );
    }
    taken.push(name.value.clone());
    name.value
}

/// The place of `wanted` among `names`, or a problem that lists them. `what` begins with the key of the root's
/// tables that have these names.
pub fn resolve(
    section: &Section<'_, '_>,
    wanted: &Placed<String>,
    what: &str,
    names: &[String],
) -> Option<u32> {
    let found = names.iter().position(|name| *name == wanted.value);
    if found.is_none() {
        let known = if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        };
        let meant = did_you_mean(&wanted.value, names.iter().map(String::as_str));
        let message = format!(
            "no {what} is called {:?}; there are: {known}{meant}",
            wanted.value
        );
        let tables = what.split(' ').next().unwrap_or(what);
        section.reject_unless(tables, wanted, message);
    }
    found.and_then(|index| u32::try_from(index).ok())
}

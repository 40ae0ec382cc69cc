//! What the vendor's editor exports by default is no YAML: a file such as `Name_v1-0.i3InboundFlow`, JSON that is
//! escaped as in URLs and then written in Base64. It is recognised, so that its error says what to do.

use crate::place::{Place, Problems};

/// How long a text is at least that is nothing but Base64 and not by chance.
const LEAST: usize = 64;

/// Whether a file's name is that of such an export, also with a further ending.
#[must_use]
pub fn is_export_name(name: &str) -> bool {
    let file = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut endings = file.split('.').skip(1);
    endings.any(|ending| {
        let ending = ending.to_lowercase();
        ending.starts_with("i3") && ending.ends_with("flow")
    })
}

/// What is wrong with a file whose name or content is that of such an export.
#[must_use]
pub fn export_problems() -> Problems {
    let mut problems = Problems::default();
    problems.error(
        Place { line: 1, column: 1 },
        "this is an export of the vendor's editor, not Archy's YAML",
        "export the flow as YAML: `archy export … --exportType yaml`, or YAML as the format in the editor",
    );
    problems
}

/// Whether the text is such an export.
pub(super) fn is_export(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim();
    let base64 = |c: char| c.is_ascii_alphanumeric() || "+/=_-\r\n".contains(c);
    text.len() >= LEAST && text.chars().all(base64)
}

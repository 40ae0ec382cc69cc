//! References to what isn't there.

use super::{Parts, Report, Site, SiteKind, property_names};
use tollgate_template::nearest;

/// The names that every template sees.
pub(super) const TOOLS: [&str; 9] = [
    "input",
    "esc",
    "math",
    "encoding",
    "urlTool",
    "successTemplateUtils",
    "msdynamics",
    "salesforce",
    "foreach",
];

/// The most names among which a nearer one is looked for.
const MAX_KNOWN: usize = 256;

/// What Velocity itself sets in a loop.
const LOOP: [&str; 2] = ["velocityCount", "velocityHasNext"];

pub(super) fn check(parts: &Parts<'_>, site: &Site<'_>, report: &mut Report<'_>) {
    let keys = parts.mapping.entries.iter().map(|entry| entry.key.as_str());
    let own: Vec<&str> = match site.kind {
        SiteKind::Success => keys.chain(["rawResult"]).collect(),
        _ => vec!["credentials", "authResponse"],
    };
    let inputs = property_names(parts.input_schema);
    for used in &site.uses.references {
        let known = own.contains(&used.root)
            || TOOLS.contains(&used.root)
            || LOOP.contains(&used.root)
            || site.uses.sets(used.root);
        if !known {
            let meant = nearest(used.root, own.iter().copied().chain(TOOLS).take(MAX_KNOWN));
            let meant = meant.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
            let message = match site.kind {
                SiteKind::Success => format!(
                    "`${}` is no key of the translation map, and is printed as it is written{meant}",
                    used.root
                ),
                _ => format!(
                    "`${}` names nothing here, and is printed as it is written{meant}",
                    used.root
                ),
            };
            report.add(site, used.offset, message);
            continue;
        }
        let (Some(name), "input", Some(inputs)) = (used.properties.first(), used.root, &inputs)
        else {
            continue;
        };
        if *name == "rawRequest" || inputs.contains(name) {
            continue;
        }
        let meant = nearest(name, inputs.iter().copied().take(MAX_KNOWN));
        let meant = meant.map_or(String::new(), |meant| {
            format!("; did you mean `input.{meant}`?")
        });
        let message = format!("the input contract has no `{name}`{meant}");
        report.add(site, used.offset, message);
    }
}

//! References to what isn't there.

use super::tokens::{Token, tokens};
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
    let loops = site
        .uses
        .directives
        .iter()
        .any(|directive| directive.name == "foreach");
    for used in &site.uses.references {
        if report.is_full() {
            return;
        }
        let known = own.contains(&used.root)
            || TOOLS.contains(&used.root) && (used.root != "foreach" || loops)
            || LOOP.contains(&used.root) && loops
            || site.uses.sets(used.root);
        if !known {
            let meant = nearest(used.root, own.iter().copied().chain(TOOLS).take(MAX_KNOWN));
            let meant = meant.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
            let message = match site.kind {
                SiteKind::Success if only_asked(site, used.offset) => format!(
                    "`${}` is no key of the translation map and nothing sets it: this is never true{meant}",
                    used.root
                ),
                SiteKind::Success => format!(
                    "`${}` is no key of the translation map and nothing sets it: every call that reaches \
                     it fails{meant}",
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

/// Whether a reference stands in a condition that only asks which names are set.
fn only_asked(site: &Site<'_>, offset: usize) -> bool {
    site.uses.around(offset).is_some_and(|directive| {
        matches!(directive.name, "if" | "elseif")
            && tokens(directive.argument).iter().all(|token| {
                let asks = ["!", "&&", "||", "(", ")"];
                match token {
                    Token::Name(name) => !name.contains('.'),
                    Token::Operator(operator) => asks.contains(operator),
                    Token::Number | Token::Text | Token::Other => false,
                }
            })
    })
}

/// Names in braces that lack their `$`, where such braces can't be anything else.
pub(super) fn without_sign(parts: &Parts<'_>, site: &Site<'_>, report: &mut Report<'_>) {
    let keys = parts.mapping.entries.iter().map(|entry| entry.key.as_str());
    let of_success = |name: &str| name == "rawResult" || keys.clone().any(|key| key == name);
    for (open, _) in site.text.match_indices('{') {
        let before = site.text[..open].trim_end_matches('!');
        let inner = &site.text[open + 1..];
        let Some(end) = inner.find('}').filter(|_| !before.ends_with(['$', '#'])) else {
            continue;
        };
        let name = &inner[..end];
        let (root, rest) = name.split_once('.').unwrap_or((name, ""));
        let is_reference = match (site.kind, root) {
            (_, "input") => !rest.is_empty(),
            (SiteKind::Success, root) => rest.is_empty() && of_success(root),
            (_, "credentials" | "authResponse") => !rest.is_empty(),
            _ => false,
        };
        let plain = |letter: char| letter.is_alphanumeric() || "_-.".contains(letter);
        if is_reference && name.chars().all(plain) {
            let message =
                format!("`{{{name}}}` lacks its `$` and stays as it is written; write ${{{name}}}");
            report.add(site, open, message);
        }
    }
}

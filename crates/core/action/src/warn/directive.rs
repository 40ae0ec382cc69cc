//! Velocity's traps: an `#if` that an empty text passes, a `#set` that changes nothing, and what only looks like a
//! directive.

use super::{Parts, Report, Site, SiteKind, is_required, kind, scan};

const DIRECTIVES: [&str; 7] = ["set", "if", "elseif", "else", "end", "foreach", "break"];

/// Judges the directives of a template.
pub(super) fn check(parts: &Parts<'_>, site: &Site<'_>, report: &mut Report<'_>) {
    for directive in &site.uses.directives {
        let argument = directive.argument.trim();
        let message = match directive.name {
            "if" | "elseif" => plain_input(argument)
                .filter(|name| kind(parts, name) == Some("string"))
                .map(|name| {
                    format!(
                        "an empty text is true here: write #{}(\"$!input.{name}\" != \"\")",
                        directive.name
                    )
                }),
            "set" => {
                let value = argument
                    .split_once('=')
                    .map_or("", |(_, value)| value.trim());
                plain_input(value)
                    .filter(|name| !is_required(parts, name))
                    .map(|name| {
                        format!(
                            "where `input.{name}` is not given, #set changes nothing and the name keeps its \
                             earlier value; write \"$!input.{name}\""
                        )
                    })
            }
            name if DIRECTIVES.contains(&name) || name == "stop" => None,
            name if site.kind == SiteKind::Success => Some(format!(
                "`#{name}` is no directive: every call that reaches it fails; a plain # is written ${{esc.h}}"
            )),
            name => Some(format!(
                "`#{name}` is no directive, and is printed as it is written"
            )),
        };
        if let Some(message) = message {
            report.add(site, directive.offset, message);
        }
    }
}

/// The input's name, if the text is a reference to it and nothing else.
fn plain_input(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('$')?.trim_start_matches('!');
    let inner = match inner.strip_prefix('{') {
        Some(inner) => inner.strip_suffix('}')?,
        None => inner,
    };
    let name = inner.strip_prefix("input.")?;
    (!name.is_empty() && scan::identifier(name) == name.len()).then_some(name)
}

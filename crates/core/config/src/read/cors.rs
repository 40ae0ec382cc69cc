//! `[server.cors]`.

use crate::{Cors, PageOrigin};
use std::time::Duration;
use tollgate_settings::Section;

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);
/// As long as most browsers remember at the most anyway.
const MAX_AGE: Duration = Duration::from_secs(7200);

/// The table `cors` in that of the server.
pub(super) fn read(server: &Section<'_, '_>) -> Option<Cors> {
    let section = server.section("cors")?;
    let origins: Vec<PageOrigin> = section.read_each("origins");
    if !section.has("origins") {
        section.missing(
            "origins",
            "a list such as [\"https://app.example\"], or [\"*\"]",
        );
    } else if section
        .texts("origins")
        .is_some_and(|texts| texts.is_empty())
    {
        section.refuse("origins", || {
            "names no origin; leave [server.cors] out, or name one".to_owned()
        });
    } else if origins.contains(&PageOrigin::Any) && origins.len() > 1 {
        section.refuse("origins", || {
            "has \"*\" beside others; \"*\" is every origin".to_owned()
        });
    }
    let max_age = section.span("max_age", SECOND..=DAY).unwrap_or(MAX_AGE);
    section.finish();
    (!origins.is_empty()).then_some(Cors { origins, max_age })
}

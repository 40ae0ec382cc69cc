//! `type` and `base_url` of an integration: the one says whether there must, or mustn't, be the other.

use super::url::url;
use tollgate_action::{Callee, TypeFacts};
use tollgate_settings::Section;
use tollgate_upstream::Url;

/// A type that is served. One that the vendor has and that isn't is told what to do instead.
pub(super) fn read(section: &Section<'_, '_>) -> Option<&'static TypeFacts> {
    let named = section.needed("type", &TypeFacts::list())?;
    let found = TypeFacts::find_served(&named.value);
    found.map_err(|why| section.reject(&named, why)).ok()
}

/// The address that the actions' paths are appended to, of a type that has paths.
pub(super) fn base_url(section: &Section<'_, '_>, kind: Option<&TypeFacts>) -> Option<Url> {
    match kind.map(|facts| facts.calls) {
        Some(Callee::PlatformPath) => url(section, "base_url", "\"https://api…\" of the platform"),
        Some(Callee::BelowBaseUrl) => {
            let example = "\"https://example.my.salesforce.com\" of the customer's system";
            url(section, "base_url", example)
        }
        Some(Callee::WholeUrl | Callee::NotHttp) => {
            if let Some(written) = section.text("base_url") {
                let message = "this type's URLs are whole; remove base_url, or give the integration a type \
                               below a base URL, such as \"salesforce-datadip\"";
                section.reject(&written, message.to_owned());
            }
            None
        }
        // A type that isn't known says nothing of what belongs to it.
        None => section.text("base_url").and(None),
    }
}

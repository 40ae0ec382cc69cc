//! `[organization]`, `[[organization.division]]` and `[[organization.role]]`.

use super::access::role_of;
use crate::{Division, Guid, Organization, OrganizationRole};
use tollgate_settings::{Placed, Section};

const GUID: &str = "a GUID such as \"0f6d5c4e-2b1a-4c3d-9e8f-7a6b5c4d3e2f\"";

pub(super) fn read(root: &Section<'_, '_>) -> Organization {
    let Some(section) = root.section("organization") else {
        return Organization::default();
    };
    let mut organization = divisions(&section);
    if let Some(id) = guid(&section) {
        organization.id = id.value;
    }
    if let Some(name) = section.text("name") {
        organization.name = name.value;
    }
    let country = "two capital letters such as \"US\"";
    if let Some(code) = section.parsed("default_country_code", country, country_code) {
        organization.default_country_code = code.value;
    }
    organization.roles = roles(&section);
    section.finish();
    organization
}

/// The home division and the others. Where none can be read there is the one of an organisation without any.
fn divisions(of: &Section<'_, '_>) -> Organization {
    let sections = of.sections("division");
    let (mut home, mut others, mut taken) = (None, Vec::new(), Vec::new());
    let has_any = !sections.is_empty();
    for section in sections {
        let is_home = section.flag("home");
        if let Some((id, name)) = named(&section, &mut taken) {
            let division = Division { id, name };
            match is_home {
                Some(true) if home.is_none() => home = Some(division),
                Some(true) => {
                    let message = "another division is home = true already; one is".to_owned();
                    section.refuse("home", || message);
                }
                _ => others.push(division),
            }
        }
        section.finish();
    }
    match home {
        Some(home) => Organization::new(home, others),
        None => {
            if has_any {
                let expected = "true in one [[organization.division]]: what is made without a division is in it";
                of.missing("division.home", expected);
            }
            Organization::default()
        }
    }
}

fn roles(of: &Section<'_, '_>) -> Vec<OrganizationRole> {
    let (mut roles, mut taken) = (Vec::new(), Vec::new());
    for section in of.sections("role") {
        if !section.has("grants") {
            let expected = "[\"execute\"], or some of view, execute, author and administer; [] for a role that grants \
                            nothing here";
            section.missing("grants", expected);
        }
        let granted = section.texts("grants").unwrap_or_default();
        let grants = granted.iter().filter_map(|text| role_of(&section, text));
        let grants = grants.collect();
        if let Some((id, name)) = named(&section, &mut taken) {
            roles.push(OrganizationRole { id, name, grants });
        }
        section.finish();
    }
    roles
}

/// `id`, which no earlier table of the kind has, and `name`.
fn named(section: &Section<'_, '_>, taken: &mut Vec<Guid>) -> Option<(Guid, String)> {
    if !section.has("id") {
        section.missing("id", GUID);
    }
    let id = guid(section);
    let name = section.needed("name", "\"…\"");
    let id = id?;
    if taken.contains(&id.value) {
        section.reject(
            &id,
            "another table of this kind has that id already".to_owned(),
        );
    }
    taken.push(id.value.clone());
    Some((id.value, name?.value))
}

fn guid(section: &Section<'_, '_>) -> Option<Placed<Guid>> {
    section.parsed("id", GUID, Guid::parse)
}

fn country_code(text: &str) -> Option<String> {
    let is_code = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    is_code.then(|| text.to_owned())
}

//! The organisation: its divisions, and what its roles grant.

use crate::support::{LEAST, parse, problems};
use tollgate_config::Role;

const HOME: &str = "0f6d5c4e-2b1a-4c3d-9e8f-7a6b5c4d3e2f";
const SALES: &str = "1f6d5c4e-2b1a-4c3d-9e8f-7a6b5c4d3e2f";

#[test]
fn a_file_without_one_has_a_home_division_and_no_roles() {
    let organization = parse(LEAST).unwrap().organization;
    let home = organization.home();
    assert_eq!(home.name, "Home");
    assert_eq!(organization.division(home.id.as_str()), Some(home));
    assert_eq!(organization.divisions().count(), 1);
    assert!(organization.roles.is_empty());
    assert_ne!(organization.id, home.id);
}

#[test]
fn divisions_and_roles_are_found_by_their_ids_whatever_their_case() {
    let text = format!(
        "{LEAST}[organization]\nid = \"{}\"\nname = \"Acme\"\ndefault_country_code = \"DE\"\n\
         [[organization.division]]\nid = \"{SALES}\"\nname = \"Sales\"\n\
         [[organization.division]]\nid = \"{HOME}\"\nname = \"All\"\nhome = true\n\
         [[organization.role]]\nid = \"{HOME}\"\nname = \"Admin\"\ngrants = [\"author\", \"administer\"]\n\
         [[organization.role]]\nid = \"{SALES}\"\nname = \"Agent\"\ngrants = []\n",
        SALES.to_uppercase()
    );
    let config = parse(&text).unwrap();
    let described = config.describe();
    for line in [
        &format!("organisation: Acme, {SALES}; 2 divisions"),
        &format!("role Admin, {HOME}: grants author, administer"),
        &format!("role Agent, {SALES}: grants nothing"),
    ] {
        assert!(described.contains(line), "{described}");
    }
    let organization = config.organization;
    assert_eq!(organization.default_country_code, "DE");
    assert_eq!(organization.home().name, "All");
    let sales = organization.division(&SALES.to_uppercase()).unwrap();
    assert_eq!(sales.name, "Sales");
    assert_eq!(organization.division("x"), None);
    let admin = organization.role(&HOME.to_uppercase()).unwrap();
    assert_eq!(admin.grants, [Role::Author, Role::Administer].into());
    assert!(organization.role(SALES).unwrap().grants.is_empty());
}

#[test]
fn what_is_wrong_with_it_is_told() {
    let of = |table: &str, fields: &str| format!("{LEAST}[[organization.{table}]]\n{fields}");
    let named = format!("id = \"{HOME}\"\nname = \"x\"\n");
    for (text, field, message) in [
        (
            format!("{LEAST}[organization]\nid = \"acme\""),
            "organization.id",
            "expected a GUID such as",
        ),
        (
            format!("{LEAST}[organization]\ndefault_country_code = \"de\""),
            "organization.default_country_code",
            "expected two capital letters",
        ),
        (
            of("division", &named),
            "organization.division.home",
            "missing; add division.home = true",
        ),
        (
            of("division", "id = \"x\"\nname = \"y\"\nhome = true"),
            "organization.division[1].id",
            "expected a GUID",
        ),
        (
            of("role", &named),
            "organization.role[1].grants",
            "missing; add grants = [\"execute\"]",
        ),
        (
            of("role", &format!("{named}grants = [\"admin\"]")),
            "organization.role[1].grants",
            "expected view, execute, author or administer, found \"admin\"",
        ),
        (
            of(
                "role",
                &format!("{named}grants = []\n[[organization.role]]\n{named}grants = []"),
            ),
            "organization.role[2].id",
            "another table of this kind has that id",
        ),
        (
            of(
                "division",
                &format!(
                    "{named}home = true\n[[organization.division]]\nid = \"{SALES}\"\nname = \"y\"\nhome = true"
                ),
            ),
            "organization.division[2].home",
            "another division is home = true",
        ),
    ] {
        let found = problems(&text);
        assert!(
            found
                .iter()
                .any(|it| it.field == field && it.message.contains(message)),
            "{field}: {found:?}"
        );
    }
}

//! Files that are broken, lead in circles, or grow without end: each is told in a line, soon.

#![allow(clippy::unwrap_used, reason = "a test")]

mod shared;

use shared::{Folder, action, errors, lines};
use std::path::Path;
use tollgate_repository::Verdict;

/// A configuration whose only flow has a substitution with this value.
fn with_value(locals: &str, value: &str) -> Folder {
    let main = format!(
        "locals {{\n{locals}\n}}\nresource \"genesyscloud_flow\" \"f\" {{\n  filepath = \"f.yaml\"\n  substitutions = \
         {{ v = {value} }}\n}}\n"
    );
    Folder::of(&[("f.yaml", "workflow:\n  name: W\n"), ("main.tf", &main)])
}

#[test]
fn text_that_is_not_terraform_is_told_with_its_place() {
    for (text, line) in [
        ("resource \"x\" {", "main.tf:1: error: not Terraform: "),
        ("a = \n", "main.tf:1: error: not Terraform: "),
        ("a = \"${\"\n", "main.tf:1: error: not Terraform: "),
        ("a = 1\n}\n", "main.tf:2: error: not Terraform: "),
        ("a = <<EOT\nx\n", "main.tf:"),
        ("\0", "main.tf:1: error: not Terraform: "),
    ] {
        let report = Folder::of(&[("main.tf", text), ("other.tf", &action(""))]).check();
        let errors = errors(&report);
        assert!(
            errors.len() == 1 && errors[0].starts_with(line),
            "{text}: {errors:#?}"
        );
        assert_eq!(report.items.len(), 1, "the other file is read");
    }
}

#[test]
fn every_beginning_of_the_example_is_survived() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples/cx-as-code");
    for file in ["main.tf", "modules/actions/actions.tf"] {
        let text = std::fs::read_to_string(root.join(file)).unwrap();
        for end in (0..text.len())
            .step_by(29)
            .filter(|end| text.is_char_boundary(*end))
        {
            let _ = Folder::on_disk(&root).with(file, &text[..end]).check();
        }
    }
}

/// Texts that are cut and put together of the example's own pieces, by a seed.
#[test]
fn shuffled_pieces_of_the_example_are_survived() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples/cx-as-code");
    let text = std::fs::read_to_string(root.join("modules/actions/actions.tf")).unwrap();
    let pieces: Vec<&str> = text
        .split_inclusive([' ', '\n', '{', '}', '"', '(', ')', '.'])
        .collect();
    let mut seed: u64 = 7;
    let mut next = |below: usize| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    for _ in 0..100 {
        let mut shuffled = pieces.clone();
        for _ in 0..=next(4) {
            let (at, from) = (next(shuffled.len()), next(pieces.len()));
            match next(3) {
                0 => drop(shuffled.remove(at)),
                1 => shuffled.insert(at, pieces[from]),
                _ => shuffled[at] = pieces[from],
            }
        }
        let folder = Folder::on_disk(&root).with("modules/actions/actions.tf", &shuffled.concat());
        let _ = folder.check();
    }
}

#[test]
fn circles_are_told() {
    let own = "  a = local.b\n  b = local.a\n";
    let said = lines(&with_value(own, "local.a").check());
    assert!(
        said.iter()
            .any(|line| line.contains("local.a leads back to itself")),
        "{said:#?}"
    );

    let resources = "resource \"genesyscloud_routing_queue\" \"q\" {\n  name = genesyscloud_routing_queue.q.name\n}\n";
    let folder = with_value("", "genesyscloud_routing_queue.q.name").with("q.tf", resources);
    let said = lines(&folder.check());
    assert!(
        said.iter()
            .any(|line| line.contains("deep into one another")),
        "{said:#?}"
    );

    let call = |to: &str| format!("module \"m\" {{\n  source = \"{to}\"\n}}\n");
    let report = Folder::of(&[
        ("a/m.tf", &call("../b")),
        ("b/m.tf", &call("../a")),
        ("c/m.tf", &call("./../c")),
    ])
    .check();
    assert_eq!(
        errors(&report),
        [
            "b/m.tf:2: error: module `m` leads back to a folder that calls it (Terraform can't run this)",
            "c/m.tf:2: error: module `m` leads back to a folder that calls it (Terraform can't run this)",
        ]
    );

    let template = "${templatefile(\"t.tftpl\", {})}${templatefile(\"t.tftpl\", {})}";
    let folder = with_value("", "templatefile(\"t.tftpl\", {})").with("t.tftpl", template);
    assert_eq!(folder.check().worst(), Verdict::Invalid);
}

#[test]
fn what_doubles_again_and_again_ends() {
    let doubled = |first: &str, next: &str| {
        let next = (1..64).map(|n| {
            format!(
                "  x{n} = {}\n",
                next.replace('@', &format!("local.x{}", n - 1))
            )
        });
        format!("  x0 = {first}\n{}", next.collect::<String>())
    };
    for (first, next, value) in [
        ("[1]", "[@, @]", "jsonencode(local.x63)"),
        ("[1]", "concat(@, @)", "length(local.x63)"),
        ("\"xx\"", "\"${@}${@}\"", "local.x63"),
        ("\"xx\"", "join(@, [@, @])", "local.x63"),
        ("\"xx\"", "replace(@, \"x\", @)", "local.x63"),
        ("\"xx\"", "format(\"%s%s\", @, @)", "local.x63"),
        ("{ a = 1 }", "{ a = @, b = @ }", "jsonencode(local.x63)"),
        ("[1]", "flatten([@, @])", "length(local.x63)"),
        ("[1]", "[for x in [1, 2] : @]", "jsonencode(local.x63)"),
    ] {
        let report = with_value(&doubled(first, next), value).check();
        let said = lines(&report);
        assert!(
            said.iter().any(|line| line.contains("more than")),
            "{next}: {said:#?}"
        );
    }
    let nested =
        "[for a in range(1000) : [for b in range(1000) : [for c in range(1000) : a * b * c]]]";
    let said = lines(&with_value("", &format!("jsonencode({nested})")).check());
    assert!(
        said.iter().any(|line| line.contains("more than")),
        "{said:#?}"
    );
}

#[test]
fn deep_nesting_ends() {
    let chain: String = (1..5_000)
        .map(|n| format!("  x{n} = (((local.x{})))\n", n - 1))
        .collect();
    let report = with_value(&format!("  x0 = 1\n{chain}"), "local.x4999").check();
    assert_eq!(report.worst(), Verdict::Invalid);
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{ a = ", " }"),
        ("!", ""),
        ("-", ""),
        ("\"${", "}\""),
        ("true ? 1 : ", ""),
    ] {
        for depth in [60, 1_000, 100_000] {
            let value = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            let _ = with_value("", &value).check();
        }
    }
    for operator in [" + ", " == ", " && "] {
        let _ = with_value("", &vec!["1"; 100_000].join(operator)).check();
    }
    let blocks = format!("{}{}", "a {\n".repeat(50_000), "}\n".repeat(50_000));
    assert_eq!(
        Folder::of(&[("main.tf", &blocks)]).check().worst(),
        Verdict::Unreadable
    );
}

#[test]
fn more_than_there_may_be_is_told() {
    let huge = format!("# {}\n", "x".repeat(5 * 1024 * 1024));
    let said = lines(&Folder::of(&[("main.tf", &huge)]).check());
    assert_eq!(
        said,
        ["main.tf: error: more than 4194304 bytes (split the file)"]
    );

    // Ten modules of ten modules of ten modules of ten modules.
    let calls: String = (0..10)
        .map(|n| format!("module \"m{n}\" {{\n  source = \"./m\"\n}}\n"))
        .collect();
    let mut folder = Folder::of(&[("main.tf", &calls)]);
    for path in ["m/a.tf", "m/m/a.tf", "m/m/m/a.tf"] {
        folder = folder.with(path, &calls);
    }
    let said = lines(&folder.with("m/m/m/m/a.tf", "").check());
    assert!(
        said.iter()
            .any(|line| line.contains("more than 1000 modules")),
        "{} findings",
        said.len()
    );

    let many =
        "resource \"genesyscloud_flow\" \"N\" {\n  count = 5000\n  filepath = \"f.yaml\"\n}\n";
    let all: String = (0..15)
        .map(|n| many.replace('N', &format!("f{n}")))
        .collect();
    let report = Folder::of(&[("f.yaml", "workflow:\n  name: W\n"), ("main.tf", &all)]).check();
    assert!(report.items.len() <= 10_000);
    assert!(
        lines(&report)
            .iter()
            .any(|line| line.contains("more than 10000 flows and actions"))
    );
}

#[test]
fn names_of_files_that_lead_out_are_not_followed() {
    for path in [
        "../secret.yaml",
        "/etc/passwd",
        "${path.module}/../x.yaml",
        "file:///etc/passwd",
    ] {
        let main =
            format!("resource \"genesyscloud_flow\" \"f\" {{\n  filepath = \"{path}\"\n}}\n");
        let report = Folder::of(&[("main.tf", &main)]).check();
        assert_eq!(report.worst(), Verdict::Partly);
        assert!(
            lines(&report)[0].contains("lies outside of the folder that is checked"),
            "{path}"
        );
    }
}

/// Each flow is looked for among all files that Terraform writes: a thousand of both are within the bound on steps, ten
/// blocks of a thousand of both aren't.
#[test]
fn flows_that_terraform_writes_are_looked_for_within_the_bound() {
    let blocks = |count: usize| -> Folder {
        let blocks = (0..count).map(|n| {
            format!(
                "resource \"local_file\" \"l{n}\" {{\n  count = 1000\n  filename = \"{n}/${{count.index}}.yaml\"\n  \
                 content = \"workflow: {{}}\"\n}}\nresource \"genesyscloud_flow\" \"f{n}\" {{\n  count = 1000\n  \
                 filepath = \"{n}/${{count.index}}.yaml\"\n}}\n"
            )
        });
        Folder::of(&[("main.tf", &blocks.collect::<String>())])
    };
    let is_told = |folder: &Folder| {
        let said = lines(&folder.check());
        let mut told = said.iter();
        told.any(|line| line.contains("expressions have more than 2000000 parts"))
    };
    assert!(!is_told(&blocks(1)));
    assert!(is_told(&blocks(10)));
}

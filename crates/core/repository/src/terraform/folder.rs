//! The `.tf` files of one folder, which are one module: its blocks by name.

use super::syntax::Source;
use crate::files::folder_of;
use crate::finding::{Finding, Level, Rule};
use hcl_edit::Span as _;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Attribute, Block, Body};
use std::collections::BTreeMap;
use std::ops::Range;

/// A block, and the file it stands in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item<'a> {
    pub(super) source: &'a Source,
    pub(super) block: &'a Block,
}

/// An expression, and the file it stands in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given<'a> {
    pub(super) source: &'a Source,
    pub(super) value: &'a Expression,
}

/// The blocks of a module.
#[derive(Default, Debug)]
pub(super) struct Folder<'a> {
    pub(super) path: String,
    pub(super) variables: BTreeMap<&'a str, Item<'a>>,
    pub(super) locals: BTreeMap<&'a str, Given<'a>>,
    pub(super) outputs: BTreeMap<&'a str, Item<'a>>,
    pub(super) modules: BTreeMap<&'a str, Item<'a>>,
    /// By type and name. More than one is a mistake; each is looked at.
    pub(super) resources: BTreeMap<(&'a str, &'a str), Vec<Item<'a>>>,
    pub(super) data: BTreeMap<(&'a str, &'a str), Item<'a>>,
    /// What override files change, by address (`var.a`, `data.kind.name`), each with that file. Terraform merges
    /// these files into the others; here what they change is unknown.
    pub(super) overridden: BTreeMap<String, &'a str>,
    /// Blocks and locals that are declared twice, and override files.
    pub(super) findings: Vec<Finding>,
    /// Values of its variables that Terraform takes from files by itself, where the folder is where it runs.
    pub(super) values: BTreeMap<&'a str, Given<'a>>,
}

/// The folders that have `.tf` files, by path.
pub(super) fn folders(sources: &[Source]) -> BTreeMap<&str, Folder<'_>> {
    let mut folders: BTreeMap<&str, Folder<'_>> = BTreeMap::new();
    let (values, code): (Vec<&Source>, Vec<&Source>) = sources
        .iter()
        .partition(|source| source.text.file.ends_with(".tfvars"));
    let mut seen: BTreeMap<&str, BTreeMap<String, (&Source, u32)>> = BTreeMap::new();
    for source in code {
        let path = folder_of(&source.text.file);
        let folder = folders.entry(path).or_default();
        folder.path = path.to_owned();
        if is_override(&source.text.file) {
            folder.set_aside(source);
        } else {
            folder.add(source, seen.entry(path).or_default());
        }
    }
    // Terraform reads terraform.tfvars first, then *.auto.tfvars in order; the last value holds.
    let later = |source: &&Source| source.text.file.ends_with(".auto.tfvars");
    let (second, first): (Vec<&Source>, Vec<&Source>) = values.into_iter().partition(later);
    for source in first.into_iter().chain(second) {
        if let Some(folder) = folders.get_mut(folder_of(&source.text.file)) {
            let values = source.body.attributes().map(|attribute| {
                let value = &attribute.value;
                (attribute.key.as_str(), Given { source, value })
            });
            folder.values.extend(values);
        }
    }
    folders
}

/// Something that a module declares once.
#[derive(Clone, Copy)]
enum Declared<'a> {
    Block(&'a Block),
    Local(&'a Attribute),
}

/// What the body of a file declares.
fn declarations(body: &Body) -> impl Iterator<Item = Declared<'_>> {
    body.blocks().flat_map(|block| {
        let is_locals = block.ident.as_str() == "locals";
        let locals = block.body.attributes().filter(move |_| is_locals);
        let itself = (!is_locals).then_some(Declared::Block(block));
        itself.into_iter().chain(locals.map(Declared::Local))
    })
}

impl<'a> Declared<'a> {
    /// What references call it; none for blocks that have no name of their own.
    fn address(self) -> Option<String> {
        let block = match self {
            Declared::Local(local) => return Some(format!("local.{}", local.key.as_str())),
            Declared::Block(block) => block,
        };
        let labels: Vec<&str> = block.labels.iter().map(|label| label.as_str()).collect();
        match (block.ident.as_str(), labels.as_slice()) {
            ("variable", [name]) => Some(format!("var.{name}")),
            (kind @ ("output" | "module"), [name]) => Some(format!("{kind}.{name}")),
            ("resource", [kind, name]) => Some(format!("{kind}.{name}")),
            ("data", [kind, name]) => Some(format!("data.{kind}.{name}")),
            _ => None,
        }
    }

    fn span(self) -> Option<Range<usize>> {
        match self {
            Declared::Local(local) => local.key.span(),
            Declared::Block(block) => block.ident.span(),
        }
    }
}

impl<'a> Folder<'a> {
    /// Notes an override file and what it changes.
    fn set_aside(&mut self, source: &'a Source) {
        let file = source.text.file.as_str();
        let addresses = declarations(&source.body).filter_map(Declared::address);
        self.overridden
            .extend(addresses.map(|address| (address, file)));
        self.findings.push(Finding {
            file: file.to_owned(),
            place: None,
            level: Level::Note,
            rule: Rule::TerraformElsewhere,
            field: String::new(),
            message: "an override file isn't looked into".to_owned(),
            help: "what it overrides is unknown and isn't checked".to_owned(),
        });
    }

    /// Why something that the module declares isn't known, where an override file changes it.
    pub(super) fn why_unknown(&self, address: &str) -> Option<String> {
        let file = self.overridden.get(address)?;
        Some(format!("{file} overrides {address}"))
    }

    fn add(&mut self, source: &'a Source, seen: &mut BTreeMap<String, (&'a Source, u32)>) {
        for declared in declarations(&source.body) {
            if let Some(address) = declared.address() {
                self.once(source, declared, address, seen);
            }
            let block = match declared {
                Declared::Local(local) => {
                    let value = &local.value;
                    let given = Given { source, value };
                    self.locals.entry(local.key.as_str()).or_insert(given);
                    continue;
                }
                Declared::Block(block) => block,
            };
            let item = Item { source, block };
            let labels: Vec<&str> = block.labels.iter().map(|label| label.as_str()).collect();
            match (block.ident.as_str(), labels.as_slice()) {
                ("variable", [name]) => drop(self.variables.entry(name).or_insert(item)),
                ("output", [name]) => drop(self.outputs.entry(name).or_insert(item)),
                ("module", [name]) => drop(self.modules.entry(name).or_insert(item)),
                ("resource", [kind, name]) => {
                    self.resources.entry((kind, name)).or_default().push(item);
                }
                ("data", [kind, name]) => drop(self.data.entry((kind, name)).or_insert(item)),
                _ => {}
            }
        }
    }

    /// Notes what is declared a second time, which Terraform refuses.
    fn once(
        &mut self,
        source: &'a Source,
        declared: Declared<'a>,
        address: String,
        seen: &mut BTreeMap<String, (&'a Source, u32)>,
    ) {
        let place = source.text.start(declared.span());
        let Some((first, line)) = seen.get(&address) else {
            seen.insert(address, (source, place.line));
            return;
        };
        self.findings.push(Finding {
            file: source.text.file.clone(),
            place: Some(place),
            level: Level::Error,
            rule: Rule::TerraformTwice,
            field: String::new(),
            message: format!(
                "`{address}` is declared twice: in {}:{line} too",
                first.text.file
            ),
            help: "rename one of them, or leave it out".to_owned(),
        });
    }
}

/// Whether the source of a module is a folder beside the one that calls it.
pub(super) fn is_local(source: &str) -> bool {
    source.starts_with("./") || source.starts_with("../")
}

/// Whether Terraform merges a file into the others of its folder.
fn is_override(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name == "override.tf" || name.ends_with("_override.tf")
}

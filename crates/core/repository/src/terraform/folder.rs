//! The `.tf` files of one folder, which are one module: its blocks by name.

use super::syntax::Source;
use crate::files::folder_of;
use hcl_edit::expr::Expression;
use hcl_edit::structure::Block;
use std::collections::BTreeMap;

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
    /// By type and name.
    pub(super) resources: BTreeMap<(&'a str, &'a str), Item<'a>>,
    pub(super) data: BTreeMap<(&'a str, &'a str), Item<'a>>,
    /// Values of its variables that Terraform takes from files by itself, where the folder is where it runs.
    pub(super) values: BTreeMap<&'a str, Given<'a>>,
}

/// The folders that have `.tf` files, by path.
pub(super) fn folders(sources: &[Source]) -> BTreeMap<&str, Folder<'_>> {
    let mut folders: BTreeMap<&str, Folder<'_>> = BTreeMap::new();
    let (values, code): (Vec<&Source>, Vec<&Source>) = sources
        .iter()
        .partition(|source| source.text.file.ends_with(".tfvars"));
    for source in code {
        let path = folder_of(&source.text.file);
        let folder = folders.entry(path).or_default();
        folder.path = path.to_owned();
        folder.add(source);
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

impl<'a> Folder<'a> {
    fn add(&mut self, source: &'a Source) {
        for block in source.body.blocks() {
            let item = Item { source, block };
            let labels: Vec<&str> = block.labels.iter().map(|label| label.as_str()).collect();
            match (block.ident.as_str(), labels.as_slice()) {
                ("variable", [name]) => drop(self.variables.insert(name, item)),
                ("output", [name]) => drop(self.outputs.insert(name, item)),
                ("module", [name]) => drop(self.modules.insert(name, item)),
                ("resource", [kind, name]) => drop(self.resources.insert((kind, name), item)),
                ("data", [kind, name]) => drop(self.data.insert((kind, name), item)),
                ("locals", []) => {
                    let locals = block.body.attributes().map(|attribute| {
                        let value = &attribute.value;
                        (attribute.key.as_str(), Given { source, value })
                    });
                    self.locals.extend(locals);
                }
                _ => {}
            }
        }
    }
}

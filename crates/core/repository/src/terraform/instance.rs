//! Modules as they are called: where each lies, how often it is made, and what it knows of its caller.

use super::folder::{Folder, Item};
use super::value::Value;
use hcl_edit::structure::Body;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Names that a block, a `for` or a template brings, the last first.
pub(super) type Names = Vec<(String, Value)>;

/// What is made of a block: a key and the names that it sees, for each.
pub(super) type Made = Vec<(Option<Value>, Names)>;

/// A module, as one call of it makes it.
pub(super) struct Instance<'a> {
    pub(super) folder: &'a Folder<'a>,
    /// The folder that Terraform runs in: paths without `path.module` begin there.
    pub(super) root: &'a str,
    /// `module.a.module.b`; empty where Terraform runs.
    pub(super) address: String,
    pub(super) call: Option<Call<'a>>,
    pub(super) depth: usize,
    /// Variables and locals by `var.NAME` and `local.NAME`; none while one is worked out.
    pub(super) known: RefCell<BTreeMap<String, Option<Value>>>,
    pub(super) children: RefCell<BTreeMap<String, Rc<Child<'a>>>>,
    /// What `count` and `for_each` make of its blocks, and the paths that blocks which write a file name, each with
    /// the number of the one that is made. Nothing of which there was something to say is kept: it is said again.
    pub(super) made: RefCell<BTreeMap<*const Body, Rc<Made>>>,
    pub(super) written: RefCell<BTreeMap<(*const Body, usize), Option<String>>>,
}

/// The block that calls a module.
pub(super) struct Call<'a> {
    pub(super) parent: Rc<Instance<'a>>,
    pub(super) item: Item<'a>,
    pub(super) names: Names,
}

/// What a `module` block leads to.
pub(super) enum Child<'a> {
    /// Modules in the folder, one for each key of its `count` or `for_each`.
    Here(Vec<(Option<Value>, Rc<Instance<'a>>)>),
    /// It isn't looked into, and why.
    Elsewhere(String),
}

impl<'a> Instance<'a> {
    /// The module of a folder that Terraform runs in.
    pub(super) fn root(folder: &'a Folder<'a>) -> Rc<Instance<'a>> {
        Rc::new(Instance {
            folder,
            root: &folder.path,
            address: String::new(),
            call: None,
            depth: 0,
            known: RefCell::default(),
            children: RefCell::default(),
            made: RefCell::default(),
            written: RefCell::default(),
        })
    }

    /// What a block of it is called in Terraform's messages.
    pub(super) fn within(&self, name: &str) -> String {
        if self.address.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.address)
        }
    }
}

/// `["key"]` or `[0]` behind the name of one of several.
pub(super) fn index(key: Option<&Value>) -> String {
    match key {
        None => String::new(),
        Some(Value::Number(number)) => format!("[{number}]"),
        Some(key) => format!("[{:?}]", key.to_text().unwrap_or_default()),
    }
}

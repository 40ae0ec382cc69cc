//! Files that Terraform writes itself, where it runs.

use crate::files::join;
use crate::terraform::evaluate::{Evaluator, Scope, scope};
use crate::terraform::folder::Item;
use crate::terraform::instance::Instance;
use crate::terraform::value::Value;
use hcl_edit::structure::Body;
use std::rc::Rc;

/// Resources that write a file.
const LOCAL_FILES: [&str; 2] = ["local_file", "local_sensitive_file"];

impl<'a> Evaluator<'a> {
    /// The text of a file that a `local_file` of the module writes; none if none writes it.
    pub(super) fn made_file(&mut self, around: &Scope<'_, 'a>, path: &str) -> Option<Value> {
        let instance = around.instance?;
        let makers = instance.folder.resources.iter();
        let makers = makers.filter(|((kind, _), _)| LOCAL_FILES.contains(kind));
        let makers = makers.flat_map(|(key, items)| items.iter().map(move |one| (key, one)));
        for ((kind, name), maker) in makers {
            let made = self.made(instance, maker.source, &maker.block.body);
            for at in 0..made.len() {
                let inner = scope(instance, maker.source, made[at].1.clone());
                if self.written(&inner, instance, *maker, at).as_deref() == Some(path) {
                    let content = self.argument(&inner, &maker.block.body, "content");
                    let unknown =
                        || Value::unknown(format!("what {kind}.{name} writes isn't known"));
                    return Some(content.map_or_else(unknown, |(value, _, _)| value));
                }
            }
        }
        None
    }

    /// The path that a block which writes a file names, as the one of that number that is made of it; worked out once
    /// where nothing is to be said of it.
    fn written(
        &mut self,
        inner: &Scope<'_, 'a>,
        instance: &Rc<Instance<'a>>,
        maker: Item<'a>,
        at: usize,
    ) -> Option<String> {
        self.charge(1);
        let block: *const Body = &maker.block.body;
        if let Some(path) = instance.written.borrow().get(&(block, at)) {
            return path.clone();
        }
        let before = self.said();
        let filename = self.argument(inner, &maker.block.body, "filename");
        let filename = filename.and_then(|(value, _, _)| value.to_text());
        let path = filename.and_then(|filename| join(instance.root, &filename));
        if self.said() == before {
            let mut all = instance.written.borrow_mut();
            all.insert((block, at), path.clone());
        }
        path
    }
}

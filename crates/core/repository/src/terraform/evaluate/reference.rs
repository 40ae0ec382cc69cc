//! What names lead to: variables, locals, outputs of modules, arguments of resources.

use super::{Evaluator, Scope, scope as scope_of};
use crate::files::way;
use crate::finding::near;
use crate::terraform::instance::{Instance, Names};
use crate::terraform::value::Value;
use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, Traversal, TraversalOperator};
use std::collections::BTreeMap;
use std::rc::Rc;

impl<'a> Evaluator<'a> {
    pub(super) fn traversal(&mut self, scope: &Scope<'_, 'a>, traversal: &Traversal) -> Value {
        let operators: Vec<&TraversalOperator> =
            traversal.operators.iter().map(|one| one.value()).collect();
        let (value, used) = match &traversal.expr {
            Expression::Variable(root) if scope.name(root.as_str()).is_none() => {
                self.reference(scope, traversal, root.as_str(), &operators)
            }
            base => (self.value(scope, base), 0),
        };
        self.steps_into(
            scope,
            traversal,
            value,
            &operators[used.min(operators.len())..],
        )
    }

    /// Follows attributes and positions into a value.
    fn steps_into(
        &mut self,
        scope: &Scope<'_, 'a>,
        traversal: &Traversal,
        value: Value,
        operators: &[&TraversalOperator],
    ) -> Value {
        let Some((first, rest)) = operators.split_first() else {
            return value;
        };
        let key = match first {
            TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => {
                let items = match &value {
                    Value::Unknown(_) => return value,
                    Value::List(items) => items.to_vec(),
                    Value::Null => Vec::new(),
                    one => vec![one.clone()],
                };
                let items = items.into_iter();
                let all = items.map(|item| self.steps_into(scope, traversal, item, rest));
                return Value::list(all);
            }
            TraversalOperator::GetAttr(name) => Value::text(name.as_str()),
            TraversalOperator::Index(expr) => self.value(scope, expr),
            TraversalOperator::LegacyIndex(index) => Value::number(*index.value() as f64),
        };
        let found = match (&value, &key) {
            (Value::Unknown(_), _) => return value,
            (_, Value::Unknown(_)) => return key,
            (Value::List(items), key) => {
                let at = key.to_number().filter(|at| *at >= 0.0);
                at.and_then(|at| items.get(at as usize)).cloned()
            }
            (Value::Map(entries), key) => key.to_text().and_then(|key| entries.get(&*key).cloned()),
            _ => None,
        };
        match found {
            Some(found) => self.steps_into(scope, traversal, found, rest),
            None => {
                let key = key.to_text().unwrap_or_default();
                let message = format!("there is no `{key}` in {}", value.what());
                self.fault(scope, traversal.span(), message, "")
            }
        }
    }

    /// What a name leads to, and how many of the operators behind it belong to the name.
    fn reference(
        &mut self,
        scope: &Scope<'_, 'a>,
        traversal: &Traversal,
        root: &str,
        operators: &[&TraversalOperator],
    ) -> (Value, usize) {
        let name = |at: usize| match operators.get(at) {
            Some(TraversalOperator::GetAttr(name)) => Some(name.as_str()),
            _ => None,
        };
        let all = operators.len();
        let Some(instance) = scope.instance else {
            let message = format!("`{root}` isn't among the values that the template is given");
            let help = "a template file sees only the map behind its name";
            return (self.fault(scope, traversal.span(), message, help), all);
        };
        let instance = Rc::clone(instance);
        let names = [Some(root), name(0), name(1).filter(|_| root == "data")];
        let address = names.into_iter().flatten().collect::<Vec<_>>().join(".");
        if let Some(why) = instance.folder.why_unknown(&address) {
            return (Value::unknown(why), all);
        }
        match (root, name(0), name(1)) {
            ("var", Some(name), _) => (self.variable(scope, traversal, &instance, name), 1),
            ("local", Some(name), _) => (self.local(scope, traversal, &instance, name), 1),
            ("path", Some("module"), _) => {
                let way = way(instance.root, &instance.folder.path);
                (Value::text(way), 1)
            }
            ("path", Some(_), _) => (Value::text("."), 1),
            ("terraform", _, _) => {
                let why = "terraform.workspace is known only when Terraform runs";
                (Value::unknown(why), all)
            }
            ("module", Some(name), _) => self.output(scope, traversal, &instance, name, operators),
            ("data", Some(kind), Some(name)) => {
                let item = instance.folder.data.get(&(kind, name)).copied();
                let found = item.ok_or_else(|| format!("data.{kind}.{name}"));
                self.resource(scope, traversal, &instance, found, &operators[2..], 2)
            }
            ("each" | "count" | "self", _, _) => {
                let message = format!("`{root}` means nothing here");
                let help = "each stands in blocks with for_each, count in those with count";
                (self.fault(scope, traversal.span(), message, help), all)
            }
            (kind, Some(name), _) => {
                let items = instance.folder.resources.get(&(kind, name));
                let found = items.and_then(|items| items.first()).copied();
                let found = found.ok_or_else(|| format!("{kind}.{name}"));
                self.resource(scope, traversal, &instance, found, &operators[1..], 1)
            }
            _ => {
                let message = format!("`{}` is no reference", scope.text.slice(traversal.span()));
                (self.fault(scope, traversal.span(), message, ""), all)
            }
        }
    }

    fn variable(
        &mut self,
        scope: &Scope<'_, 'a>,
        traversal: &Traversal,
        instance: &Rc<Instance<'a>>,
        name: &str,
    ) -> Value {
        let Some(declared) = instance.folder.variables.get(name).copied() else {
            let message = format!("variable `{name}` isn't declared in this module");
            return self.undeclared(scope, traversal, message, name, &instance.folder.variables);
        };
        self.remembered(scope, traversal, instance, format!("var.{name}"), |this| {
            let given = match &instance.call {
                Some(call) => {
                    let argument = call.item.block.body.get_attribute(name);
                    argument.map(|argument| {
                        let names = call.names.clone();
                        let outer = scope_of(&call.parent, call.item.source, names);
                        this.value(&outer, &argument.value)
                    })
                }
                None => match (this.given.get(name), instance.folder.values.get(name)) {
                    (Some(text), _) => Some(Value::text(text.as_str())),
                    (None, Some(given)) => {
                        let outer = scope_of(instance, given.source, Names::new());
                        Some(this.value(&outer, given.value))
                    }
                    (None, None) => None,
                },
            };
            let default = declared.block.body.get_attribute("default");
            match (given, default) {
                (Some(value), _) => value,
                (None, Some(default)) => {
                    let inner = scope_of(instance, declared.source, Names::new());
                    this.value(&inner, &default.value)
                }
                (None, None) => Value::unknown(format!("var.{name} has no default")),
            }
        })
    }

    fn local(
        &mut self,
        scope: &Scope<'_, 'a>,
        traversal: &Traversal,
        instance: &Rc<Instance<'a>>,
        name: &str,
    ) -> Value {
        let Some(given) = instance.folder.locals.get(name).copied() else {
            let message = format!("local `{name}` isn't declared in this module");
            return self.undeclared(scope, traversal, message, name, &instance.folder.locals);
        };
        self.remembered(
            scope,
            traversal,
            instance,
            format!("local.{name}"),
            |this| {
                let inner = scope_of(instance, given.source, Names::new());
                this.value(&inner, given.value)
            },
        )
    }

    /// Notes that a module declares nothing of a name, with the name that may be meant.
    pub(super) fn undeclared<T>(
        &mut self,
        scope: &Scope<'_, 'a>,
        traversal: &Traversal,
        message: String,
        name: &str,
        declared: &BTreeMap<&str, T>,
    ) -> Value {
        let help = near(name, declared.keys().copied());
        self.fault(scope, traversal.span(), message, &help)
    }

    /// A value that is worked out once.
    fn remembered(
        &mut self,
        scope: &Scope<'_, 'a>,
        traversal: &Traversal,
        instance: &Rc<Instance<'a>>,
        name: String,
        work_out: impl FnOnce(&mut Self) -> Value,
    ) -> Value {
        let before = instance.known.borrow().get(&name).cloned();
        match before {
            Some(Some(value)) => return value,
            Some(None) => {
                let message = format!("{name} leads back to itself");
                return self.fault(scope, traversal.span(), message, "break the circle");
            }
            None => {}
        }
        instance.known.borrow_mut().insert(name.clone(), None);
        let value = work_out(self);
        instance
            .known
            .borrow_mut()
            .insert(name, Some(value.clone()));
        value
    }
}

//! What answers may be made of.

use super::matching::matching;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tollgate_architect::workflow::{Action, EntityType, QuestionKind, Workflow};
use tollgate_expression::Expr;
use tollgate_expression::Type;
use tollgate_expression::Value;
use tollgate_expression::time::write_date_time;

/// What a workflow's answers may be made of.
pub(super) struct Pool {
    pub(super) texts: Vec<String>,
    /// Whether a failure leads to branches of its own.
    pub(super) fails: bool,
    /// Numbers that the workflow names, and those beside them.
    pub(super) numbers: Vec<Decimal>,
    /// Outputs by data action, table, step type or called workflow: path, name and type.
    pub(super) outputs: BTreeMap<String, BTreeSet<(String, String, Type)>>,
    /// Built-in variables that are used.
    pub(super) builtins: BTreeSet<String>,
    /// Names of participant data that are read.
    pub(super) participant: BTreeSet<String>,
    /// Names of JSON properties that are read.
    pub(super) properties: BTreeSet<String>,
    /// Texts that stand in one expression with a built-in variable or a property, by the last part of its name in
    /// small letters.
    pub(super) compared: BTreeMap<String, BTreeSet<String>>,
    /// Texts that each entity accepts, as far as they are known.
    pub(super) slots: BTreeMap<String, Vec<String>>,
}

/// Numbers that are taken from the workflow.
const MAX_NUMBERS: usize = 120;

/// Texts that workflows often look at.
const COMMON: [&str; 6] = [
    "",
    "x",
    "+13175550100",
    "87654321",
    "jo@example.com",
    "true",
];

impl Pool {
    pub(super) fn of<'a>(workflows: impl Iterator<Item = &'a Arc<Workflow>>, start: i64) -> Pool {
        let mut pool = Pool {
            texts: COMMON.map(str::to_owned).to_vec(),
            fails: false,
            numbers: Vec::new(),
            outputs: BTreeMap::new(),
            builtins: BTreeSet::new(),
            participant: BTreeSet::new(),
            properties: BTreeSet::new(),
            compared: BTreeMap::new(),
            slots: BTreeMap::new(),
        };
        pool.texts.push(write_date_time(start));
        pool.texts.push(write_date_time(start - 86_400_000));
        for workflow in workflows {
            for step in workflow.steps() {
                pool.fails |= step.is_after_failure() && step.paths.len() > 1;
                expressions(&step.action, &mut |expr| pool.harvest(expr));
                if let Action::GetData(attributes) = &step.action {
                    let names = attributes.iter().filter_map(|(name, _)| match name {
                        Expr::Constant(Value::String(name)) => Some(name.to_string()),
                        _ => None,
                    });
                    pool.participant.extend(names);
                }
                let (name, bindings) = match &step.action {
                    Action::CallData(call) => (call.action.to_string(), &call.outputs),
                    Action::Lookup { table, outputs, .. } => (table.to_string(), outputs),
                    Action::CallWorkflow(call) => (call.workflow.to_string(), &call.outputs),
                    Action::Platform { outputs, .. } | Action::Transfer { outputs, .. } => {
                        (step.word.to_owned(), outputs)
                    }
                    _ => continue,
                };
                let known = pool.outputs.entry(name).or_default();
                for binding in bindings {
                    let (path, name) = (binding.path.to_owned(), binding.name.to_string());
                    known.insert((path, name, binding.kind));
                }
                if let Action::CallWorkflow(call) = &step.action
                    && call.intent.is_some()
                {
                    known.insert(("success".to_owned(), "intent".to_owned(), Type::STRING));
                }
            }
            for (entity, kind) in workflow.entities() {
                let texts = pool.slots.entry(entity.clone()).or_default();
                texts.extend(accepted(kind));
            }
        }
        let texts: BTreeSet<String> = pool.texts.drain(..).collect();
        pool.texts = texts.into_iter().collect();
        pool
    }

    /// Takes a number and its neighbours, so that comparisons with it become true and false.
    fn near(&mut self, number: Decimal, step: Decimal) {
        let beside = [number - step, number, number + step];
        for number in beside.into_iter().flat_map(|number| [number, -number]) {
            if self.numbers.len() < MAX_NUMBERS && !self.numbers.contains(&number) {
                self.numbers.push(number);
            }
        }
    }

    fn harvest(&mut self, expr: &Expr) {
        let (mut texts, mut names) = (Vec::new(), Vec::new());
        expr.walk(&mut |part| match part {
            Expr::Constant(Value::String(text)) if text.len() <= 80 => {
                texts.push(text.to_string());
            }
            Expr::Constant(Value::Integer(number)) => self.near((*number).into(), 1.into()),
            Expr::Constant(Value::Decimal(number)) => self.near(*number, Decimal::new(1, 1)),
            Expr::Builtin(name) => {
                names.push(name.rsplit('.').next().unwrap_or_default().to_lowercase());
                self.builtins.insert(name.to_string());
            }
            Expr::Property(_, name) => {
                names.push(name.to_lowercase());
                self.properties.insert(name.to_string());
            }
            _ => {}
        });
        for name in names {
            let compared = self.compared.entry(name).or_default();
            compared.extend(texts.iter().cloned());
        }
        self.texts.extend(texts);
    }
}

/// Texts that are surely a value of an entity of this type.
fn accepted(kind: &EntityType) -> Vec<String> {
    match kind {
        EntityType::Items(items) => items.iter().map(|(value, _)| value.clone()).collect(),
        EntityType::Patterns(patterns) => patterns
            .iter()
            .filter_map(|pattern| matching(pattern.as_str()))
            .collect(),
        EntityType::Anything => Vec::new(),
    }
}

/// Shows the expressions of a step that tell what answers matter.
fn expressions(action: &Action, see: &mut dyn FnMut(&Expr)) {
    match action {
        Action::Decision(expr) | Action::Wait(expr) => see(expr),
        Action::Switch(exprs) | Action::Say(exprs) => exprs.iter().for_each(see),
        Action::Update(statements) => statements.iter().for_each(|s| see(&s.value)),
        Action::SetData(pairs) => pairs.iter().for_each(|(name, value)| {
            see(name);
            see(value);
        }),
        Action::CallData(call) => call.inputs.iter().for_each(|field| see(&field.value)),
        Action::Lookup { key: Some(key), .. } => see(key),
        Action::CallWorkflow(call) => call.inputs.iter().for_each(|field| see(&field.value)),
        Action::Platform { inputs, .. }
        | Action::Transfer { inputs, .. }
        | Action::Tell(inputs) => {
            inputs.iter().for_each(|field| see(&field.value));
        }
        Action::Question {
            kind: QuestionKind::Digits { .. },
            prompting,
            ..
        } => prompting.question.iter().for_each(see),
        _ => {}
    }
}

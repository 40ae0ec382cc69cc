//! Whether a candidate passes a filter.

use super::node::{Json, Node};
use crate::chain::{Chain, Filter, Operand, Operator, Relation, Root};
use crate::found::{Answer, Found};
use crate::read::{Reader, Scope, follow};
use crate::stop::Stop;
use serde_json::Value;
use std::borrow::Cow;
use std::rc::Rc;
use tollgate_meter::BYTES_PER_STEP;

impl Reader<'_> {
    /// Whether the candidate passes.
    #[inline]
    pub(crate) fn passes<'p: 'v, 'v>(
        &mut self,
        filter: &'p Filter,
        candidate: &'v Value,
        scope: Scope<'v>,
    ) -> Result<bool, Stop<'p>> {
        let held = self.held();
        let accepted = self.accepts(filter, candidate, scope);
        self.release_to(held);
        match accepted {
            Err(Stop::Missing(_) | Stop::Invalid(_) | Stop::Unknown(_)) => Ok(false),
            other => other,
        }
    }

    fn accepts<'p: 'v, 'v>(
        &mut self,
        filter: &'p Filter,
        candidate: &'v Value,
        scope: Scope<'v>,
    ) -> Result<bool, Stop<'p>> {
        self.visit()?;
        match filter {
            Filter::Relation(relation) => self.holds(relation, candidate, scope),
            Filter::All(all) => {
                for filter in all {
                    if !self.accepts(filter, candidate, scope)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Filter::Any(any) => {
                for filter in any {
                    if self.accepts(filter, candidate, scope)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Filter::Not(filter) => self.accepts(filter, candidate, scope).map(|passes| !passes),
            Filter::Exists(chain, wanted) => {
                // Such a path starts from the candidate, even if it is written with `$`.
                let strict = Scope {
                    strict: true,
                    ..scope
                };
                match self.answer(chain, candidate, strict) {
                    Ok(_) => Ok(*wanted),
                    Err(Stop::Missing(_)) => Ok(!wanted),
                    Err(stop) => Err(stop),
                }
            }
        }
    }

    #[inline]
    fn holds<'p: 'v, 'v>(
        &mut self,
        relation: &'p Relation,
        candidate: &'v Value,
        scope: Scope<'v>,
    ) -> Result<bool, Stop<'p>> {
        if let Some(is_equal) = self.text_equals(relation, candidate)? {
            return Ok(is_equal);
        }
        let left = self.node(&relation.left, candidate, scope)?;
        let right = self.node(&relation.right, candidate, scope)?;
        self.work(left.length() + right.length())?;
        self.relate(relation.operator, &left, &right)
    }

    /// The relation of most filters, `@.name == 'text'`, where the member is a text: what [`Self::relate`] says
    /// of it, in half the time.
    #[inline]
    fn text_equals<'p>(
        &mut self,
        relation: &'p Relation,
        candidate: &Value,
    ) -> Result<Option<bool>, Stop<'p>> {
        if let Relation {
            left: Operand::Path { chain, .. },
            operator: Operator::Equal,
            right: Operand::Text(right),
        } = relation
            && chain.single
            && chain.root == Root::Candidate
            && let Ok(Value::String(left)) = follow(chain, candidate)
        {
            self.charge(chain.steps.len() + left.len() / BYTES_PER_STEP as usize)?;
            return Ok(Some(left == right));
        }
        Ok(None)
    }

    #[inline]
    fn node<'p: 'v, 'v>(
        &mut self,
        operand: &'p Operand,
        candidate: &'v Value,
        scope: Scope<'v>,
    ) -> Result<Node<'v>, Stop<'p>> {
        Ok(match operand {
            Operand::Path { chain, kept } => {
                return self.path_node(chain, *kept, candidate, scope);
            }
            Operand::Text(text) => Node::Text(Cow::Borrowed(text)),
            Operand::Number(text) => Node::Number(Cow::Borrowed(text)),
            Operand::Bool(flag) => Node::Bool(*flag),
            Operand::Null => Node::Null,
            Operand::Json(literal) => Node::Json(Json::Literal(literal)),
            Operand::Pattern(pattern) => Node::Pattern(pattern),
        })
    }

    /// The value of a path in a filter.
    #[inline]
    fn path_node<'p: 'v, 'v>(
        &mut self,
        chain: &'p Chain,
        slot: usize,
        candidate: &'v Value,
        scope: Scope<'v>,
    ) -> Result<Node<'v>, Stop<'p>> {
        let from_document = chain.root == Root::Document;
        if chain.single {
            self.charge(chain.steps.len())?;
            let start = if from_document { scope.root } else { candidate };
            return match follow(chain, start) {
                Ok(value) => Ok(Node::of(value)?),
                Err(_) => Ok(Node::Undefined),
            };
        }
        let node = if from_document {
            self.kept(chain, slot, scope)
                .and_then(|value| Node::kept(&value))
        } else {
            self.answer(chain, candidate, scope).and_then(node)
        };
        match node {
            Err(Stop::Missing(_)) => Ok(Node::Undefined),
            other => other,
        }
    }
}

fn node<'p, 'v>(answer: Answer<'v>) -> Result<Node<'v>, Stop<'p>> {
    match answer {
        Answer::One(Found::Place(value)) => Ok(Node::of(value)?),
        Answer::One(Found::Made(value)) => Ok(Node::kept(&Rc::new(Found::Made(value)))?),
        Answer::One(Found::Names(_)) => {
            Err(Stop::Fault(&"a filter can't compare names of members"))
        }
        Answer::List(found) => Ok(Node::Json(Json::Found(found))),
    }
}

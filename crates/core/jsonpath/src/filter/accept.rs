//! Whether a candidate passes a filter.

use super::node::{Items, Json, Node, Seen};
use super::{Filter, Operand, Operator, Pattern, Relation};
use crate::chain::Root;
use crate::read::{Reader, Scope, Stop, follow};
use crate::{CompileError, compile};
use serde_json::Value;
use std::borrow::Cow;
use tollgate_meter::BYTES_PER_STEP;

/// Says that a relation makes no sense: the candidate doesn't pass, whatever else the filter says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Denied;

impl<'p> Reader<'_> {
    /// Whether the candidate passes.
    #[inline]
    pub(crate) fn passes<'v>(
        &mut self,
        filter: &'p Filter,
        candidate: &'v Value,
        scope: Scope<'v>,
    ) -> Result<bool, Stop<'p>>
    where
        'p: 'v,
    {
        let held = self.held();
        let accepted = self.accepts(filter, candidate, scope);
        self.release_to(held);
        match accepted {
            Err(Stop::Missing(_) | Stop::Invalid(_) | Stop::Unknown(_)) => Ok(false),
            other => other,
        }
    }

    fn accepts<'v>(
        &mut self,
        filter: &'p Filter,
        candidate: &'v Value,
        scope: Scope<'v>,
    ) -> Result<bool, Stop<'p>>
    where
        'p: 'v,
    {
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
    fn holds<'v>(
        &mut self,
        relation: &'p Relation,
        candidate: &'v Value,
        scope: Scope<'v>,
    ) -> Result<bool, Stop<'p>>
    where
        'p: 'v,
    {
        if let Some(is_equal) = self.text_equals(relation, candidate)? {
            return Ok(is_equal);
        }
        let left = self.node(&relation.left, candidate, scope)?;
        let right = self.node(&relation.right, candidate, scope)?;
        self.work(left.length() + right.length())?;
        self.relate(relation.operator, &left, &right)
    }

    /// The relation of most filters, `@.name == 'text'`, where it is a text that is there: the same as below,
    /// in half the time.
    #[inline]
    fn text_equals(
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
    fn node<'v>(
        &mut self,
        operand: &'p Operand,
        candidate: &'v Value,
        scope: Scope<'v>,
    ) -> Result<Node<'v>, Stop<'p>>
    where
        'p: 'v,
    {
        Ok(match operand {
            Operand::Path { chain, kept } => {
                return self.path_node(chain, *kept, candidate, scope);
            }
            Operand::Text(text) => Node::Text(Cow::Borrowed(text)),
            Operand::Number(text) => Node::Number(Cow::Borrowed(text)),
            Operand::Bool(it) => Node::Bool(*it),
            Operand::Null => Node::Null,
            Operand::Json(literal) => Node::Json(Json::Literal(literal)),
            Operand::Pattern(pattern) => Node::Pattern(pattern),
        })
    }

    fn relate(
        &mut self,
        operator: Operator,
        left: &Node<'_>,
        right: &Node<'_>,
    ) -> Result<bool, Stop<'p>> {
        use Operator as Op;
        Ok(match operator {
            Op::Equal => self.equal(left, right)?,
            Op::NotEqual => !self.equal(left, right)?,
            Op::Same => left.is_like(right) && self.equal(left, right)?,
            Op::NotSame => !(left.is_like(right) && self.equal(left, right)?),
            Op::Less => left.order(right).is_some_and(|order| order.is_lt()),
            Op::LessOrEqual => left.order(right).is_some_and(|order| order.is_le()),
            Op::Greater => left.order(right).is_some_and(|order| order.is_gt()),
            Op::GreaterOrEqual => left.order(right).is_some_and(|order| order.is_ge()),
            Op::Matches => match (left, right) {
                (Node::Pattern(_), Node::Pattern(_)) => false,
                (Node::Pattern(pattern), other) | (other, Node::Pattern(pattern)) => {
                    self.matches(pattern, other)?
                }
                _ => false,
            },
            Op::In => self.is_in(left, right)?,
            Op::NotIn => !self.is_in(left, right)?,
            Op::Contains => match (left, right) {
                (Node::Text(left), Node::Text(right)) => left.contains(&**right),
                (Node::Json(left), _) => match left.look()? {
                    Seen::List(items) => self.finds(items, |item| right.equals(item))?,
                    Seen::Object => false,
                },
                _ => false,
            },
            Op::Size => {
                let Node::Number(size) = right else {
                    return Ok(false);
                };
                let size = i64::from(crate::number::bits(size));
                let count = |items: usize| i64::try_from(items).unwrap_or(i64::MAX);
                match left {
                    Node::Text(text) => count(text.encode_utf16().count()) == size,
                    Node::Json(json) => match json.look()? {
                        Seen::List(items) => count(items.len()) == size,
                        Seen::Object => size == -1,
                    },
                    _ => false,
                }
            }
            Op::Empty => {
                let is_empty = match left {
                    Node::Text(text) => text.is_empty(),
                    Node::Json(json) => match json.look()? {
                        Seen::List(items) => items.len() == 0,
                        Seen::Object => {
                            return Err(Stop::Fault(&"an object is neither empty nor not"));
                        }
                    },
                    _ => return Ok(false),
                };
                is_empty == boolean(right)?
            }
            Op::SubsetOf => self.in_both(left, right, |count, of| count == of)?,
            Op::AnyOf => self.in_both(left, right, |count, _| count > 0)?,
            Op::NoneOf => self.in_both(left, right, |count, _| count == 0)?,
            Op::Exists => match (left, right) {
                (Node::Bool(left), Node::Bool(right)) => left == right,
                (Node::Bool(_), _) | (_, Node::Bool(_)) => return Err(Stop::Invalid(Denied)),
                _ => return Err(Stop::Fault(&"`exists` wants a boolean beside it")),
            },
            Op::Unusable => return Err(Stop::Invalid(Denied)),
        })
    }

    fn equal(&mut self, left: &Node<'_>, right: &Node<'_>) -> Result<bool, Stop<'p>> {
        match (left, right) {
            (Node::Json(left), Node::Json(right)) => {
                if let Ok(Seen::List(items)) = left.look() {
                    self.charge(items.len())?;
                }
                Ok(left.equals(right)?)
            }
            _ => Ok(left.equals(right)),
        }
    }

    fn is_in(&mut self, left: &Node<'_>, right: &Node<'_>) -> Result<bool, Stop<'p>> {
        match right {
            Node::Json(list) => match list.look()? {
                Seen::List(items) => self.finds(items, |item| left.equals(item)),
                Seen::Object => Ok(false),
            },
            _ => Err(Stop::Invalid(Denied)),
        }
    }

    /// How many items of the left list are found in the right one.
    fn in_both(
        &mut self,
        left: &Node<'_>,
        right: &Node<'_>,
        enough: impl FnOnce(usize, usize) -> bool,
    ) -> Result<bool, Stop<'p>> {
        let Seen::List(right) = list(right)? else {
            return Ok(false);
        };
        // The reference reads the whole right list before it looks at the left one.
        self.finds(right, |_| false)?;
        let Seen::List(left) = list(left)? else {
            return Ok(false);
        };
        self.finds(left, |_| false)?;
        let mut count = 0;
        for at in 0..left.len() {
            let node = self.node_at(left, at)?;
            count += usize::from(self.finds(right, |item| node.equals(item))?);
        }
        Ok(enough(count, left.len()))
    }

    /// Whether an item is the wanted one. All are read all the same: one that can't be is an error.
    fn finds(
        &mut self,
        items: Items<'_>,
        mut wanted: impl FnMut(&Node<'_>) -> bool,
    ) -> Result<bool, Stop<'p>> {
        let mut found = false;
        for at in 0..items.len() {
            let node = self.node_at(items, at)?;
            self.work(node.length())?;
            found = found || wanted(&node);
        }
        Ok(found)
    }

    fn node_at<'n>(&mut self, items: Items<'n>, at: usize) -> Result<Node<'n>, Stop<'p>> {
        self.visit()?;
        let item = items.get(at);
        let item = item.ok_or(Stop::Fault(&"the filter searches a list of names"))?;
        let meter = self.settled()?;
        let is_path = |text: &str| match compile::path(text, meter) {
            _ if meter.stopped().is_some() => {
                Err(Stop::TooLarge(&"stopped while it read a path in a list"))
            }
            Ok(_) => Ok(true),
            Err(CompileError { .. }) => Ok(false),
        };
        Node::item(item, is_path)
    }

    fn matches(&mut self, pattern: &Pattern, node: &Node<'_>) -> Result<bool, Stop<'p>> {
        if let Node::Json(json) = node
            && let Seen::List(items) = json.look()?
        {
            for at in 0..items.len() {
                self.node_at(items, at)?;
            }
            for at in 0..items.len() {
                let node = self.node_at(items, at)?;
                if pattern.matches(&node.text(), self.settled()?)? {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
        pattern.matches(&node.text(), self.settled()?)
    }
}

fn list<'n>(node: &'n Node<'_>) -> Result<Seen<'n>, Stop<'static>> {
    match node {
        Node::Json(json) => json.look(),
        _ => Err(Stop::Invalid(Denied)),
    }
}

fn boolean(node: &Node<'_>) -> Result<bool, Stop<'static>> {
    match node {
        Node::Bool(it) => Ok(*it),
        _ => Err(Stop::Invalid(Denied)),
    }
}

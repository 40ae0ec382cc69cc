//! What the operators say of two operands.

use super::node::{Items, Node, Seen};
use crate::chain::{Operator, Pattern};
use crate::compile;
use crate::number;
use crate::read::Reader;
use crate::stop::{Denied, Stop};

impl<'p> Reader<'_> {
    /// Whether the operator holds between the two.
    pub(super) fn relate(
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
            Op::Contains => self.contains(left, right)?,
            Op::Size => has_size(left, right)?,
            Op::Empty => match is_empty(left)? {
                Some(is_empty) => is_empty == boolean(right)?,
                None => false,
            },
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
                let mut seen = 0;
                let equal = left.equals(right, &mut seen)?;
                self.charge(seen)?;
                Ok(equal)
            }
            _ => Ok(left.equals(right)),
        }
    }

    fn contains(&mut self, left: &Node<'_>, right: &Node<'_>) -> Result<bool, Stop<'p>> {
        match (left, right) {
            (Node::Text(left), Node::Text(right)) => Ok(left.contains(&**right)),
            (Node::Json(left), _) => match left.look()? {
                Seen::List(items) => self.finds(items, right.length(), |item| right.equals(item)),
                Seen::Object => Ok(false),
            },
            _ => Ok(false),
        }
    }

    fn is_in(&mut self, left: &Node<'_>, right: &Node<'_>) -> Result<bool, Stop<'p>> {
        match right {
            Node::Json(list) => match list.look()? {
                Seen::List(items) => self.finds(items, left.length(), |item| left.equals(item)),
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
        self.finds(right, 0, |_| false)?;
        let Seen::List(left) = list(left)? else {
            return Ok(false);
        };
        self.finds(left, 0, |_| false)?;
        let mut count = 0;
        for at in 0..left.len() {
            let node = self.node_at(left, at)?;
            count += usize::from(self.finds(right, node.length(), |item| node.equals(item))?);
        }
        Ok(enough(count, left.len()))
    }

    /// Whether an item is the wanted one, of that length: each comparison may look through both. All items are read
    /// all the same: one that can't be is an error.
    fn finds(
        &mut self,
        items: Items<'_>,
        length: usize,
        mut wanted: impl FnMut(&Node<'_>) -> bool,
    ) -> Result<bool, Stop<'p>> {
        let mut found = false;
        for at in 0..items.len() {
            let node = self.node_at(items, at)?;
            self.work(node.length() + length)?;
            found = found || wanted(&node);
        }
        Ok(found)
    }

    /// The node of an item of a list.
    fn node_at<'n>(&mut self, items: Items<'n>, at: usize) -> Result<Node<'n>, Stop<'p>> {
        self.visit()?;
        let item = items.get(at);
        let item = item.ok_or(Stop::Fault(&"the filter searches a list of names"))?;
        Node::item(item, |text| {
            // Reading a text as a path, or as JSON, takes a step for two bytes or so.
            self.charge(text.len() / 2)?;
            let meter = self.settled()?;
            let is_path = text.starts_with(['$', '@']) && compile::path(text, meter).is_ok();
            match meter.stopped() {
                Some(exhausted) => Err(Stop::from(exhausted)),
                None => Ok(is_path),
            }
        })
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

/// Whether the left operand has as many characters or items as the right one says; an object has -1.
fn has_size(left: &Node<'_>, right: &Node<'_>) -> Result<bool, Stop<'static>> {
    let Node::Number(size) = right else {
        return Ok(false);
    };
    let size = i64::from(number::bits(size));
    let count = |items: usize| i64::try_from(items).unwrap_or(i64::MAX);
    Ok(match left {
        Node::Text(text) => count(text.encode_utf16().count()) == size,
        Node::Json(json) => match json.look()? {
            Seen::List(items) => count(items.len()) == size,
            Seen::Object => size == -1,
        },
        _ => false,
    })
}

/// Whether a text or a list is empty; nothing of what is neither.
fn is_empty(node: &Node<'_>) -> Result<Option<bool>, Stop<'static>> {
    Ok(match node {
        Node::Text(text) => Some(text.is_empty()),
        Node::Json(json) => match json.look()? {
            Seen::List(items) => Some(items.len() == 0),
            Seen::Object => return Err(Stop::Fault(&"an object is neither empty nor not")),
        },
        _ => None,
    })
}

fn list<'n>(node: &'n Node<'_>) -> Result<Seen<'n>, Stop<'static>> {
    match node {
        Node::Json(json) => json.look(),
        _ => Err(Stop::Invalid(Denied)),
    }
}

fn boolean(node: &Node<'_>) -> Result<bool, Stop<'static>> {
    match node {
        Node::Bool(flag) => Ok(*flag),
        _ => Err(Stop::Invalid(Denied)),
    }
}

//! Looking ahead whether a bracket opens a range (`[1..3]`) or a list.
//!
//! Places are counted from the next token.

use super::{Fault, Kind, Parser};

/// The place after what was looked for, if it is there.
type Found = Result<Option<usize>, Fault>;

impl Parser<'_> {
    /// Whether a range follows.
    pub(super) fn is_range(&mut self) -> Result<bool, Fault> {
        Ok(self.range_start(0)?.is_some())
    }

    fn range_start(&mut self, at: usize) -> Found {
        let Some(at) = self.one(at, Kind::ListOpen)? else {
            return Ok(None);
        };
        let at = self.maybe_white(at)?;
        let Some(at) = self.end_at(at)? else {
            return Ok(None);
        };
        let at = self.maybe_white(at)?;
        self.one(at, Kind::DoubleDot)
    }

    fn range_at(&mut self, at: usize) -> Found {
        let Some(at) = self.range_start(at)? else {
            return Ok(None);
        };
        let at = self.maybe_white(at)?;
        let Some(at) = self.end_at(at)? else {
            return Ok(None);
        };
        let at = self.maybe_white(at)?;
        self.one(at, Kind::ListClose)
    }

    fn end_at(&mut self, at: usize) -> Found {
        if let Some(at) = self.one(at, Kind::Integer)? {
            return Ok(Some(at));
        }
        self.reference_at(at)
    }

    fn one(&mut self, at: usize, kind: Kind) -> Found {
        self.whole.ahead = self.whole.ahead.saturating_sub(1);
        let token = self.peek(at)?;
        let (found, start) = (token.kind == kind, token.start);
        if self.whole.ahead == 0 {
            return Err((
                start,
                "brackets and parentheses nest in too many ways".to_owned(),
            ));
        }
        Ok(found.then_some(at + 1))
    }

    fn maybe_white(&mut self, at: usize) -> Result<usize, Fault> {
        Ok(self.one(at, Kind::White)?.unwrap_or(at))
    }

    fn reference_at(&mut self, at: usize) -> Found {
        self.deeper()?;
        let formal = self.one(at, Kind::LeftCurly)?;
        let mut found = match self.one(formal.unwrap_or(at), Kind::Identifier)? {
            Some(at) => Some(self.parts_at(at)?),
            None => None,
        };
        if let (Some(at), Some(_)) = (found, formal) {
            found = self.one(at, Kind::RightCurly)?;
        }
        self.shallower();
        Ok(found)
    }

    fn parts_at(&mut self, at: usize) -> Result<usize, Fault> {
        let mut at = self.indexes_at(at)?;
        while let Some(name) = self.one(at, Kind::Dot)? {
            let part = match self.method_at(name)? {
                None => self.one(name, Kind::Identifier)?,
                method => method,
            };
            match part {
                Some(after) => at = self.indexes_at(after)?,
                None => break,
            }
        }
        Ok(at)
    }

    fn indexes_at(&mut self, mut at: usize) -> Result<usize, Fault> {
        while let Some(index) = self.one(at, Kind::IndexOpen)? {
            let index = self.maybe_white(index)?;
            let simple = [Kind::String, Kind::Integer, Kind::True, Kind::False];
            let kind = self.peek(index)?.kind;
            let value = if simple.contains(&kind) {
                Some(index + 1)
            } else {
                self.reference_at(index)?
            };
            let Some(value) = value else { break };
            let value = self.maybe_white(value)?;
            match self.one(value, Kind::IndexClose)? {
                Some(after) => at = after,
                None => break,
            }
        }
        Ok(at)
    }

    fn method_at(&mut self, at: usize) -> Found {
        let Some(at) = self.one(at, Kind::Identifier)? else {
            return Ok(None);
        };
        let Some(open) = self.one(at, Kind::Open)? else {
            return Ok(None);
        };
        let at = self.listed_at(open)?;
        self.one(at, Kind::ArgumentsClose)
    }

    /// Parameters between commas, as many as there are.
    fn listed_at(&mut self, at: usize) -> Result<usize, Fault> {
        let Some(mut at) = self.parameter_at(at)? else {
            return Ok(at);
        };
        while let Some(comma) = self.one(at, Kind::Comma)? {
            match self.parameter_at(comma)? {
                Some(after) => at = after,
                None => break,
            }
        }
        Ok(at)
    }

    fn parameter_at(&mut self, at: usize) -> Found {
        let at = self.maybe_white(at)?;
        let found = match self.peek(at)?.kind {
            Kind::String | Kind::Integer | Kind::Float | Kind::True | Kind::False => Some(at + 1),
            Kind::MapOpen => self.map_at(at + 1)?,
            Kind::ListOpen => match self.range_at(at)? {
                None => {
                    let end = self.listed_at(at + 1)?;
                    self.one(end, Kind::ListClose)?
                }
                range => range,
            },
            _ => self.reference_at(at)?,
        };
        match found {
            Some(at) => self.maybe_white(at).map(Some),
            None => Ok(None),
        }
    }

    fn map_at(&mut self, at: usize) -> Found {
        let mut end = at;
        loop {
            let entry = match self.parameter_at(end)? {
                Some(key) => match self.one(key, Kind::Colon)? {
                    Some(colon) => self.parameter_at(colon)?,
                    None => None,
                },
                None => None,
            };
            let Some(after) = entry else { break };
            end = after;
            match self.one(end, Kind::Comma)? {
                Some(comma) => end = comma,
                None => break,
            }
        }
        let end = self.maybe_white(end)?;
        match self.one(end, Kind::MapClose)? {
            None => self.one(end, Kind::RightCurly),
            found => Ok(found),
        }
    }
}

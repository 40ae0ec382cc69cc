//! What stands at a place: anchors, line breaks, what was captured before.

use super::{Frame, Go, Machine, NONE};
use crate::fold;
use crate::program::At;
use crate::set::LINE_ENDS;
use crate::tree::{Anchor, Case, Lines, Words};
use crate::words;
use tollgate_meter::Exhausted;

impl Machine<'_> {
    pub(super) fn holds(&mut self, anchor: Anchor, place: u32) -> Result<bool, Exhausted> {
        let end = self.text.len() as u32;
        Ok(match anchor {
            Anchor::Start => place == 0,
            Anchor::End => place == end,
            Anchor::LastEnd(lines) => {
                place == end || (self.ends_line(lines, place) && self.is_last_end(place))
            }
            Anchor::LineEnd(lines) => place == end || self.ends_line(lines, place),
            Anchor::LineStart(lines) => {
                place != end && (place == 0 || self.after_end(lines, place))
            }
            Anchor::Word(words) => self.is_bound(words, place)?,
            Anchor::NoWord(words) => !self.is_bound(words, place)?,
            Anchor::Previous => place == self.previous,
            Anchor::Grapheme => {
                let from = self.last.min(place) as usize;
                let bytes = words::grapheme(&self.text[from..]);
                self.work(bytes * 4)?;
                // Java asks whether the grapheme that begins where something last ended goes beyond.
                place == 0 || place == end || from + bytes <= place as usize
            }
        })
    }

    /// Whether a line end begins here.
    fn ends_line(&self, lines: Lines, place: u32) -> bool {
        match (self.char_at(place), lines) {
            (Some('\n'), Lines::All) => self.char_before(place) != Some('\r'),
            (Some(c), Lines::All) => LINE_ENDS.contains(&c),
            (found, Lines::Unix) => found == Some('\n'),
            (None, _) => false,
        }
    }

    /// Whether the line end that begins here is the end of the text.
    fn is_last_end(&self, place: u32) -> bool {
        let rest = &self.text[place as usize..];
        rest == "\r\n" || rest.chars().nth(1).is_none()
    }

    /// Whether a line end ends here.
    fn after_end(&self, lines: Lines, place: u32) -> bool {
        match (self.char_before(place), lines) {
            (Some('\r'), Lines::All) => self.char_at(place) != Some('\n'),
            (Some(c), Lines::All) => LINE_ENDS.contains(&c),
            (found, Lines::Unix) => found == Some('\n'),
            (None, _) => false,
        }
    }

    /// Whether a word begins or ends here.
    fn is_bound(&mut self, words: Words, place: u32) -> Result<bool, Exhausted> {
        let unicode = words == Words::Unicode;
        let place = place as usize;
        let (before, looked) = words::ends_in_word(&self.text[..place], unicode);
        self.work(looked as usize)?;
        let next = self.char_at(place as u32).map_or(0, char::len_utf8);
        let (after, looked) = match next {
            0 => (false, 0),
            _ => words::ends_in_word(&self.text[..place + next], unicode),
        };
        self.work(looked as usize)?;
        Ok(before != after)
    }

    pub(super) fn line_break(&mut self, at: At, place: u32) -> Result<Go, Exhausted> {
        Ok(match self.char_at(place) {
            Some('\r') if self.char_at(place + 1) == Some('\n') => {
                self.push(Frame::Retry {
                    at: at + 1,
                    place: place + 1,
                })?;
                Go::On(at + 1, place + 2)
            }
            Some(c) if LINE_ENDS.contains(&c) || matches!(c, '\u{0B}' | '\u{0C}') => {
                Go::On(at + 1, place + c.len_utf8() as u32)
            }
            _ => Go::Back,
        })
    }

    /// What a group has captured, again.
    pub(super) fn again(
        &mut self,
        at: At,
        place: u32,
        group: u32,
        case: Case,
    ) -> Result<Go, Exhausted> {
        let (start, end) = match self.groups.get(group as usize) {
            None | Some((NONE, _)) => return Ok(Go::Back),
            Some((start, end)) => (*start as usize, *end as usize),
        };
        let text = self.text;
        let Some(captured) = text.get(start..end) else {
            return Ok(Go::Back);
        };
        let rest = &text[place as usize..];
        self.work(captured.len())?;
        if case == Case::Exact {
            return Ok(match rest.starts_with(captured) {
                true => Go::On(at + 1, place + captured.len() as u32),
                false => Go::Back,
            });
        }
        let mut bytes = 0;
        let mut chars = rest.chars();
        for wanted in captured.chars() {
            let same = |c: &char| match case {
                Case::Unicode => *c == wanted || fold::fold(*c) == fold::fold(wanted),
                _ => c.eq_ignore_ascii_case(&wanted),
            };
            match chars.next().filter(same) {
                Some(c) => bytes += c.len_utf8(),
                None => return Ok(Go::Back),
            }
        }
        Ok(Go::On(at + 1, place + bytes as u32))
    }

    /// Where a look-behind begins to try, and how many further places there are.
    pub(super) fn candidate(
        &mut self,
        place: u32,
        least: i32,
        most: i32,
    ) -> Result<Option<(u32, u32)>, Exhausted> {
        let most = match u32::try_from(most) {
            Ok(most) => most,
            // It overflowed when lengths were added up: no limit, or where Java's sum overflows back, never.
            Err(_) => {
                let before = &self.text[..place as usize];
                self.work(before.len())?;
                let units = before.encode_utf16().count() as i32;
                if units.wrapping_sub(most) >= 0 {
                    return Ok(None);
                }
                u32::MAX
            }
        };
        let least = least.cast_unsigned();
        if least > most {
            return Ok(None);
        }
        let mut first = place;
        for _ in 0..least {
            self.moved()?;
            match self.char_before(first) {
                Some(c) => first -= c.len_utf8() as u32,
                None => return Ok(None),
            }
        }
        Ok(Some((first, most - least)))
    }
}

//! What tokens do to the lexer's state.

use super::{Frame, Kind, Lexer, State, Token};

impl Lexer<'_> {
    pub(super) fn push(&mut self, next: State) {
        self.stack.push(Frame {
            state: self.state,
            opened: self.opened,
            closed: self.closed,
        });
        self.opened = 0;
        self.state = next;
    }

    /// Back to the state before; to the plain text if there is none.
    pub(super) fn pop(&mut self) -> bool {
        let frame = self.stack.pop();
        match frame {
            Some(frame) => {
                self.opened = frame.opened;
                self.closed = frame.closed;
                self.state = frame.state;
            }
            None => {
                self.opened = 0;
                self.state = State::Default;
            }
        }
        frame.is_some()
    }

    /// After the start of a token that the next state goes on with.
    pub(super) fn more(&mut self, kind: Kind) {
        if self.in_comment {
            return;
        }
        match kind {
            Kind::Dollar | Kind::DollarBang => {
                if self.state == State::Reference {
                    self.pop();
                }
                self.push(State::Reference);
            }
            Kind::Hash => {
                if matches!(self.state, State::Reference | State::Modifier) {
                    self.pop();
                }
                self.push(State::PreDirective);
            }
            Kind::TextBlockStart => {
                self.in_comment = true;
                self.push(State::TextBlock);
            }
            Kind::FormalCommentStart => {
                // One character too many told it from `#**#`.
                let last = self.text[..self.at].chars().next_back();
                self.at -= last.map_or(0, char::len_utf8);
                self.in_comment = true;
                self.push(State::FormalComment);
            }
            Kind::CommentStart => {
                self.in_comment = true;
                self.push(State::Comment);
            }
            _ => {}
        }
    }

    /// What a whole token does to the state.
    pub(super) fn cut(&mut self, token: &mut Token) {
        match token.kind {
            Kind::IndexOpen => self.push(State::Index),
            Kind::IndexClose | Kind::RightCurly => {
                self.pop();
            }
            Kind::Open => {
                if !self.in_comment {
                    self.opened += 1;
                }
                if self.state == State::Modifier {
                    self.state = State::Arguments;
                }
            }
            Kind::Close => self.close(),
            Kind::ArgumentsClose => self.state = State::Reference,
            Kind::Set if !self.in_comment => {
                self.push(State::Directive);
                self.in_set = true;
                self.opened += 1;
            }
            Kind::LineComment if !self.in_comment => {
                if self.state == State::Reference {
                    self.pop();
                }
                self.in_comment = true;
                self.push(State::LineComment);
            }
            Kind::LineCommentEnd | Kind::FormalCommentEnd | Kind::CommentEnd | Kind::TextBlock => {
                self.in_comment = false;
                self.pop();
            }
            Kind::String if self.state == State::Directive && self.is_bare() => {
                self.pop();
            }
            Kind::Newline => {
                self.pop();
                self.in_set = false;
            }
            Kind::EndDirective | Kind::Else => {
                self.pop();
            }
            Kind::If | Kind::ElseIf => self.state = State::Directive,
            Kind::Integer => {
                if token.image(self.text).ends_with("..") {
                    self.at -= 2;
                    token.end -= 2;
                }
                let inside = matches!(self.state, State::Arguments | State::Index);
                if self.is_bare() && !inside {
                    self.pop();
                }
            }
            Kind::Float if self.state != State::Arguments && self.is_bare() => {
                self.pop();
            }
            Kind::Dot => {
                // The letter after the dot is the name's; what stood before the dot is lost.
                self.at -= 1;
                token.end -= 1;
                token.start = token.end - 1;
                self.state = State::Modifier;
            }
            _ => {}
        }
    }

    /// Outside of parentheses and of `#set`, where a value ends what it stands in.
    fn is_bare(&self) -> bool {
        self.opened == 0 && !self.in_set
    }

    /// A closing parenthesis drops states until one that has an open one.
    fn close(&mut self) {
        if self.in_comment {
            return;
        }
        loop {
            if self.opened > 0 {
                if self.opened == self.closed + 1 {
                    self.pop();
                } else {
                    self.closed += 1;
                }
                return;
            }
            if !self.pop() {
                return;
            }
        }
    }
}

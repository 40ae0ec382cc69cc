//! The kinds of tokens.

/// A piece of a template.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// First byte of its image; moves forward where the parser takes a prefix off.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// What is printed of the `$` and `#` before it that began nothing.
    pub(crate) special: String,
}

impl Token {
    pub(crate) fn new(kind: Kind, start: usize, end: usize, special: String) -> Self {
        Self {
            kind,
            start,
            end,
            special,
        }
    }

    pub(crate) fn image<'a>(&self, text: &'a str) -> &'a str {
        &text[self.start..self.end]
    }
}

/// In the reference's order, which decides between tokens of one length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Eof,
    /// `[` of an index.
    IndexOpen,
    IndexClose,
    /// `[` of a list.
    ListOpen,
    ListClose,
    Comma,
    DoubleDot,
    Colon,
    MapOpen,
    MapClose,
    Open,
    /// `)`, with blanks and the line end after it.
    Close,
    /// `)` of a method.
    ArgumentsClose,
    /// `\#if` and the like.
    EscapedDirective,
    /// `#set(`, with the blanks before it.
    Set,
    Dollar,
    DollarBang,
    TextBlockStart,
    FormalCommentStart,
    CommentStart,
    Hash,
    LineComment,
    DoubleEscape,
    Escape,
    Text,
    LineCommentEnd,
    FormalCommentEnd,
    CommentEnd,
    TextBlock,
    /// A character of a comment.
    Skipped,
    /// A character of a `#[[ ]]#`.
    BlockCharacter,
    White,
    String,
    True,
    False,
    Newline,
    Minus,
    Plus,
    Times,
    Over,
    Modulo,
    And,
    Or,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    Not,
    Assign,
    EndDirective,
    If,
    ElseIf,
    Else,
    Integer,
    Float,
    Word,
    BracketedWord,
    Identifier,
    Dot,
    LeftCurly,
    RightCurly,
    /// A character that ends a reference or a directive; it is given back.
    Terminator,
    EmptyIndex,
}

impl Kind {
    /// Only the start of a token.
    pub(crate) fn is_more(self) -> bool {
        matches!(
            self,
            Kind::Dollar
                | Kind::DollarBang
                | Kind::TextBlockStart
                | Kind::FormalCommentStart
                | Kind::CommentStart
                | Kind::Hash
                | Kind::BlockCharacter
        )
    }

    /// What it is called in a message.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Eof => "the end of the template",
            Kind::Open => "(",
            Kind::Close | Kind::ArgumentsClose => ")",
            Kind::IndexClose | Kind::ListClose => "]",
            Kind::MapClose | Kind::RightCurly => "}",
            Kind::DoubleDot => "..",
            Kind::Colon => ":",
            Kind::Assign => "=",
            Kind::EndDirective => "#end",
            Kind::Else => "#else",
            Kind::ElseIf => "#elseif",
            Kind::Identifier => "a name",
            _ => "something else",
        }
    }
}

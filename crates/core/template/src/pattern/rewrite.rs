//! From Java's pattern syntax to the `regex` crate's.
//!
//! Java's classes are of ASCII where the crate's are of Unicode, and its `.` stops at more line ends. Its `$`
//! also matches before a line end that is the last, which can't be had in linear time: ours matches at the
//! end only, and with `(?m)` at `\n`, `\r` and `\r\n`.

const LINE_ENDS: &str = "\\n\\r\\x{85}\\x{2028}\\x{2029}";
const SPACES: &str = " \\t\\n\\x0B\\x0C\\r";
const BLANKS: &str = " \\t\\x{A0}\\x{1680}\\x{180e}\\x{2000}-\\x{200a}\\x{202f}\\x{205f}\\x{3000}";

struct Rewriter<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    out: String,
    dot_all: bool,
    multi_line: bool,
}

pub(super) fn rewrite(text: &str) -> Result<String, String> {
    let mut rewriter = Rewriter {
        rest: text.chars().peekable(),
        out: String::with_capacity(text.len() * 2),
        dot_all: false,
        multi_line: false,
    };
    while let Some(c) = rewriter.rest.next() {
        match c {
            '\\' => rewriter.escape(false)?,
            '[' => rewriter.class(0)?,
            '(' => rewriter.group()?,
            '.' if !rewriter.dot_all => {
                rewriter.out.push_str("[^");
                rewriter.out.push_str(LINE_ENDS);
                rewriter.out.push(']');
            }
            '.' => rewriter.out.push_str("(?s:.)"),
            '$' if !rewriter.multi_line => rewriter.out.push_str("(?-m:$)"),
            '*' | '+' | '?' => {
                rewriter.out.push(c);
                rewriter.no_possession()?;
            }
            '{' => rewriter.count()?,
            ' ' | '#' | '&' | '-' | '~' => {
                if c != ' ' {
                    rewriter.out.push('\\');
                }
                rewriter.out.push(c);
            }
            c => rewriter.out.push(c),
        }
    }
    Ok(rewriter.out)
}

fn impossible(what: &str) -> String {
    format!("{what} can't be matched in linear time, so patterns may not use it")
}

impl Rewriter<'_> {
    fn escape(&mut self, in_class: bool) -> Result<(), String> {
        let c = self.rest.next().ok_or("the pattern ends with a lone \\")?;
        let (class, negated) = match c {
            'd' | 'D' => ("0-9", c == 'D'),
            'w' | 'W' => ("A-Za-z0-9_", c == 'W'),
            's' | 'S' => (SPACES, c == 'S'),
            'h' | 'H' => (BLANKS, c == 'H'),
            'v' | 'V' => ("\\n\\x0B\\x0C\\r\\x{85}\\x{2028}\\x{2029}", c == 'V'),
            'Q' => {
                self.quotation();
                return Ok(());
            }
            'p' | 'P' => return self.property(c),
            'b' if !in_class => {
                self.out.push_str("\\b");
                return Ok(());
            }
            'R' if !in_class => {
                self.out
                    .push_str("(?:\\r\\n|[\\n\\x0B\\x0C\\r\\x{85}\\x{2028}\\x{2029}])");
                return Ok(());
            }
            'Z' if !in_class => {
                self.out.push_str("(?-m:$)");
                return Ok(());
            }
            'B' | 'A' | 'z' if !in_class => {
                self.out.extend(['\\', c]);
                return Ok(());
            }
            '1'..='9' | 'k' => return Err(impossible("a back-reference")),
            'G' | 'X' | 'N' | 'c' => return Err(impossible(&format!("\\{c}"))),
            '0' => {
                let mut code = 0;
                for _ in 0..3 {
                    let digit = self.rest.peek().and_then(|c| c.to_digit(8));
                    let Some(digit) = digit.filter(|digit| code * 8 + digit <= 0o377) else {
                        break;
                    };
                    code = code * 8 + digit;
                    self.rest.next();
                }
                self.out.push_str(&format!("\\x{{{code:x}}}"));
                return Ok(());
            }
            'x' | 'u' | 't' | 'n' | 'r' | 'f' | 'a' => {
                self.out.extend(['\\', c]);
                return Ok(());
            }
            'e' => {
                self.out.push_str("\\x1B");
                return Ok(());
            }
            c if c.is_ascii_alphabetic() => {
                return Err(format!("\\{c} means nothing in a pattern"));
            }
            c => {
                self.literal(c);
                return Ok(());
            }
        };
        self.out.push_str(if negated { "[^" } else { "[" });
        self.out.push_str(class);
        self.out.push(']');
        Ok(())
    }

    fn literal(&mut self, c: char) {
        if c.is_ascii_punctuation() {
            self.out.push('\\');
        }
        self.out.push(c);
    }

    /// `\Q…\E`.
    fn quotation(&mut self) {
        while let Some(c) = self.rest.next() {
            if c == '\\' && self.rest.peek() == Some(&'E') {
                self.rest.next();
                return;
            }
            self.literal(c);
        }
    }

    /// `\p{Alpha}` and the like: of ASCII, unless Unicode's by its own name.
    fn property(&mut self, sign: char) -> Result<(), String> {
        let name: String = if self.rest.peek() == Some(&'{') {
            self.rest.next();
            let mut name = String::new();
            loop {
                match self.rest.next() {
                    Some('}') => break name,
                    Some(c) => name.push(c),
                    None => return Err("\\p{ has no }".to_owned()),
                }
            }
        } else {
            self.rest.next().into_iter().collect()
        };
        let posix = match name.as_str() {
            "Lower" | "Upper" | "ASCII" | "Alpha" | "Digit" | "Alnum" | "Punct" | "Graph"
            | "Print" | "Blank" | "Cntrl" | "Space" => Some(name.to_ascii_lowercase()),
            "XDigit" => Some("xdigit".to_owned()),
            _ => None,
        };
        let negated = sign == 'P';
        match posix {
            Some(posix) => {
                let not = if negated { "^" } else { "" };
                self.out.push_str(&format!("[[:{not}{posix}:]]"));
            }
            None => {
                let name = name.strip_prefix("Is").unwrap_or(&name);
                self.out.push_str(&format!("\\{sign}{{{name}}}"));
            }
        }
        Ok(())
    }

    fn class(&mut self, depth: u32) -> Result<(), String> {
        if depth > 32 {
            return Err("a pattern's brackets nest too deeply".to_owned());
        }
        self.out.push('[');
        if self.rest.peek() == Some(&'^') {
            self.rest.next();
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let c = self.rest.next().ok_or("a pattern's [ has no ]")?;
            match c {
                ']' if !first => break,
                ']' => self.out.push_str("\\]"),
                '[' => self.class(depth + 1)?,
                '\\' => self.escape(true)?,
                '&' if self.rest.peek() == Some(&'&') => {
                    self.rest.next();
                    self.out.push_str("&&");
                }
                '&' | '~' | '^' => self.out.extend(['\\', c]),
                '-' if first || self.rest.peek() == Some(&']') => self.out.push_str("\\-"),
                c => self.out.push(c),
            }
            first = false;
        }
        self.out.push(']');
        Ok(())
    }

    /// A parenthesis, with what follows its `?`.
    fn group(&mut self) -> Result<(), String> {
        self.out.push('(');
        if self.rest.peek() != Some(&'?') {
            return Ok(());
        }
        self.rest.next();
        self.out.push('?');
        match self.rest.peek() {
            Some('=' | '!') => return Err(impossible("look-ahead")),
            Some('>') => return Err(impossible("an atomic group")),
            Some('<') => {
                self.rest.next();
                if matches!(self.rest.peek(), Some('=' | '!')) {
                    return Err(impossible("look-behind"));
                }
                self.out.push('<');
                return Ok(());
            }
            _ => {}
        }
        let mut on = true;
        for flag in self.rest.by_ref() {
            match flag {
                ':' | ')' => {
                    self.out.push(flag);
                    return Ok(());
                }
                '-' => on = false,
                's' => self.dot_all = on,
                'm' => {
                    self.multi_line = on;
                    self.out.push('R');
                }
                'i' | 'x' => {}
                'u' | 'U' | 'd' => continue,
                c => return Err(format!("(?{c} means nothing in a pattern")),
            }
            self.out.push(flag);
        }
        Err("a pattern's ( has no )".to_owned())
    }

    /// What may follow a quantifier: `?` makes it reluctant, and another is an error.
    fn no_possession(&mut self) -> Result<(), String> {
        match self.rest.peek() {
            Some('+') => return Err(impossible("a possessive quantifier")),
            Some('?') => {
                self.rest.next();
                self.out.push('?');
            }
            _ => {}
        }
        match self.rest.peek() {
            Some(c @ ('*' | '+' | '?' | '{')) => Err(format!("a pattern's {c} repeats nothing")),
            _ => Ok(()),
        }
    }

    /// `{2,5}`.
    fn count(&mut self) -> Result<(), String> {
        self.out.push('{');
        loop {
            let c = self.rest.next().ok_or("a pattern's { has no }")?;
            self.out.push(c);
            match c {
                '}' => return self.no_possession(),
                '0'..='9' | ',' => {}
                _ => return Err("a pattern's { must hold one or two numbers".to_owned()),
            }
        }
    }
}

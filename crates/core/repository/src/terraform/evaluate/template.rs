//! Texts with `${…}` and `%{…}` in them, in quotes, heredocs and template files.

use super::collect::items;
use super::{Evaluator, MAX_TEXT, Scope};
use crate::terraform::syntax::Text;
use crate::terraform::value::Value;
use hcl_edit::Span as _;
use hcl_edit::parser::parse_template;
use hcl_edit::template::{Directive, Element, ForDirective, IfDirective, Strip, Template};
use std::rc::Rc;

/// Bytes of a template file whose reading counts as a step.
const BYTES_OF_A_STEP: usize = 16;

impl<'a> Evaluator<'a> {
    /// A template's value: the value itself of one that is a single `${…}`, a text of any other.
    pub(super) fn template(&mut self, scope: &Scope<'_, 'a>, template: &Template) -> Value {
        if let Some(Element::Interpolation(only)) = template.as_single_element() {
            return self.value(scope, &only.expr);
        }
        let mut text = String::new();
        match self.print(scope, template, (Strip::None, Strip::None), &mut text) {
            Ok(()) => {
                let text = Value::text(text);
                self.charge(text.size());
                text
            }
            Err(unknown) => unknown,
        }
    }

    /// The value of a template file, with the names that it is given.
    pub(super) fn template_file(
        &mut self,
        file: &str,
        content: Rc<str>,
        names: &Value,
    ) -> Result<Value, String> {
        self.charge(content.len() / BYTES_OF_A_STEP);
        let parsed = parse_template(&content).map_err(|error| {
            let place = error.location();
            let (line, column) = (place.line(), place.column());
            let why = error.message().replace('\n', ", ");
            format!("{file}:{line}:{column}: no template: {why}")
        })?;
        let names = items(names).unwrap_or_default();
        let names = names
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_text()?.to_string(), value)));
        let text = Text::new(file, content);
        let scope = Scope {
            instance: None,
            text: &text,
            names: names.collect(),
        };
        Ok(self.template(&scope, &parsed))
    }

    /// Prints a template; what stands around it tells which blanks at its ends are left out.
    fn print(
        &mut self,
        scope: &Scope<'_, 'a>,
        template: &Template,
        around: (Strip, Strip),
        out: &mut String,
    ) -> Result<(), Value> {
        let elements: Vec<&Element> = template.iter().collect();
        for (at, element) in elements.iter().enumerate() {
            match element {
                Element::Literal(literal) => {
                    let before = match at.checked_sub(1) {
                        Some(before) => elements.get(before).map_or(Strip::None, |e| strip(e)),
                        None => around.0,
                    };
                    let after = elements.get(at + 1).map_or(around.1, |e| strip(e));
                    out.push_str(stripped(literal, before, after));
                }
                Element::Interpolation(interpolation) => {
                    let value = self.value(scope, &interpolation.expr);
                    if let Some(unknown) = value.first_unknown() {
                        return Err(Value::Unknown(Rc::clone(unknown)));
                    }
                    let Some(text) = value.to_text() else {
                        let expr = &interpolation.expr;
                        return Err(self.wanted(scope, expr, "a text, a number or a bool", &value));
                    };
                    out.push_str(&text);
                }
                Element::Directive(directive) => match &**directive {
                    Directive::If(directive) => self.print_if(scope, directive, out)?,
                    Directive::For(directive) => self.print_for(scope, directive, out)?,
                },
            }
            if out.len() > MAX_TEXT {
                let message = format!("a text of more than {MAX_TEXT} bytes");
                return Err(self.fault(scope, template.span(), message, ""));
            }
        }
        Ok(())
    }

    fn print_if(
        &mut self,
        scope: &Scope<'_, 'a>,
        directive: &IfDirective,
        out: &mut String,
    ) -> Result<(), Value> {
        let (branch, end) = (&directive.if_expr, directive.endif_expr.strip);
        let condition = self.value(scope, &branch.cond_expr);
        if let Value::Unknown(_) = condition {
            return Err(condition);
        }
        let Some(holds) = condition.to_bool() else {
            return Err(self.wanted(scope, &branch.cond_expr, "a bool", &condition));
        };
        match (&directive.else_expr, holds) {
            (None, true) => self.print(scope, &branch.template, (branch.strip, end), out),
            (Some(other), true) => {
                self.print(scope, &branch.template, (branch.strip, other.strip), out)
            }
            (Some(other), false) => self.print(scope, &other.template, (other.strip, end), out),
            (None, false) => Ok(()),
        }
    }

    fn print_for(
        &mut self,
        scope: &Scope<'_, 'a>,
        directive: &ForDirective,
        out: &mut String,
    ) -> Result<(), Value> {
        let (body, end) = (&directive.for_expr, directive.endfor_expr.strip);
        let collection = self.value(scope, &body.collection_expr);
        let items = match items(&collection) {
            Ok(items) => items,
            Err(None) => return Err(collection),
            Err(Some(wanted)) => {
                return Err(self.wanted(scope, &body.collection_expr, wanted, &collection));
            }
        };
        for (key, value) in items {
            let key = body.key_var.as_ref().map(|name| (name.to_string(), key));
            let value = (body.value_var.to_string(), value);
            let inner = scope.with(key.into_iter().chain([value]));
            self.print(&inner, &body.template, (body.strip, end), out)?;
        }
        Ok(())
    }
}

/// How the outermost marks of an element strip what stands beside it.
fn strip(element: &Element) -> Strip {
    let (start, end) = match element {
        Element::Literal(_) => (Strip::None, Strip::None),
        Element::Interpolation(interpolation) => (interpolation.strip, interpolation.strip),
        Element::Directive(directive) => match &**directive {
            Directive::If(inner) => (inner.if_expr.strip, inner.endif_expr.strip),
            Directive::For(inner) => (inner.for_expr.strip, inner.endfor_expr.strip),
        },
    };
    match (start.strip_start(), end.strip_end()) {
        (true, true) => Strip::Both,
        (true, false) => Strip::Start,
        (false, true) => Strip::End,
        (false, false) => Strip::None,
    }
}

/// A literal without the blanks, and one line's end, that `~` beside it leaves out.
fn stripped(literal: &str, before: Strip, after: Strip) -> &str {
    let blank = |c: char| c.is_whitespace() && c != '\r' && c != '\n';
    let mut literal = literal;
    if before.strip_end() {
        literal = literal.trim_start_matches(blank);
        let rest = literal.strip_prefix("\r\n");
        literal = rest
            .or_else(|| literal.strip_prefix('\n'))
            .unwrap_or(literal);
    }
    if after.strip_start() {
        literal = literal.trim_end_matches(blank);
        let rest = literal.strip_suffix("\r\n");
        literal = rest
            .or_else(|| literal.strip_suffix('\n'))
            .unwrap_or(literal);
    }
    literal
}

//! Functions that read files. A path begins in the folder that Terraform runs in.

use super::text::sha256;
use super::{Outcome, text_of};
use crate::files::{folder_of, join};
use crate::terraform::evaluate::{Evaluator, Scope};
use crate::terraform::value::Value;
use std::rc::Rc;

/// Their names.
pub(super) const NAMES: &str = "file fileexists fileset filesha256 templatefile";

/// Why nothing is read.
enum NotRead {
    /// The file lies outside of the folder that is checked, so that nothing of it is known.
    Outside,
    /// What is wrong, and what to do.
    Mistake(String, String),
}

impl From<(String, String)> for NotRead {
    fn from((message, help): (String, String)) -> NotRead {
        NotRead::Mistake(message, help)
    }
}

impl<'a> Evaluator<'a> {
    pub(super) fn file_function(
        &mut self,
        scope: &Scope<'_, 'a>,
        name: &str,
        arguments: &[Value],
    ) -> Option<Outcome> {
        let outcome = match name {
            "file" => self.contents(scope, arguments).map(Value::Text),
            "filesha256" => {
                let contents = self.contents(scope, arguments);
                contents.map(|text| Value::text(sha256(&text)))
            }
            "fileexists" => {
                let path = self.located(scope, arguments);
                path.map(|path| Value::Bool(self.files.has(&path)))
            }
            "templatefile" => self.template_function(scope, arguments),
            "fileset" => self.file_set(scope, arguments),
            _ => return None,
        };
        Some(match outcome {
            Ok(value) => Ok(value),
            Err(NotRead::Outside) => Ok(Value::unknown(
                "a file outside of the folder that is checked",
            )),
            Err(NotRead::Mistake(message, help)) => Err((message, help)),
        })
    }

    fn template_function(
        &mut self,
        scope: &Scope<'_, 'a>,
        arguments: &[Value],
    ) -> Result<Value, NotRead> {
        let contents = self.contents(scope, arguments)?;
        let path = self.located(scope, arguments)?;
        let names = arguments.get(1).unwrap_or(&Value::Null);
        self.template_file(&path, contents, names)
            .map_err(|message| NotRead::Mistake(message, String::new()))
    }

    /// The paths within a folder that fit a pattern.
    fn file_set(&mut self, scope: &Scope<'_, 'a>, arguments: &[Value]) -> Result<Value, NotRead> {
        let folder = self.located(scope, arguments)?;
        let pattern = text_of(arguments, 1)?;
        let Some(patterns) = alternatives(&pattern) else {
            return Ok(Value::unknown(
                "what fileset(…) finds by such a pattern isn't worked out here",
            ));
        };
        let start = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        let below = self
            .files
            .paths()
            .iter()
            .filter_map(|path| path.strip_prefix(&start));
        let fitting = below.filter(|path| patterns.iter().any(|one| fits_path(one, path)));
        Ok(Value::list(fitting.map(Value::text)))
    }

    /// The path of a file from the folder that is checked.
    fn located(&self, scope: &Scope<'_, 'a>, arguments: &[Value]) -> Result<String, NotRead> {
        let path = text_of(arguments, 0)?;
        let root = match scope.instance {
            Some(instance) => instance.root,
            None => folder_of(&scope.text.file),
        };
        join(root, &path).ok_or(NotRead::Outside)
    }

    fn contents(&self, scope: &Scope<'_, 'a>, arguments: &[Value]) -> Result<Rc<str>, NotRead> {
        let given = text_of(arguments, 0)?;
        let path = self.located(scope, arguments)?;
        if !self.files.has(&path) {
            let begins = || "a path begins in the folder that Terraform runs in".to_owned();
            let help = self.beside(scope, &given).unwrap_or_else(begins);
            return Err(NotRead::Mistake(format!("there is no file {given}"), help));
        }
        let text = self.files.text(&path);
        text.map_err(|fault| NotRead::Mistake(format!("{path}: {}", fault.why), String::new()))
    }
}

/// A pattern without its `{a,b}`; none where it has what isn't known here.
fn alternatives(pattern: &str) -> Option<Vec<String>> {
    let Some((before, rest)) = pattern.split_once('{') else {
        return (!pattern.contains(['[', '\\'])).then(|| vec![pattern.to_owned()]);
    };
    let (inner, after) = rest.split_once('}')?;
    if after.contains(['{', '[', '\\']) || inner.contains('{') {
        return None;
    }
    let each = inner.split(',');
    Some(each.map(|one| format!("{before}{one}{after}")).collect())
}

/// Whether a path fits a pattern with `*`, `?` and `**`.
fn fits_path(pattern: &str, path: &str) -> bool {
    match (pattern.split_once('/'), path.split_once('/')) {
        (Some(("**", rest)), Some((_, below))) => {
            fits_path(rest, path) || fits_path(pattern, below)
        }
        (Some(("**", rest)), None) => fits_path(rest, path),
        (Some((part, rest)), Some((name, below))) => fits(part, name) && fits_path(rest, below),
        (None, None) => fits(pattern, path),
        (None, Some(_)) => pattern == "**",
        (Some(_), None) => false,
    }
}

/// Whether a name fits a pattern; a star is tried at each place, in order, once.
fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut in_name, mut star) = (0, 0, None);
    while in_name < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, in_name));
                at += 1;
            }
            Some(letter) if *letter == '?' || *letter == name[in_name] => {
                at += 1;
                in_name += 1;
            }
            _ => match star {
                Some((place, from)) => {
                    star = Some((place, from + 1));
                    at = place + 1;
                    in_name = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|letter| *letter == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_terraform_says() {
        for (pattern, path, fits) in [
            ("flows/*.yaml", "flows/a.yaml", true),
            ("flows/*.yaml", "flows/x/a.yaml", false),
            ("**/*.yaml", "a.yaml", true),
            ("**/*.yaml", "x/y/a.yaml", true),
            ("**", "x/y", true),
            ("a?.tf", "ab.tf", true),
            ("*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
        ] {
            assert_eq!(fits_path(pattern, path), fits, "{pattern} {path}");
        }
        assert_eq!(alternatives("a.{x,y}").unwrap(), ["a.x", "a.y"]);
        assert_eq!(alternatives("[ab]"), None);
    }
}

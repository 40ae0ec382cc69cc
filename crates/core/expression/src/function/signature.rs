//! Ways to call a function, written as they are shown to users: `string, integer? -> string`.

use crate::kind::{Base, Type};

#[derive(Clone, Copy)]
enum Pattern {
    Of(Type),
    /// `T`, or `[T]`.
    Chosen {
        collection: bool,
    },
}

struct Parameter {
    pattern: Pattern,
    optional: bool,
    repeated: bool,
}

/// One way to call a function.
pub(crate) struct Signature {
    parameters: Vec<Parameter>,
    result: Pattern,
}

fn pattern(text: &str) -> Pattern {
    let (inner, collection) = match text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
        Some(inner) => (inner, true),
        None => (text, false),
    };
    if inner == "T" {
        return Pattern::Chosen { collection };
    }
    let base = Type::of_word(inner).map_or(Base::Any, |kind| kind.base);
    Pattern::Of(Type { base, collection })
}

impl Signature {
    pub(super) fn read(text: &str) -> Signature {
        let (parameters, result) = text.split_once("->").unwrap_or((text, "any"));
        let parameters = parameters
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty());
        Signature {
            parameters: parameters
                .map(|part| {
                    let repeated = part.ends_with("...");
                    let part = part.trim_end_matches("...");
                    Parameter {
                        optional: part.ends_with('?'),
                        pattern: pattern(part.trim_end_matches('?')),
                        repeated,
                    }
                })
                .collect(),
            result: pattern(result.trim()),
        }
    }

    fn parameter(&self, index: usize) -> Option<&Parameter> {
        let last = self.parameters.last().filter(|last| last.repeated);
        self.parameters.get(index).or(last)
    }

    /// The type of the result, if these arguments fit.
    pub(crate) fn accepts(&self, kinds: &[Type]) -> Option<Type> {
        let needed = self.parameters.iter().filter(|p| !p.optional).count();
        if kinds.len() < needed {
            return None;
        }
        let chosen = self.choose(kinds).ok()?;
        Some(match self.result {
            Pattern::Of(kind) => kind,
            Pattern::Chosen { collection } => Type {
                collection,
                ..chosen.unwrap_or(Type::ANY)
            },
        })
    }

    /// The first argument that doesn't fit.
    pub(crate) fn first_wrong(&self, kinds: &[Type]) -> Option<usize> {
        self.choose(kinds).err()
    }

    /// What `T` is for these arguments; else which of them doesn't fit.
    fn choose(&self, kinds: &[Type]) -> Result<Option<Type>, usize> {
        let mut chosen: Option<Type> = None;
        for (index, kind) in kinds.iter().enumerate() {
            let Some(parameter) = self.parameter(index) else {
                return Err(index);
            };
            match parameter.pattern {
                Pattern::Of(wanted) if kind.fits(wanted) => {}
                Pattern::Of(_) => return Err(index),
                Pattern::Chosen { collection } => {
                    let unset = matches!(kind.base, Base::NotSet | Base::Any);
                    if kind.collection != collection && !unset {
                        return Err(index);
                    }
                    let item = kind.item();
                    chosen = Some(match chosen {
                        None => item,
                        Some(before) => before.join(item).ok_or(index)?,
                    });
                }
            }
        }
        Ok(chosen.map(|kind| match kind.base {
            Base::NotSet => Type::ANY,
            _ => kind,
        }))
    }
}

//! Ways to call a function or to use an operator, written as they are shown to users:
//! `decimal, integer 0..28 -> decimal`.
//!
//! A parameter is a type and what must hold of its argument: `~` behind the type lets it be `NOT_SET`, `...`
//! says that it may be repeated, a range such as `0..28` bounds a number, `nonzero` excludes 0, `literal` asks
//! for a value that is written out, `ISO4217` and `dialingCode` for a text that is such a code. `T` is one type of
//! the caller's choice, `[T]` a collection of it.
//!
//! **Which is meant.** The one for which the fewest arguments are widened, from integer to decimal or from a
//! prompt to audio; of several, the first. Where a type is known only at run time and several would do, the
//! choice is made then, by the values.

mod evidence;
mod parameter;

pub use evidence::Evidence;

use crate::kind::{Base, Type};
use crate::value::Value;
use parameter::{Parameter, Pattern, widened};

/// One way to call a function.
#[derive(Debug)]
pub struct Overload {
    written: &'static str,
    parameters: Vec<Parameter>,
    result: Pattern,
    /// Kinds of workflows that have it, as groups of them; `all` for every one.
    pub flows: &'static str,
    /// Where it is known from.
    pub evidence: Evidence,
    /// What it gives, in a line.
    pub says: &'static str,
}

/// The way that is meant, among several.
pub(crate) enum Pick<'a> {
    /// This one, with the type of its result.
    One(&'a Overload, Type),
    /// Known only by the values; so is the result, unless all that would do agree on its type.
    Late(Type),
    None,
}

/// The way to call a function that fits arguments of these types.
pub(crate) fn pick<'a>(overloads: &'a [Overload], kinds: &[Type]) -> Pick<'a> {
    let fitting = overloads.iter().filter_map(|overload| {
        let (cost, result) = overload.fit(kinds).ok()?;
        Some((cost, overload, result))
    });
    let fitting: Vec<_> = fitting.collect();
    let unknown = |kind: &Type| kind.base == Base::Any;
    if kinds.iter().any(unknown) && fitting.len() > 1 {
        let first = fitting[0].2;
        let agreed = fitting.iter().all(|(_, _, result)| *result == first);
        return Pick::Late(if agreed { first } else { Type::ANY });
    }
    match fitting.into_iter().min_by_key(|(cost, ..)| *cost) {
        Some((_, overload, result)) => Pick::One(overload, result),
        None => Pick::None,
    }
}

/// The ways to call each thing, in the order of the lines: a name, and a way behind it.
pub(crate) fn grouped<'a>(
    lines: impl Iterator<Item = (&'a str, &'static str)>,
) -> Vec<(&'a str, Vec<Overload>)> {
    let mut groups: Vec<(&str, Vec<Overload>)> = Vec::new();
    for (name, line) in lines {
        let Some(overload) = Overload::read(line) else {
            continue;
        };
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, overloads)) => overloads.push(overload),
            None => groups.push((name, vec![overload])),
        }
    }
    groups
}

impl Overload {
    /// Reads `parameters -> result`, in which workflows, by what it is known, and what it gives, divided by tabs.
    pub(crate) fn read(text: &'static str) -> Option<Overload> {
        let columns: Vec<&str> = text.split('\t').collect();
        let [written, flows, evidence, says] = columns[..] else {
            return None;
        };
        let (parameters, result) = written.split_once("->")?;
        let parameters = parameters.split(',').map(str::trim);
        let parameters = parameters.filter(|part| !part.is_empty());
        Some(Overload {
            written,
            parameters: parameters.map(Parameter::read).collect::<Option<_>>()?,
            result: Pattern::read(result.trim())?,
            flows,
            evidence: Evidence::read(evidence)?,
            says,
        })
    }

    /// The way as it is shown to users: `string, integer -> string`.
    #[must_use]
    pub fn written(&self) -> &'static str {
        self.written
    }

    fn parameter(&self, index: usize) -> Option<&Parameter> {
        let last = self.parameters.last().filter(|last| last.repeated);
        self.parameters.get(index).or(last)
    }

    /// How many arguments are widened, and the type of the result; else which argument doesn't fit, as many
    /// as there are if one is missing.
    pub(crate) fn fit(&self, kinds: &[Type]) -> Result<(usize, Type), usize> {
        let mut chosen: Option<Type> = None;
        let mut cost = 0;
        for (index, kind) in kinds.iter().enumerate() {
            let parameter = self.parameter(index).ok_or(index)?;
            if kind.base == Base::NotSet && !kind.collection && !parameter.not_set {
                return Err(index);
            }
            match parameter.pattern {
                Pattern::Of(wanted) if kind.fits(wanted) => {
                    let widened = kind.base != wanted.base
                        && !matches!(kind.base, Base::NotSet | Base::Any)
                        && wanted.base != Base::Any;
                    cost += usize::from(widened);
                }
                Pattern::Of(_) => return Err(index),
                Pattern::Chosen { collection } => {
                    let unset = !kind.collection && matches!(kind.base, Base::NotSet | Base::Any);
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
        if kinds.len() < self.parameters.len() {
            return Err(kinds.len());
        }
        let result = match self.result {
            Pattern::Of(kind) => kind,
            Pattern::Chosen { collection } => Type {
                collection,
                ..chosen.unwrap_or(Type::ANY)
            },
        };
        Ok((cost, result))
    }

    /// The first argument that is written out and breaks what must hold, or isn't written out and should be; the
    /// arguments are given by their values, where they are written out.
    pub(crate) fn wrong_literal(&self, arguments: &[Option<Value>]) -> Option<(usize, String)> {
        let mut arguments = arguments.iter().enumerate();
        arguments.find_map(|(index, argument)| {
            let parameter = self.parameter(index)?;
            let value = match argument {
                Some(value) => value,
                None if parameter.literal => {
                    return Some((index, "must be written out, not computed".to_owned()));
                }
                None => return None,
            };
            Some((index, parameter.breach(value)?))
        })
    }

    /// The first argument that is written out and is none of the codes that are known here.
    pub(crate) fn unknown_literal(&self, arguments: &[Option<Value>]) -> Option<(usize, String)> {
        let mut arguments = arguments.iter().enumerate();
        arguments.find_map(|(index, value)| {
            Some((index, self.parameter(index)?.unknown(value.as_ref()?)?))
        })
    }

    /// The arguments as this way takes them: widened, and each within its bounds.
    ///
    /// # Errors
    /// An argument is `NOT_SET` that may not be, or isn't what it must be.
    pub(crate) fn admit(&self, values: &mut [Value]) -> Result<(), String> {
        for (index, value) in values.iter_mut().enumerate() {
            let Some(parameter) = self.parameter(index) else {
                continue;
            };
            let named = |what: &str| format!("argument {} {what}", index + 1);
            if value.is_not_set() {
                // A collection has no NOT_SET: without items it is empty.
                if parameter.pattern.collection() {
                    *value = Value::collection(Vec::new());
                    continue;
                }
                if !parameter.not_set {
                    return Err(named("is NOT_SET"));
                }
                continue;
            }
            if let Pattern::Of(wanted) = parameter.pattern
                && let Some(widened) = widened(value, wanted).map_err(|why| named(&why))?
            {
                *value = widened;
            }
            if let Some(breach) = parameter.breach(value) {
                return Err(named(&breach));
            }
        }
        Ok(())
    }
}

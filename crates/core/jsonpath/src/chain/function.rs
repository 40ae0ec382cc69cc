//! The functions that a path can call, by name.

/// A function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Avg,
    StdDev,
    Sum,
    Min,
    Max,
    Concat,
    Length,
    Append,
    Keys,
    First,
    Last,
    Index,
}

impl Function {
    /// The function of that name.
    pub(crate) fn named(name: &str) -> Option<Function> {
        Some(match name {
            "avg" => Function::Avg,
            "stddev" => Function::StdDev,
            "sum" => Function::Sum,
            "min" => Function::Min,
            "max" => Function::Max,
            "concat" => Function::Concat,
            "length" | "size" => Function::Length,
            "append" => Function::Append,
            "keys" => Function::Keys,
            "first" => Function::First,
            "last" => Function::Last,
            "index" => Function::Index,
            _ => return None,
        })
    }
}

//! The expression language: read, typed and resolved when the file is read, evaluated while it runs.
//!
//! **What this decides.** What an expression means for given variables: its type, the errors it can
//! have before anything runs, and its value. **What it does not:** which variables there are
//! ([`Scope`]), or what time it is and what chance says ([`World`]).
//!
//! **`NOT_SET`.** A function of which a needed argument is `NOT_SET` is `NOT_SET`, but for those whose
//! job is to see it (`If`, `IsSet`, `IsNotSetOrEmpty`, `ToDisplayString`, `MakeList`, …). `==` and
//! `!=` compare it like any value; `<` and its kin, and arithmetic, pass it on. `and` and `or` know
//! three values: a `NOT_SET` beside a `true` in an `or` doesn't matter. A condition that is `NOT_SET`
//! counts as no.
//!
//! **Bounds.** Characters of an expression, its nesting, the links of its chains, the bytes of a text and the items
//! of a collection that it may build (`bounds`); and the work that [`World::work`] grants.

mod bounds;
mod check;
mod compare;
mod eval;
mod expr;
mod fault;
mod function;
mod kind;
mod lex;
mod nearest;
mod operator;
mod region;
pub mod time;
mod tree;
mod value;
mod world;

pub use check::{Scope, check};
pub use expr::Expr;
pub use fault::{Fault, FaultKind};
pub use function::{Function, functions};
pub use kind::{Base, DataType, Kind, Type, data_types};
pub use nearest::{did_you_mean, nearest};
pub use operator::Operator;
pub use region::{dialing_code, regions};
pub use value::{Entity, Money, Value, decimal};
pub use world::World;

//! The expression language: read, typed and resolved when the file is read, evaluated while it runs.
//!
//! **What this decides.** What an expression means for given variables: its type, the errors it can
//! have before anything runs, and its value. **What it does not:** which variables there are
//! ([`Scope`]), or what time it is and what chance says ([`World`]).
//!
//! **`NOT_SET`.** The table of functions says of each parameter whether it takes `NOT_SET`; one that doesn't
//! makes the call an error. Of the operators only `==`, `!=` and the condition of `?:` take it, where it counts
//! as no. `and` and `or` don't look at their right side where the left one settles it.
//!
//! **Bounds.** Characters of an expression, its nesting, the links of its chains, the characters of a text and the
//! items of a collection that it may build (`bounds`); and the work that [`World::work`] grants.

#![cfg_attr(not(test), warn(clippy::cast_possible_truncation))]
#![cfg_attr(not(test), warn(clippy::cast_possible_wrap, clippy::cast_sign_loss))]
#![cfg_attr(not(test), warn(clippy::cast_lossless))]

mod arithmetic;
mod bounds;
mod check;
mod compare;
mod currency;
mod eval;
mod expr;
mod fault;
mod function;
mod kind;
mod lex;
mod nearest;
mod operator;
mod overload;
mod region;
pub mod time;
mod tree;
mod value;
mod world;

pub use check::{Scope, check, read_out};
pub use expr::{Callee, Expr};
pub use fault::{Fault, FaultKind};
pub use function::{Function, functions};
pub use kind::{Base, DataType, Kind, Type, data_types};
pub use nearest::{did_you_mean, meant, nearest};
pub use operator::{Operator, Prefix, operators};
pub use overload::{Evidence, Overload};
pub use region::{dialing_code, regions};
pub use value::{Entity, Money, Value, decimal};
pub use world::World;

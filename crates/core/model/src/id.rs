//! Typed indices. A small id is a place in a [`crate::Table`], which hands it out; a long one is a serial
//! number.

/// An id that a [`crate::Table`] hands out.
pub trait Id: Copy {
    /// The id of the entry at this place.
    ///
    /// # Panics
    /// With a place beyond four billion.
    fn at(index: usize) -> Self;
}

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident($inner:ty);)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(pub $inner);

        impl $name {
            /// The id as an index into its table.
            // Every look into a table goes through it; what may panic isn't inlined into other crates unasked.
            #[must_use]
            #[inline]
            pub fn index(self) -> usize {
                usize::try_from(self.0).expect("a table lies in memory")
            }
        }
    )*};
}

macro_rules! of_table {
    ($($name:ident)*) => {$(
        impl Id for $name {
            fn at(index: usize) -> Self {
                Self(u32::try_from(index).expect("fewer than four billion entries"))
            }
        }
    )*};
}

id! {
    /// A limit shared by many calls: its place in the engine's `Config::limits`.
    LimitId(u32);
    /// An OAuth client of the upstream: its place in `Config::clients`.
    ClientId(u32);
    /// A token pool: its place in `Config::pools`.
    PoolId(u32);
    /// What an execution passes through: its place in `Config::routes`.
    RouteId(u32);
    /// Who calls: its place in `Config::flows`.
    FlowId(u32);
    /// What of the upstream a call asks for: method, host and path template. Whoever calls the engine
    /// numbers them, from 1; [`EndpointId::UNKNOWN`] is that of a call of which it is not known.
    EndpointId(u32);
    /// An access token, numbered in the order of fetching.
    TokenId(u32);
    /// One execution. The caller of the engine numbers them; no number is used twice.
    ExecutionId(u64);
    /// One try upstream, numbered by the engine.
    AttemptId(u64);
}

of_table! { LimitId ClientId PoolId RouteId FlowId }

impl EndpointId {
    /// The endpoint of a call of which it is not known.
    pub const UNKNOWN: Self = Self(0);
}

//! How we know of a function.

/// Where a way to call a function is known from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Evidence {
    /// The vendor's scripting package, with examples.
    Package,
    /// The vendor's help pages.
    Help,
    /// The documentation of the vendor's SDK.
    Sdk,
    /// Workflows that people published.
    Published,
    /// The vendor's package, which doesn't offer it to those who write expressions.
    Hidden,
    /// Notes by others, unconfirmed.
    Notes,
    /// Our own.
    Ours,
}

impl Evidence {
    const ALL: [Evidence; 7] = [
        Evidence::Package,
        Evidence::Help,
        Evidence::Sdk,
        Evidence::Published,
        Evidence::Hidden,
        Evidence::Notes,
        Evidence::Ours,
    ];

    pub(super) fn read(word: &str) -> Option<Evidence> {
        Evidence::ALL
            .into_iter()
            .find(|evidence| evidence.word() == word)
    }

    /// The evidence as the tables have it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Evidence::Package => "package",
            Evidence::Help => "help",
            Evidence::Sdk => "SDK",
            Evidence::Published => "YAML",
            Evidence::Hidden => "hidden",
            Evidence::Notes => "secondary",
            Evidence::Ours => "ours",
        }
    }

    /// The evidence in a few words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Evidence::Package => "the vendor's package",
            Evidence::Help => "the vendor's help",
            Evidence::Sdk => "the vendor's SDK",
            Evidence::Published => "published workflows",
            Evidence::Hidden => "what the vendor doesn't offer to writers",
            Evidence::Notes => "others' notes",
            Evidence::Ours => "ours",
        }
    }

    /// Whether the vendor is known to have it.
    #[must_use]
    pub fn confirmed(self) -> bool {
        !matches!(self, Evidence::Hidden | Evidence::Notes | Evidence::Ours)
    }
}

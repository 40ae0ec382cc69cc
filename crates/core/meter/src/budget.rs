//! What a calculation may cost, and what is said where it would cost more.

use std::fmt;

/// What a calculation may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Steps, of some 20 to 50 ns each.
    pub steps: u64,
    /// Bytes held at the same time.
    pub bytes: u64,
    /// Steps that work which can't be stopped may cost at worst.
    pub piece: u64,
}

impl Budget {
    /// What one execution may cost, all its templates, paths, patterns and contracts together.
    pub const EXECUTION: Budget = Budget {
        steps: 2_000_000,
        bytes: 24 * 1024 * 1024,
        piece: 16_000_000,
    };

    /// What is done at once where it is asked for: some 0.2 ms at the most. Nearly all executions need less.
    pub const TRIAL: Budget = Budget {
        steps: 5_000,
        bytes: 256 * 1024,
        piece: 5_000,
    };

    /// The smaller of both, in each respect.
    #[must_use]
    pub fn min(self, other: Budget) -> Budget {
        Budget {
            steps: self.steps.min(other.steps),
            bytes: self.bytes.min(other.bytes),
            piece: self.piece.min(other.piece),
        }
    }
}

/// Why a calculation was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exhausted {
    /// All steps are used.
    Steps(u64),
    /// More bytes would be held at the same time than may be.
    Bytes(u64),
    /// Work that can't be stopped could cost more than it may.
    Piece,
    /// It was asked from outside to stop.
    Interrupted,
}

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exhausted::Steps(most) => write!(
                f,
                "stopped after {most} steps, which is all that one execution may take"
            ),
            Exhausted::Bytes(most) => write!(
                f,
                "stopped: it would hold more than {most} bytes, which is all that one execution may"
            ),
            Exhausted::Piece => f.write_str(
                "stopped: the text is too long for so large a pattern; shorten the one or the other",
            ),
            Exhausted::Interrupted => {
                f.write_str("stopped: it took too long, or nobody waits for it any more")
            }
        }
    }
}

impl std::error::Error for Exhausted {}

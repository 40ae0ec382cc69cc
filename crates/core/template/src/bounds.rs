//! How much a rendering may do.

use crate::error::Fault;

/// Where a rendering stops.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Nodes and expressions evaluated, loops' bodies each time; work on long texts and lists counts, too.
    pub max_steps: u32,
    /// Bytes printed, and bytes of any text built on the way. All texts built in one rendering together may
    /// have sixteen times as many.
    pub max_output_bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            max_steps: 1_000_000,
            max_output_bytes: 4 * 1024 * 1024,
        }
    }
}

/// How often the largest text may be built.
const TIMES_BUILT: usize = 16;
/// Bytes or items worked on for one step.
const WORK_PER_STEP: usize = 64;
/// Nesting of values that are printed or compared.
pub(crate) const MAX_NESTING: u32 = 128;

/// Counts what a rendering does.
pub(crate) struct Meter {
    bounds: Bounds,
    steps: u32,
    built: usize,
    /// The reference or loop last come to, for errors.
    pub(crate) at: usize,
}

impl Meter {
    pub(crate) fn new(bounds: &Bounds) -> Self {
        Self {
            bounds: *bounds,
            steps: 0,
            built: 0,
            at: 0,
        }
    }

    pub(crate) fn step(&mut self) -> Result<(), String> {
        self.steps(1)
    }

    pub(crate) fn steps(&mut self, steps: u32) -> Result<(), String> {
        self.steps = self.steps.saturating_add(steps);
        let most = self.bounds.max_steps;
        if self.steps > most {
            return Err(format!("stopped after {most} steps"));
        }
        Ok(())
    }

    /// Work on that many bytes or items.
    pub(crate) fn work(&mut self, amount: usize) -> Result<(), String> {
        let steps = u32::try_from(amount / WORK_PER_STEP).unwrap_or(u32::MAX);
        if steps == 0 {
            Ok(())
        } else {
            self.steps(steps)
        }
    }

    /// A text of that many bytes is printed or is about to be built.
    pub(crate) fn fits(&self, bytes: usize) -> Result<(), String> {
        let most = self.bounds.max_output_bytes;
        if bytes > most {
            return Err(format!("a text grew beyond {most} bytes"));
        }
        Ok(())
    }

    /// A text of that many bytes is built.
    pub(crate) fn build(&mut self, bytes: usize) -> Result<(), String> {
        self.fits(bytes)?;
        self.built = self.built.saturating_add(bytes);
        let most = self.bounds.max_output_bytes.saturating_mul(TIMES_BUILT);
        if self.built > most {
            return Err(format!(
                "the texts built on the way have more than {most} bytes"
            ));
        }
        Ok(())
    }

    /// How many items a range may have.
    pub(crate) fn left(&self) -> u32 {
        self.bounds.max_steps.saturating_sub(self.steps)
    }

    pub(crate) fn fault(&self, message: String) -> Fault {
        (self.at, message)
    }
}

//! How much a rendering may do.

use crate::error::Place;
use tollgate_meter::LOOK_EVERY;

/// Where a rendering stops, whatever is left of the meter that it shares with others.
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
/// Bytes of a value in a list, and of a text, a list or a map beside what it holds.
pub(crate) const SLOT: usize = 32;

/// Counts what a rendering does.
///
/// Steps are counted here and handed on to the shared meter in lots: the rendering never makes more of
/// them than the shared meter has left.
pub(crate) struct Meter<'a> {
    whole: &'a tollgate_meter::Meter,
    bounds: Bounds,
    steps: u32,
    /// Of them, those that the shared meter knows of.
    settled: u32,
    /// Steps up to which nothing has to be asked.
    free_until: u32,
    /// Bytes that a text may have without asking.
    room: usize,
    built: usize,
    held: usize,
    /// The reference or loop last come to, for errors.
    pub(crate) at: Place,
}

impl<'a> Meter<'a> {
    pub(crate) fn new(bounds: &Bounds, whole: &'a tollgate_meter::Meter) -> Self {
        let room = usize::try_from(whole.bytes_left()).unwrap_or(usize::MAX);
        Self {
            whole,
            bounds: *bounds,
            room: room.min(bounds.max_output_bytes),
            steps: 0,
            settled: 0,
            free_until: 0,
            built: 0,
            held: 0,
            at: Place::default(),
        }
    }

    #[inline]
    pub(crate) fn step(&mut self) -> Result<(), String> {
        self.steps(1)
    }

    #[inline]
    pub(crate) fn steps(&mut self, steps: u32) -> Result<(), String> {
        self.steps = self.steps.saturating_add(steps);
        if self.steps > self.free_until {
            return self.ask();
        }
        Ok(())
    }

    #[cold]
    fn ask(&mut self) -> Result<(), String> {
        let most = self.bounds.max_steps;
        if self.steps > most {
            return Err(format!("stopped after {most} steps"));
        }
        self.settle()?;
        let lot = self.whole.steps_left().min(LOOK_EVERY);
        let lot = u32::try_from(lot).unwrap_or(u32::MAX);
        self.free_until = self.steps.saturating_add(lot).min(most);
        Ok(())
    }

    /// Tells the shared meter of the steps that it doesn't know of.
    fn settle(&mut self) -> Result<(), String> {
        let new = self.steps - self.settled;
        self.settled = self.steps;
        self.free_until = self.steps;
        let granted = self.whole.steps(u64::from(new));
        granted.map_err(|exhausted| exhausted.to_string())
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

    /// The shared meter, told of all steps so far.
    pub(crate) fn whole(&mut self) -> Result<&'a tollgate_meter::Meter, String> {
        self.settle()?;
        Ok(self.whole)
    }

    /// A text of that many bytes is printed or is about to be built.
    pub(crate) fn fits(&self, bytes: usize) -> Result<(), String> {
        if bytes > self.room {
            return self.fits_at_all(bytes);
        }
        Ok(())
    }

    #[cold]
    fn fits_at_all(&self, bytes: usize) -> Result<(), String> {
        let most = self.bounds.max_output_bytes;
        if bytes > most {
            return Err(format!("a text grew beyond {most} bytes"));
        }
        let granted = self.whole.hold(bytes);
        granted.map_err(|exhausted| exhausted.to_string())?;
        self.whole.release(bytes);
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
        self.hold(bytes.saturating_add(SLOT))
    }

    /// A list or a map gets so many items more.
    pub(crate) fn grow(&mut self, items: usize) -> Result<(), String> {
        self.hold(items.saturating_mul(SLOT))
    }

    pub(crate) fn hold(&mut self, bytes: usize) -> Result<(), String> {
        let granted = self.whole.hold(bytes);
        granted.map_err(|exhausted| exhausted.to_string())?;
        self.held = self.held.saturating_add(bytes);
        Ok(())
    }

    /// So many bytes are held no longer.
    #[inline]
    pub(crate) fn release(&mut self, bytes: usize) {
        let bytes = bytes.min(self.held);
        if bytes > 0 {
            self.held -= bytes;
            self.whole.release(bytes);
        }
    }

    /// The rendering has ended: only what it printed is held on.
    pub(crate) fn end(&mut self, printed: usize) -> Result<(), String> {
        self.whole.release(self.held);
        self.held = 0;
        self.settle()?;
        let granted = self.whole.hold(printed);
        granted.map_err(|exhausted| exhausted.to_string())
    }

    /// How many items a range may have.
    pub(crate) fn left(&self) -> u32 {
        self.bounds.max_steps.saturating_sub(self.steps)
    }
}

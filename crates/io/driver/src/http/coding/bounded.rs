//! What is unpacked, and from what: both in steps, and the first within a bound.

use super::STEP;
use std::io::{BufRead, ErrorKind, Read};

/// Why unpacking ended before the end.
pub(super) enum Fault {
    TooLong,
    Broken(std::io::Error),
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::Broken(error)
    }
}

/// What was unpacked, and its bound in bytes.
pub(super) struct Output {
    pub(super) bytes: Vec<u8>,
    most: usize,
}

impl Output {
    pub(super) fn new(packed: &[u8], most: usize) -> Self {
        let likely = packed.len().saturating_mul(4).min(most);
        Self {
            bytes: Vec::with_capacity(likely),
            most,
        }
    }

    pub(super) fn push(&mut self, part: &[u8]) -> Result<(), Fault> {
        if part.len() > self.most - self.bytes.len() {
            return Err(Fault::TooLong);
        }
        self.bytes.extend_from_slice(part);
        Ok(())
    }

    /// Appends all that is to be read.
    pub(super) async fn fill(&mut self, mut unpacked: impl Read) -> Result<(), Fault> {
        loop {
            // One byte more tells what is too long from what is just as long as it may be.
            let room = self.most - self.bytes.len() + 1;
            let step = room.min(STEP);
            let mut part = unpacked.by_ref().take(step as u64);
            match part.read_to_end(&mut self.bytes) {
                Ok(read) if read < step => return Ok(()),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
            if self.bytes.len() > self.most {
                return Err(Fault::TooLong);
            }
            tokio::task::yield_now().await;
        }
    }
}

/// What is unpacked. Reading it pauses ([`ErrorKind::WouldBlock`]) after each [`STEP`], because there is data
/// of any length that unpacks to nothing.
pub(super) struct Input<'a> {
    pub(super) rest: &'a [u8],
    until_pause: usize,
}

impl<'a> Input<'a> {
    pub(super) fn new(packed: &'a [u8]) -> Self {
        Self {
            rest: packed,
            until_pause: STEP,
        }
    }
}

impl BufRead for Input<'_> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        if self.until_pause == 0 {
            self.until_pause = STEP;
            return Err(ErrorKind::WouldBlock.into());
        }
        Ok(&self.rest[..self.rest.len().min(self.until_pause)])
    }

    fn consume(&mut self, length: usize) {
        self.rest = &self.rest[length..];
        self.until_pause -= length;
    }
}

impl Read for Input<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

//! A moving window on a file, for reading it front to back. Invariant: bytes come from the file as
//! it was when the window last moved.

use std::{io, sync::Arc};

use crate::seam::{self, File};

pub(crate) struct Window {
    file: Arc<dyn File>,
    ahead: usize,
    start: u64,
    filled: usize,
    bytes: Vec<u8>,
}

impl Window {
    /// A window that reads at least `ahead` bytes at a time.
    pub(crate) fn new(file: Arc<dyn File>, ahead: usize) -> Window {
        Window { file, ahead, start: 0, filled: 0, bytes: Vec::new() }
    }

    /// The bytes at `offset`: `len` of them, or as many as the file has.
    pub(crate) fn get(&mut self, offset: u64, len: usize) -> io::Result<&[u8]> {
        if offset < self.start || offset + len as u64 > self.start + self.filled as u64 {
            let wanted = len.max(self.ahead);
            if self.bytes.len() < wanted {
                self.bytes.resize(wanted, 0);
            }
            self.filled = 0;
            self.filled = seam::read_up_to(&*self.file, &mut self.bytes[..wanted], offset)?;
            self.start = offset;
        }
        let from = usize::try_from(offset - self.start).unwrap_or(usize::MAX).min(self.filled);
        Ok(&self.bytes[from..(from + len).min(self.filled)])
    }

    /// The offset after the last byte that is not zero, from `offset` on; `offset` itself if there
    /// is none.
    pub(crate) fn end_of_content(&mut self, offset: u64) -> io::Result<u64> {
        let (mut at, mut end) = (offset, offset);
        loop {
            let chunk = self.get(at, self.ahead.max(1))?;
            if chunk.is_empty() {
                return Ok(end);
            }
            if !super::frame::is_zero(chunk) {
                let last = chunk.iter().rposition(|byte| *byte != 0).unwrap_or(0);
                end = at + last as u64 + 1;
            }
            at += chunk.len() as u64;
        }
    }
}

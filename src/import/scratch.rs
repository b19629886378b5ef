//! Room outside memory. Invariant: what was written is read back from where it was put; nothing
//! else may be read there.

use std::{
    io,
    sync::{Mutex, PoisonError},
};

/// Room for what does not fit into memory. The caller implements it, so that this room reaches no
/// disk.
pub trait Scratch: Send + Sync {
    /// Puts bytes behind those that were put before; where they begin.
    ///
    /// # Errors
    /// Errors are the caller's own.
    fn append(&self, bytes: &[u8]) -> io::Result<u64>;
    /// Reads as many bytes as fit, from where some were put.
    ///
    /// # Errors
    /// Errors are the caller's own.
    fn read(&self, at: u64, into: &mut [u8]) -> io::Result<()>;
}

/// Bytes that stand in a scratch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    at: u64,
    len: usize,
}

impl Extent {
    pub(crate) fn write(scratch: &dyn Scratch, bytes: &[u8]) -> io::Result<Extent> {
        Ok(Extent { at: scratch.append(bytes)?, len: bytes.len() })
    }
    pub(crate) fn read(self, scratch: &dyn Scratch, into: &mut Vec<u8>) -> io::Result<()> {
        into.resize(self.len, 0);
        scratch.read(self.at, into)
    }
}

/// A scratch in memory: it saves nothing, and lets tests see what a real one would be asked for.
#[derive(Debug, Default)]
pub struct MemoryScratch(Mutex<Vec<u8>>);

impl MemoryScratch {
    /// Bytes that were put there.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
    /// Whether nothing was put there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Scratch for MemoryScratch {
    fn append(&self, bytes: &[u8]) -> io::Result<u64> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = all.len() as u64;
        all.extend_from_slice(bytes);
        Ok(at)
    }
    fn read(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found =
            usize::try_from(at).ok().and_then(|at| all.get(at..at.checked_add(into.len())?));
        into.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

//! A place that keeps the objects of backups. Invariant: an object is there whole or not at all,
//! under a name of its own, and what was put is durable when the call returns.

use std::io;

/// What is held while it is there, by one process alone.
pub trait Hold: Send {}

/// A place that keeps objects by name; a name is parts of letters, digits, `-` and `.`, joined by
/// `/`.
pub trait Target: Send + Sync {
    /// Where it is, for people; holds no secret.
    fn place(&self) -> String;
    /// The names of all objects whose name begins with `under`, sorted; none if there is nothing.
    fn list(&self, under: &str) -> io::Result<Vec<String>>;
    /// All bytes of an object; `NotFound` if there is none of this name.
    fn get(&self, name: &str) -> io::Result<Vec<u8>>;
    /// Puts an object, over one of the same name.
    fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()>;
    /// Puts an object unless there is one of this name; says whether it did.
    fn create(&self, name: &str, bytes: &[u8]) -> io::Result<bool>;
    /// Removes an object; fine if it is not there.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Lets this process alone write what is under a name, as long as the value is there; `None` if
    /// another one does.
    fn hold(&self, under: &str) -> io::Result<Option<Box<dyn Hold>>>;
}

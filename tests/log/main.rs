//! The log: one suite over every backend, and what the embedded log alone promises.

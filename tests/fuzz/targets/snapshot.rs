//! The fuzzer on [`sijil_fuzz::snapshot`]. Invariant: nothing is decided here.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sijil_fuzz::snapshot(bytes));

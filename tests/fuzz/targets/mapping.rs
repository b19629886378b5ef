//! The fuzzer on [`sijil_fuzz::mapping`]. Invariant: nothing is decided here.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sijil_fuzz::mapping(bytes));

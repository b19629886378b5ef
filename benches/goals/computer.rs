//! The computer the bench runs on, as its kernel tells. Invariant: what cannot be found out is said
//! to be unknown, never guessed.

use std::fs;

/// The words after a name in a file of the kernel.
fn told(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    text.lines().find_map(|line| {
        Some(line.strip_prefix(name)?.trim_start_matches([' ', '\t', ':']).trim().to_owned())
    })
}

fn kibibytes(file: &str, name: &str) -> Option<u64> {
    told(file, name)?.split_whitespace().next()?.parse().ok()
}

/// Cores, processor, memory and kernel, in words.
pub(crate) fn words() -> String {
    let unknown = || "unknown".to_owned();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let processor = told("/proc/cpuinfo", "model name").unwrap_or_else(unknown);
    let memory = kibibytes("/proc/meminfo", "MemTotal")
        .map_or_else(unknown, |k| format!("{} MiB", k / 1024));
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")
        .map_or_else(|_| unknown(), |text| text.trim().to_owned());
    format!("{cores} cores, {processor}, {memory} of memory, kernel {kernel}")
}

/// Lets the peak of this process's memory begin anew; without effect where the kernel does not
/// allow it.
pub(crate) fn forget_peak() {
    drop(fs::write("/proc/self/clear_refs", "5"));
}

/// The most memory this process has had resident, in bytes.
pub(crate) fn peak_bytes() -> Option<u64> {
    kibibytes("/proc/self/status", "VmHWM").map(|k| k * 1024)
}

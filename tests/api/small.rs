//! A small ledger is small. Invariant: what is measured is the process and the directory as a user
//! has them, and sizes are those that blocks take on the disk.

use std::{os::unix::fs::MetadataExt, path::Path};

use serde_json::json;

use crate::server::{Directory, Server, invoice, opening};

/// Ledgers that are measured; a thousand take so many times the largest.
const LEDGERS: usize = 5;

/// Bytes on the disk, whatever the files' lengths. A server takes files away while they are looked
/// at; those take nothing.
fn disk_bytes(dir: &Path) -> u64 {
    let mut bytes = std::fs::metadata(dir).map_or(0, |dir| dir.blocks() * 512);
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        bytes += if path.is_dir() {
            disk_bytes(&path)
        } else {
            entry.metadata().map_or(0, |file| file.blocks() * 512)
        };
    }
    bytes
}

/// The most memory a process has had, in bytes.
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches("kB").trim().parse::<u64>().expect("a number") * 1024
}

#[test]
fn a_ledger_of_ten_records_is_small() {
    let (mut largest, mut most) = (0, 0);
    for _ in 0..LEDGERS {
        let directory = Directory::new();
        let server = Server::start(&directory.path());
        assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
        for n in 0..6 {
            assert_eq!(
                server.post("/v1/events", &invoice(&format!("I{n}"), "2025-01-31", "10.00")).status,
                201
            );
        }
        assert_eq!(server.get("/v1/log").json()["position"], 10);
        most = most.max(peak(server.child.id()));
        assert!(server.terminate());
        largest = largest.max(disk_bytes(&directory.path()));
    }
    println!(
        "a ledger of ten records: {largest} bytes on the disk, {most} of memory at most; a \
         thousand of them: {} MB",
        (largest * 1_000) >> 20
    );
    assert!(largest < 2 << 20, "{largest} bytes on the disk");
    assert!(largest * 1_000 < 2 << 30, "a thousand ledgers take {} bytes", largest * 1_000);
    assert!(most < 40 << 20, "{most} bytes of memory");
}

//! The format, frozen: data directories written by formats 1 and 2 open for ever, and their bytes
//! are what `FORMAT.md` says.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use sha2::{Digest, Sha256};
use sijil_log::{
    Order, Reader, Writer,
    embedded::{self, Options},
    machine::Disk,
    seam::Storage,
    tree,
};
use sijil_schemas::record::Position;
use sijil_simulation::disk::SimulatedDisk;

use crate::{
    records::{batch, client, entities, fill, holds, id, record},
    reopening::{open_sound, options, segments, verify_options, written},
};

/// Records in the frozen directory.
const FROZEN: u64 = 90;

/// The formats, and whether sealed segments are compressed in them.
const FORMATS: [(&str, bool); 3] = [("format-1", false), ("format-2", true), ("format-3", true)];

fn frozen(format: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/log/fixtures").join(format)
}

fn frozen_options(compress: bool) -> Options {
    Options { segment_bytes: 8 << 10, compress, ..options() }
}

fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copied(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).map(drop).unwrap();
        }
    }
}

fn opens(format: &str, compress: bool) {
    let dir = tempfile::tempdir().unwrap();
    copied(&frozen(format), dir.path());
    let storage: Arc<dyn Storage> = Arc::new(Disk);
    let report = embedded::verify(&storage, dir.path(), &verify_options(2), &|_| ()).unwrap();
    assert!(report.is_sound(), "{report:?}");
    let opened = embedded::open(storage, dir.path(), &frozen_options(compress)).unwrap();
    assert_eq!(opened.report, embedded::OpenReport::default());
    let (mut writer, reader) = (opened.writer.unwrap(), opened.reader);
    holds(&reader, FROZEN);
    assert_eq!(reader.position_of(id(77)).unwrap(), Some(Position::new(77)));
    let touching: Vec<Position> = (1..=FROZEN)
        .filter(|number| entities(*number).contains(&client(1)))
        .map(Position::new)
        .collect();
    assert_eq!(
        reader.touching(&client(1), Position::ZERO, 1000, Order::Forward).unwrap(),
        touching
    );
    fill(&mut writer, FROZEN, FROZEN + 40);
    holds(&reader, FROZEN + 40);
}

#[test]
fn a_directory_of_each_format_opens_for_ever() {
    for (format, _) in FORMATS {
        for compress in [false, true] {
            opens(format, compress);
        }
    }
}

/// Writes the frozen directories that are not there. Run once per released format, by hand:
/// `SIJIL_FREEZE=1 cargo test -p sijil-log freeze`.
#[test]
fn freeze_writes_only_when_asked_to() {
    for (format, compress) in FORMATS {
        if std::env::var_os("SIJIL_FREEZE").is_none() || frozen(format).exists() {
            assert!(
                frozen(format).join("log").is_dir(),
                "a frozen directory is part of the sources, and never written again"
            );
            continue;
        }
        let opened =
            embedded::open(Arc::new(Disk), &frozen(format), &frozen_options(compress)).unwrap();
        fill(&mut opened.writer.unwrap(), 0, FROZEN);
        // The mark speaks of the directory it was made in.
        fs::remove_file(frozen(format).join("index/durable")).unwrap();
    }
}

#[test]
fn an_auditor_unpacks_a_compressed_segment_by_the_page_alone() {
    let plain = fs::read(frozen("format-1").join("log/00000000000000000001.seg")).unwrap();
    let bytes = fs::read(frozen("format-2").join("log/00000000000000000001.seg")).unwrap();
    let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let u64_at = |at: usize| {
        usize::try_from(u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())).unwrap()
    };
    assert_eq!((u32_at(8), bytes[16..4060] == plain[16..4060]), (2, true));
    let (content, table, blocks) = (u64_at(4060), u64_at(4068), u32_at(4076));
    let (mut unpacked, table_bytes) = (Vec::new(), 16 * blocks + 4);
    for at in (table..table + 16 * blocks).step_by(16) {
        let packed = &bytes[u64_at(at)..u64_at(at) + u32_at(at + 8)];
        assert_eq!(u32_at(at + 12), crc32c::crc32c(packed) as usize);
        let length = (content - 4096 - unpacked.len()).min(65_536);
        if packed.len() == length {
            unpacked.extend_from_slice(packed);
        } else {
            unpacked.extend(lz4_flex::block::decompress(packed, length).unwrap());
        }
    }
    assert_eq!(unpacked, plain[4096..content]);
    assert!(plain[content..].iter().all(|byte| *byte == 0));
    assert_eq!(bytes[table..table + table_bytes], bytes[table + table_bytes..]);
}

#[test]
fn an_auditor_needs_only_the_page() {
    let disk = written(7);
    let path = segments(&disk).pop().unwrap();
    let bytes = disk.bytes(&path);
    assert!(path.ends_with("00000000000000000001.seg"));
    let u16_at = |at: usize| usize::from(u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap()));
    let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let u64_at = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    assert_eq!((&bytes[..8], u32_at(8), u32_at(12), u64_at(16)), (&b"SIJILSEG"[..], 1, 4096, 0));
    assert_eq!(u32_at(4092), crc32c::crc32c(&bytes[..4092]));
    let (mut at, mut position, mut previous) = (4096, 1, [0; 32]);
    let mut frontier = tree::Frontier::default();
    while u32_at(at) != 0 {
        let (end, count) = (at + 8 + u32_at(at) as usize, u32_at(at + 16));
        assert_eq!(u32_at(at + 4), crc32c::crc32c(&bytes[at + 8..end]));
        assert_eq!(u64_at(at + 8), position);
        let mut record_at = at + 24;
        for _ in 0..count {
            let (public, personal) = (u16_at(record_at), u16_at(record_at + 2));
            let stored = record(position);
            assert_eq!(bytes[record_at + 4..record_at + 4 + public], *stored.public);
            assert_eq!(
                bytes[record_at + 4 + public..record_at + 4 + public + personal],
                *stored.personal
            );
            frontier.push(tree::leaf(&stored.public));
            record_at += 4 + public + personal;
            position += 1;
        }
        assert_eq!(record_at, end - 96);
        let footer = &bytes[end - 96..end];
        assert_eq!(footer[24..56], frontier.root());
        assert_eq!(footer[56..88], previous);
        assert_eq!(&footer[88..], b"SIJILEND");
        previous = Sha256::digest(footer).into();
        at = end.next_multiple_of(32);
    }
    assert_eq!(position, 8);
}

#[test]
fn an_open_segment_spends_little_beyond_the_records() {
    let disk = SimulatedDisk::new();
    let (mut writer, _) = open_sound(&disk);
    writer.append(Position::ZERO, &batch(1..=1000)).unwrap();
    let path = segments(&disk).pop().unwrap();
    let bytes = crate::reopening::content(&disk.bytes(&path)) - 4096;
    let records: usize =
        (1..=1000).map(|number| record(number).public.len() + record(number).personal.len()).sum();
    assert!(bytes - records <= 5 * 1000, "{bytes} bytes for {records} bytes of records");
}

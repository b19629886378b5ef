//! Files in one: the part of the format ustar (POSIX.1-1988) that is needed, so that any `tar`
//! unpacks it. Invariant: files that are read are packed again byte for byte, so that no byte of an
//! archive can be another.

const BLOCK: usize = 512;
const NAME_BYTES_MAX: usize = 100;
/// Two empty blocks end an archive.
const END: usize = 2 * BLOCK;

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name, with its directories.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

fn header(name: &str, size: usize) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name.as_bytes());
    // Mode, owner and group, size, time; nobody's, and of no time.
    put(100, b"0000644\x000000000\x000000000\x00");
    put(124, format!("{size:011o}\x00").as_bytes());
    put(136, b"00000000000\x00");
    // The checksum counts as spaces while it is made.
    put(148, b"        0");
    put(257, b"ustar\x0000");
    put(329, b"0000000\x000000000\x00");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\x00 ").as_bytes());
    block
}

/// Packs files.
///
/// # Panics
///
/// If a name has more than 100 bytes, or a file more than 8 GiB.
#[must_use]
pub fn packed(files: &[File]) -> Vec<u8> {
    let mut all = Vec::new();
    for File { name, bytes } in files {
        assert!(name.len() <= NAME_BYTES_MAX, "names are made here");
        assert!(bytes.len() < 1 << 33, "a file has a size of eleven digits");
        all.extend_from_slice(&header(name, bytes.len()));
        all.extend_from_slice(bytes);
        all.resize(all.len().next_multiple_of(BLOCK), 0);
    }
    all.resize(all.len() + END, 0);
    all
}

/// The files of an archive; `None` if it is none that is packed here.
#[must_use]
pub fn unpacked(archive: &[u8]) -> Option<Vec<File>> {
    let (mut files, mut rest) = (Vec::new(), archive);
    while rest.len() > END {
        let (block, after) = rest.split_at(BLOCK);
        let text = |from: usize, to: usize| str::from_utf8(&block[from..to]).ok();
        let name = text(0, NAME_BYTES_MAX)?.trim_end_matches('\0').to_owned();
        let size = usize::from_str_radix(text(124, 135)?, 8).ok()?;
        let padded = size.checked_next_multiple_of(BLOCK)?;
        let bytes = after.get(..padded)?[..size].to_vec();
        files.push(File { name, bytes });
        rest = &after[padded..];
    }
    (packed(&files) == archive).then_some(files)
}

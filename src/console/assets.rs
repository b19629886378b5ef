//! What pages load. Invariant: its address holds its hash, so it is kept for ever and never old.

use std::sync::OnceLock;

use sha2::{Digest, Sha256};

/// A file that pages load.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// Its name.
    name: &'static str,
    /// Its media type.
    pub media: &'static str,
    /// Its bytes.
    pub bytes: &'static [u8],
}

const ALL: [Asset; 2] = [
    Asset {
        name: "console.css",
        media: "text/css; charset=utf-8",
        bytes: include_bytes!("assets/console.css"),
    },
    Asset { name: "icon.svg", media: "image/svg+xml", bytes: include_bytes!("assets/icon.svg") },
];

fn addresses() -> &'static [(String, Asset)] {
    static ADDRESSES: OnceLock<Vec<(String, Asset)>> = OnceLock::new();
    ADDRESSES.get_or_init(|| {
        let addressed = |asset: &Asset| {
            let hash = Sha256::digest(asset.bytes);
            let hash: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            (format!("/assets/{hash}/{}", asset.name), *asset)
        };
        ALL.iter().map(addressed).collect()
    })
}

/// The address of a file.
pub(crate) fn address(name: &str) -> &'static str {
    let found = addresses().iter().find(|(_, asset)| asset.name == name);
    found.map_or("", |(address, _)| address.as_str())
}

/// The file at an address.
#[must_use]
pub fn asset(path: &str) -> Option<Asset> {
    addresses().iter().find(|(address, _)| address == path).map(|(_, asset)| *asset)
}

//! Any text as a mapping, over one small table. Invariant: a mapping that is none is refused, and
//! one that is makes drafts or names the row it cannot map.

use std::io::{self, Cursor, Read};

use sijil_import::{Mapping, Options, Tables};

const TABLE: &str = "id,name,at,amount\n1,\"Buyer, One\",2025-01-02,100.00\n\
                     2,Zwei,2025-02-30,-1.5e3\n3,,2025-03-01 10:00,\n";

const OBJECTS: &str = "[{\"id\": 1, \"name\": \"Buyer\", \"at\": \"2025-01-02T10:00:00Z\", \
                       \"amount\": 100.00, \"tags\": [\"a\", 2]},\n {\"id\": 2, \"at\": \
                       1738315800}]";

/// The same small table, whatever file is asked for; as JSON, if its name says so.
struct OneTable;

impl Tables for OneTable {
    fn open(&self, file: &str) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(Cursor::new(if file.ends_with(".json") { OBJECTS } else { TABLE }.as_bytes())))
    }
}

/// Any text as a mapping.
pub fn mapping(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Mapping::parse(text) {
        Ok(mapping) => {
            let options = Options { key_secret: Some(vec![7; 16]), ..Options::default() };
            if let Err(error) = mapping.run(&OneTable, &options, &mut |_| ()) {
                assert!(!error.to_string().is_empty());
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

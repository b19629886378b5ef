//! Line breaks as LF, whatever machine wrote the text. Invariant: the text ends with a line break
//! of its own and one more, so that a reader that comes to the very end was still inside something.

use std::{
    cell::Cell,
    io::{self, BufRead, Read},
    rc::Rc,
};

/// A text with LF at the end of each line, CR LF and CR being the same, and two at its end.
pub(crate) struct LineBreaks<R> {
    text: R,
    /// A CR came last: an LF behind it belongs to it.
    after_cr: bool,
    /// Line breaks that are still to be added at the end.
    missing: u8,
    given: u64,
    length: Rc<Cell<Option<u64>>>,
}

impl<R: BufRead> LineBreaks<R> {
    /// The text, and its length in bytes once the end was reached.
    pub(crate) fn new(text: R) -> (LineBreaks<R>, Rc<Cell<Option<u64>>>) {
        let length = Rc::new(Cell::new(None));
        (
            LineBreaks { text, after_cr: false, missing: 2, given: 0, length: Rc::clone(&length) },
            length,
        )
    }

    fn end(&mut self, into: &mut [u8]) -> usize {
        let count = into.len().min(usize::from(self.missing));
        into[..count].fill(b'\n');
        self.missing -= u8::try_from(count).unwrap_or(self.missing);
        self.given += count as u64;
        if self.missing == 0 {
            self.length.set(Some(self.given));
        }
        count
    }
}

impl<R: BufRead> Read for LineBreaks<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let chunk = self.text.fill_buf()?;
            if chunk.is_empty() || into.is_empty() {
                return Ok(self.end(into));
            }
            if std::mem::take(&mut self.after_cr) && chunk[0] == b'\n' {
                self.text.consume(1);
                continue;
            }
            let plain =
                chunk.iter().position(|b| *b == b'\r').unwrap_or(chunk.len()).min(into.len());
            if plain > 0 {
                into[..plain].copy_from_slice(&chunk[..plain]);
                self.text.consume(plain);
                self.given += plain as u64;
                return Ok(plain);
            }
            into[0] = b'\n';
            self.text.consume(1);
            self.after_cr = true;
            self.given += 1;
            return Ok(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Read as _};

    use super::LineBreaks;

    #[test]
    fn every_line_break_is_one() {
        for (text, expected) in [
            ("a\r\nb\rc\nd", "a\nb\nc\nd\n\n"),
            ("\r\n\r\n", "\n\n\n\n"),
            ("\r\r", "\n\n\n\n"),
            ("", "\n\n"),
            ("a\r", "a\n\n\n"),
        ] {
            for capacity in 1..4 {
                let (mut lines, length) =
                    LineBreaks::new(BufReader::with_capacity(capacity, text.as_bytes()));
                let mut got = String::new();
                lines.read_to_string(&mut got).unwrap();
                assert_eq!(
                    (got.as_str(), length.get()),
                    (expected, Some(expected.len() as u64)),
                    "{text:?}"
                );
            }
        }
    }
}

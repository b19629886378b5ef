//! JSON values one after the other, or in one list, cut out of a stream. Invariant: at most one
//! value is held at a time, and each knows the line it began on. Whether a value is well formed,
//! its reader finds out.

use std::io::{self, BufRead};

/// A stream of JSON values.
pub(crate) struct JsonValues<'r> {
    bytes: &'r mut dyn BufRead,
    line: u64,
    value: Vec<u8>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing was read yet.
    Start,
    /// Values stand one after the other.
    Lines,
    /// Values stand in a list; the next thing is a value, or the end of an empty list.
    First,
    /// A value came in a list; a comma or the end follows.
    Behind,
    /// The list has ended.
    Over,
}

/// The next token.
pub(crate) enum Next {
    /// A value, and the line it began on.
    Value(u64),
    /// The text that was expected, and the one that stands there.
    Wrong(String),
    End,
}

impl<'r> JsonValues<'r> {
    /// Values of a text whose first line has this number.
    pub(crate) fn new(bytes: &'r mut dyn BufRead, first_line: u64) -> JsonValues<'r> {
        JsonValues { bytes, line: first_line, value: Vec::new(), state: State::Start }
    }

    /// The line that is read.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// The value that came last.
    pub(crate) fn text(&self) -> &[u8] {
        &self.value
    }

    /// Reads up to the end of the next value.
    pub(crate) fn next(&mut self) -> io::Result<Next> {
        loop {
            let Some(byte) = self.peek()? else {
                return Ok(match self.state {
                    State::First | State::Behind => Next::Wrong(
                        "expected `]` at the end of the list, got the end of the file".to_owned(),
                    ),
                    State::Start | State::Lines | State::Over => Next::End,
                });
            };
            match (byte, self.state) {
                (b'[', State::Start) => self.state = State::First,
                (b']', State::First | State::Behind) => self.state = State::Over,
                (b',', State::Behind) => {
                    self.skip();
                    return self.element();
                }
                (b',', State::Start | State::Lines | State::First) => {
                    return Ok(self.unexpected("a value", byte));
                }
                (_, State::Behind) => {
                    return Ok(self.unexpected("`,` or `]` behind an element", byte));
                }
                (_, State::Over) => return Ok(self.unexpected("nothing behind the list", byte)),
                (_, State::Start | State::Lines) => {
                    self.state = State::Lines;
                    return self.cut_value();
                }
                (_, State::First) => {
                    self.state = State::Behind;
                    return self.cut_value();
                }
            }
            self.skip();
        }
    }

    /// The element behind a comma.
    fn element(&mut self) -> io::Result<Next> {
        match self.peek()? {
            Some(byte @ (b']' | b',')) => Ok(self.unexpected("an element behind `,`", byte)),
            Some(_) => self.cut_value(),
            None => self.next(),
        }
    }

    fn unexpected(&self, expected: &str, byte: u8) -> Next {
        Next::Wrong(format!("expected {expected}, got {:?}", char::from(byte)))
    }

    /// The next byte that is no space; none at the end.
    fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            let chunk = self.bytes.fill_buf()?;
            let Some(first) = chunk.first().copied() else { return Ok(None) };
            if !first.is_ascii_whitespace() {
                return Ok(Some(first));
            }
            self.line += u64::from(first == b'\n');
            self.bytes.consume(1);
        }
    }

    fn skip(&mut self) {
        self.bytes.consume(1);
    }

    /// Copies bytes until the value that begins here ends.
    fn cut_value(&mut self) -> io::Result<Next> {
        self.value.clear();
        let began = self.line;
        let mut scan = Scan { depth: 0, quoted: false, escaped: false };
        loop {
            let chunk = self.bytes.fill_buf()?;
            if chunk.is_empty() {
                return Ok(Next::Value(began));
            }
            let end = scan.end(chunk);
            let taken = &chunk[..end.unwrap_or(chunk.len())];
            self.line += taken.iter().filter(|b| **b == b'\n').count() as u64;
            self.value.extend_from_slice(taken);
            let taken = taken.len();
            self.bytes.consume(taken);
            if end.is_some() {
                return Ok(Next::Value(began));
            }
        }
    }
}

/// Where a value ends: behind the bracket that closes it, or before what no number or word can
/// hold.
struct Scan {
    depth: usize,
    quoted: bool,
    escaped: bool,
}

impl Scan {
    fn end(&mut self, chunk: &[u8]) -> Option<usize> {
        for (i, byte) in chunk.iter().enumerate() {
            if self.quoted {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => {
                        self.quoted = false;
                        if self.depth == 0 {
                            return Some(i + 1);
                        }
                    }
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.quoted = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth > 1 => self.depth -= 1,
                b'}' | b']' if self.depth == 1 => return Some(i + 1),
                b']' | b',' if self.depth == 0 => return Some(i),
                byte if self.depth == 0 && byte.is_ascii_whitespace() => return Some(i),
                _ => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::{JsonValues, Next};

    /// The values of a text with their lines, read in pieces of three bytes.
    fn values(text: &str) -> Vec<String> {
        let mut bytes = BufReader::with_capacity(3, text.as_bytes());
        let mut values = JsonValues::new(&mut bytes, 1);
        let mut found = Vec::new();
        loop {
            match values.next().unwrap() {
                Next::Value(line) => {
                    found.push(format!("{line}:{}", String::from_utf8_lossy(values.text())));
                }
                Next::Wrong(what) => {
                    found.push(format!("{}! {what}", values.line()));
                    return found;
                }
                Next::End => return found,
            }
        }
    }

    #[test]
    fn values_in_lines_and_lists() {
        assert_eq!(
            values("{\"a\":1}\n\n{\"b\":\"}\\\"]\"}"),
            ["1:{\"a\":1}", "3:{\"b\":\"}\\\"]\"}"]
        );
        assert_eq!(values("{\n \"a\": [1,\n2]\n}\n{}"), ["1:{\n \"a\": [1,\n2]\n}", "5:{}"]);
        assert_eq!(values("[\n{\"a\":1},\n{\"a\":2}\n]\n"), ["2:{\"a\":1}", "3:{\"a\":2}"]);
        assert_eq!(values(" [1, \"x\",[2]] "), ["1:1", "1:\"x\"", "1:[2]"]);
        assert_eq!(values("[]"), Vec::<String>::new());
        assert_eq!(values(""), Vec::<String>::new());
    }

    #[test]
    fn lists_that_are_none() {
        assert_eq!(
            values("[1"),
            ["1:1", "1! expected `]` at the end of the list, got the end of the file"]
        );
        assert_eq!(
            values("[1,"),
            ["1:1", "1! expected `]` at the end of the list, got the end of the file"]
        );
        assert_eq!(values("[1 2]"), ["1:1", "1! expected `,` or `]` behind an element, got '2'"]);
        assert_eq!(values("[1,]"), ["1:1", "1! expected an element behind `,`, got ']'"]);
        assert_eq!(values("[1]\n{}"), ["1:1", "2! expected nothing behind the list, got '{'"]);
        assert_eq!(values("[,1]"), ["1! expected a value, got ','"]);
        assert_eq!(values("{},{}"), ["1:{}", "1! expected a value, got ','"]);
    }
}

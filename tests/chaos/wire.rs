//! One kept-alive connection and a plain request over it. Invariant: no answer is retried here; a
//! broken connection is an unknown outcome.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    time::Duration,
};

use serde_json::Value;

use crate::server::authorization;

/// Seconds a client waits for an answer before it gives up.
const PATIENCE_S: u64 = 60;

/// A connection to a server.
pub struct Wire {
    address: String,
    stream: Option<BufReader<TcpStream>>,
}

/// A status and a body.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub body: Value,
}

impl Wire {
    pub fn to(url: &str) -> Wire {
        Wire { address: url.trim_start_matches("http://").to_owned(), stream: None }
    }

    fn connected(&mut self) -> io::Result<&mut BufReader<TcpStream>> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(&self.address)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(Duration::from_secs(PATIENCE_S)))?;
            self.stream = Some(BufReader::new(stream));
        }
        Ok(self.stream.as_mut().expect("connected"))
    }

    /// Sends a request and does not wait for its answer: what became of it is unknown.
    pub fn abandon(&mut self, method: &str, path: &str, headers: &str, body: &str) {
        drop(self.write(method, path, headers, body));
        self.stream = None;
    }

    fn write(&mut self, method: &str, path: &str, headers: &str, body: &str) -> io::Result<()> {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             {headers}{}content-length: {}\r\n\r\n",
            authorization(&self.address),
            body.len()
        );
        let stream = self.connected()?.get_mut();
        stream.write_all(&[head.as_bytes(), body.as_bytes()].concat())
    }

    /// Sends a request and reads the answer; after an error the connection is given up.
    pub fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> io::Result<Reply> {
        let outcome = self.write(method, path, headers, body).and_then(|()| self.answer());
        if outcome.is_err() {
            self.stream = None;
        }
        outcome
    }

    fn answer(&mut self) -> io::Result<Reply> {
        let stream = self.connected()?;
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let status = line
            .split(' ')
            .nth(1)
            .and_then(|s| s.parse().ok())
            .ok_or_else(|| io::Error::other(format!("expected a status line, got {line:?}")))?;
        let mut length = 0;
        loop {
            let mut header = String::new();
            stream.read_line(&mut header)?;
            match header.trim_end().split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse().map_err(io::Error::other)?;
                }
                Some(_) => (),
                None if header.trim_end().is_empty() => break,
                None => return Err(io::Error::other(format!("expected a header, got {header:?}"))),
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        Ok(Reply { status, body: serde_json::from_slice(&body).unwrap_or(Value::Null) })
    }
}

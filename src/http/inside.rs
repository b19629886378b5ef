//! The door without a network: requests and answers pass through memory. Invariant: it is the door
//! that is served, and a reader that is slow holds up its own answer and no thread of the runtime.

use std::io::{self, Read};

use axum::{Router, body::Body, http::Request};
use sijil_ledger::Desk;
use tokio::runtime::Handle;
use tokio_stream::{Stream, StreamExt, wrappers::ReceiverStream};
use tower::ServiceExt;

use crate::service;

/// A body that is read as it comes.
type Bytes = Box<dyn Read + Send>;

/// The door of a ledger in this process, for threads that are not the runtime's.
pub struct Inside {
    runtime: Handle,
    service: Router,
}

impl Inside {
    /// The door at this desk; its work is done on this runtime.
    pub fn new(runtime: Handle, desk: &Desk) -> Inside {
        Inside { runtime, service: service(desk) }
    }

    /// Sends a request, and returns the status and the body as it comes.
    pub fn call(
        &self,
        method: &str,
        path: &str,
        headers: Vec<(&'static str, String)>,
        body: Option<Bytes>,
    ) -> io::Result<(u16, Bytes)> {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let body = body.map_or_else(Body::empty, |reader| Body::from_stream(chunks(reader)));
        let request = request.body(body).map_err(io::Error::other)?;
        let response = match self.runtime.block_on(self.service.clone().oneshot(request)) {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let status = response.status().as_u16();
        let (sender, receiver) = std::sync::mpsc::sync_channel::<io::Result<Vec<u8>>>(4);
        let mut stream = response.into_body().into_data_stream();
        self.runtime.spawn(async move {
            while let Some(chunk) = stream.next().await {
                let chunk = chunk.map(|c| c.to_vec()).map_err(io::Error::other);
                let sender = sender.clone();
                // A reader that is slow holds the stream up, off the runtime's own threads.
                if tokio::task::spawn_blocking(move || sender.send(chunk))
                    .await
                    .is_ok_and(|sent| sent.is_err())
                {
                    return;
                }
            }
        });
        Ok((status, Box::new(Received { receiver, rest: io::Cursor::new(Vec::new()) })))
    }
}

fn chunks(mut reader: Bytes) -> impl Stream<Item = io::Result<Vec<u8>>> {
    let (sender, receiver) = tokio::sync::mpsc::channel(4);
    std::thread::spawn(move || {
        loop {
            let mut chunk = vec![0; 64 * 1024];
            let chunk = match reader.read(&mut chunk) {
                Ok(0) => return,
                Ok(count) => {
                    chunk.truncate(count);
                    Ok(chunk)
                }
                Err(error) => Err(error),
            };
            let ended = chunk.is_err();
            if sender.blocking_send(chunk).is_err() || ended {
                return;
            }
        }
    });
    ReceiverStream::new(receiver)
}

struct Received {
    receiver: std::sync::mpsc::Receiver<io::Result<Vec<u8>>>,
    rest: io::Cursor<Vec<u8>>,
}

impl Read for Received {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.rest.read(bytes)?;
            if count > 0 || bytes.is_empty() {
                return Ok(count);
            }
            match self.receiver.recv() {
                Ok(chunk) => self.rest = io::Cursor::new(chunk?),
                Err(_) => return Ok(0),
            }
        }
    }
}

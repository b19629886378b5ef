//! A caller of the HTTP door that costs next to nothing, since it shares the cores with what it
//! measures: requests made beforehand, on connections that stay open. Invariant: an answer that is
//! a problem ends the bench, so nothing that failed is timed.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use sijil_benches::figures::histogram;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::{Builder, Runtime},
    task::JoinSet,
};

use crate::BenchError;

/// A request as it goes over the wire.
pub(crate) type Wire = Arc<[u8]>;

/// A question.
pub(crate) fn asking(path: &str) -> Wire {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\naccept: application/json\r\n\r\n")
        .into_bytes()
        .into()
}

/// A body of JSON for a path.
pub(crate) fn sending(path: &str, body: &str) -> Wire {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
    .into()
}

/// What calls gave.
pub(crate) struct Called {
    /// Microseconds of each.
    pub(crate) latencies: Histogram<u64>,
    /// Microseconds of all together.
    pub(crate) micros: u64,
}

impl Called {
    /// A quantile in microseconds.
    pub(crate) fn quantile(&self, quantile: f64) -> u64 {
        self.latencies.value_at_quantile(quantile)
    }
}

struct Connection {
    stream: TcpStream,
    bytes: Vec<u8>,
}

impl Connection {
    /// A connection that has been used once, so that no call pays for opening it.
    async fn open(address: SocketAddr) -> Result<Connection, BenchError> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut connection = Connection { stream, bytes: Vec::with_capacity(16 << 10) };
        connection.call(&asking("/healthz")).await?;
        Ok(connection)
    }

    /// Sends a request and reads the whole answer.
    async fn call(&mut self, request: &[u8]) -> Result<&[u8], BenchError> {
        self.stream.write_all(request).await?;
        self.bytes.clear();
        let (mut whole, mut body) = (usize::MAX, 0);
        while self.bytes.len() < whole {
            if self.stream.read_buf(&mut self.bytes).await? == 0 {
                return Err(BenchError::Wrong(
                    "the server closed the connection before its answer ended".into(),
                ));
            }
            if whole == usize::MAX
                && let Some(end) = self.bytes.windows(4).position(|four| four == b"\r\n\r\n")
            {
                body = end + 4;
                whole = body + length(&self.bytes[..end])?;
            }
        }
        if self.bytes.get(9) != Some(&b'2') {
            let asked = String::from_utf8_lossy(request);
            return Err(BenchError::Wrong(format!(
                "{}: {}",
                asked.lines().next().unwrap_or_default(),
                String::from_utf8_lossy(&self.bytes)
            )));
        }
        Ok(&self.bytes[body..])
    }
}

fn length(head: &[u8]) -> Result<usize, BenchError> {
    let head = String::from_utf8_lossy(head);
    let found = head.lines().find_map(|line| {
        line.split_once(':')
            .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))?
            .1
            .trim()
            .parse()
            .ok()
    });
    found.ok_or_else(|| {
        BenchError::Wrong(format!("expected an answer with Content-Length, got {head:?}"))
    })
}

fn runtime() -> Result<Runtime, BenchError> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

/// Calls once; gives the body.
pub(crate) fn once(address: SocketAddr, request: &Wire) -> Result<Vec<u8>, BenchError> {
    runtime()?
        .block_on(async { Ok(Connection::open(address).await?.call(request).await?.to_vec()) })
}

/// Microseconds of one call on a connection that is open already.
pub(crate) fn cold(address: SocketAddr, request: &Wire) -> Result<u64, BenchError> {
    runtime()?.block_on(async {
        let mut connection = Connection::open(address).await?;
        let sent = Instant::now();
        connection.call(request).await?;
        Ok(micros(sent))
    })
}

/// Closed loop: so many connections, each of which asks again as soon as it is answered, until
/// `count` calls are made or `most` is over.
pub(crate) fn closed(
    address: SocketAddr,
    connections: usize,
    requests: &[Wire],
    count: usize,
    most: Duration,
) -> Result<Called, BenchError> {
    let requests: Arc<[Wire]> = requests.into();
    runtime()?.block_on(async {
        let mut ready = Vec::new();
        for _ in 0..connections {
            ready.push(Connection::open(address).await?);
        }
        let (began, mut tasks) = (Instant::now(), JoinSet::new());
        for (number, mut connection) in ready.into_iter().enumerate() {
            let requests = requests.clone();
            tasks.spawn(async move {
                let mut latencies = histogram();
                for at in (number..count).step_by(connections) {
                    let sent = Instant::now();
                    if sent.duration_since(began) > most {
                        break;
                    }
                    connection.call(&requests[at % requests.len()]).await?;
                    latencies.saturating_record(micros(sent));
                }
                Ok(latencies)
            });
        }
        together(tasks, began).await
    })
}

/// Open loop: `count` calls are due at a fixed rate, whatever the answers take; a latency counts
/// from when its call was due.
pub(crate) fn open(
    address: SocketAddr,
    connections: usize,
    requests: &[Wire],
    count: usize,
    rate: u64,
) -> Result<Called, BenchError> {
    let requests: Arc<[Wire]> = requests.into();
    runtime()?.block_on(async {
        let (mut tasks, mut dues) = (JoinSet::new(), Vec::new());
        for number in 0..connections {
            let (due, mut dued) = tokio::sync::mpsc::unbounded_channel::<Instant>();
            dues.push(due);
            let (requests, mut connection) = (requests.clone(), Connection::open(address).await?);
            tasks.spawn(async move {
                let (mut latencies, mut at) = (histogram(), number);
                while let Some(due) = dued.recv().await {
                    connection.call(&requests[at % requests.len()]).await?;
                    latencies.saturating_record(micros(due));
                    at += connections;
                }
                Ok(latencies)
            });
        }
        let began = Instant::now();
        // A thread of its own keeps time: the runtime's timers tell milliseconds apart, no less.
        std::thread::spawn(move || {
            for (number, at) in (0..count).zip(0_u64..) {
                let due =
                    began + Duration::from_nanos(at.saturating_mul(1_000_000_000) / rate.max(1));
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                if dues[number % connections].send(due).is_err() {
                    return;
                }
            }
        });
        together(tasks, began).await
    })
}

async fn together(
    mut tasks: JoinSet<Result<Histogram<u64>, BenchError>>,
    began: Instant,
) -> Result<Called, BenchError> {
    let mut latencies = histogram();
    while let Some(one) = tasks.join_next().await {
        let one =
            one.map_err(|e| BenchError::Wrong(format!("a caller did not end well: {e}")))??;
        latencies.add(one).expect("all histograms have the same bounds");
    }
    Ok(Called { latencies, micros: micros(began) })
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}

//! A way to a server that can be cut or slow. Invariant: what is let through is not changed;
//! loopback only.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

/// How long a request is held back by [`Cut::Late`].
const LATE: Duration = Duration::from_millis(300);

/// Where a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The request does not arrive.
    Before,
    /// The request arrives, its answer does not.
    After,
    /// The connection is cut first, and the request arrives later all the same.
    Late,
}

struct Order {
    needle: Vec<u8>,
    how: Cut,
    times: usize,
}

#[derive(Default)]
struct State {
    order: Mutex<Option<Order>>,
    cuts: AtomicUsize,
    pause_micros: AtomicU64,
    closing: AtomicBool,
}

/// Listens on a port of its own and lets everything through to another.
pub struct Proxy {
    port: u16,
    state: Arc<State>,
}

impl Proxy {
    /// A way to this port.
    #[must_use]
    pub fn to(target: u16) -> Proxy {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(State::default());
        let accepting = state.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if accepting.closing.load(Ordering::Acquire) {
                    return;
                }
                if let Ok(server) = TcpStream::connect(("127.0.0.1", target)) {
                    connect(&accepting, &client, &server);
                }
            }
        });
        Proxy { port, state }
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Cuts the connections of the next so many requests that hold these bytes.
    pub fn cut(&self, needle: &[u8], how: Cut, times: usize) {
        *self.state.order.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Order { needle: needle.to_vec(), how, times });
    }

    /// How many were cut.
    #[must_use]
    pub fn cuts(&self) -> usize {
        self.state.cuts.load(Ordering::Acquire)
    }

    /// Answers come in pieces of at most 1 KiB, with a pause after each.
    pub fn slow(&self, pause: Duration) {
        self.state
            .pause_micros
            .store(u64::try_from(pause.as_micros()).unwrap_or(u64::MAX), Ordering::Release);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.closing.store(true, Ordering::Release);
        // Wakes the thread that accepts.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

fn connect(state: &Arc<State>, client: &TcpStream, server: &TcpStream) {
    let twice = |stream: &TcpStream| {
        (stream.try_clone().expect("a handle"), stream.try_clone().expect("a handle"))
    };
    for stream in [client, server] {
        stream.set_nodelay(true).expect("a socket");
    }
    let ((from_client, to_client), (from_server, to_server)) = (twice(client), twice(server));
    let losing = Arc::new(AtomicBool::new(false));
    let (asking, lost) = (state.clone(), losing.clone());
    thread::spawn(move || requests(&asking, from_client, to_server, &lost));
    let answering = state.clone();
    thread::spawn(move || answers(&answering, from_server, to_client, &losing));
}

fn close(one: &TcpStream, other: &TcpStream) {
    for stream in [one, other] {
        // It may be closed already.
        let _ = stream.shutdown(Shutdown::Both);
    }
}

fn requests(state: &State, mut client: TcpStream, mut server: TcpStream, losing: &AtomicBool) {
    let mut piece = vec![0; 1 << 16];
    loop {
        let count = client.read(&mut piece).unwrap_or(0);
        if count == 0 {
            break;
        }
        match state.ordered(&piece[..count]) {
            Some(Cut::Before) => break,
            Some(Cut::After) => losing.store(true, Ordering::Release),
            Some(Cut::Late) => {
                losing.store(true, Ordering::Release);
                let _ = client.shutdown(Shutdown::Both);
                thread::sleep(LATE);
            }
            None => (),
        }
        if server.write_all(&piece[..count]).is_err() {
            break;
        }
    }
    // An answer that is on its way after a late request is waited for, and lost.
    if losing.load(Ordering::Acquire) {
        thread::sleep(LATE);
    }
    close(&client, &server);
}

fn answers(state: &State, mut server: TcpStream, mut client: TcpStream, losing: &AtomicBool) {
    let mut piece = vec![0; 1 << 16];
    loop {
        let pause = state.pause_micros.load(Ordering::Acquire);
        let most = if pause == 0 { piece.len() } else { 1 << 10 };
        let count = server.read(&mut piece[..most]).unwrap_or(0);
        if count == 0
            || losing.load(Ordering::Acquire)
            || client.write_all(&piece[..count]).is_err()
        {
            break;
        }
        thread::sleep(Duration::from_micros(pause));
    }
    close(&client, &server);
}

impl State {
    fn ordered(&self, piece: &[u8]) -> Option<Cut> {
        let mut order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        let due = order.as_mut().filter(|order| {
            order.times > 0
                && piece.windows(order.needle.len()).any(|window| window == order.needle)
        })?;
        due.times -= 1;
        self.cuts.fetch_add(1, Ordering::AcqRel);
        Some(due.how)
    }
}

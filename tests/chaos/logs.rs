//! The servers that keep the log in trouble: killed under load, cut off between commit and answer,
//! replaced by a standby. Invariant: the same process serves through all of it; what it
//! acknowledged is in the log, once, and what nobody knew is told by the same ids.

use std::{
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::json;
use sijil_peers::{Cut, Postgres, Proxy};

use crate::{
    crowd::{Counts, Crowd, check},
    kills::times,
    server::{Directory, Server, code, invoice, opening, run_on},
    shelf::Shelf,
};

const WRITERS: usize = 8;
/// Connections a node has to its log: to append, to ask, to follow.
const WAYS_MAX: usize = 3;
/// Pauses before they are a second long.
const PAUSES_TO_A_SECOND: usize = 7;

/// Waits until writes are taken.
pub fn recovered(server: &Server) {
    let end = Instant::now() + Duration::from_secs(120);
    loop {
        let ready = server.get("/readyz");
        if ready.json()["writable"] == true {
            return;
        }
        assert!(Instant::now() < end, "expected it to recover: {}", ready.text);
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn opened(log: &str, directory: &Directory) -> Server {
    let server = Server::start_on(log, &directory.path());
    assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
    server
}

fn sound(log: &str, directory: &Directory) {
    for words in [["verify"].as_slice(), &["replay", "--threads", "1"]] {
        let output = run_on(log, &directory.path(), words);
        assert_eq!(code(&output), 0, "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_server_of_the_log_killed_under_load_loses_nothing_acknowledged() {
    let kills = times("SIJIL_LOG_KILLS", 3);
    for mut shelf in Shelf::each() {
        let (log, directory, mut counts) = (shelf.log(), Directory::new(), Counts::default());
        let server = opened(&log, &directory);
        for kill in 0..kills {
            let crowd = Crowd::start(&server.url, kill, WRITERS);
            crowd.wait_for(40 + kill * 17 % 60);
            shelf.stop();
            std::thread::sleep(Duration::from_millis(100 * (kill as u64 % 3)));
            shelf.start();
            // Who was not answered is gone; the others are told to end by the next one.
            recovered(&server);
            shelf.stop();
            let sent = crowd.wait_for_the_end();
            shelf.start();
            recovered(&server);
            counts.add(check(&server, &sent));
        }
        assert!(server.terminate());
        sound(&log, &directory);
        println!(
            "{}: killed {} times under {WRITERS} writers; {counts:?}",
            shelf.name(),
            kills * 2
        );
    }
}

/// Takes the place of a server that is gone for good: hangs up on everybody, and counts them.
fn counting(address: SocketAddr) -> Arc<AtomicUsize> {
    let listener = TcpListener::bind(address).expect("the port of a server that is gone");
    let count = Arc::new(AtomicUsize::new(0));
    let counting = count.clone();
    std::thread::spawn(move || {
        listener.incoming().map_while(Result::ok).for_each(|_| {
            counting.fetch_add(1, Ordering::Relaxed);
        });
    });
    count
}

#[test]
fn a_log_that_is_gone_for_good_is_tried_seldom_and_holds_up_no_end() {
    for mut shelf in Shelf::each() {
        let (log, directory) = (shelf.log(), Directory::new());
        let server = Server::start_unheard(&log, &directory.path());
        assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
        let crowd = Crowd::start(&server.url, 0, WRITERS);
        crowd.wait_for(40);
        shelf.stop();
        crowd.wait_for_the_end();
        assert_eq!(
            server.get("/v1/reports/trial_balance").header("sijil-log"),
            "stale",
            "reads go on, and say so"
        );
        let began = Instant::now();
        let tried = counting(shelf.address());
        while tried.load(Ordering::Relaxed) == 0 && began.elapsed() < Duration::from_secs(120) {
            std::thread::sleep(Duration::from_millis(10));
        }
        // Long enough for the bound to lie far below what a way without pauses would come to.
        std::thread::sleep(Duration::from_secs(10));
        assert_eq!(
            server
                .post("/v1/events", &json!({"events": [invoice("late", "2025-01-31", "10.00")]}))
                .problem(),
            "unavailable"
        );
        let tried = tried.load(Ordering::Relaxed);
        // Pauses double up to a second; no machine is too slow for that.
        let most = WAYS_MAX * (PAUSES_TO_A_SECOND + began.elapsed().as_secs() as usize + 1);
        assert!(
            tried > 0 && tried <= most,
            "{}: expected 1 to {most} connections, counted {tried}",
            shelf.name()
        );
        assert!(server.terminate());
        println!(
            "{}: gone for good, {tried} connections tried in {:?}",
            shelf.name(),
            began.elapsed()
        );
    }
}

#[test]
fn a_log_that_says_nothing_any_more_is_noticed_and_not_waited_for() {
    let Some(postgres) = Postgres::start() else { return };
    let proxy = Proxy::to(postgres.port());
    let url = postgres.database("books");
    let (directory, through) = (
        Directory::new(),
        url.replace(&format!(":{}/", postgres.port()), &format!(":{}/", proxy.port())),
    );
    let server = opened(&through, &directory);
    let crowd = Crowd::start(&server.url, 0, WRITERS);
    crowd.wait_for(40);
    proxy.slow(Duration::from_secs(3_600));
    let (began, end) = (Instant::now(), Instant::now() + Duration::from_secs(120));
    while server.get("/readyz").json()["writable"] == true {
        assert!(Instant::now() < end, "expected it to notice the silence");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(
        server.get("/v1/reports/trial_balance").header("sijil-log"),
        "stale",
        "reads go on, and say so"
    );
    let noticed = began.elapsed();
    assert!(server.terminate());
    let ended = began.elapsed();
    let server = Server::start_on(&url, &directory.path());
    let counts = check(&server, &crowd.wait_for_the_end());
    assert!(server.terminate());
    println!("Postgres fell silent: noticed after {noticed:?}, ended after {ended:?}; {counts:?}");
}

#[test]
fn cut_between_commit_and_answer_the_outcome_is_found_by_ids() {
    let Some(mut postgres) = Postgres::start() else { return };
    let proxy = Proxy::to(postgres.port());
    let url = postgres
        .database("books")
        .replace(&format!(":{}/", postgres.port()), &format!(":{}/", proxy.port()));
    let (directory, mut counts) = (Directory::new(), Counts::default());
    let server = opened(&url, &directory);
    let rounds = times("SIJIL_LOG_CUTS", 12);
    for round in 0..rounds {
        let crowd = Crowd::start(&server.url, round, WRITERS);
        crowd.wait_for(30);
        let how = [Cut::After, Cut::Before, Cut::Late][round % 3];
        // Every append holds the currency of an invoice.
        proxy.cut(b"\"EUR\"", how, 3);
        crowd.wait_for(90);
        // The node finds out by itself: its clients hear nothing of it. They end when there is no
        // server.
        postgres.stop_immediate();
        let sent = crowd.wait_for_the_end();
        postgres.restart();
        recovered(&server);
        counts.add(check(&server, &sent));
    }
    assert!(server.terminate());
    sound(&url, &directory);
    println!(
        "{} connections cut around a commit, in {rounds} rounds under {WRITERS} writers; \
         {counts:?}",
        proxy.cuts()
    );
}

#[test]
fn a_promoted_standby_has_all_that_was_acknowledged() {
    let Some(mut primary) = Postgres::start() else { return };
    let _books = primary.database("books");
    let (directory, mut counts, rounds) =
        (Directory::new(), Counts::default(), times("SIJIL_FAIL_OVERS", 2));
    for round in 0..rounds {
        let standby = primary.standby();
        primary.require_standby();
        let log = format!(
            "postgres://sijil@127.0.0.1:{},127.0.0.1:{}/books",
            primary.port(),
            standby.port()
        );
        let server = Server::start_on(&log, &directory.path());
        if round == 0 {
            assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
        }
        let crowd = Crowd::start(&server.url, round, WRITERS);
        crowd.wait_for(150);
        primary.stop_immediate();
        let sent = crowd.wait_for_the_end();
        assert_eq!(server.get("/v1/reports/trial_balance").status, 200, "reads go on");
        standby.promote();
        recovered(&server);
        counts.add(check(&server, &sent));
        assert!(server.terminate());
        sound(&log, &directory);
        // A node without a copy sees the same.
        sound(&log, &Directory::new());
        primary = standby;
    }
    println!(
        "{rounds} primaries killed under {WRITERS} writers, their standbys promoted; {counts:?}"
    );
}

//! A server that goes away under a follower. Invariant: the follower says so, waits, and goes on
//! from what the tables say.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use sijil_peers::Postgres;
use sijil_publish::{Heard, Publication, follow};

use crate::{
    books::{Books, options},
    kept::differences,
};

/// Ends the follower, also when the test fails.
struct Stop<'s>(&'s AtomicBool);
impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Waits for something to be heard.
fn until(words: &Mutex<Vec<String>>, what: &str, from: usize) -> usize {
    let end = Instant::now() + Duration::from_secs(120);
    loop {
        let heard = words.lock().expect("a lock").clone();
        if let Some(at) = heard.iter().skip(from).position(|word| word.starts_with(what)) {
            return from + at + 1;
        }
        assert!(Instant::now() < end, "expected {what:?} after {from} of {heard:?}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_follower_outlives_its_server() {
    let Some(mut server) = Postgres::start() else { return };
    let to = server.database("followed");
    let mut books = Books::new(41, 3_000);
    books.tell(400);
    books.settle();
    let (stop, words) = (AtomicBool::new(false), Mutex::new(Vec::<String>::new()));
    let options = options(&to, "followed");
    thread::scope(|scope| {
        let (ledger, stop, words) = (books.ledger.clone(), &stop, &words);
        let follower = scope.spawn(|| {
            let ledger = ledger;
            follow(&options, &ledger, stop, &mut |word| {
                words.lock().expect("a lock").extend(said(&word));
            })
        });
        let stopped = Stop(stop);
        let mut heard = until(words, "rebuilt ", 0);
        books.tell(300);
        let before = books.settle();
        heard = until(words, &format!("at {before}"), heard);
        server.stop_immediate();
        books.tell(300);
        books.settle();
        heard = until(words, "lost", heard);
        server.restart();
        heard = until(words, &format!("resumed {before}"), heard);
        let last = books.settle();
        heard = until(words, &format!("at {last}"), heard);
        // Connections that are cut one by one are no different.
        for _ in 0..3 {
            server.sql(
                "followed",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = \
                 'sijil publish'",
            );
            books.tell(100);
            heard = until(words, &format!("at {}", books.settle()), heard);
        }
        drop(stopped);
        follower.join().expect("no panic").expect("it ends well");
    });
    let (_anew, rebuilt) =
        Publication::rebuilt(&crate::books::options(&to, "anew"), &books.ledger, &mut |_| ())
            .expect("rebuilt");
    assert_eq!(rebuilt.position, books.settle());
    assert_eq!(differences(&to, "followed", "anew"), Vec::<String>::new());
    println!(
        "{} words of a follower over a crash and three cut connections",
        words.lock().expect("a lock").len()
    );
}

fn said(word: &Heard<'_>) -> Option<String> {
    match word {
        Heard::Rows(_) => None,
        Heard::Rebuilt(rebuilt) => Some(format!("rebuilt {}", rebuilt.position)),
        Heard::Resumed(position) => Some(format!("resumed {position}")),
        Heard::At(position) => Some(format!("at {position}")),
        Heard::Lost(error, _) => Some(format!("lost {error}")),
    }
}

/// Follows while `during` goes on, then ends the follower, which must end well.
fn followed(
    options: &sijil_publish::Options,
    books: &mut Books,
    during: impl FnOnce(&mut Books, &Mutex<Vec<String>>),
) {
    let (stop, words) = (AtomicBool::new(false), Mutex::new(Vec::<String>::new()));
    let ledger = books.ledger.clone();
    thread::scope(|scope| {
        let follower = scope.spawn(|| {
            follow(options, &ledger, &stop, &mut |word| {
                words.lock().expect("a lock").extend(said(&word));
            })
        });
        let stopped = Stop(&stop);
        during(books, &words);
        drop(stopped);
        follower.join().expect("no panic").expect("it ends well");
    });
}

#[test]
fn a_follower_waits_for_the_first_record_and_for_a_log_that_is_behind_the_tables() {
    let Some(server) = Postgres::shared() else { return };
    let to = server.database("early");
    let options = options(&to, "early");
    let mut ahead = Books::new(51, 2_000);
    followed(&options, &mut ahead, |books, words| {
        thread::sleep(Duration::from_millis(50));
        books.tell(300);
        let heard = until(words, "rebuilt ", 0);
        let last = books.settle();
        if !words.lock().expect("a lock")[heard - 1].ends_with(&format!(" {last}")) {
            until(words, &format!("at {last}"), heard);
        }
    });
    // Another node takes over, and has not come as far.
    let mut behind = Books::new(51, 2_000);
    behind.tell(100);
    behind.settle();
    followed(&options, &mut behind, |books, words| {
        let heard = until(words, "lost the tables reflect position", 0);
        books.tell(400);
        books.settle();
        until(words, "re", heard);
    });
}

//! Threads: what clients said and when they were answered (R9). Invariant: the clock runs from the
//! first unanswered incoming interaction of a thread to the first outgoing one after it.

use hashbrown::HashMap;
use sijil_facts::EntitySym;
use sijil_schemas::{
    Direction, Position,
    id::{Kind, kind},
    time::Timestamp,
};

use super::Said;
use crate::{
    Sym,
    clients::{Hints, LinkView, Resolver},
    cut::{Dated, Lens},
    families::Folds,
};

/// What belongs together: a claim; else a client; else what else it is about; else nothing but
/// itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Thread {
    Claim(EntitySym),
    Client(Sym<kind::Client>),
    About(EntitySym),
    Alone(Position),
}

/// A client's word, and the answer to it if there was one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waiting {
    pub(crate) asked: Dated<Said>,
    pub(crate) answer: Option<Dated<Said>>,
    pub(crate) client: Option<Sym<kind::Client>>,
}

impl Waiting {
    /// Microseconds from the word to the answer, or to a moment if there is none.
    pub(crate) fn micros(&self, until: Timestamp) -> i64 {
        self.answer.map_or(until, |answer| answer.at).micros() - self.asked.at.micros()
    }
}

/// The client of an interaction.
fn client_of_said(
    views: Folds<'_>,
    resolver: &Resolver<'_>,
    fact: &Dated<Said>,
) -> Option<Sym<kind::Client>> {
    let (said, ids) = (&fact.what, views.activity.ids());
    let about = |kind: Kind| views.activity.about(said, kind).map(|entity| ids.id_of(entity));
    let hints = Hints {
        client: said.client.map(|client| ids.name(client)),
        counterparty: about(Kind::Counterparty),
        order: about(Kind::Order),
        deal: about(Kind::Deal),
        shipment: about(Kind::Shipment),
        claim: about(Kind::Claim),
        invoice: about(Kind::Invoice),
        payment: about(Kind::Payment),
    };
    resolver.client_of(&hints, fact.at)
}

/// Every word of a client that waited for an answer, in replay order of the words.
pub(crate) fn threads(views: Folds<'_>, lens: Lens<'_>) -> Vec<Waiting> {
    let resolver = Resolver::new(views.clients, lens, LinkView::AtEvent);
    let mut said: Vec<Dated<Said>> = views.activity.said(lens).collect();
    // Nearly all stand in order already.
    said.sort_by_key(Dated::order);
    let mut waiting: Vec<Waiting> = Vec::new();
    // A client that is named and known is the same at any date: it is looked up once.
    let ids = views.activity.ids();
    let named: Vec<Sym<kind::Client>> =
        ids.syms::<kind::Client>().map(|client| resolver.merged(client)).collect();
    let mut open = Open { of_clients: vec![None; named.len()], others: HashMap::new() };
    for fact in said {
        let client = fact
            .what
            .client
            .map(|client| named[client.index()])
            .or_else(|| client_of_said(views, &resolver, &fact));
        let thread = match (views.activity.about(&fact.what, Kind::Claim), client) {
            (Some(claim), _) => Thread::Claim(claim),
            (None, Some(client)) => Thread::Client(client),
            (None, None) => {
                let first = views.activity.refs(fact.what.refs).next();
                first.map_or(Thread::Alone(fact.position), Thread::About)
            }
        };
        match fact.what.direction {
            Direction::In => {
                open.place(thread).get_or_insert_with(|| {
                    waiting.push(Waiting { asked: fact, answer: None, client });
                    waiting.len() - 1
                });
            }
            Direction::Out => {
                if let Some(place) = open.place(thread).take() {
                    waiting[place].answer = Some(fact);
                }
            }
        }
    }
    waiting
}

/// The word that each thread waits for an answer to, by its place. Nearly all threads are clients',
/// which have numbers.
struct Open {
    of_clients: Vec<Option<usize>>,
    others: HashMap<Thread, Option<usize>>,
}

impl Open {
    fn place(&mut self, thread: Thread) -> &mut Option<usize> {
        match thread {
            Thread::Client(client) => &mut self.of_clients[client.index()],
            other => self.others.entry(other).or_default(),
        }
    }
}

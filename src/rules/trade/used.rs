//! What limits have used up, kept beside the facts. Invariant: it is what the walk over all orders
//! finds; whatever a record changes is taken out and put in again with it. A limit that counts
//! something new is worked out once over all orders, and so are links that move orders elsewhere.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use rust_decimal::Decimal;
use sijil_projections::{
    Families, Lens, Side, Sym,
    clients::{LinkView, Resolver},
    trade::{DocumentLine, Goods, Trade},
};
use sijil_schemas::{
    Event, LimitMode, LimitMost, LimitOf, LimitScope, Position, Record,
    event::{Catalogue, Clients, Counterparties, Deals, Orders},
    id::kind,
    money::Currency,
    time::Period,
};

use super::limits::{counts, worth};
use crate::stock::Stands;

type Order = Sym<kind::Order>;
type Client = Sym<kind::Client>;
type Employee = Sym<kind::Employee>;
type Legal = Sym<kind::Counterparty>;
type Reservation = Sym<kind::Reservation>;

/// What is counted: of which goods, when, and in which currency or by quantity.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Measure {
    of: LimitOf,
    period: Period,
    unit: Option<Currency>,
}

/// Whose an order is: the client it belongs to before merges, and its owner.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Whose {
    client: Option<Client>,
    owner: Option<Employee>,
}

/// So much of one measure, by whose it is.
#[derive(Debug, Clone)]
struct Sums {
    measure: Measure,
    orders: BTreeMap<Order, Decimal>,
    /// What is reserved for each order, which is in its sum.
    reserved: BTreeMap<Order, Decimal>,
    held: BTreeMap<Reservation, (Order, Decimal)>,
    clients: BTreeMap<Client, Decimal>,
    /// By the client that each counts for.
    roots: BTreeMap<Client, Decimal>,
    owners: BTreeMap<Employee, Decimal>,
}

/// What is known, with what stands beside it.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    pub(crate) families: &'a Families,
    pub(crate) stands: &'a Stands,
    pub(crate) now: Lens<'a>,
}

/// What limits have used up.
#[derive(Debug, Clone, Default)]
pub(crate) struct Used {
    all: Vec<Sums>,
    whose: BTreeMap<Order, Whose>,
    /// The orders among them that name no client, by the legal entity they name.
    loose: BTreeMap<Option<Legal>, BTreeSet<Order>>,
    /// Where limits are set.
    set: BTreeSet<Position>,
}

/// What some records touch that is asked of the facts again.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    reservations: Vec<Reservation>,
    merged: Vec<Client>,
    linked: Vec<Legal>,
    /// Whether it was said anew whose any deal is.
    deals: bool,
}

impl Touched {
    /// Adds what records at some positions touch, which the facts have.
    pub(crate) fn add(&mut self, families: &Families, positions: Range<Position>) {
        let side = Side::Decided;
        self.reservations.extend(families.stock.held_by(&positions, side));
        self.merged.extend(families.clients.merges_at(positions.clone(), side));
        self.linked.extend(families.clients.links_at(positions.clone(), side));
        self.deals |= families.clients.deals_said_at(positions, side).next().is_some();
    }
    fn at(families: &Families, positions: Range<Position>) -> Touched {
        let mut touched = Touched::default();
        touched.add(families, positions);
        touched
    }
}

fn add<K: Ord + Copy>(sums: &mut BTreeMap<K, Decimal>, key: K, more: Decimal) {
    let sum = sums.entry(key).or_default();
    *sum += more;
    if sum.is_zero() {
        sums.remove(&key);
    }
}

/// What an order says of goods.
struct Of {
    currency: Currency,
    lines: Vec<DocumentLine>,
}

impl Of {
    fn order(trade: &Trade, order: Order, now: Lens<'_>) -> Option<Of> {
        let document = trade.order_at(order, now)?.doc.document;
        Some(Of { currency: document.currency, lines: trade.lines(document.lines).collect() })
    }
}

impl Measure {
    fn counts(&self, trade: &Trade, now: Lens<'_>, item: Sym<kind::Item>) -> bool {
        counts(trade, now, &self.of, trade.ids().name(item))
    }
    /// How much goods of an order are.
    fn of(&self, trade: &Trade, now: Lens<'_>, of: &Of, goods: &[Goods]) -> Decimal {
        let is_counted =
            |line: &DocumentLine| line.item.is_none_or(|item| self.counts(trade, now, item));
        if !of.lines.iter().any(is_counted) {
            return Decimal::ZERO;
        }
        let counted = goods.iter().filter(|one| self.counts(trade, now, one.item));
        let much = |one: &Goods| match self.unit {
            None => one.qty.get(),
            Some(unit) if unit == of.currency => worth(&of.lines, one, one.qty.get()),
            Some(_) => Decimal::ZERO,
        };
        counted.map(much).sum()
    }
}

impl Used {
    /// What is used up by all that is known.
    pub(crate) fn of(at: At<'_>) -> Used {
        let set = at.families.trade.limits().set_at().collect();
        let mut used = Used { set, ..Used::default() };
        used.measure(at);
        used
    }
    /// What a limit has used up, without what is reserved for one order; `None` where that is not
    /// kept.
    pub(super) fn by(
        &self,
        at: At<'_>,
        (scope, of, period, most): (&LimitScope, &LimitOf, Period, &LimitMost),
        but: Option<Order>,
    ) -> Option<Decimal> {
        let unit = unit(most);
        let sums = self.all.iter().find(|sums| {
            (&sums.measure.of, sums.measure.period, sums.measure.unit) == (of, period, unit)
        })?;
        let reserved = but.and_then(|but| {
            Some((self.whose.get(&but)?, sums.reserved.get(&but).copied().unwrap_or_default()))
        });
        let clients = &at.families.clients;
        let (used, is_bound) = match scope {
            LimitScope::Client(id) => {
                let root = clients.root(clients.sym(id.as_str())?, at.now);
                let is_bound = reserved.is_some_and(|(whose, _)| {
                    whose.client.map(|c| clients.root(c, at.now)) == Some(root)
                });
                (sums.roots.get(&root), is_bound)
            }
            LimitScope::Manager(id) => {
                let owner = at.families.trade.ids().find(id.as_str())?;
                let is_bound = reserved.is_some_and(|(whose, _)| whose.owner == Some(owner));
                (sums.owners.get(&owner), is_bound)
            }
            LimitScope::Segment(_) => return None,
        };
        let own = reserved.filter(|_| is_bound).map_or(Decimal::ZERO, |(_, reserved)| reserved);
        Some(used.copied().unwrap_or_default() - own)
    }

    /// Takes a record that the facts, and what stands beside them, have taken.
    pub(crate) fn take(&mut self, at: At<'_>, record: &Record) {
        let own = record.position..record.position.next();
        match &record.event {
            Event::Catalogue(Catalogue::ProductLimitSet(_)) => {
                self.set.insert(record.position);
                self.measure(at);
            }
            Event::Orders(Orders::ShipmentDispatched(_) | Orders::ReturnReceived(_)) => {
                self.put_in(at, own, Decimal::ONE);
            }
            Event::Orders(Orders::OrderCancelled(_) | Orders::OrderClosed(_))
            | Event::Deals(Deals::DealClientSet(_))
            | Event::Stock(_)
            | Event::Clients(Clients::ClientMerged(_) | Clients::ClientUnmerged(_))
            | Event::Counterparties(
                Counterparties::CounterpartyLinked(_) | Counterparties::CounterpartyUnlinked(_),
            ) if !self.all.is_empty() => {
                self.refresh(at, Touched::at(at.families, own));
            }
            Event::System(_) => {
                if let Some(target) = record.voids.filter(|_| !self.set.is_empty()) {
                    let of = target..target.next();
                    self.put_in(at, of.clone(), Decimal::NEGATIVE_ONE);
                    self.refresh(at, Touched::at(at.families, of));
                    if self.set.contains(&target) {
                        self.measure(at);
                    }
                }
            }
            _ => (),
        }
    }
    /// Takes out what records at some positions say that are known, which the facts still have.
    pub(crate) fn take_out(&mut self, at: At<'_>, positions: Range<Position>) {
        if self.all.is_empty() {
            return;
        }
        self.put_in(at, positions.clone(), Decimal::NEGATIVE_ONE);
        for reservation in at.families.stock.held_by(&positions, Side::Decided) {
            self.unhold(at, reservation);
        }
        let orders: Vec<Order> = at.families.trade.placed_at(positions, Side::Decided).collect();
        for order in orders {
            // Its number may be another's next.
            self.whose.remove(&order);
            for orders in self.loose.values_mut() {
                orders.remove(&order);
            }
        }
    }
    /// Goes on once records were taken back: by what they touched, and what their voids had taken
    /// out.
    pub(crate) fn go_back(
        &mut self,
        at: At<'_>,
        (after, touched): (Position, Touched),
        unvoided: &[Position],
    ) {
        self.follow_merges(at, &touched.merged);
        for target in unvoided {
            self.put_in(at, *target..target.next(), Decimal::ONE);
        }
        self.refresh(at, Touched { merged: Vec::new(), ..touched });
        let back = self.set.split_off(&after.next());
        // What is new is worked out from what stands by now.
        if !back.is_empty() || unvoided.iter().any(|target| self.set.contains(target)) {
            self.measure(at);
        }
    }

    /// Keeps the sums that limits in force ask for, those that are new from all orders.
    fn measure(&mut self, at: At<'_>) {
        let limits = at.families.trade.limits();
        let mut wanted: Vec<Measure> = Vec::new();
        for (_, limit) in limits.in_force(at.now) {
            let is_kept =
                limit.mode != LimitMode::Warn && !matches!(limit.scope, LimitScope::Segment(_));
            let of = limit.of.clone();
            let measure = Measure { of, period: limit.period, unit: unit(&limit.most) };
            if is_kept && !wanted.contains(&measure) {
                wanted.push(measure);
            }
        }
        self.all.retain(|sums| wanted.contains(&sums.measure));
        wanted.retain(|measure| self.all.iter().all(|sums| sums.measure != *measure));
        for measure in wanted {
            let mut one = Used {
                all: vec![Sums::new(measure)],
                whose: std::mem::take(&mut self.whose),
                loose: std::mem::take(&mut self.loose),
                set: BTreeSet::new(),
            };
            one.put_in(at, Position::ZERO..Position::MAX, Decimal::ONE);
            let reservations = at.families.stock.ids().syms().collect();
            one.refresh(at, Touched { reservations, ..Touched::default() });
            self.all.append(&mut one.all);
            (self.whose, self.loose) = (one.whose, one.loose);
        }
    }
    /// Adds what shipments and returns at some positions come to that are known but for their own
    /// voids, or with −1 takes it out.
    fn put_in(&mut self, at: At<'_>, positions: Range<Position>, sign: Decimal) {
        if self.all.is_empty() {
            return;
        }
        let (trade, now) = (&at.families.trade, at.now);
        let is_one = positions.end <= positions.start.next();
        let counts = |position: Position| is_one || now.known(position);
        let sent = trade.sent_at(positions.clone(), Side::Decided);
        let sent: Vec<_> = sent.filter(|(_, fact)| counts(fact.position)).collect();
        for (_, fact) in sent {
            let goods = trade.goods_of(fact.what.goods);
            self.put(at, fact.what.order, (fact.at, &goods), sign);
        }
        let back = trade.returned_at(positions, Side::Decided);
        let back: Vec<_> = back.filter(|(_, fact)| counts(fact.position)).collect();
        for (shipment, fact) in back {
            // A return stands and falls with its shipment, which is voided after it.
            let Some(sent) = trade.sent_ever(shipment, Side::Decided).last() else { continue };
            let order = trade.sent(shipment, now).map_or(sent, |sent| sent.what.order);
            self.put(at, order, (fact.at, &trade.goods_of(fact.what)), -sign);
        }
    }
    fn put(
        &mut self,
        at: At<'_>,
        order: Order,
        (moment, goods): (sijil_schemas::time::Timestamp, &[Goods]),
        sign: Decimal,
    ) {
        let (trade, now) = (&at.families.trade, at.now);
        let day = moment.date(&at.families.company.zone());
        // Of a void of the order the shipments are voided first.
        let Some(of) = Of::order(trade, order, now) else { return };
        for n in 0..self.all.len() {
            let measure = &self.all[n].measure;
            if measure.period.contains(day) {
                let more = measure.of(trade, now, &of, goods) * sign;
                self.add(at, n, order, more);
            }
        }
    }
    fn add(&mut self, at: At<'_>, n: usize, order: Order, more: Decimal) {
        if more.is_zero() {
            return;
        }
        let whose = self.whose_is(at, order);
        let sums = &mut self.all[n];
        add(&mut sums.orders, order, more);
        sums.give(at, whose, more);
    }
    /// Whose an order is, from its first figure on.
    fn whose_is(&mut self, at: At<'_>, order: Order) -> Whose {
        if let Some(whose) = self.whose.get(&order) {
            return *whose;
        }
        let (party, whose) = resolved(at, order);
        if let Some(legal) = party {
            self.loose.entry(legal).or_default().insert(order);
        }
        self.whose.insert(order, whose);
        whose
    }
    /// Asks the facts anew of what was touched.
    pub(crate) fn refresh(&mut self, at: At<'_>, touched: Touched) {
        self.follow_merges(at, &touched.merged);
        for reservation in touched.reservations {
            self.hold(at, reservation);
        }
        for legal in touched.linked {
            let orders: BTreeSet<Order> = [Some(legal), None]
                .iter()
                .filter_map(|of| self.loose.get(of))
                .flatten()
                .copied()
                .collect();
            for order in orders {
                self.move_over(at, order);
            }
        }
        let loose = self.loose.values().flatten().copied().filter(|_| touched.deals);
        let loose: Vec<Order> = loose.collect();
        loose.into_iter().for_each(|order| self.move_over(at, order));
    }
    /// Counts clients for whom they count now, where any that has figures is moved.
    fn follow_merges(&mut self, at: At<'_>, merged: &[Client]) {
        let has_figures = |of: &Client| self.all.iter().any(|sums| sums.clients.contains_key(of));
        let below = |of: &Client| at.families.clients.merged_below(*of, Side::Decided);
        if !self.all.is_empty() && merged.iter().any(|of| below(of).iter().any(has_figures)) {
            self.all.iter_mut().for_each(|sums| sums.reroot(at));
        }
    }
    fn unhold(&mut self, at: At<'_>, reservation: Reservation) {
        for n in 0..self.all.len() {
            if let Some((order, much)) = self.all[n].held.remove(&reservation) {
                add(&mut self.all[n].reserved, order, -much);
                self.add(at, n, order, -much);
            }
        }
    }
    /// Counts what a reservation holds now in the place of what it held.
    fn hold(&mut self, at: At<'_>, reservation: Reservation) {
        let (trade, now) = (&at.families.trade, at.now);
        let holding = at.families.stock.holding(Some(reservation));
        let opening = holding.opening(now);
        let order = opening.and_then(|opening| opening.what.order());
        let of = order.and_then(|order| Some((order, Of::order(trade, order, now)?)));
        let day = opening.map(|opening| opening.at.date(&at.families.company.zone()));
        let mut held = None;
        self.unhold(at, reservation);
        for n in 0..self.all.len() {
            let measure = &self.all[n].measure;
            let (Some(opening), Some((order, of)), Some(day)) = (opening, &of, day) else {
                continue;
            };
            let item = opening.what.item;
            let line = of.lines.iter().find(|line| line.item == Some(item));
            let Some(line) = line.filter(|_| measure.period.contains(day)) else { continue };
            let whole = Goods { line: None, item, qty: line.qty };
            // The measure is told of a whole line, so that what is held has its share of that.
            let whole = [whole];
            if measure.of(trade, now, of, &whole).is_zero() {
                continue;
            }
            let qty = *held.get_or_insert_with(|| {
                at.stands.holds(reservation).unwrap_or_else(|| holding.held(now))
            });
            let much = match measure.unit {
                None => qty,
                Some(_) => worth(&of.lines, &whole[0], qty),
            };
            if !much.is_zero() {
                self.all[n].held.insert(reservation, (*order, much));
                add(&mut self.all[n].reserved, *order, much);
                self.add(at, n, *order, much);
            }
        }
    }
    /// Counts an order that names no client for whom it belongs to now.
    fn move_over(&mut self, at: At<'_>, order: Order) {
        let Some(before) = self.whose.get(&order).copied() else { return };
        let (_, after) = resolved(at, order);
        if before == after {
            return;
        }
        self.whose.insert(order, after);
        for sums in &mut self.all {
            if let Some(much) = sums.orders.get(&order).copied() {
                sums.give(at, before, -much);
                sums.give(at, after, much);
            }
        }
    }
}

impl Sums {
    const fn new(measure: Measure) -> Sums {
        Sums {
            measure,
            orders: BTreeMap::new(),
            reserved: BTreeMap::new(),
            held: BTreeMap::new(),
            clients: BTreeMap::new(),
            roots: BTreeMap::new(),
            owners: BTreeMap::new(),
        }
    }
    fn give(&mut self, at: At<'_>, to: Whose, more: Decimal) {
        if let Some(client) = to.client {
            add(&mut self.clients, client, more);
            add(&mut self.roots, at.families.clients.root(client, at.now), more);
        }
        if let Some(owner) = to.owner {
            add(&mut self.owners, owner, more);
        }
    }
    /// Counts clients for those they are merged into now.
    fn reroot(&mut self, at: At<'_>) {
        self.roots.clear();
        for (client, much) in &self.clients {
            add(&mut self.roots, at.families.clients.root(*client, at.now), *much);
        }
    }
}

const fn unit(most: &LimitMost) -> Option<Currency> {
    match most {
        LimitMost::Qty(_) => None,
        LimitMost::Amount(most) => Some(most.currency),
    }
}

/// Whose an order is; with the legal entity it names where it names no client.
fn resolved(at: At<'_>, order: Order) -> (Option<Option<Legal>>, Whose) {
    let trade = &at.families.trade;
    let Some(document) = trade.order_at(order, at.now).map(|order| order.doc.document) else {
        return (None, Whose::default());
    };
    let resolver = Resolver::new(&at.families.clients, at.now, LinkView::AtEvent).unmerged();
    let client = match document.party.client {
        Some(client) => Some(client),
        None => resolver.client_of_opened(order.into()),
    };
    let loose = document.party.client.is_none().then_some(document.party.counterparty);
    (loose, Whose { client, owner: document.owner })
}

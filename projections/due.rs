//! What falls due: one pure function of the company at a lens. Invariant: no clock is read; what is
//! settled at the lens is not in it, and a thing is whose it is then.

use sijil_schemas::{
    Position,
    id::{Entity, kind},
    time::{Date, Timestamp},
};

use crate::{
    EntitySym, Sym,
    activity::{ClaimState, ClaimStep, ReminderStep, Task, claim_state, seen_to_by},
    clients::{Hints, LinkView, Resolver},
    deals::State,
    report::{Context, Grounds, ReportError},
    trade::owed,
};

mod kinds;
mod standing_in;

pub use kinds::DueKind;
pub(crate) use standing_in::acting;

/// When something is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    /// By a moment.
    Moment(Timestamp),
    /// By the end of a day.
    Day(Date),
}

/// Something that is to be done, kept or watched by a day or a moment.
#[derive(Debug, Clone)]
pub struct Due<'a> {
    /// What kind of thing.
    pub kind: DueKind,
    /// Which one.
    pub entity: EntitySym,
    /// Its id.
    pub id: &'a str,
    /// Which part of it: the requirement of an obligation, under its regulation.
    pub part: Option<String>,
    /// When it is due.
    pub when: When,
    /// Whose it is: an employee, or whoever planned it.
    pub owner: Option<&'a str>,
    /// The client it is for or about.
    pub client: Option<Sym<kind::Client>>,
    /// The records that say that it is there and when it is due.
    pub said: Vec<Position>,
    /// The record that says whose it is.
    pub owner_said: Option<Position>,
}

/// Looks for what falls due, for one question.
struct Search<'c, 'a> {
    ctx: &'c Context<'a>,
    resolver: Resolver<'a>,
    all: Vec<Due<'a>>,
}

/// Everything of these kinds that is open at the lens and has a time by which it is due, in no
/// order. `sla` is in how many microseconds a claim is to be answered.
///
/// # Errors
/// If an amount needs a rate that nobody recorded.
pub(crate) fn due<'a>(
    ctx: &Context<'a>,
    wanted: impl Fn(DueKind) -> bool,
    sla: i64,
) -> Result<Vec<Due<'a>>, ReportError> {
    let resolver = Resolver::new(ctx.views.clients, ctx.lens(), LinkView::AtEvent);
    let mut search = Search { ctx, resolver, all: Vec::new() };
    for kind in DueKind::ALL.into_iter().filter(|kind| wanted(*kind)) {
        match kind {
            DueKind::Task => search.tasks(),
            DueKind::Interaction => search.interactions(),
            DueKind::Obligation => search.obligations(),
            DueKind::Claim => search.claims(sla),
            DueKind::Reminder => search.reminders(),
            DueKind::Agreement => search.agreements(),
            DueKind::Quote => search.quotes(),
            DueKind::Contract => search.contracts(),
            DueKind::Deal => search.deals(),
            DueKind::Invoice => search.invoices()?,
        }
    }
    Ok(search.all)
}

/// The client of a task: the one it names, else that of what it is about when it was assigned.
pub(crate) fn client_of_task(
    ctx: &Context<'_>,
    resolver: &Resolver<'_>,
    task: &Task,
) -> Option<Sym<kind::Client>> {
    let (activity, assignment) = (ctx.views.activity, task.assignment);
    match assignment.client {
        Some(client) => Some(resolver.merged(client)),
        None => {
            let refs: Vec<_> = activity.refs(assignment.refs).collect();
            resolver.client_of_refs(&refs, task.assigned.at)
        }
    }
}

impl<'a> Search<'_, 'a> {
    fn push<K: Entity>(
        &mut self,
        kind: DueKind,
        sym: Sym<K>,
        when: When,
        said: Vec<Position>,
        (owner_said, owner): (Option<Position>, Option<&'a str>),
    ) where
        EntitySym: From<Sym<K>>,
    {
        let entity = EntitySym::from(sym);
        let client = self.resolver.client_of_opened(entity);
        let id = self.ctx.views.clients.ids().name(sym);
        let due = Due { kind, entity, id, part: None, when, owner, client, said, owner_said };
        self.all.push(due);
    }
    fn tasks(&mut self) {
        let activity = self.ctx.views.activity;
        for sym in activity.ids().syms::<kind::Task>() {
            let open = activity.task(sym, self.ctx.lens()).filter(Task::is_open);
            let Some(task) = open else { continue };
            let said = vec![task.assigned.position, task.due.position];
            let held = task.handed.map_or(task.assigned.position, |handed| handed.position);
            let owner = (Some(held), Some(activity.ids().name(task.assignee)));
            self.push(DueKind::Task, sym, When::Moment(task.due.what), said, owner);
            let client = client_of_task(self.ctx, &self.resolver, &task);
            if let Some(last) = self.all.last_mut() {
                last.client = client;
            }
        }
    }
    fn interactions(&mut self) {
        let (activity, lens) = (self.ctx.views.activity, self.ctx.lens());
        for (sym, plan) in activity.plans(lens) {
            let is_first = activity.plan(Some(sym), lens).map(|first| first.position);
            let took_place = activity.interaction(Some(sym), lens).is_some();
            if is_first == Some(plan.position) && !took_place {
                let said = vec![plan.position];
                let owner = (Some(plan.position), Some(activity.word(plan.what.actor)));
                self.push(DueKind::Interaction, sym, When::Moment(plan.what.at), said, owner);
            }
        }
    }
    fn obligations(&mut self) {
        let (deals, ids) = (self.ctx.views.deals, self.ctx.views.deals.ids());
        let regime = deals.regime();
        let duties = deals.duties(&regime, self.ctx.views.activity, self.ctx.lens());
        for walked in deals.courses(self.ctx.lens()).filter(|walked| is_open(walked.course.state()))
        {
            for o in duties.obligations(&walked) {
                if o.fulfilled.is_some() || o.waived.is_some() || o.visit.left.is_some() {
                    continue;
                }
                let said = vec![o.visit.entered.position, o.revision.position];
                let owner = (Some(o.owner_said), Some(ids.name(o.owner)));
                self.push(DueKind::Obligation, walked.deal, When::Moment(o.due), said, owner);
                let requirement = deals.word(o.duty.requirement);
                if let Some(last) = self.all.last_mut() {
                    last.part = Some(format!("{}/{requirement}", ids.name(o.regulation)));
                }
            }
        }
    }
    fn claims(&mut self, sla: i64) {
        let (activity, lens) = (self.ctx.views.activity, self.ctx.lens());
        for (sym, opening) in activity.complaints(lens, Timestamp::MIN..Timestamp::END) {
            let steps: Vec<_> = activity.claim_steps(Some(sym)).counting(lens).collect();
            let is_answered = steps.iter().any(|step| matches!(step.what, ClaimStep::Responded));
            let state = claim_state(steps);
            if is_answered || state.is_none_or(ClaimState::is_closed) {
                continue;
            }
            let at = Timestamp::from_micros(opening.at.micros().saturating_add(sla));
            let seen_to = seen_to_by(self.ctx.views, lens, &self.resolver, (sym, opening.at));
            let owner = (seen_to.map(|(said, _)| said), seen_to.and_then(|(_, owner)| owner));
            let when = When::Moment(at.unwrap_or(Timestamp::END));
            self.push(DueKind::Claim, sym, when, vec![opening.position], owner);
        }
    }
    fn reminders(&mut self) {
        let (activity, lens) = (self.ctx.views.activity, self.ctx.lens());
        for sym in activity.ids().syms::<kind::Reminder>() {
            let mut set = None;
            for step in activity.reminder_steps(Some(sym)).counting(lens) {
                set = match step.what {
                    ReminderStep::Set { employee, due, .. } => Some((step.position, employee, due)),
                    ReminderStep::Done => None,
                };
            }
            let Some((position, employee, due)) = set else { continue };
            let owner = (Some(position), Some(activity.ids().name(employee)));
            self.push(DueKind::Reminder, sym, When::Moment(due), vec![position], owner);
        }
    }
    fn agreements(&mut self) {
        let (clients, lens) = (self.ctx.views.clients, self.ctx.lens());
        for sym in clients.ids().syms::<kind::Agreement>() {
            let Some(last) = clients.agreed(Some(sym)).last(lens) else { continue };
            let crate::clients::Agreed::Noted { due_on: Some(day) } = last.what else { continue };
            let owner = self.owner_of(sym.into());
            self.push(DueKind::Agreement, sym, When::Day(day), vec![last.position], owner);
        }
    }
    /// Quotes that can still be decided, by their last day: they are whose the quote counts for.
    fn quotes(&mut self) {
        let (trade, lens, today) = (self.ctx.views.trade, self.ctx.lens(), self.ctx.as_of_day());
        for quote in trade.quotes(lens).filter(|quote| quote.doc.valid_to >= today) {
            if trade.decision(quote.sym, lens).is_some() {
                continue;
            }
            let owner = match quote.doc.document.owner {
                Some(owner) => (Some(quote.position), Some(trade.ids().name(owner))),
                None => self.owner_of(quote.sym.into()),
            };
            let when = When::Day(quote.doc.valid_to);
            self.push(DueKind::Quote, quote.sym, when, vec![quote.position], owner);
        }
    }
    fn contracts(&mut self) {
        let (clients, lens, today) =
            (self.ctx.views.clients, self.ctx.lens(), self.ctx.as_of_day());
        for sym in clients.contracts() {
            let Some(contract) = clients.contract(Some(sym), lens) else { continue };
            let date = |at| self.ctx.day(at);
            // What has ended is not due any more, and what has not begun not yet.
            let Some(last) = contract.last_day(date).filter(|last| *last >= today) else {
                continue;
            };
            if contract.terms.valid_from > today {
                continue;
            }
            let said = vec![contract.signed, contract.last_day_said(date)];
            let resolver = Resolver::new(clients, lens, LinkView::Current);
            let legal = contract.terms.counterparty;
            let client = resolver.client_of_refs(&[legal.into()], self.ctx.cut.before);
            let owner = self.owner_of_client(client);
            self.push(DueKind::Contract, sym, When::Day(last), said, owner);
            if let Some(last) = self.all.last_mut() {
                last.client = client;
            }
        }
    }
    /// Deals that are past the day on which they were expected to close.
    fn deals(&mut self) {
        let (deals, today) = (self.ctx.views.deals, self.ctx.as_of_day());
        for walked in deals.courses(self.ctx.lens()) {
            let course = &walked.course;
            let Some((said, day)) = course.expected_close().filter(|(_, day)| *day < today) else {
                continue;
            };
            if is_open(course.state()) {
                let (owner_said, owner) = course.last_owner();
                let owner = (Some(owner_said), Some(deals.ids().name(owner)));
                let said = vec![course.opened.position, said];
                self.push(DueKind::Deal, walked.deal, When::Day(day), said, owner);
            }
        }
    }
    /// Invoices of which something is overdue, by the first of it.
    fn invoices(&mut self) -> Result<(), ReportError> {
        let (trade, today) = (self.ctx.views.trade, self.ctx.as_of_day());
        for invoice in trade.invoices(self.ctx.lens()) {
            let Some((_, standing)) = owed::of_invoice(self.ctx, invoice)? else { continue };
            let open = standing.open.iter().filter(|(_, parts)| {
                !parts.iter().map(|part| part.amount).sum::<rust_decimal::Decimal>().is_zero()
            });
            let Some((day, parts)) =
                open.min_by_key(|(day, _)| *day).filter(|(day, _)| *day < today)
            else {
                continue;
            };
            let mut said: Vec<Position> = parts.iter().map(|part| part.position).collect();
            said.push(invoice.position);
            let owner = self.owner_of(invoice.sym.into());
            self.push(DueKind::Invoice, invoice.sym, When::Day(*day), said, owner);
        }
        Ok(())
    }
    /// Who owns the client of a document now.
    fn owner_of(&self, document: EntitySym) -> (Option<Position>, Option<&'a str>) {
        self.owner_of_client(self.resolver.client_of_opened(document))
    }
    fn owner_of_client(
        &self,
        client: Option<Sym<kind::Client>>,
    ) -> (Option<Position>, Option<&'a str>) {
        let (clients, lens) = (self.ctx.views.clients, self.ctx.lens());
        let owner = client.and_then(|client| clients.owner_fact(client, lens));
        (owner.map(|(said, _)| said), owner.and_then(|(_, owner)| owner))
    }
}

const fn is_open(state: State) -> bool {
    matches!(state, State::Open | State::OnHold)
}

impl Due<'_> {
    /// The last day on which it is in time.
    pub(crate) fn day(&self, ctx: &Context<'_>) -> Date {
        match self.when {
            When::Moment(at) => ctx.day(at),
            When::Day(day) => day,
        }
    }
    /// Whether its time is over at the cut.
    pub(crate) fn is_overdue(&self, ctx: &Context<'_>) -> bool {
        match self.when {
            When::Moment(at) => at < ctx.cut.before,
            When::Day(day) => day < ctx.as_of_day(),
        }
    }
    /// Adds the records that say whose client it is for.
    pub(crate) fn because_of_client(&self, ctx: &Context<'_>, said: &mut Grounds) {
        let (clients, lens) = (ctx.views.clients, ctx.lens());
        let contract = self.entity.typed().and_then(|sym| clients.contract(Some(sym), lens));
        let Some(contract) = contract else {
            return Resolver::new(clients, lens, LinkView::AtEvent)
                .because_document(self.entity, said);
        };
        let legal = Some(clients.counterparty_id(contract.terms.counterparty));
        let hints = Hints { counterparty: legal, ..Hints::default() };
        Resolver::new(clients, lens, LinkView::Current).because(&hints, ctx.cut.before, said);
    }
    /// What it is, as a reference.
    pub(crate) fn reference(&self) -> String {
        format!("{}:{}", self.entity.kind.name(), self.id)
    }
}

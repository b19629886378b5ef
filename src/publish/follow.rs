//! Tables kept up with the log: at each wake the rows that its new records change, and no others.
//! Invariant: rows and the position they reflect change in one transaction, so after any history
//! the tables are those of a rebuild.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use sijil_ledger::{Desk, Filter, ReadError};
use sijil_schemas::{Position, Record};

use crate::{
    affected::Affected,
    error::{PublishError, While},
    forgotten,
    groups::{GROUPS, Group, Owner},
    limits::{BACK_OFF_MS_MAX, BACK_OFF_MS_MIN, FOLLOW_WAIT_MS, OWNERS_HELD_MAX, STEP_RECORDS_MAX},
    rebuild::{Moment, Rebuilt, rebuild},
    reports,
    sheet::Sheet,
    sql,
    target::{Options, Target, edition},
};

/// What a follower has to say.
#[derive(Debug)]
pub enum Heard<'a> {
    /// Rows were sent, in a rebuild.
    Rows(u64),
    /// Everything was rebuilt.
    Rebuilt(&'a Rebuilt),
    /// Tables of an earlier run are kept up from here.
    Resumed(Position),
    /// The tables reflect this position.
    At(Position),
    /// The server is gone; it is tried again after a pause.
    Lost(&'a PublishError, Duration),
}

/// One publication: a connection, and what its tables reflect.
pub struct Publication {
    target: Target,
    position: Position,
    reports: Position,
    asked: Instant,
    reports_every: Duration,
}

impl Publication {
    /// Connects and builds every table anew.
    pub fn rebuilt(
        options: &Options,
        ledger: &Desk,
        heard: &mut dyn FnMut(Heard<'_>),
    ) -> Result<(Publication, Rebuilt), PublishError> {
        let mut target = Target::connect(options)?;
        target.take_from(ledger)?;
        let rebuilt = rebuild(&mut target, ledger, &mut |rows| heard(Heard::Rows(rows)))?;
        let publication = Publication::at(target, rebuilt.position, rebuilt.position, options);
        publication.tell_forgotten(ledger);
        Ok((publication, rebuilt))
    }

    /// Connects and goes on with the tables that are there, if they are this ledger's, of this
    /// history and these definitions; else builds them anew.
    pub fn resumed(
        options: &Options,
        ledger: &Desk,
        heard: &mut dyn FnMut(Heard<'_>),
    ) -> Result<Publication, PublishError> {
        let mut target = Target::connect(options)?;
        if let Some(there) = target.published(ledger.id())? {
            let root = ledger.root_at(there.position)?.map(|root| crate::target::hex(&root));
            let head = ledger.durable();
            if there.position > head {
                return Err(PublishError::Ahead { published: there.position, head });
            }
            let missing = ledger.views().position().get().saturating_sub(there.position.get());
            if root == Some(there.root)
                && there.edition == edition()
                && there.personal == options.personal
                && missing <= STEP_RECORDS_MAX
            {
                target.take_from(ledger)?;
                target.whole = true;
                heard(Heard::Resumed(there.position));
                let publication = Publication::at(target, there.position, there.reports, options);
                // What a run that was cut short had taken out, and not told.
                publication.tell_forgotten(ledger);
                return Ok(publication);
            }
        }
        target.take_from(ledger)?;
        let rebuilt = rebuild(&mut target, ledger, &mut |rows| heard(Heard::Rows(rows)))?;
        heard(Heard::Rebuilt(&rebuilt));
        let publication = Publication::at(target, rebuilt.position, rebuilt.position, options);
        publication.tell_forgotten(ledger);
        Ok(publication)
    }

    fn at(target: Target, position: Position, reports: Position, options: &Options) -> Publication {
        Publication {
            target,
            position,
            reports,
            asked: Instant::now(),
            reports_every: options.reports_every,
        }
    }

    /// What the tables of entities reflect.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.position
    }

    /// Brings the tables up to where the views stand; reports only when it is time for them. Says
    /// whether anything was written.
    pub fn step(&mut self, ledger: &Desk) -> Result<bool, PublishError> {
        let moment = Moment::now(ledger)?;
        let reports = moment.position > self.reports && self.asked.elapsed() >= self.reports_every;
        if moment.position <= self.position && !reports {
            return Ok(false);
        }
        self.target.whole = false;
        let affected = self.affected(ledger, moment.position)?;
        // Reports show names, too.
        let forgets = affected.as_ref().is_some_and(|affected| affected.forgets);
        let reports = reports || forgets;
        let outcome = match affected {
            Some(affected) => self.write(ledger, &moment, &affected, reports),
            None => Err(None),
        };
        match outcome {
            Ok(()) => (),
            Err(Some(error)) if !error.names_a_missing_row() => {
                self.target.give_up();
                return Err(error);
            }
            // Too much to do row by row, or a foreign key does not hold any more.
            Err(_) => {
                self.target.give_up();
                let rebuilt = rebuild(&mut self.target, ledger, &mut |_| ())?;
                (self.position, self.reports, self.asked) =
                    (rebuilt.position, rebuilt.position, Instant::now());
                self.target.whole = true;
                self.tell_forgotten(ledger);
                return Ok(true);
            }
        }
        (self.position, self.target.whole) = (moment.position, true);
        if reports {
            (self.reports, self.asked) = (moment.position, Instant::now());
        }
        if forgets {
            forgotten::sweep(&mut self.target);
            self.tell_forgotten(ledger);
        }
        Ok(true)
    }

    /// Records what was erased and is gone from here. Tables without what is personal never had it.
    fn tell_forgotten(&self, ledger: &Desk) {
        if self.target.personal {
            forgotten::tell(ledger, &self.target.schema, self.position);
        }
    }

    /// Whose rows the records up to a position change; `None` if it is all, or too many.
    fn affected(&self, ledger: &Desk, until: Position) -> Result<Option<Affected>, PublishError> {
        let mut affected = Affected::default();
        if until.get().saturating_sub(self.position.get()) > STEP_RECORDS_MAX {
            return Ok(None);
        }
        let filter = Filter { known_at: Some(until), ..Filter::default() };
        let mut after = self.position;
        while after < until {
            let page = ledger.page(&filter, after, sijil_ledger::limits::PAGE_RECORDS_MAX)?;
            let decode = |stored: &sijil_schemas::StoredRecord| {
                stored.decode().map_err(|e| ReadError::of_record(stored, e))
            };
            let records: Vec<Record> = page.records.iter().map(decode).collect::<Result<_, _>>()?;
            let shown = match self.target.personal {
                true => forgotten::shown(ledger, &page.records)?,
                false => Vec::new(),
            };
            affected.forgets |= !shown.is_empty();
            let mut targets = Vec::new();
            for target in records.iter().filter_map(|record| record.voids) {
                targets.extend(ledger.record(target)?.as_ref().map(decode).transpose()?);
            }
            let views = ledger.views();
            records.iter().chain(&shown).for_each(|record| affected.note(&views, record));
            targets.iter().for_each(|target| affected.voided(&views, target));
            drop(views);
            match page.next.or_else(|| records.last().map(|record| record.position)) {
                Some(next) if next > after => after = next,
                _ => break,
            }
        }
        affected.close(&ledger.views());
        Ok((!affected.all).then_some(affected))
    }

    fn write(
        &mut self,
        ledger: &Desk,
        moment: &Moment,
        affected: &Affected,
        reports: bool,
    ) -> Result<(), Option<PublishError>> {
        let doing = "kept the tables up";
        self.target.client.batch_execute("BEGIN").while_it(doing)?;
        for group in GROUPS {
            let owners: Option<Vec<String>> = match group.owner {
                Owner::Each(kind) => {
                    affected.of(kind).map(|owners| owners.iter().cloned().collect())
                }
                Owner::Whole(kinds) => affected.any(kinds).then(Vec::new),
            };
            if let Some(owners) = owners {
                self.put(ledger, group, &owners, moment)?;
            }
        }
        let mut refused = reports::Refused::new();
        for report in reports::all().iter().filter(|_| reports) {
            let sheet = report.made(ledger, moment, self.target.personal, &mut refused);
            self.merge(&sheet, None)?;
        }
        let update = format!(
            "UPDATE {} SET position = $1, reports_position = CASE WHEN $2 THEN $1 ELSE \
             reports_position END, root = $3, published_at = $4::text::timestamptz, \
             reports_refused = CASE WHEN $2 THEN $5::text::jsonb ELSE reports_refused END",
            sql::place(&self.target.schema, sql::PUBLISHED)
        );
        let position = i64::try_from(moment.position.get()).unwrap_or(i64::MAX);
        let refused = serde_json::Value::Object(refused).to_string();
        self.target
            .client
            .execute(
                &update,
                &[&position, &reports, &moment.root, &moment.recorded_at.to_string(), &refused],
            )
            .while_it(doing)?;
        self.target.client.batch_execute("COMMIT").while_it(doing)?;
        Ok(())
    }

    /// Makes the rows of some owners anew; of a whole group, all rows.
    fn put(
        &mut self,
        ledger: &Desk,
        group: &Group,
        owners: &[String],
        moment: &Moment,
    ) -> Result<(), PublishError> {
        let mut sheet = Sheet::new(group.tables, self.target.personal);
        let Owner::Each(_) = group.owner else {
            group.make(ledger, &[String::new()], moment.position, &mut sheet)?;
            return self.merge(&sheet, None);
        };
        for owners in owners.chunks(OWNERS_HELD_MAX) {
            group.make(ledger, owners, moment.position, &mut sheet)?;
        }
        self.merge(&sheet, Some(owners))
    }

    fn merge(&mut self, sheet: &Sheet, owners: Option<&[String]>) -> Result<(), PublishError> {
        let doing = "changed rows";
        for (table, rows) in sheet.parts() {
            let (schema, client) = (self.target.schema.clone(), &mut self.target.client);
            client.batch_execute(&sql::anew(&schema, table)).while_it(doing)?;
            if !rows.is_empty() {
                self.target.copy(&sql::name(&sql::new(table)), rows)?;
            }
            let (client, delete) =
                (&mut self.target.client, sql::delete(&schema, table, owners.is_some()));
            match owners {
                Some(owners) => client.execute(&delete, &[&owners]),
                None => client.execute(&delete, &[]),
            }
            .while_it(doing)?;
            if !rows.is_empty() {
                client
                    .execute(&sql::merge(&schema, table, self.target.personal), &[])
                    .while_it(doing)?;
            }
        }
        Ok(())
    }
}

/// Keeps the tables up until it is told to stop. A server that is gone is waited for; what it holds
/// then says where to go on.
pub fn follow(
    options: &Options,
    ledger: &Desk,
    stop: &AtomicBool,
    heard: &mut dyn FnMut(Heard<'_>),
) -> Result<(), PublishError> {
    let mut pause = BACK_OFF_MS_MIN;
    while !stop.load(Ordering::Acquire) {
        match keep(options, ledger, stop, heard, &mut || pause = BACK_OFF_MS_MIN) {
            Err(error) if error.may_pass() => {
                heard(Heard::Lost(&error, Duration::from_millis(pause)));
                let until = Instant::now() + Duration::from_millis(pause);
                while Instant::now() < until && !stop.load(Ordering::Acquire) {
                    std::thread::sleep(Duration::from_millis(BACK_OFF_MS_MIN / 5));
                }
                pause = (pause * 2).min(BACK_OFF_MS_MAX);
            }
            end => return end,
        }
    }
    Ok(())
}

fn keep(
    options: &Options,
    ledger: &Desk,
    stop: &AtomicBool,
    heard: &mut dyn FnMut(Heard<'_>),
    well: &mut dyn FnMut(),
) -> Result<(), PublishError> {
    // An empty ledger has no tables yet.
    while ledger.wait(Position::new(1), Duration::from_millis(FOLLOW_WAIT_MS)) == Position::ZERO {
        if stop.load(Ordering::Acquire) {
            return Ok(());
        }
    }
    let mut publication = Publication::resumed(options, ledger, heard)?;
    well();
    while !stop.load(Ordering::Acquire) {
        if publication.step(ledger)? {
            heard(Heard::At(publication.position()));
            continue;
        }
        // A folded position is seen at once; nothing is asked of the server in the meantime.
        let _reached =
            ledger.wait(publication.position().next(), Duration::from_millis(FOLLOW_WAIT_MS));
    }
    Ok(())
}

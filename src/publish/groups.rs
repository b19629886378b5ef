//! Which tables there are, and whose rows stand in them. Invariant: a row belongs to exactly one
//! owner, so it can be made anew whenever its owner is named.

use sijil_ledger::Desk;
use sijil_schemas::{Position, id::Kind};

use crate::{
    error::PublishError,
    reading::{Openings, Reading},
    reports, rows,
    sheet::Sheet,
    table::Table,
};

/// Whose rows a group of tables holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// Each row belongs to an entity of this kind, named in the first column.
    Each(Kind),
    /// All rows are made together, when an entity of one of these kinds is named.
    Whole(&'static [Kind]),
}

/// Tables whose rows are made together.
pub struct Group {
    /// Whose rows they are.
    pub owner: Owner,
    /// The tables.
    pub tables: &'static [&'static Table],
    /// Whether rows show what only a record of the owner says: names and numbers stand in no view.
    pub(crate) from_records: bool,
    /// Makes the rows of an owner; of a whole group, all rows.
    pub(crate) rows: fn(&Reading<'_>, &str, &mut Sheet),
}

impl Group {
    /// Makes the rows of some owners, as known at a position; the views are held meanwhile.
    pub(crate) fn make(
        &self,
        ledger: &Desk,
        owners: &[String],
        known_at: Position,
        sheet: &mut Sheet,
    ) -> Result<(), PublishError> {
        let openings = match self.owner {
            Owner::Each(kind) if self.from_records => {
                Openings::read(ledger, kind, owners, known_at, sheet.personal())?
            }
            Owner::Each(_) | Owner::Whole(_) => Openings::default(),
        };
        let views = ledger.views();
        let reading = Reading::at(&views, known_at, &openings);
        owners.iter().for_each(|owner| (self.rows)(&reading, owner, sheet));
        Ok(())
    }
}

/// Every group, those first whose rows others name.
pub static GROUPS: &[&Group] = &[
    &rows::office::EMPLOYEES,
    &rows::clients::CLIENTS,
    &rows::clients::CONTACTS,
    &rows::clients::COUNTERPARTIES,
    &rows::clients::CONTRACTS,
    &rows::stock::WAREHOUSES,
    &rows::stock::ITEMS,
    &rows::stock::PRICES,
    &rows::stock::PURCHASES,
    &rows::stock::RESERVATIONS,
    &rows::deals::PIPELINES,
    &rows::deals::DEALS,
    &rows::trade::ORDERS,
    &rows::quotes::QUOTES,
    &rows::trade::SHIPMENTS,
    &rows::trade::INVOICES,
    &rows::trade::CREDIT_NOTES,
    &rows::money::BANK_ACCOUNTS,
    &rows::money::PAYMENTS,
    &rows::money::BILLS,
    &rows::money::STATEMENT_LINES,
    &rows::money::RATES,
    &rows::activity::INTERACTIONS,
    &rows::activity::CLAIMS,
    &rows::activity::TASKS,
    &rows::office::TARGETS,
    &rows::office::SOURCES,
    &rows::office::CAMPAIGNS,
];

/// Every table but `published`: those of the entities, then those of the reports.
pub fn tables() -> impl Iterator<Item = &'static Table> {
    GROUPS
        .iter()
        .flat_map(|group| group.tables.iter().copied())
        .chain(reports::all().iter().map(|report| &report.table))
}

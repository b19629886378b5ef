//! Whose own fields rows are asked per. Invariant: a field that nothing has and nobody defined is
//! refused, since a table in which everything stands under null looks like an answer.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Context, ReportError};

/// What carries the company's own fields that a report groups by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Carrier {
    /// Deals.
    Deals,
    /// Orders, invoices, and the clients behind them.
    Documents,
    /// Purchase orders.
    Purchases,
}

impl Carrier {
    /// Refuses a key that nothing of this kind has, as far as is known, and that no custom field
    /// names.
    pub(super) fn check(
        self,
        ctx: &Context<'_>,
        parameter: &str,
        key: &str,
    ) -> Result<(), ReportError> {
        if self.has(ctx, key) || ctx.views.company.has_field(key, ctx.known()) {
            return Ok(());
        }
        let of = match self {
            Carrier::Deals => "a deal",
            Carrier::Documents => "an order, an invoice or a client",
            Carrier::Purchases => "a purchase order",
        };
        let expected =
            format!("the key of a field that {of} has, or that custom_field.defined names");
        Err(ReportError::InvalidParameter {
            name: parameter.into(),
            expected,
            got: key.chars().take(80).collect(),
        })
    }

    fn has(self, ctx: &Context<'_>, key: &str) -> bool {
        let known = ctx.known();
        match self {
            Carrier::Deals => ctx.views.deals.any_attribute(key, known),
            Carrier::Documents => {
                ctx.views.trade.any_attribute(key, known) || ctx.views.clients.any_field(key, known)
            }
            Carrier::Purchases => {
                let stock = ctx.views.stock;
                let mut placed = stock.placed(known);
                placed.any(|order| stock.attributes(&order.what).any(|(of, _)| of == key))
            }
        }
    }
}

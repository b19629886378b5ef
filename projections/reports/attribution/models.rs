//! The models: who gets what of a gain. Invariant: the parts of every model but `full` sum to the
//! whole, to the last unit.

use rust_decimal::Decimal;
use sijil_schemas::{Position, money::split, time::Timestamp};

use super::{
    gains::Gain,
    touches::{Origin, Touch, Touches},
};
use crate::report::{Context, Sum};

/// How credit is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Model {
    First,
    Last,
    Linear,
    Position,
    Full,
    Learned,
    Prompted,
}

/// What an origin gets of a gain.
pub(super) struct Credit<'a> {
    pub(super) origin: Option<Origin<'a>>,
    pub(super) amount: Decimal,
    pub(super) profit: Option<Sum>,
    /// The touch that gets it.
    pub(super) touch: Option<Position>,
}

impl Model {
    pub(super) const NAMES: &'static [&'static str] =
        &["first", "last", "linear", "position", "full", "learned", "prompted"];

    pub(super) fn named(name: &str) -> Model {
        match name {
            "first" => Model::First,
            "last" => Model::Last,
            "position" => Model::Position,
            "full" => Model::Full,
            "learned" => Model::Learned,
            "prompted" => Model::Prompted,
            _ => Model::Linear,
        }
    }
    pub(super) const fn label(self) -> &'static str {
        match self {
            Model::First => "first",
            Model::Last => "last",
            Model::Linear => "linear",
            Model::Position => "position",
            Model::Full => "full (does not sum)",
            Model::Learned => "learned",
            Model::Prompted => "prompted",
        }
    }
    /// The weights of `n` touches.
    fn weights(self, n: usize) -> Vec<u64> {
        let ends = |first: u64, between: u64, last: u64| {
            (0..n)
                .map(|i| {
                    if i == 0 {
                        first
                    } else if i + 1 == n {
                        last
                    } else {
                        between
                    }
                })
                .collect()
        };
        let between = (n as u64).saturating_sub(2);
        match self {
            Model::First => ends(1, 0, 0),
            Model::Last if n > 1 => ends(0, 0, 1),
            // 40 % to each end, 20 % to all between; two share alike, one takes all.
            Model::Position if n > 2 => ends(2 * between, 1, 2 * between),
            Model::Last
            | Model::Linear
            | Model::Position
            | Model::Full
            | Model::Learned
            | Model::Prompted => vec![1; n],
        }
    }
    /// Who gets what of a gain.
    pub(super) fn credits<'a>(
        self,
        ctx: &Context<'a>,
        touches: &Touches<'a>,
        gain: &Gain,
        since: Timestamp,
    ) -> Vec<Credit<'a>> {
        let chosen: Vec<Touch<'a>> = match self {
            Model::Learned => touches
                .learned(gain)
                .or_else(|| touches.all(gain, since).into_iter().next())
                .into_iter()
                .collect(),
            Model::Prompted => touches.prompted(ctx, gain).into_iter().collect(),
            Model::First | Model::Last | Model::Linear | Model::Position | Model::Full => {
                touches.all(gain, since)
            }
        };
        let credit = |touch: &Touch<'a>, amount, profit| Credit {
            origin: Some(touch.origin),
            amount,
            profit,
            touch: Some(touch.position),
        };
        if chosen.is_empty() {
            return vec![Credit {
                origin: None,
                amount: gain.amount,
                profit: gain.profit.clone(),
                touch: None,
            }];
        }
        if self == Model::Full {
            return chosen
                .iter()
                .map(|touch| credit(touch, gain.amount, gain.profit.clone()))
                .collect();
        }
        let weights: Vec<Decimal> =
            self.weights(chosen.len()).into_iter().map(Decimal::from).collect();
        let parts = |whole: Decimal| split(whole, &weights, gain.scale(whole));
        let (amounts, profits) =
            (parts(gain.amount), gain.profit.as_ref().map(|profit| (profit, parts(profit.get()))));
        let mut credits = Vec::new();
        for (i, touch) in chosen.iter().enumerate().filter(|(i, _)| !weights[*i].is_zero()) {
            credits.push(credit(
                touch,
                amounts[i],
                profits.as_ref().map(|(profit, parts)| profit.share(parts[i])),
            ));
        }
        credits
    }
}

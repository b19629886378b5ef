//! Advice about a refusal, in a mapping's words. Invariant: every name gets an answer.

/// The next step of a mapping's writer after a refusal of this name.
#[must_use]
pub fn advice(name: &str) -> &'static str {
    match name {
        "unknown_reference" | "unknown_line" => {
            "give the mapping an `[[event]]` that opens it, written before this one and dated no \
             later; or leave such rows out with `when`"
        }
        "already_exists" | "interaction_recorded_twice" => {
            "open it once: say `distinct` over its id, or leave rows out with `when` whose id the \
             ledger has already"
        }
        "idempotency_conflict" => {
            "the row was imported before and gives another event now: `sijil import --correct` \
             voids the old one and records the new one"
        }
        "ledger_not_open" => {
            "begin the mapping with an `[[event]]` of type ledger.opened, or record one first"
        }
        "ledger_already_open" => {
            "take the `[[event]]` of type ledger.opened out of the mapping, or leave it out with \
             `when`"
        }
        "period_closed" => "leave rows of closed days out with `when`, or reopen the period first",
        "too_far_ahead" => {
            "look at the `pattern` of the date and at `zone`; or leave such rows out with `when`"
        }
        "before_opening" => {
            "let `at` of the event that opens it be no later than this one's, for instance with \
             `least` over the rows"
        }
        "illegal_transition"
        | "deal_closed"
        | "open_gate"
        | "unknown_stage"
        | "unknown_requirement"
        | "from_mismatch" => {
            "look at the order of its steps: `at` of each, and what the events before it say"
        }
        "issue_above_on_hand"
        | "below_zero"
        | "cost_below_zero"
        | "reservation_above_available"
        | "release_above_remainder" => {
            "record first what was there before the tables begin, as an opening balance; or look \
             at `at` of what came in"
        }
        "missing_field" | "field_missing" => {
            "give the field an expression, or its column a `default`; or leave such rows out with \
             `when`"
        }
        "unknown_field" => "take the field out of `data`, or put it under `attributes`",
        "unknown_type" | "unknown_version" => "`sijil schemas` lists the types and their versions",
        "total_mismatch" | "unbalanced" | "instalments_mismatch" => {
            "let one of the amounts be made of the others, with `sum` and `round`"
        }
        "too_many_decimals" => "say `round(x, 2)` in the expression",
        "missing_rate" | "no_rate" => {
            "give the mapping an `[[event]]` of type exchange_rate.set for the currency, dated no \
             later"
        }
        _ => {
            "correct the cell, change the expression of the field, or leave such rows out with \
             `when`"
        }
    }
}

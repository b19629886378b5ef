//! The pages of problems. Invariant: one page for each name of a problem, and no other.

/// The page of a problem.
pub(crate) fn page(name: &str) -> Option<&'static str> {
    PAGES.binary_search_by_key(&name, |(known, _)| *known).ok().map(|at| PAGES[at].1)
}

/// Every page by name, in order of the names.
static PAGES: &[(&str, &str)] = &[
    ("account_of_bill", include_str!("problems/account_of_bill.md")),
    ("account_of_goods", include_str!("problems/account_of_goods.md")),
    ("account_path", include_str!("problems/account_path.md")),
    ("account_unit", include_str!("problems/account_unit.md")),
    ("allocation_exceeds_remainder", include_str!("problems/allocation_exceeds_remainder.md")),
    ("already_exists", include_str!("problems/already_exists.md")),
    ("already_matched", include_str!("problems/already_matched.md")),
    ("already_voided", include_str!("problems/already_voided.md")),
    ("as_of_required", include_str!("problems/as_of_required.md")),
    ("attribution_subject", include_str!("problems/attribution_subject.md")),
    ("before_opening", include_str!("problems/before_opening.md")),
    ("below_zero", include_str!("problems/below_zero.md")),
    ("body_cut_short", include_str!("problems/body_cut_short.md")),
    ("body_too_large", include_str!("problems/body_too_large.md")),
    ("busy", include_str!("problems/busy.md")),
    ("classified_twice", include_str!("problems/classified_twice.md")),
    ("client_merged_twice", include_str!("problems/client_merged_twice.md")),
    ("client_not_merged", include_str!("problems/client_not_merged.md")),
    ("configuration", include_str!("problems/configuration.md")),
    ("contract_period", include_str!("problems/contract_period.md")),
    ("cost_below_zero", include_str!("problems/cost_below_zero.md")),
    ("counterparty_linked_twice", include_str!("problems/counterparty_linked_twice.md")),
    ("counterparty_not_linked", include_str!("problems/counterparty_not_linked.md")),
    ("credit_exceeds_document", include_str!("problems/credit_exceeds_document.md")),
    ("credit_lines_needed", include_str!("problems/credit_lines_needed.md")),
    ("credit_not_free", include_str!("problems/credit_not_free.md")),
    ("days_out_of_order", include_str!("problems/days_out_of_order.md")),
    ("deal_closed", include_str!("problems/deal_closed.md")),
    ("document_parts", include_str!("problems/document_parts.md")),
    ("due_unclear", include_str!("problems/due_unclear.md")),
    ("duplicate_line", include_str!("problems/duplicate_line.md")),
    ("fewer_decimals", include_str!("problems/fewer_decimals.md")),
    ("field_definition", include_str!("problems/field_definition.md")),
    ("field_missing", include_str!("problems/field_missing.md")),
    ("field_value", include_str!("problems/field_value.md")),
    ("follower_beyond_head", include_str!("problems/follower_beyond_head.md")),
    ("from_mismatch", include_str!("problems/from_mismatch.md")),
    ("has_dependants", include_str!("problems/has_dependants.md")),
    ("id_twice", include_str!("problems/id_twice.md")),
    ("idempotency_conflict", include_str!("problems/idempotency_conflict.md")),
    ("illegal_transition", include_str!("problems/illegal_transition.md")),
    ("instalments_mismatch", include_str!("problems/instalments_mismatch.md")),
    ("interaction_recorded_twice", include_str!("problems/interaction_recorded_twice.md")),
    ("internal", include_str!("problems/internal.md")),
    ("invalid_criteria", include_str!("problems/invalid_criteria.md")),
    ("invalid_field", include_str!("problems/invalid_field.md")),
    ("invalid_header", include_str!("problems/invalid_header.md")),
    ("invalid_parameter", include_str!("problems/invalid_parameter.md")),
    ("invalid_query", include_str!("problems/invalid_query.md")),
    ("issue_above_on_hand", include_str!("problems/issue_above_on_hand.md")),
    ("key_and_ids", include_str!("problems/key_and_ids.md")),
    ("known_at_beyond_head", include_str!("problems/known_at_beyond_head.md")),
    ("ledger_already_open", include_str!("problems/ledger_already_open.md")),
    ("ledger_not_open", include_str!("problems/ledger_not_open.md")),
    ("limit_passed", include_str!("problems/limit_passed.md")),
    ("log_damaged", include_str!("problems/log_damaged.md")),
    ("log_full", include_str!("problems/log_full.md")),
    ("log_unreadable", include_str!("problems/log_unreadable.md")),
    ("malformed_json", include_str!("problems/malformed_json.md")),
    ("manager_cycle", include_str!("problems/manager_cycle.md")),
    ("match_exceeds_line", include_str!("problems/match_exceeds_line.md")),
    ("merge_cycle", include_str!("problems/merge_cycle.md")),
    ("method_not_allowed", include_str!("problems/method_not_allowed.md")),
    ("missing_field", include_str!("problems/missing_field.md")),
    ("missing_parameter", include_str!("problems/missing_parameter.md")),
    ("missing_rate", include_str!("problems/missing_rate.md")),
    ("negative_limit", include_str!("problems/negative_limit.md")),
    ("no_postings", include_str!("problems/no_postings.md")),
    ("no_rate", include_str!("problems/no_rate.md")),
    ("no_such_cell", include_str!("problems/no_such_cell.md")),
    ("not_acceptable", include_str!("problems/not_acceptable.md")),
    ("not_adopted", include_str!("problems/not_adopted.md")),
    ("not_found", include_str!("problems/not_found.md")),
    ("not_matchable", include_str!("problems/not_matchable.md")),
    ("not_positive", include_str!("problems/not_positive.md")),
    ("not_yet", include_str!("problems/not_yet.md")),
    ("nothing_adjusted", include_str!("problems/nothing_adjusted.md")),
    ("nothing_closed", include_str!("problems/nothing_closed.md")),
    ("nothing_deducted", include_str!("problems/nothing_deducted.md")),
    ("nothing_kept", include_str!("problems/nothing_kept.md")),
    ("open_gate", include_str!("problems/open_gate.md")),
    ("other_bank_account", include_str!("problems/other_bank_account.md")),
    ("other_counterparty", include_str!("problems/other_counterparty.md")),
    ("other_currency", include_str!("problems/other_currency.md")),
    ("party_of_invoice", include_str!("problems/party_of_invoice.md")),
    ("payment_exceeds_open_amount", include_str!("problems/payment_exceeds_open_amount.md")),
    ("period_closed", include_str!("problems/period_closed.md")),
    ("position_beyond_head", include_str!("problems/position_beyond_head.md")),
    ("purchase_order_closed", include_str!("problems/purchase_order_closed.md")),
    ("purposes_mismatch", include_str!("problems/purposes_mismatch.md")),
    ("record_too_large", include_str!("problems/record_too_large.md")),
    ("refund_exceeds_remainder", include_str!("problems/refund_exceeds_remainder.md")),
    ("release_above_remainder", include_str!("problems/release_above_remainder.md")),
    ("request_size", include_str!("problems/request_size.md")),
    ("request_too_large", include_str!("problems/request_too_large.md")),
    ("reservation_above_available", include_str!("problems/reservation_above_available.md")),
    ("reservation_of_other", include_str!("problems/reservation_of_other.md")),
    ("reserved_for_others", include_str!("problems/reserved_for_others.md")),
    ("return_above_issued", include_str!("problems/return_above_issued.md")),
    ("return_exceeds_shipment", include_str!("problems/return_exceeds_shipment.md")),
    ("return_of_no_sale", include_str!("problems/return_of_no_sale.md")),
    ("return_of_other", include_str!("problems/return_of_other.md")),
    ("revision_conflict", include_str!("problems/revision_conflict.md")),
    ("same_bank_account", include_str!("problems/same_bank_account.md")),
    ("same_employee", include_str!("problems/same_employee.md")),
    ("service_not_stocked", include_str!("problems/service_not_stocked.md")),
    ("shipment_exceeds_order", include_str!("problems/shipment_exceeds_order.md")),
    ("substitution_overlap", include_str!("problems/substitution_overlap.md")),
    ("too_far_ahead", include_str!("problems/too_far_ahead.md")),
    ("too_many_decimals", include_str!("problems/too_many_decimals.md")),
    ("total_mismatch", include_str!("problems/total_mismatch.md")),
    ("transfer_to_itself", include_str!("problems/transfer_to_itself.md")),
    ("unallocation_exceeds_allocation", include_str!("problems/unallocation_exceeds_allocation.md")),
    ("unavailable", include_str!("problems/unavailable.md")),
    ("unbalanced", include_str!("problems/unbalanced.md")),
    ("unknown_currency", include_str!("problems/unknown_currency.md")),
    ("unknown_field", include_str!("problems/unknown_field.md")),
    ("unknown_host", include_str!("problems/unknown_host.md")),
    ("unknown_line", include_str!("problems/unknown_line.md")),
    ("unknown_metric", include_str!("problems/unknown_metric.md")),
    ("unknown_parameter", include_str!("problems/unknown_parameter.md")),
    ("unknown_projection", include_str!("problems/unknown_projection.md")),
    ("unknown_reference", include_str!("problems/unknown_reference.md")),
    ("unknown_report", include_str!("problems/unknown_report.md")),
    ("unknown_requirement", include_str!("problems/unknown_requirement.md")),
    ("unknown_stage", include_str!("problems/unknown_stage.md")),
    ("unknown_type", include_str!("problems/unknown_type.md")),
    ("unknown_version", include_str!("problems/unknown_version.md")),
    ("unsupported_media_type", include_str!("problems/unsupported_media_type.md")),
    ("unused_parameter", include_str!("problems/unused_parameter.md")),
    ("value_above_stock", include_str!("problems/value_above_stock.md")),
    ("void_of_void", include_str!("problems/void_of_void.md")),
    ("write_off_exceeds_open_amount", include_str!("problems/write_off_exceeds_open_amount.md")),
    ("wrong_direction", include_str!("problems/wrong_direction.md")),
    ("wrong_metric_unit", include_str!("problems/wrong_metric_unit.md")),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::PAGES;

    #[test]
    fn names_and_pages_are_the_same() {
        let pages: Vec<&str> = PAGES.iter().map(|(name, _)| *name).collect();
        assert!(pages.is_sorted(), "a page is found by halving");
        let (pages, names): (BTreeSet<&str>, BTreeSet<&str>) = (pages.into_iter().collect(), crate::problem_names().into_iter().collect());
        assert_eq!(names.difference(&pages).collect::<Vec<_>>(), Vec::<&&str>::new(), "names without a page");
        assert_eq!(pages.difference(&names).collect::<Vec<_>>(), Vec::<&&str>::new(), "pages of no problem");
    }

    #[test]
    fn a_page_says_what_when_and_what_to_do() {
        for (name, text) in PAGES {
            assert_eq!(text.trim().split("\n\n").count(), 3, "{name}: what it means, when it happens, what to do");
            assert!(text.len() >= 250, "{name} says too little");
        }
    }
}

//! The afterword of what settles, moves and spends money besides invoices, bills and payments.
//! Invariant: as in [`super::afterword`], some of it is meant to be refused.

use serde_json::{Value, json};

use super::story::Story;

/// Facts and refusals, in order.
pub const WORDS: &[(&str, &str)] = &[
    (
        "order.placed",
        r#"{"order":"wide-oc","client":"wide-c","currency":"EUR","lines":[{"line":"1",
           "item":"wide-x","qty":"3","price":"2","net":"6","tax":"0"}]}"#,
    ),
    (
        "shipment.dispatched",
        r#"{"shipment":"wide-sc","order":"wide-oc","lines":[{"item":"wide-x","qty":"1"}]}"#,
    ),
    ("order.closed", r#"{"order":"wide-oc","reason":"enough"}"#),
    ("bank_account.opened", r#"{"bank_account":"wide-usd","currency":"USD"}"#),
    (
        "invoice.brought_forward",
        r#"{"invoice":"wide-ib","client":"wide-b","total":{"amount":"80","currency":"EUR"},
           "issued_on":"2025-11-30","due_on":"2026-01-31"}"#,
    ),
    (
        "bill.brought_forward",
        r#"{"bill":"wide-bb","supplier":"wide-sold","total":{"amount":"50",
           "currency":"EUR"},"due_on":"2026-02-28"}"#,
    ),
    (
        "payment.brought_forward",
        r#"{"payment":"wide-pb","direction":"received","client":"wide-b",
           "amount":{"amount":"9","currency":"EUR"}}"#,
    ),
    (
        "payment.brought_forward",
        r#"{"payment":"wide-mb","direction":"made","counterparty":"wide-sold",
           "amount":{"amount":"30","currency":"EUR"}}"#,
    ),
    (
        "credit_note.issued",
        r#"{"credit_note":"wide-cb","invoice":"wide-ib","total":{"amount":"1",
           "currency":"EUR"},"reason":"late"}"#,
    ),
    ("payment.refunded", r#"{"payment":"wide-pb","amount":"1"}"#),
    ("payment.refunded", r#"{"payment":"wide-pb","amount":"1","bank_account":"wide-k"}"#),
    ("payment.made_allocated", r#"{"payment":"wide-mb","bill":"wide-bb","amount":"20"}"#),
    ("payment.made_unallocated", r#"{"payment":"wide-mb","bill":"wide-bb","amount":"5"}"#),
    ("payment.made_refunded", r#"{"payment":"wide-mb","amount":"4","bank_account":"wide-k"}"#),
    ("bill.written_off", r#"{"bill":"wide-bb","amount":"1","reason":"waived"}"#),
    (
        "set_off.recorded",
        r#"{"set_off":"wide-so","invoices":[{"invoice":"wide-ib","amount":"9"}],
           "bills":[{"bill":"wide-bb","amount":"8"}]}"#,
    ),
    (
        "set_off.recorded",
        r#"{"set_off":"wide-so","invoices":[{"invoice":"wide-ib","amount":"4"},
           {"invoice":"wide-ib","amount":"5"}],"bills":[{"bill":"wide-bb","amount":"9"}]}"#,
    ),
    (
        "set_off.recorded",
        r#"{"set_off":"wide-so","invoices":[{"invoice":"wide-ib","amount":"9"}],
           "bills":[{"bill":"wide-bb","amount":"9"}]}"#,
    ),
    (
        "set_off.recorded",
        r#"{"set_off":"wide-sp","invoices":[{"invoice":"wide-ib","amount":"3"}],
           "bills":[{"bill":"wide-bb","amount":"3"}]}"#,
    ),
    ("set_off.reversed", r#"{"set_off":"wide-sp","reason":"wrong"}"#),
    (
        "expense.recorded",
        r#"{"expense":"wide-e1","amount":{"amount":"12","currency":"EUR"},
           "purpose":"travel","bank_account":"wide-k"}"#,
    ),
    (
        "expense.recorded",
        r#"{"expense":"wide-e2","amount":{"amount":"7","currency":"EUR"},
           "purpose":"postage","supplier":"wide-sold"}"#,
    ),
    ("expense.reversed", r#"{"expense":"wide-e2","reason":"wrong"}"#),
    (
        "funds.exchanged",
        r#"{"funds_exchange":"wide-x","from":"wide-k","to":"wide-usd","sold":{"amount":"9",
           "currency":"EUR"},"bought":{"amount":"9","currency":"EUR"}}"#,
    ),
    (
        "funds.exchanged",
        r#"{"funds_exchange":"wide-x","from":"wide-k","to":"wide-usd","sold":{"amount":"9",
           "currency":"EUR"},"bought":{"amount":"10","currency":"USD"},
           "fee":{"amount":"0.20","currency":"EUR"}}"#,
    ),
    ("account.revalued", r#"{"account":"assets/bank/wide-k"}"#),
    ("account.revalued", r#"{"account":"assets/bank/wide-usd"}"#),
    // A claim that nobody answers, of a client with an owner.
    (
        "client.registered",
        r#"{"client":"wide-o","name":"O","kind":"org","attributes":{"wide_region":"north"}}"#,
    ),
    ("employee.hired", r#"{"employee":"wide-w","name":"W","department":"sales","role":"seller"}"#),
    ("client.owner_assigned", r#"{"client":"wide-o","employee":"wide-w"}"#),
    (
        "claim.opened",
        r#"{"claim":"wide-open","client":"wide-o","kind":"quality","severity":"low"}"#,
    ),
];

/// What a short history hardly ever holds, for reports about nothing else.
pub const RARELY: &[(&str, &str)] = &[
    ("counterparty.registered", r#"{"counterparty":"wide-lo","legal_name":"Lo"}"#),
    ("counterparty.linked", r#"{"counterparty":"wide-lo","client":"wide-o"}"#),
    (
        "contract.signed",
        r#"{"contract":"wide-ko","counterparty":"wide-lo","valid_from":"2020-01-01",
           "payment_days":10}"#,
    ),
    ("contract.amended", r#"{"contract":"wide-ko","payment_days":20}"#),
    (
        "time.logged",
        r#"{"time_entry":"wide-t1","employee":"wide-w","minutes":30,"client":"wide-o"}"#,
    ),
    ("time.logged", r#"{"time_entry":"wide-t2","employee":"wide-w","minutes":45}"#),
    (
        "pipeline.defined",
        r#"{"pipeline":"wide-pipe","stages":[{"stage":"lead","rank":1,"name":"Lead",
           "probability":"0.1"}]}"#,
    ),
    ("competitor.registered", r#"{"competitor":"wide-rare","name":"Rare"}"#),
    (
        "deal.opened",
        r#"{"deal":"wide-d1","client":"wide-o","owner":"wide-w","pipeline":"wide-pipe",
           "stage":"lead"}"#,
    ),
    ("deal.competitors_set", r#"{"deal":"wide-d1","competitors":["wide-rare"]}"#),
    ("deal.lost", r#"{"deal":"wide-d1","at_stage":"lead","reason":"price"}"#),
];

/// What is told seldom, at the end of a history.
pub fn tell_rarely(story: &mut Story) {
    for (event, data) in RARELY {
        let data: Value = serde_json::from_str(data).unwrap();
        let draft = json!({"type": event, "occurred_at": "2026-06-01T11:00:00Z", "data": &data});
        assert!(story.record(draft), "{event} {data}: {:?}", story.refusals);
    }
}

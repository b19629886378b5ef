//! What clients are told, promised and asked over a long life, and who else bids for them.
//! Invariant: what takes turns does so in every round.

use serde_json::{Value, json};
use sijil_schemas::event::{Clients, Surveys};

use super::{Ledger, at, ground::line, piles::start};

fn published(survey: &str) -> Value {
    json!({
        "survey": survey,
        "questions": [{"question": "recommend", "kind": "nps", "text": "Would you?"}],
    })
}
fn answered(survey: &str) -> Value {
    json!({
        "survey": survey, "respondent": "client:C",
        "answers": [{"question": "recommend", "value": "9"}],
    })
}
fn field(key: &str) -> Value {
    json!({
        "custom_field": format!("F-{key}"), "entity": "client", "key": key, "type": "text",
        "required": false,
    })
}
fn signed(contract: &str) -> Value {
    json!({
        "contract": contract, "counterparty": "L", "valid_from": "2025-01-01", "payment_days": 30,
    })
}

pub(super) fn quote(quote: &str) -> Value {
    json!({
        "quote": quote, "client": "C", "deal": "D", "currency": "EUR",
        "lines": [line("I", "1", "10")], "valid_to": "2025-12-31",
    })
}

/// What has begun and not ended.
pub(super) fn open(ledger: &mut Ledger) {
    let mut tell = |name: &str, data: Value| ledger.tell(name, start(), data);
    tell("client.registered", json!({"client": "CR", "name": "Quiet", "kind": "org"}));
    tell("contract.signed", signed("TA"));
    tell("contract.signed", signed("TE"));
    tell("agreement.noted", json!({"agreement": "AG", "client": "C", "text": "a plan"}));
    tell("quote.issued", quote("QT"));
    tell("custom_field.defined", field("turning"));
    tell("custom_field.defined", field("left"));
    tell("competitor.registered", json!({"competitor": "RI", "name": "Rival"}));
    tell(
        "campaign.planned",
        json!({"campaign": "F2", "kind": "ad", "from": "2025-01-01", "to": "2025-12-31"}),
    );
    tell("survey.published", published("SV"));
    tell("survey.published", published("SC"));
    tell(
        "interaction.recorded",
        json!({"interaction": "spoken", "client": "C", "channel": "call", "direction": "in"}),
    );
}

/// What piles up on a client, a contact, a contract, a deal, a competitor and a survey.
pub(super) fn pile(ledger: &mut Ledger, k: usize) {
    let mut tell = |second: usize, name: &str, data: Value| ledger.tell(name, at(k, second), data);
    let id = format!("{k}");
    tell(0, "client.archived", json!({"client": "CR"}));
    tell(1, "client.restored", json!({"client": "CR"}));
    tell(2, "client.goal_set", json!({"client": "C", "key": "office", "by_date": "2025-12-31"}));
    tell(2, "contact.channels_changed", json!({"contact": "KC", "channels": []}));
    tell(2, "consent.given", json!({"subject": "contact:KC", "channel": "email"}));
    tell(3, "consent.withdrawn", json!({"subject": "contact:KC", "channel": "email"}));
    tell(
        3,
        "agreement.noted",
        json!({"agreement": format!("AG{id}"), "client": "C", "text": "a plan"}),
    );
    tell(3, "quote.issued", quote(&format!("QT{id}")));
    tell(4, "quote.accepted", json!({"quote": format!("QT{id}")}));
    tell(4, "agreement.settled", json!({"agreement": format!("AG{id}"), "kept": true}));
    tell(5, "custom_field.retired", json!({"custom_field": "F-turning"}));
    tell(6, "custom_field.defined", field("turning"));
    tell(6, "counterparty.details_changed", json!({"counterparty": "L", "legal_name": "Legal"}));
    tell(7, "contract.amended", json!({"contract": "TA", "payment_days": 14}));
    tell(8, "contract.amended", json!({"contract": "TA", "valid_to": "2199-12-31"}));
    tell(9, "contract.amended", json!({"contract": "TE", "payment_days": 14}));
    tell(9, "interaction.annotated", json!({"interaction": "spoken", "text": "so"}));
    for deal in ["D", "DW", "DL"] {
        let of = |more: Value| {
            let mut data = json!({"deal": deal});
            data.as_object_mut()
                .expect("an object")
                .extend(more.as_object().expect("an object").clone());
            data
        };
        tell(1, "deal.items_changed", of(json!({"lines": [line("I", "1", "1")]})));
        tell(1, "deal.client_set", of(json!({"client": "C"})));
        tell(1, "deal.participant_set", of(json!({"contact": "KC", "role": "buyer"})));
        tell(2, "deal.competitors_set", of(json!({"competitors": ["RI"]})));
        tell(
            2,
            "deal.credit_shares_set",
            of(json!({"shares": [{"employee": "e0", "share": "1"}]})),
        );
    }
    tell(
        3,
        "competitor.fact_observed",
        json!({
            "competitor": "RI", "kind": "price", "item": "I", "value": "10", "currency": "EUR",
        }),
    );
    tell(10, "survey.published", published("SV"));
    tell(11, "survey.invited", json!({"survey": "SV", "respondent": "client:C"}));
    tell(12, "survey.answered", answered("SV"));
    tell(12, "survey.answered", answered("SC"));
}

/// What may follow.
pub(super) fn clients(event: &Clients) -> Vec<Value> {
    match event {
        Clients::ClientArchived(_) => vec![json!({"client": "CR"})],
        Clients::ClientRestored(_) => vec![json!({"client": "CR"})],
        Clients::ClientGoalSet(_) => {
            vec![json!({"client": "C", "key": "office", "by_date": "2025-12-31"})]
        }
        Clients::ContactChannelsChanged(_) => vec![json!({"contact": "KC", "channels": []})],
        Clients::ConsentGiven(_) | Clients::ConsentWithdrawn(_) => {
            vec![json!({"subject": "contact:KC", "channel": "email"})]
        }
        Clients::AgreementNoted(_) => {
            vec![json!({"agreement": "new", "client": "C", "text": "a plan"})]
        }
        Clients::AgreementSettled(_) => vec![json!({"agreement": "AG", "kept": true})],
        Clients::CustomFieldRetired(_) => vec![json!({"custom_field": "F-left"})],
        _ => Vec::new(),
    }
}

/// The same of surveys.
pub(super) fn surveys(event: &Surveys) -> Vec<Value> {
    match event {
        Surveys::SurveyPublished(_) => vec![published("SV")],
        Surveys::SurveyInvited(_) => vec![json!({"survey": "SV", "respondent": "client:C"})],
        Surveys::SurveyAnswered(_) => vec![answered("SV")],
        Surveys::SurveyClosed(_) => vec![json!({"survey": "SC"})],
    }
}

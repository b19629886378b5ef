//! The event that follows a long life, of every type. Invariant: the match is exhaustive, so a type
//! that is new says here what can pile up on it, or why nothing can.

use serde_json::{Value, json};
use sijil_schemas::{
    Event,
    event::{
        Accounting, Catalogue, Clients, Counterparties, Deals, Interactions, Invoices, Marketing,
        Orders, Stock, System,
    },
};

use super::{Ledger, access, otherwise, relations, work};

fn eur(amount: &str) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}
fn lines(qty: &str, net: &str) -> Value {
    json!([
        {
            "line": "1", "item": "I", "text": "chair", "qty": qty, "price": "1", "net": net,
            "tax": "0",
        },
    ])
}

/// What may follow, after so many facts of every kind, in one or more ways.
pub(super) fn probes(event: &Event, facts: usize, ledger: &Ledger) -> Vec<Value> {
    match event {
        Event::Clients(e) => clients(e),
        Event::Counterparties(e) => counterparties(e),
        Event::Interactions(e) => interactions(e),
        Event::Deals(e) => deals(e, facts),
        Event::Catalogue(e) => catalogue(e),
        Event::Orders(e) => orders(e),
        Event::Invoices(e) => invoices(e),
        Event::Accounting(e) => accounting(e),
        Event::Stock(e) => stock(e),
        Event::Marketing(e) => marketing(e),
        Event::Claims(e) => work::claims(e),
        Event::Tasks(e) => work::tasks(e),
        Event::Staff(e) => work::staff(e),
        Event::Surveys(e) => relations::surveys(e),
        Event::Access(e) => access::probes(e),
        Event::System(e) => system(e, ledger),
    }
}

fn clients(event: &Clients) -> Vec<Value> {
    match event {
        Clients::ClientRegistered(_) => {
            vec![json!({"client": "new", "name": "Buyer", "kind": "org", "owner": "e0"})]
        }
        Clients::ClientRenamed(_) => vec![json!({"client": "C", "name": "Buyer"})],
        Clients::ClientAttributesSet(_) => vec![json!({"client": "C", "set": {"region": "South"}})],
        Clients::ClientOwnerAssigned(_) => vec![json!({"client": "C", "employee": "e1"})],
        Clients::ClientMerged(_) => {
            vec![json!({"client": "MX", "into": "C"}), json!({"client": "CC", "into": "X"})]
        }
        Clients::ClientUnmerged(_) => vec![json!({"client": "M0"}), json!({"client": "CC"})],
        Clients::ContactAdded(_) => {
            vec![json!({"contact": "new", "client": "C", "name": "Somebody"})]
        }
        Clients::ContactRoleSet(_) => vec![json!({"contact": "KC", "roles": ["buyer"]})],
        Clients::CustomFieldDefined(_) => vec![json!({
            "custom_field": "FD", "entity": "client", "key": "region", "type": "text",
            "required": false,
        })],
        Clients::ClientArchived(_)
        | Clients::ClientRestored(_)
        | Clients::ClientGoalSet(_)
        | Clients::ContactChannelsChanged(_)
        | Clients::ConsentGiven(_)
        | Clients::ConsentWithdrawn(_)
        | Clients::AgreementNoted(_)
        | Clients::AgreementSettled(_)
        | Clients::CustomFieldRetired(_) => relations::clients(event),
    }
}

fn counterparties(event: &Counterparties) -> Vec<Value> {
    match event {
        Counterparties::CounterpartyRegistered(_) => {
            vec![json!({"counterparty": "new", "legal_name": "Legal"})]
        }
        Counterparties::CounterpartyLinked(_) => vec![json!({"counterparty": "L", "client": "C"})],
        Counterparties::CounterpartyUnlinked(_) => vec![
            json!({"counterparty": "L0", "client": "C"}),
            json!({"counterparty": "L", "client": "C"}),
        ],
        Counterparties::ContractSigned(_) => {
            vec![json!({
                "contract": "new", "counterparty": "L", "terms": "net",
                "valid_from": "2025-01-01", "payment_days": 30,
            })]
        }
        Counterparties::CounterpartyDetailsChanged(_) => {
            vec![json!({"counterparty": "L", "legal_name": "Legal"})]
        }
        Counterparties::ContractAmended(_) => vec![
            json!({"contract": "TA", "payment_days": 14}),
            json!({"contract": "TA", "valid_to": "2199-12-31"}),
        ],
        Counterparties::ContractTerminated(_) => {
            vec![json!({"contract": "TE", "reason": "another one"})]
        }
    }
}

fn interactions(event: &Interactions) -> Vec<Value> {
    match event {
        Interactions::InteractionPlanned(_) => vec![json!({
            "interaction": "new", "client": "C", "channel": "call",
            "at": "2025-12-01T00:00:00Z",
        })],
        Interactions::InteractionRecorded(_) => {
            vec![json!({
                "interaction": "said", "client": "C", "channel": "call", "direction": "in",
                "refs": ["deal:D", "claim:CL"],
            })]
        }
        Interactions::AttributionStated(_) => {
            vec![json!({"subject": "client:C", "question": "learned", "source": "fair"})]
        }
        Interactions::InteractionAnnotated(_) => {
            vec![json!({"interaction": "spoken", "text": "in the morning"})]
        }
    }
}

fn deals(event: &Deals, facts: usize) -> Vec<Value> {
    match event {
        Deals::PipelineDefined(_) => {
            let stages = json!([
                {"stage": "s1", "rank": 1, "name": "One", "probability": "0.1"},
                {"stage": "s2", "rank": 2, "name": "Two", "probability": "0.5"},
            ]);
            vec![json!({"pipeline": "P2", "stages": stages})]
        }
        Deals::RegulationDefined(_) => {
            vec![json!({"regulation": "R2", "pipeline": "P2", "requirements": []})]
        }
        Deals::DealOpened(_) => vec![json!({
            "deal": "new", "client": "C", "pipeline": "P", "stage": "s1", "owner": "e0",
            "amount": eur("10"),
        })],
        Deals::DealEstimateChanged(_) => vec![json!({"deal": "D", "amount": eur("10")})],
        Deals::DealStageEntered(_) => vec![json!({"deal": "D", "from": "s1", "to": "s2"})],
        Deals::DealPutOnHold(_) => vec![json!({"deal": "D", "reason": "waits"})],
        Deals::DealResumed(_) => vec![json!({"deal": "D"})],
        Deals::DealOwnerChanged(_) => vec![json!({"deal": "D", "from": "e0", "to": "e1"})],
        Deals::RequirementFulfilled(_) => {
            vec![json!({"deal": "D", "requirement": "paper", "visit": facts / 2})]
        }
        Deals::RequirementWaived(_) => vec![
            json!({"deal": "D", "requirement": "paper", "visit": facts / 2, "reason": "agreed"}),
        ],
        Deals::DealWon(_) => vec![json!({"deal": "DW", "amount": eur("10")})],
        Deals::DealLost(_) => vec![json!({"deal": "DL", "at_stage": "s1", "reason": "price"})],
        Deals::DealReopened(_) => vec![json!({"deal": "DW", "stage": "s1"})],
        Deals::DealItemsChanged(_) => vec![json!({"deal": "D", "lines": lines("1", "1")})],
        Deals::DealClientSet(_) => vec![json!({"deal": "D", "client": "X"})],
        Deals::DealParticipantSet(_) => {
            vec![json!({"deal": "D", "contact": "KC", "role": "buyer"})]
        }
        Deals::DealCompetitorsSet(_) => vec![json!({"deal": "D", "competitors": ["RI"]})],
        Deals::DealCreditSharesSet(_) => {
            vec![json!({"deal": "D", "shares": [{"employee": "e0", "share": "1"}]})]
        }
    }
}

fn catalogue(event: &Catalogue) -> Vec<Value> {
    match event {
        Catalogue::ItemRegistered(_) => vec![json!({
            "item": "new", "sku": "new", "name": "chair", "unit": "piece", "kind": "goods",
            "costing": "fifo",
        })],
        Catalogue::PriceSet(_) => vec![
            json!({"list": "retail", "item": "I", "price": eur("10"), "valid_from": "2025-01-01"}),
        ],
        Catalogue::ReplenishmentPolicySet(_) => vec![json!({
            "item": "I", "warehouse": "w0", "safety": "4", "multiple": "1", "lead_days": 10,
        })],
        Catalogue::StockPolicySet(_) => {
            vec![json!({"policy": "NP", "item": "I", "warehouse": "w0", "negative": "refuse"})]
        }
        Catalogue::ProductLimitSet(_) => {
            let period = json!({"first": "2025-01-01", "last": "2025-12-31"});
            vec![json!({
                "limit": "LM", "scope": {"client": "C"}, "of": {"item": "I"}, "period": period,
                "most": {"qty": "900000000000"}, "mode": "refuse",
            })]
        }
        Catalogue::ExchangeRateSet(_) => vec![json!({"currency": "USD", "rate": "0.9"})],
        Catalogue::CurrencyDefined(_) => vec![json!({"currency": "TOK", "decimals": 2})],
    }
}

fn orders(event: &Orders) -> Vec<Value> {
    match event {
        Orders::OrderPlaced(_) => vec![json!({
            "order": "new", "client": "C", "counterparty": "L", "currency": "EUR",
            "lines": lines("10", "10"), "deal": "D",
        })],
        Orders::OrderClosed(_) => vec![json!({"order": "OD", "reason": "enough"})],
        Orders::OrderCancelled(_) => vec![json!({"order": "OC", "reason": "twice"})],
        Orders::ShipmentDispatched(_) => vec![json!({
            "shipment": "new", "order": "O", "lines": [{"line": "1", "item": "I", "qty": "1"}],
        })],
        // A part follows its opening at once: nothing piles up between them, and the last is judged
        // as the opening is.
        Orders::OrderLinesAdded(_)
        | Orders::ShipmentLinesAdded(_)
        | Orders::ReturnLinesAdded(_)
        | Orders::QuoteLinesAdded(_) => Vec::new(),
        Orders::QuoteIssued(_) => vec![relations::quote("new")],
        Orders::QuoteAccepted(_) => vec![json!({"quote": "QT", "order": "O"})],
        Orders::QuoteDeclined(_) => vec![json!({"quote": "QT", "reason": "price"})],
        Orders::ReturnReceived(_) => vec![json!({
            "goods_return": "new", "shipment": "SH",
            "lines": [{"line": "1", "item": "I", "qty": "1"}],
        })],
    }
}

fn invoices(event: &Invoices) -> Vec<Value> {
    match event {
        Invoices::InvoiceIssued(_) => {
            vec![json!({
                "invoice": "new", "client": "C", "order": "O", "lines": lines("1", "10"),
                "total": eur("10"), "due_on": "2025-12-31",
            })]
        }
        Invoices::CreditNoteIssued(_) => {
            let credit = |id: &str, lines: Value| {
                json!({
                    "credit_note": id, "invoice": "INV", "lines": lines, "total": eur("0.01"),
                    "reason": "late",
                })
            };
            vec![credit("new", lines("1", "0.01"))]
        }
        Invoices::CreditNoteAllocated(_) => {
            vec![json!({"credit_note": "CA", "invoice": "INV", "amount": "0.01"})]
        }
        Invoices::CreditNoteUnallocated(_) => {
            vec![json!({"credit_note": "CA", "invoice": "INV", "amount": "0.01"})]
        }
        Invoices::CreditNoteRefunded(_) => {
            vec![json!({"credit_note": "CA", "amount": "0.01", "bank_account": "b0"})]
        }
        Invoices::PaymentReceived(_) => vec![
            json!({"payment": "new", "client": "C", "amount": eur("10"), "bank_account": "b0"}),
        ],
        Invoices::PaymentAllocated(_) => {
            vec![json!({"payment": "PAY", "invoice": "INV", "amount": "0.01"})]
        }
        Invoices::PaymentUnallocated(_) => {
            vec![json!({"payment": "PAY", "invoice": "INV", "amount": "0.01"})]
        }
        Invoices::PaymentRefunded(_) => vec![json!({"payment": "PAY", "amount": "0.01"})],
        Invoices::PaymentReversed(_) => vec![json!({"payment": "PV", "reason": "called back"})],
        Invoices::DebtWrittenOff(_) => {
            vec![json!({"invoice": "INV", "amount": "0.01", "reason": "small"})]
        }
        Invoices::StatementLineImported(_) => vec![json!({
            "statement_line": "new", "bank_account": "b0", "amount": eur("10"), "text": "in",
        })],
        Invoices::StatementLineMatched(_) => {
            vec![json!({"statement_line": "SL", "to": "payment:PAY", "amount": "0.01"})]
        }
        Invoices::InvoiceBroughtForward(_) => vec![json!({
            "invoice": "new-brought", "client": "C", "total": eur("10"), "due_on": "2025-12-31",
        })],
        Invoices::PaymentBroughtForward(_) => vec![json!({
            "payment": "new-brought", "direction": "received", "client": "C", "amount": eur("10"),
        })],
        Invoices::SetOffRecorded(_) => vec![otherwise::set_off("new")],
        Invoices::SetOffReversed(_) => vec![json!({"set_off": "SO", "reason": "wrong"})],
        // As with orders.
        Invoices::InvoiceLinesAdded(_) | Invoices::CreditNoteLinesAdded(_) => Vec::new(),
        Invoices::PeriodClosed(_) => vec![json!({"area": "sales", "until": "1999-12-31"})],
        Invoices::PeriodReopened(_) => vec![
            json!({"area": "sales", "reason": "late"}),
            json!({"area": "stock", "reason": "late"}),
        ],
    }
}

fn accounting(event: &Accounting) -> Vec<Value> {
    match event {
        // A ledger is opened once, before anything else.
        Accounting::LedgerOpened(_) => Vec::new(),
        Accounting::AccountOpened(_) => vec![json!({"path": "expenses/x", "unit": "EUR"})],
        Accounting::BankAccountOpened(_) => vec![json!({"bank_account": "new", "currency": "EUR"})],
        Accounting::BillReceived(_) => {
            let line = json!([
                {
                    "line": "1", "item": "I", "text": "chair", "qty": "1", "price": "10",
                    "net": "10", "tax": "0",
                },
            ]);
            vec![json!({
                "bill": "new", "supplier": "S", "lines": line, "total": eur("10"),
                "due_on": "2025-12-31", "refs": ["purchase_order:PO"],
            })]
        }
        Accounting::BillCredited(_) => {
            let line = json!([
                {
                    "line": "1", "text": "rent", "qty": "1", "price": "0.01", "net": "0.01",
                    "tax": "0",
                },
            ]);
            vec![json!({
                "bill_credit": "new", "bill": "B", "lines": line, "total": eur("0.01"),
                "reason": "late",
            })]
        }
        // As with orders.
        Accounting::BillLinesAdded(_) | Accounting::BillCreditLinesAdded(_) => Vec::new(),
        Accounting::PaymentMade(_) => vec![json!({
            "payment": "new-made", "counterparty": "S", "amount": eur("1"),
            "bank_account": "b0",
        })],
        Accounting::PaymentMadeAllocated(_) => {
            vec![json!({"payment": "PM", "bill": "B", "amount": "0.01"})]
        }
        Accounting::PaymentMadeUnallocated(_) => {
            vec![json!({"payment": "PM", "bill": "B", "amount": "0.01"})]
        }
        Accounting::PaymentMadeRefunded(_) => vec![json!({"payment": "PM", "amount": "0.01"})],
        Accounting::BillBroughtForward(_) => vec![json!({
            "bill": "new-brought", "supplier": "S", "total": eur("10"), "due_on": "2025-12-31",
        })],
        Accounting::BillWrittenOff(_) => {
            vec![json!({"bill": "B", "amount": "0.01", "reason": "waived"})]
        }
        Accounting::ExpenseRecorded(_) => vec![json!({
            "expense": "new", "amount": eur("1"), "purpose": "travel", "bank_account": "b0",
        })],
        Accounting::ExpenseReversed(_) => vec![json!({"expense": "EX", "reason": "wrong"})],
        Accounting::FundsExchanged(_) => vec![otherwise::exchange("new")],
        Accounting::AccountRevalued(_) => vec![json!({"account": "assets/bank/b2"})],
        Accounting::FundsTransferred(_) => {
            vec![json!({"funds_transfer": "new", "from": "b0", "to": "b1", "amount": eur("1")})]
        }
        Accounting::EntryPosted(_) => {
            let postings = json!([
                {"account": "expenses/x", "unit": "EUR", "amount": "1"},
                {"account": "income/y", "unit": "EUR", "amount": "-1"},
            ]);
            vec![json!({"entry": "new", "postings": postings, "text": "so"})]
        }
    }
}

fn stock(event: &Stock) -> Vec<Value> {
    match event {
        Stock::WarehouseRegistered(_) => vec![json!({"warehouse": "new", "name": "W"})],
        Stock::PurchaseOrderPlaced(_) => vec![json!({
            "purchase_order": "new", "supplier": "S", "currency": "EUR",
            "lines": lines("1", "1"),
        })],
        Stock::GoodsReceived(_) => vec![
            json!({
                "receipt": "new", "item": "I", "warehouse": "w0", "qty": "10", "value": eur("10"),
                "purchase_order": "PO",
            }),
            json!({"receipt": "back", "item": "I", "warehouse": "w0", "qty": "1", "returns": "GI"}),
        ],
        Stock::GoodsIssued(_) => vec![
            json!({
                "issue": "new", "item": "I", "warehouse": "w0", "qty": "1", "reason": "sale",
                "refs": ["order:O"],
            }),
            json!({
                "issue": "taken", "item": "I", "warehouse": "w0", "qty": "1", "reason": "sale",
                "reservation": "RS",
            }),
        ],
        Stock::GoodsTransferred(_) => vec![
            json!({"goods_transfer": "new", "item": "I", "from": "w0", "to": "w1", "qty": "1"}),
        ],
        Stock::StockReserved(_) => vec![json!({
            "reservation": "new", "item": "I", "warehouse": "w0", "qty": "1", "ref": "order:O",
        })],
        Stock::ReservationReleased(_) => vec![json!({"reservation": "RS", "qty": "1"})],
        Stock::StockCounted(_) => {
            vec![json!({"count": "new", "item": "I", "warehouse": "w0", "counted": "99000000"})]
        }
        Stock::StockAdjusted(_) => vec![
            json!({
                "adjustment": "new", "item": "I", "warehouse": "w0", "delta": "1",
                "value": eur("1"), "reason": "found",
            }),
            json!({
                "adjustment": "lost", "item": "I", "warehouse": "w0", "delta": "-1",
                "value": eur("0.5"), "reason": "lost",
            }),
        ],
        Stock::ReceiptCostAdjusted(_) => {
            vec![json!({"receipt": "GR", "delta_value": eur("0.01"), "reason": "freight"})]
        }
        Stock::ProductionCompleted(_) => {
            vec![json!({
                "production": "new", "item": "J", "warehouse": "w0", "qty": "1",
                "consumed": [{"item": "I", "warehouse": "w0", "qty": "1"}],
            })]
        }
        // As with orders.
        Stock::PurchaseOrderLinesAdded(_) => Vec::new(),
        Stock::PurchaseOrderClosed(_) => vec![json!({"purchase_order": "PC", "reason": "no more"})],
    }
}

fn marketing(event: &Marketing) -> Vec<Value> {
    match event {
        Marketing::SourceDefined(_) => {
            vec![json!({"source": "fair", "name": "Fair", "kind": "campaign", "campaign": "F"})]
        }
        Marketing::CampaignPlanned(_) => vec![json!({
            "campaign": "new", "name": "Fair", "kind": "exhibition", "from": "2025-01-01",
            "to": "2025-12-31",
        })],
        Marketing::CampaignCostRecorded(_) => vec![json!({"campaign": "F", "amount": eur("1")})],
        Marketing::CampaignAttended(_) => vec![json!({"campaign": "F", "client": "C"})],
        Marketing::SegmentDefined(_) => vec![json!({
            "segment": "SG", "name": "Silent", "criteria": {"last_contact_older_than_days": 60},
        })],
        Marketing::ClassificationCompleted(_) => {
            let (params, window) = (
                json!({"measure": "net_revenue", "rule": "start"}),
                json!({"first": "2025-01-01", "last": "2025-03-31"}),
            );
            let result = json!([{"object": "client:C", "class": "A"}]);
            vec![json!({
                "classification": "new", "kind": "abc", "params": params, "window": window,
                "known_at": 1, "result": result,
            })]
        }
        Marketing::CompetitorRegistered(_) => {
            vec![json!({"competitor": "new", "name": "Rival"})]
        }
        Marketing::CompetitorFactObserved(_) => vec![json!({
            "competitor": "RI", "kind": "price", "item": "I", "value": "10", "currency": "EUR",
        })],
        Marketing::CampaignStarted(_) => vec![json!({"campaign": "F2"})],
        Marketing::CampaignEnded(_) => vec![json!({"campaign": "F2"})],
    }
}

/// A void is asked where it has no dependants, of what has lived long.
fn system(event: &System, ledger: &Ledger) -> Vec<Value> {
    match event {
        System::ImportKeyed(_) => {
            vec![json!({"import": "shop", "fingerprint": "9f2c1a7be0d34c58"})]
        }
        System::EventVoided(_) => {
            let last = |name: &str| {
                ledger.records.iter().rev().find(|(_, kept)| {
                    kept.as_ref().is_some_and(|record| record.event.event_type().name == name)
                })
            };
            let targets =
                ["client.renamed", "deal.estimate_changed", "payment.allocated"].map(last);
            targets
                .into_iter()
                .flatten()
                .map(|(id, _)| json!({"target": id, "reason": "wrong"}))
                .collect()
        }
    }
}

//! Clients, persons, legal entities and contracts. Invariant: names stand only in columns marked
//! personal, and are read in the records that say them.

use sijil_projections::clients::{client_card, contact_card, counterparty_card};
use sijil_schemas::id::Kind;

use crate::{
    groups::{Group, Owner},
    reading::{Reading, word},
    sheet::Sheet,
    table::{Table, date, integer, json, numeric, text, time},
};

static CLIENT: Table = Table::new(
    "clients",
    "clients",
    "One client, whoever it counts for.",
    &[
        text("client_id", "The client's id.").key(),
        text("name", "What it is called.").personal(),
        text("kind", "person or org."),
        time("registered_at", "When it was registered."),
        text("owner_id", "The employee it belongs to.").optional().to("employees"),
        text("counts_for_id", "The client it counts for: itself, or the one it was merged into.")
            .to("clients"),
        json("attributes", "The company's own fields."),
    ],
);

pub(crate) static CLIENTS: Group = Group {
    owner: Owner::Each(Kind::Client),
    tables: &[&CLIENT],
    from_records: true,
    rows: client,
};

fn client(reading: &Reading<'_>, id: &str, sheet: &mut Sheet) {
    let clients = &reading.views.clients;
    let card = clients.sym(id).and_then(|sym| client_card(clients, sym, reading.lens));
    let Some(card) = card else { return };
    let attributes = card
        .attributes
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).into()))
        .collect::<serde_json::Map<_, _>>();
    sheet
        .row(&CLIENT, reading.position(Kind::Client, id))
        .put(card.client)
        .put(reading.persons().client_name(card.named_at))
        .put(&word(card.kind))
        .put(card.registered_at)
        .put(card.owner)
        .put(card.merged_into.unwrap_or(card.client))
        .put(serde_json::Value::Object(attributes));
}

static CONTACT: Table = Table::new(
    "contacts",
    "clients",
    "One person at a client.",
    &[
        text("contact_id", "The person's id.").key(),
        text("client_id", "Where the person belongs.").to("clients"),
        text("name", "What the person is called.").personal(),
        json("channels", "How to reach the person: a list of kind and address.").personal(),
        text("roles", "What the person does in purchases, separated by commas.").optional(),
    ],
);

pub(crate) static CONTACTS: Group = Group {
    owner: Owner::Each(Kind::Contact),
    tables: &[&CONTACT],
    from_records: true,
    rows: contact,
};

fn contact(reading: &Reading<'_>, id: &str, sheet: &mut Sheet) {
    let clients = &reading.views.clients;
    let card = clients.contact(id).and_then(|sym| contact_card(clients, sym, reading.lens));
    let Some(card) = card else { return };
    let name = reading.persons().contact_name(card.said_at);
    let channels = card.channels_at.map_or(&[][..], |at| reading.persons().channels(at));
    let roles: Vec<String> = card.roles.iter().map(word).collect();
    let roles = roles.join(",");
    sheet
        .row(&CONTACT, reading.position(Kind::Contact, id))
        .put(card.contact)
        .put(card.client)
        .put(name)
        .put(serde_json::to_value(channels).unwrap_or_default())
        .put(Some(&roles).filter(|roles| !roles.is_empty()));
}

static COUNTERPARTY: Table = Table::new(
    "counterparties",
    "clients",
    "One legal entity: behind a client, or a supplier.",
    &[
        text("counterparty_id", "The legal entity's id.").key(),
        text("legal_name", "What it is called.").personal(),
        text("tax_id", "Its tax number.").personal(),
        text("client_id", "The client it is linked to now.").optional().to("clients"),
    ],
);
static LINK: Table = Table::new(
    "counterparty_links",
    "clients",
    "One span in which a legal entity was linked to a client. Documents belong to the client of \
     their own date.",
    &[
        text("counterparty_id", "The legal entity.").key().to("counterparties"),
        integer("number", "Which of its links, from 1.").key(),
        text("client_id", "The client.").to("clients"),
        time("since", "The first moment it holds."),
        time("until", "The moment it no longer holds; null while it does.").optional(),
    ],
);

pub(crate) static COUNTERPARTIES: Group = Group {
    owner: Owner::Each(Kind::Counterparty),
    tables: &[&COUNTERPARTY, &LINK],
    from_records: true,
    rows: counterparty,
};

fn counterparty(reading: &Reading<'_>, id: &str, sheet: &mut Sheet) {
    let clients = &reading.views.clients;
    let card =
        clients.counterparty(id).and_then(|sym| counterparty_card(clients, sym, reading.lens));
    let Some(card) = card else { return };
    let (legal_name, tax_id) = reading.persons().legal_entity(&card.said_at);
    let position = reading.position(Kind::Counterparty, id);
    sheet
        .row(&COUNTERPARTY, position)
        .put(card.counterparty)
        .put(legal_name)
        .put(tax_id)
        .put(card.client);
    for (number, link) in (1_usize..).zip(&card.links) {
        sheet
            .row(&LINK, position)
            .put(card.counterparty)
            .put(number)
            .put(link.client)
            .put(link.from)
            .put(link.until);
    }
}

static CONTRACT: Table = Table::new(
    "contracts",
    "clients",
    "One signed contract.",
    &[
        text("contract_id", "The contract's id.").key(),
        text("counterparty_id", "With whom.").to("counterparties"),
        time("signed_at", "When it was signed."),
        date("valid_from", "The first day it holds."),
        date("valid_to", "The last day it holds; null if it has none.").optional(),
        integer("payment_days", "Days until a payment is due."),
        numeric("credit_limit", "How much may be owed; null if that has no limit.").optional(),
        text("currency", "The currency of the limit.").optional(),
    ],
);

pub(crate) static CONTRACTS: Group = Group {
    owner: Owner::Each(Kind::Contract),
    tables: &[&CONTRACT],
    from_records: false,
    rows: contract,
};

fn contract(reading: &Reading<'_>, id: &str, sheet: &mut Sheet) {
    let clients = &reading.views.clients;
    let contract = clients.ids().find(id);
    let Some(signed) = clients.signing(contract, reading.lens) else { return };
    let Some(now) = clients.contract(contract, reading.lens) else { return };
    let terms = &now.terms;
    sheet
        .row(&CONTRACT, reading.position(Kind::Contract, id))
        .put(id)
        .put(clients.counterparty_id(terms.counterparty))
        .put(signed.at)
        .put(terms.valid_from)
        .put(now.last_day(|at| reading.day(at)))
        .put(terms.payment_days)
        .put(terms.credit_limit.map(|limit| limit.amount))
        .put(terms.credit_limit.as_ref().map(|limit| limit.currency.as_str()));
}

//! Legal entities, and whose client they are. Invariant: a link holds from its own date until the
//! next one or an unlink.

use crate::{
    event::event,
    id::{ClientId, ContractId, CounterpartyId},
    money::Money,
    text::{Name, Personal, Text},
    time::Date,
};

event! {
    /// A legal entity became known.
    201 "counterparty.registered" v 1 Opens CounterpartyRegistered {
        /// The legal entity.
        counterparty: CounterpartyId,
        /// Its name; a sole trader's is a person's, so it is kept apart.
        legal_name: Personal<Name>,
        /// Its tax number.
        tax_id: Option<Personal<Name>>,
        /// Its bank accounts.
        bank_accounts: Option<Personal<Vec<Name>>>,
    }
}
event! {
    /// From this date the legal entity's documents count for a client.
    202 "counterparty.linked" v 1 Continues CounterpartyLinked {
        /// The legal entity.
        counterparty: CounterpartyId,
        /// The client.
        client: ClientId,
    }
}
event! {
    /// From this date the legal entity belongs to no client.
    203 "counterparty.unlinked" v 1 Continues CounterpartyUnlinked {
        /// The legal entity.
        counterparty: CounterpartyId,
        /// The client it belonged to.
        client: ClientId,
    }
}
event! {
    /// A contract was signed.
    204 "contract.signed" v 1 Opens ContractSigned {
        /// The contract.
        contract: ContractId,
        /// With whom.
        counterparty: CounterpartyId,
        /// What was agreed.
        terms: Option<Text>,
        /// The first day it holds.
        valid_from: Date,
        /// The last day it holds.
        valid_to: Option<Date>,
        /// Days until a payment is due.
        payment_days: u32,
        /// How much may be owed.
        credit_limit: Option<Money>,
    }
}
event! {
    /// What is known of a legal entity changed; what is absent stays.
    205 "counterparty.details_changed" v 1 Continues CounterpartyDetailsChanged {
        /// The legal entity.
        counterparty: CounterpartyId,
        /// Its new name.
        legal_name: Option<Personal<Name>>,
        /// Its new tax number.
        tax_id: Option<Personal<Name>>,
        /// All of its bank accounts.
        bank_accounts: Option<Personal<Vec<Name>>>,
    }
}
event! {
    /// A contract was changed from this date; what is absent stays.
    206 "contract.amended" v 1 Continues ContractAmended {
        /// The contract.
        contract: ContractId,
        /// What is agreed now.
        terms: Option<Text>,
        /// The last day it holds.
        valid_to: Option<Date>,
        /// Days until a payment is due.
        payment_days: Option<u32>,
        /// How much may be owed.
        credit_limit: Option<Money>,
    }
}
event! {
    /// A contract was ended: this day is the last it holds.
    207 "contract.terminated" v 1 Continues ContractTerminated {
        /// The contract.
        contract: ContractId,
        /// Why.
        reason: Text,
    }
}

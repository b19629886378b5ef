//! The rows of trade, money and stock, which follow those of [`super::names`]. Invariant: rows and
//! nothing else.

/// Adds these rows to those it is given, and makes the list of all.
macro_rules! rejections_of_trade {
    ($($before:tt)*) => { rejections! {
    $($before)*

    // Trade and money.
    /// More of a payment is put somewhere than it holds.
    AllocationExceedsRemainder {
        payment: EntityRef = "The payment.", remainder: Decimal = "What is free of it.",
        amount: Decimal = "What was to be taken.", on: Timestamp = "When.",
    }
        => "{payment} has {remainder} free on {on}, got an allocation of {amount} ({} too much); \
            allocate less, or take back another allocation first", amount - remainder;
    /// More is put against a document than is open.
    PaymentExceedsOpenAmount {
        document: EntityRef = "The invoice or bill.", open: Decimal = "What is open.",
        paid: Decimal = "What was to be paid.", on: Timestamp = "When.",
    }
        => "{document} has {open} open on {on}, got an allocation of {paid} ({} too much); leave \
            the rest free as an advance", paid - open;
    /// More is given up than is open.
    WriteOffExceedsOpenAmount {
        invoice: EntityRef = "The invoice.", open: Decimal = "What is open.",
        amount: Decimal = "What was to be given up.", on: Timestamp = "When.",
    }
        => "{invoice} has {open} open on {on}, got a write-off of {amount} ({} too much); write \
            off what is open", amount - open;
    /// A credit note of an invoice is bound to it.
    CreditNotFree {
        credit_note: EntityRef = "The credit note.", invoice: String = "The invoice it takes back.",
    }
        => "expected a credit note without an invoice, but {credit_note} takes back part of \
            invoice {invoice}, which settles itself; refund the payment instead";
    /// A credit note without an invoice says what it is for.
    CreditLinesNeeded {}
        at "/data/lines" => "expected at least one line on a credit note without an invoice, got \
            none; say what is credited, or name the invoice";
    /// A credit note of an invoice has the invoice's party.
    PartyOfInvoice { pointer: &'static str = "The field, as a JSON pointer." }
        at pointer => "expected nothing, since a credit note of an invoice has the client, owner \
            and order of the invoice; leave it out, or the invoice";
    /// A deduction keeps something back.
    NothingDeducted { pointer: String = "The field, as a JSON pointer." }
        at pointer => "expected more or less than 0, got 0; leave the deduction out";
    /// More is credited than the document or its line has left.
    CreditExceedsDocument {
        document: EntityRef = "The invoice or bill.",
        line: String = "The line and figure, after a space; empty for the total.",
        left: Decimal = "What can still be credited.", amount: Decimal = "What was to be credited.",
        on: Timestamp = "When.",
    }
        => "{document}{line} has {left} left to credit on {on}, got {amount} ({} too much); credit \
            less", amount - left;
    /// More is taken from an invoice than the payment has there.
    UnallocationExceedsAllocation {
        document: EntityRef = "The invoice.", allocated: Decimal = "What the payment has there.",
        amount: Decimal = "What was to be taken back.", on: Timestamp = "When.",
    }
        => "the payment has {allocated} on {document} on {on}, got {amount} to take back; take \
            back what is there";
    /// More is paid back than is free.
    RefundExceedsRemainder {
        payment: EntityRef = "The payment.", remainder: Decimal = "What is free of it.",
        amount: Decimal = "What was to be paid back.", on: Timestamp = "When.",
    }
        => "{payment} has {remainder} free on {on}, got a refund of {amount}; take back an \
            allocation first, or refund less";
    /// Two amounts are of different currencies.
    OtherCurrency {
        what: &'static str = "Which amount.", expected: Currency = "The currency wanted.",
        got: Currency = "The currency that came.",
    }
        => "{what}: expected {expected}, got {got}; different currencies are never added: exchange \
            the money first";
    /// Payment and document are of different parties.
    OtherCounterparty {
        expected: String = "Whose document it is.",
        got: String = "Whose payment it is, or whom for_party names.",
    }
        => "expected one of {expected}, got one of {got}; a payment or credit note settles its own \
            party's documents, and another's only if for_party names that party";
    /// A payment of the other direction.
    WrongDirection {
        payment: EntityRef = "The payment.", expected: &'static str = "The direction wanted.",
        got: &'static str = "The direction that came.",
    }
        => "expected a payment {expected}, but {payment} was {got}; use the events of its own \
            direction";
    /// What was brought forward is credited without naming it.
    BroughtForward { document: EntityRef = "The invoice or bill." }
        => "{document} was brought forward, so nothing is left of its lines to credit; record a \
            credit note without an invoice, or what the supplier waives as bill.written_off";
    /// A set-off that takes more of one side than of the other.
    SetOffMismatch {
        invoices: Decimal = "The sum of the parts of invoices.",
        bills: Decimal = "The sum of the parts of bills.",
    }
        => "expected as much of bills as of invoices, {invoices}, got {bills}, a difference of {}; \
            set off the lesser", bills - invoices;
    /// A set-off that names a document twice.
    SetOffTwice { document: EntityRef = "The document." }
        => "expected each document once, got {document} twice; set off what is meant in one part";
    /// An exchange within one currency.
    SameCurrency { currency: Currency = "The currency." }
        at "/data/bought/currency" => "expected another currency than what was sold, {currency}; a \
            move within one currency is funds.transferred";
    /// Money goes back of what came in on no bank account.
    BankAccountNeeded { payment: EntityRef = "The payment." }
        at "/data/bank_account" => "expected a bank account, since {payment} was brought forward \
            and is on none; name the account that the money moves on";
    /// An account that is no bank account of another currency.
    NotRevaluable { got: String = "The account.", base: String = "The base currency." }
        at "/data/account" => "expected assets/bank/ and the id of a bank account of another \
            currency than {base}, got {got}; only such an account is worth another amount each day";
    /// The total is not the sum of the lines.
    TotalMismatch {
        expected: Decimal = "The sum of the lines' net and tax.",
        got: Decimal = "The total that came.", difference: Decimal = "Total less lines.",
    }
        at "/data/total" => "expected the lines' net and tax together, {expected}, got {got}, a \
            difference of {difference}; correct the lines or the total";
    /// The instalments are not the total.
    InstalmentsMismatch {
        expected: Decimal = "The total.", got: Decimal = "The sum of the instalments.",
        difference: Decimal = "Instalments less total.",
    }
        at "/data/instalments" => "expected them to sum to the total, {expected}, got {got}, a \
            difference of {difference}; correct the instalments";
    /// When the document is due is not clear.
    DueUnclear { got: &'static str = "What came: both, or neither." }
        => "expected either due_on or instalments, got {got}; say it one way";
    /// The purposes are not the payment.
    PurposesMismatch {
        expected: Decimal = "The payment.", got: Decimal = "The sum of the purposes.",
        difference: Decimal = "Purposes less payment.",
    }
        at "/data/purpose_lines" => "expected them to sum to the payment, {expected}, got {got}, a \
            difference of {difference}; correct the purposes";
    /// A line's key comes twice.
    DuplicateLine { line: String = "The line." }
        at "/data/lines" => "expected each line once, got line {line} twice; give each line a key \
            of its own";
    /// A line the document does not have.
    UnknownLine { document: EntityRef = "The document.", line: String = "The line." }
        => "{document} has no line {line} about that item; name one of its lines";
    /// More is sent than was ordered.
    ShipmentExceedsOrder {
        order: EntityRef = "The order.", what: String = "The line or item.",
        ordered: Decimal = "What was ordered.", would: Decimal = "What would be sent in all.",
        on: Timestamp = "When.",
    }
        => "{order}, {what}: expected at most {ordered} sent in all, got {would} on {on} ({} too \
            much); place another order for the rest", would - ordered;
    /// More comes back than was sent.
    ReturnExceedsShipment {
        shipment: EntityRef = "The shipment.", item: String = "The item.",
        left: Decimal = "What is still with the client.", qty: Decimal = "What was to come back.",
        on: Timestamp = "When.",
    }
        => "{shipment}, item {item}: expected at most {left} to come back on {on}, got {qty}; name \
            the shipment the rest was sent with";
    /// A line of a bank statement has its match.
    AlreadyMatched {
        statement_line: String = "The line.", matched: String = "What it is matched to.",
        to: EntityRef = "What came.",
    }
        => "all of statement line {statement_line} is matched, the last of it to {matched}, got \
            {to}; void that match first";
    /// A match of more than is left of its line.
    MatchExceedsLine {
        statement_line: String = "The line.", left: Decimal = "What is left of it.",
        amount: Decimal = "What was to be matched.",
    }
        at "/data/amount" => "statement line {statement_line} has {left} left to match, got \
            {amount} ({} too much); match what is left", amount - left;
    /// What moves no money on a bank account.
    NotMatchable { statement_line: String = "The line.", got: EntityRef = "What came." }
        at "/data/to" => "expected a payment, funds_transfer, funds_exchange, expense or \
            credit_note for statement line {statement_line}, got {got}; record what moved the \
            money, and match the line to that";
    /// A line of another bank account's statement.
    OtherBankAccount {
        statement_line: String = "The line.", expected: String = "Whose statement it is of.",
        got: String = "Where the money moved.",
    }
        => "statement line {statement_line} is of bank account {expected}, got money that moved on \
            {got}; match it to what moved on its own account";
    /// A transfer to where the money is.
    SameBankAccount { bank_account: String = "The bank account." }
        => "expected two bank accounts, got {bank_account} twice; name another account";
    /// A reopening of what is not closed.
    NothingClosed { area: &'static str = "The area." }
        => "the {area} books are not closed, so there is nothing to reopen; reopen the area that \
            is closed";
    /// A limit would be passed.
    LimitPassed {
        limit: String = "The limit.", most: Decimal = "How much is allowed.",
        used: Decimal = "How much is used.", asked: Decimal = "How much was asked for.",
    }
        => "limit {limit} allows {most} and has {used} used, got {asked} more ({} too much); ask \
            for less, or raise the limit", used + asked - most;
    /// An account outside the five roots.
    AccountPath { roots: &'static str = "Where it may be.", got: String = "The path." }
        => "expected a path under {roots}, got {got:?}; choose one";
    /// A bill is spent on what is no expense or asset.
    AccountOfBill { pointer: String = "The field, as a JSON pointer.", got: String = "The path." }
        at pointer => "expected a path under expenses/ or assets/, got {got:?}; choose one, or \
            leave it out for expenses/purchases";
    /// Goods that are billed go to the stock, whatever the bill says.
    AccountOfGoods {
        pointer: String = "The field, as a JSON pointer.", account: String = "The account.",
    }
        at pointer => "expected no account on a line of goods or of a receipt, got {account}; \
            leave it out: what it bills is in the stock";
    /// A unit the account does not take.
    AccountUnit {
        account: String = "The account.", expected: String = "The unit it takes.",
        got: String = "The unit that came.",
    }
        => "account {account} takes {expected}, got {got}; use an account of that unit";
    /// An entry that does not balance.
    Unbalanced { unit: String = "The unit.", sum: Decimal = "The sum of its legs." }
        => "expected the legs of {unit} to sum to 0, got {sum}; correct the legs";
    /// An entry without legs.
    NoPostings {}
        => "expected at least one posting, got none; an entry says what moves where";

    // Items, goods and their value.
    /// An amount or quantity that may be zero, but not less.
    BelowZero { pointer: String = "The field, as a JSON pointer.", got: Decimal = "What came." }
        at pointer => "expected 0 or more, got {got}";
    /// Services are not stocked.
    ServiceNotStocked { item: String = "The item." }
        => "expected goods, got item {item}, which is a service; services are sold, but never \
            received, kept or issued";
    /// A quantity with more decimal places than its item has, or an amount with more than its
    /// currency.
    TooManyDecimals {
        pointer: String = "The field, as a JSON pointer.",
        of: String = "What it is of: a quantity of an item, an amount of a currency.",
        decimals: u32 = "How many such have.", got: Decimal = "What came.",
    }
        at pointer => "expected {of} with at most {decimals} decimal places, got {got}; round it \
            to a whole number of the smallest parts";
    /// A document that came in parts is not whole, or more than whole.
    DocumentParts {
        document: EntityRef = "The document.", expected: String = "What was expected.",
        got: String = "What came.",
    }
        => "{document}: expected {expected}, got {got}; send its opening and all its parts in one \
            request, one after the other, each with the opening's time and actor";
    /// A currency nobody knows.
    UnknownCurrency {
        pointer: String = "The field, as a JSON pointer.", currency: Currency = "The currency.",
    }
        at pointer => "expected a currency of ISO 4217, got {currency}; record currency.defined \
            first if the books shall count in it";
    /// A currency with fewer decimal places than it must have.
    FewerDecimals {
        currency: String = "The currency.",
        least: u32 = "How many it has, by ISO 4217 or where it was used.",
        got: u32 = "How many came.", position: Option<Position> = "A record that uses more.",
    }
        at "/data/decimals" => "expected at least {least} decimal places for {currency}{}, got \
            {got}; what is counted finer stays so", later(*position);
    /// More is taken than is there, at its own date or at a later moment.
    IssueAboveOnHand {
        item: String = "The item.", warehouse: String = "The warehouse.",
        at: Timestamp = "The business date.", most: Decimal = "The most that could be taken.",
        asked: Decimal = "What is taken.",
        position: Option<Position> = "The later record that needs the rest, if it is not missing \
            at the date itself.",
    }
        => "expected at most {most} of item {item} to be taken from warehouse {warehouse} at \
            {at}{}, got {asked} ({} too much); receive or transfer the goods first, or let a stock \
            policy allow stock below zero", later(*position), asked - most;
    /// Goods move between two warehouses.
    TransferToItself { warehouse: String = "The warehouse." }
        => "expected two warehouses, got {warehouse} twice; name the warehouse the goods go to";
    /// An adjustment changes something.
    NothingAdjusted {}
        at "/data/delta" => "expected more or less than 0, got 0; leave the adjustment out, or \
            adjust the cost of a receipt with receipt.cost_adjusted";
    /// More is reserved than is available.
    ReservationAboveAvailable {
        item: String = "The item.", warehouse: String = "The warehouse.",
        at: Timestamp = "The business date.",
        available: Decimal = "The least that is available from then on.",
        asked: Decimal = "What should be reserved.",
    }
        => "expected a reservation of at most {available} of item {item} in warehouse {warehouse} \
            from {at} on, got {asked}; release another reservation or receive goods first";
    /// More is released than is held.
    ReleaseAboveRemainder {
        reservation: String = "The reservation.", at: Timestamp = "The business date.",
        remainder: Decimal = "The most that could be released.",
        asked: String = "What should be released.",
        position: Option<Position> = "The later release that needs the rest, if it is not missing \
            at the date itself.",
    }
        => "reservation {reservation}: expected a release of at most {remainder} at {at}{}, got \
            {asked}; release what is held", later(*position);
    /// A loss is worth no more than what is there.
    ValueAboveStock {
        item: String = "The item.", warehouse: String = "The warehouse.",
        at: Timestamp = "The business date.",
        worth: Decimal = "What is there is worth, in the base currency.",
        got: Decimal = "What the loss is said to be worth, in the base currency.",
    }
        at "/data/value" => "expected the loss to be worth at most what is there: item {item} in \
            warehouse {warehouse} is worth {worth} at {at}, got {got}; say a lower value, or leave \
            it out: then it is worked out";
    /// Goods that others have reserved are not taken.
    ReservedForOthers {
        goods: String = "The item and the warehouse.", at: Timestamp = "The business date.",
        reserved: Decimal = "What others have reserved.",
        most: Decimal = "The most that could be taken.", asked: Decimal = "What is taken.",
        position: Option<Position> = "The later record from which on too little would be left, if \
            it is not so at the date itself.",
    }
        => "expected at most {most} of {goods} to be taken at {at}, since others have reserved \
            {reserved}{}, got {asked} ({} too much); name the reservation or the order it is for, \
            release it, or let a stock policy say reserved: ignore",
            position.map_or_else(String::new, |p| format!(" by the event at position {p}")),
            asked - most;
    /// A reservation of other goods.
    ReservationOfOther {
        reservation: String = "The reservation.", item: String = "The item it keeps.",
        warehouse: String = "The warehouse it keeps it in.",
    }
        at "/data/reservation" => "expected a reservation of the goods that are issued, but \
            {reservation} keeps item {item} in warehouse {warehouse}; name another, or none";
    /// Nothing comes in for a purchase order that is closed.
    PurchaseOrderClosed {
        purchase_order: String = "The purchase order.", closed: Timestamp = "When it is closed.",
        at: Timestamp = "When goods come in for it.",
        position: Option<Position> = "The receipt, if it is recorded already.",
    }
        => "purchase order {purchase_order} is closed at {closed}; expected nothing to come in for \
            it after that, got a receipt at {at}{}; leave the purchase order out of the receipt, \
            place another, or close it later",
            position.map_or_else(String::new, |p| format!(" (position {p})"));
    /// A return brings back an issue of another item.
    ReturnOfOther { issue: String = "The issue.", item: String = "The item that came back." }
        at "/data/returns" => "expected an issue of item {item}, got issue {issue} of another \
            item; name the issue that sold it";
    /// Only what was sold comes back.
    ReturnOfNoSale { issue: String = "The issue." }
        at "/data/returns" => "expected an issue with reason sale, got issue {issue} of another \
            reason; record stock.adjusted for goods that are found or left over";
    /// More comes back than was sold.
    ReturnAboveIssued {
        issue: String = "The issue.", left: Decimal = "What of it is still out.",
        got: Decimal = "What came back.",
    }
        at "/data/qty" => "expected at most {left}, what issue {issue} still has out, got {got}; \
            record the rest as a receipt of its own";
    /// Goods cost nothing or something.
    CostBelowZero {
        receipt: String = "The receipt.", cost: Decimal = "What its goods cost before.",
        delta: Decimal = "By how much that should change.",
        position: Option<Position> = "The later adjustment that would leave less than nothing, if \
            it is not this one.",
    }
        => "receipt {receipt}: expected a cost of 0 or more after the adjustment, got {cost} \
            changed by {delta}{}; adjust by less", later(*position);
    /// A value in a currency that has no rate.
    NoRate { currency: String = "The currency.", on: Date = "The day." }
        => "expected a rate of {currency} on {on}, since goods are valued in the base currency, \
            got none; record exchange_rate.set with a date on or before it";
    } };
}

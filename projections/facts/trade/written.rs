//! How documents are written into rows, and read from them. Invariant: what is read of a document
//! is what its event said, in its order.

use rust_decimal::Decimal;
use sijil_schemas::{
    Deduction, Instalment, Line, Position, PurposeLine,
    id::{ClientId, CounterpartyId, EmployeeId},
    money::{Amount, Currency},
    text::Attributes,
    time::Date,
};

use super::{Attribute, Deducted, Document, DocumentLine, Due, Goods, Party, Purpose, Trade};
use crate::{cells::Run, ids::Sym, words::Word};

impl Trade {
    pub(super) fn word(&self, word: &str, position: Position) -> Sym<Word> {
        self.words.intern(word, position)
    }
    pub(super) fn party(
        &self,
        client: Option<&ClientId>,
        counterparty: Option<&CounterpartyId>,
    ) -> Party {
        Party {
            client: client.map(|c| self.ids.sym(c)),
            counterparty: counterparty.map(|c| self.ids.sym(c)),
        }
    }
    pub(super) fn document(
        &self,
        position: Position,
        (party, owner): (Party, Option<&EmployeeId>),
        currency: Currency,
        lines: &[Line],
        attributes: &Attributes,
    ) -> Document {
        let lines = self.document_lines(position, lines);
        let attribute = |(key, value): (&sijil_schemas::id::Key, &sijil_schemas::text::Text)| {
            let value = self.word(value.as_str(), position);
            Attribute { key: self.word(key.as_str(), position), value }
        };
        Document {
            party,
            owner: owner.map(|o| self.ids.sym(o)),
            currency,
            lines,
            attributes: self.attributes.extend(position, attributes.iter().map(attribute)),
        }
    }
    pub(super) fn document_lines(&self, position: Position, lines: &[Line]) -> Run<DocumentLine> {
        let line = |l: &Line| DocumentLine {
            key: self.word(l.line.as_str(), position),
            item: l.item.as_ref().map(|i| self.ids.sym(i)),
            qty: l.qty,
            price: l.price,
            net: l.net,
            tax: l.tax,
        };
        self.lines.extend(position, lines.iter().map(line))
    }
    pub(super) fn goods(
        &self,
        position: Position,
        lines: &[sijil_schemas::GoodsLine],
    ) -> Run<Goods> {
        let one = |l: &sijil_schemas::GoodsLine| Goods {
            line: l.line.as_ref().map(|line| self.word(line.as_str(), position)),
            item: self.ids.sym(&l.item),
            qty: l.qty,
        };
        self.goods.extend(position, lines.iter().map(one))
    }
    /// When the parts of a document are due, the earliest first: its instalments, or all of it on
    /// one day.
    pub(super) fn due(
        &self,
        position: Position,
        on: Option<Date>,
        instalments: &[Instalment],
        total: Amount,
    ) -> Run<Due> {
        let whole = on.map(|on| Due { on, amount: total });
        let parts = instalments.iter().map(|i| Due { on: i.due_on, amount: i.amount });
        let mut due: Vec<Due> = whole.into_iter().chain(parts).collect();
        due.sort_by_key(|part| part.on);
        self.dues.extend(position, due)
    }
    pub(super) fn purposes(&self, position: Position, lines: &[PurposeLine]) -> Run<Purpose> {
        let one = |p: &PurposeLine| Purpose {
            purpose: self.word(p.purpose.as_str(), position),
            amount: p.amount,
        };
        self.purposes.extend(position, lines.iter().map(one))
    }
    pub(super) fn kept_back(
        &self,
        position: Position,
        deductions: Option<&[Deduction]>,
    ) -> Run<Deducted> {
        let one = |d: &Deduction| Deducted { account: self.ids.sym(&d.account), amount: d.amount };
        self.deductions.extend(position, deductions.unwrap_or_default().iter().map(one))
    }

    /// A word that a document names.
    #[must_use]
    pub fn text(&self, word: Sym<Word>) -> &str {
        self.words.text(word)
    }
    /// The number of a word, if any document named it.
    #[must_use]
    pub fn find_word(&self, word: &str) -> Option<Sym<Word>> {
        self.words.find(word)
    }
    /// The lines of a document, in order.
    pub fn lines(
        &self,
        lines: Run<DocumentLine>,
    ) -> impl DoubleEndedIterator<Item = DocumentLine> + ExactSizeIterator {
        self.lines.of(lines)
    }
    /// The sum of a document's lines, without tax.
    #[must_use]
    pub fn net(&self, document: &Document) -> Decimal {
        self.lines(document.lines).map(|l| l.net.get()).sum()
    }
    /// The tax of a document's lines.
    #[must_use]
    pub fn tax(&self, document: &Document) -> Decimal {
        self.lines(document.lines).map(|l| l.tax.get()).sum()
    }
    /// The value of one of the company's own fields on a document.
    #[must_use]
    pub fn attribute(&self, document: &Document, key: Sym<Word>) -> Option<&str> {
        let mut attributes = self.attributes.of(document.attributes);
        attributes.find(|a| a.key == key).map(|a| self.words.text(a.value))
    }
    /// The company's own fields on a document: (key, value), in order of the keys.
    pub fn attributes(&self, document: &Document) -> impl Iterator<Item = (&str, &str)> {
        let all = self.attributes.of(document.attributes);
        all.map(|a| (self.words.text(a.key), self.words.text(a.value)))
    }
    /// When the parts of a document are due, the earliest first.
    pub fn dues(&self, due: Run<Due>) -> impl Iterator<Item = (Date, Decimal)> {
        self.dues.of(due).map(|part| (part.on, part.amount.get()))
    }
    /// What was sent or sent back, in order.
    #[must_use]
    pub fn goods_of(&self, goods: Run<Goods>) -> Vec<Goods> {
        self.goods.of(goods).collect()
    }
    /// What was kept back of a payment, in order.
    pub fn deductions(&self, of: Run<Deducted>) -> impl Iterator<Item = Deducted> {
        self.deductions.of(of)
    }
    /// The sum of what was kept back of a payment.
    #[must_use]
    pub fn deducted(&self, of: Run<Deducted>) -> Decimal {
        self.deductions(of).map(|part| part.amount.get()).sum()
    }
    /// What the parts of a payment are for, as far as anybody said.
    pub fn purposes_said(&self, said: Run<Purpose>) -> impl Iterator<Item = (&str, Amount)> {
        self.purposes.of(said).map(|p| (self.words.text(p.purpose), p.amount))
    }
    /// How the parts of a payment of an amount split by what they are for; `None` stands for what
    /// nobody said.
    #[must_use]
    pub fn purposes_of(&self, said: Run<Purpose>, whole: Amount) -> Vec<(Option<&str>, Decimal)> {
        if said.is_empty() {
            return vec![(None, whole.get())];
        }
        let parts = self.purposes.of(said);
        parts.map(|p| (Some(self.words.text(p.purpose)), p.amount.get())).collect()
    }
}

# R2 as worked: L1 belongs to C until 2025-02-01, then to D; L2 belongs to C from then on.
ledger UTC EUR
2023-12-01 client.registered client=C name='C Trade' kind=org
2023-12-01 client.registered client=D name='D Retail' kind=org
2023-12-01 counterparty.registered counterparty=L1 legal_name='L1 Ltd'
2023-12-01 counterparty.registered counterparty=L2 legal_name='L2 Ltd'
2024-01-01 counterparty.linked counterparty=L1 client=C
2025-02-01 counterparty.unlinked counterparty=L1 client=C
2025-02-01 counterparty.linked counterparty=L1 client=D
2025-02-01 counterparty.linked counterparty=L2 client=C
2025-01-20 invoice.issued invoice=I1 counterparty=L1 due_on=2025-02-20 total=100EUR lines=[{"line":"1","qty":"1","price":"100","net":"100","tax":"0"}]
2025-02-10 invoice.issued invoice=I2 counterparty=L1 due_on=2025-03-20 total=70EUR lines=[{"line":"1","qty":"1","price":"70","net":"70","tax":"0"}]
2025-02-15 invoice.issued invoice=I3 counterparty=L2 due_on=2025-03-20 total=40EUR lines=[{"line":"1","qty":"1","price":"40","net":"40","tax":"0"}]
mark w
report counterparty_links
| client | currency | counterparties | invoices | amount |
| C      | EUR      | 2              | 2        | 140.00 |
| D      | EUR      | 1              | 1        | 70.00  |
report counterparty_links view=current as_of=2025-02-15
| client | amount |
| C      | 40.00  |
| D      | 170.00 |
# before the links changed, current and at_event agree
report counterparty_links view=current as_of=2025-01-31
| client | amount |
| C      | 100.00 |
report counterparty_links by=counterparty
| client | counterparty | amount |
| C      | L1           | 100.00 |
| C      | L2           | 40.00  |
| D      | L1           | 70.00  |
report counterparty_links by=counterparty view=current client=D
| client | counterparty | amount |
| D      | L1           | 170.00 |
report counterparty_links from=2025-02-01 to=2025-02-10
| client | amount |
| D      | 70.00  |
fails counterparty_links invalid_parameter view=latest
fails counterparty_links invalid_parameter from=2025-02-10 to=2025-02-01
# R1 on the same data: C shows the invoices 100 and 40, D shows 70
report client_timeline client=C
| occurred_at          | type                  | entity          |
| 2025-02-15T00:00:00Z | invoice.issued        | invoice:I3      |
| 2025-02-01T00:00:00Z | counterparty.linked   | counterparty:L2 |
| 2025-02-01T00:00:00Z | counterparty.unlinked | counterparty:L1 |
| 2025-01-20T00:00:00Z | invoice.issued        | invoice:I1      |
| 2024-01-01T00:00:00Z | counterparty.linked   | counterparty:L1 |
| 2023-12-01T00:00:00Z | client.registered     | client:C        |
report client_timeline client=D
| occurred_at          | type                | entity          |
| 2025-02-10T00:00:00Z | invoice.issued      | invoice:I2      |
| 2025-02-01T00:00:00Z | counterparty.linked | counterparty:L1 |
| 2023-12-01T00:00:00Z | client.registered   | client:D        |
# the moment a link begins belongs to it, the moment it ends does not; a document of nobody is kept in a row of its own
2025-02-01 invoice.issued invoice=I4 counterparty=L1 due_on=2025-12-31 total=1EUR lines=[{"line":"1","qty":"1","price":"1","net":"1","tax":"0"}]
2025-01-31T23:59:59.999999Z invoice.issued invoice=I5 counterparty=L2 due_on=2025-12-31 total=2EUR lines=[{"line":"1","qty":"1","price":"2","net":"2","tax":"0"}]
report counterparty_links by=counterparty from=2025-01-31 to=2025-02-01
| client | counterparty | amount |
| D      | L1           | 1.00   |
|        | L2           | 2.00   |
# a client the document names wins in both views; currencies stand apart; a credit note follows its invoice on its own date
2025-02-16 invoice.issued invoice=I6 counterparty=L1 client=C due_on=2025-12-31 total=30USD lines=[{"line":"1","qty":"1","price":"30","net":"30","tax":"0"}]
2025-03-01 credit_note.issued credit_note=N1 invoice=I1 total=25EUR reason=damaged
report counterparty_links
| client | currency | invoices | invoiced | credited | amount |
| C      | EUR      | 2        | 140.00   | 25.00    | 115.00 |
| C      | USD      | 1        | 30.00    | 0.00     | 30.00  |
| D      | EUR      | 2        | 71.00    | 0.00     | 71.00  |
|        | EUR      | 1        | 2.00     | 0.00     | 2.00   |
report counterparty_links view=current
| client | currency | amount |
| C      | EUR      | 42.00  |
| C      | USD      | 30.00  |
| D      | EUR      | 146.00 |
report counterparty_links by=counterparty counterparty=L1 from=2025-03-01
| client | counterparty | invoices | credited | amount |
| C      | L1           | 0        | 25.00    | -25.00 |
fails counterparty_links missing_rate in=base
# a rate recorded too late for the document does not count for it; the document is voided and recorded again
2025-02-01 exchange_rate.set currency=USD rate=0.5
fails counterparty_links missing_rate in=base
void 2025-03-02 13
refused already_voided void 2025-03-02 13
void 2025-03-02 15
2025-02-16 invoice.issued invoice=I6 counterparty=L1 client=C due_on=2025-12-31 total=30USD lines=[{"line":"1","qty":"1","price":"30","net":"30","tax":"0"}]
report counterparty_links in=base client=C
| client | currency | amount |
| C      | EUR      | 130.00 |
# what was known before stays
report counterparty_links known_at=w
| client | currency | amount |
| C      | EUR      | 140.00 |
| D      | EUR      | 70.00  |

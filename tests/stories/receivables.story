# R19 and R20, the worked data: three invoices, a credit note, and a payment (P3) that came in on 02-25 and was recorded on 03-02
ledger UTC EUR
2024-01-01 bank_account.opened bank_account=A currency=EUR
2024-01-01 bank_account.opened bank_account=B currency=EUR
2024-01-01 client.registered client=C name=Buyer kind=org
2024-01-01 counterparty.registered counterparty=L legal_name=Buyer-Ltd
2024-01-01 counterparty.linked counterparty=L client=C
2024-12-01 invoice.issued invoice=I3 counterparty=L total=300EUR due_on=2024-12-15 lines=[{"line":"1","qty":"1","price":"300","net":"300","tax":"0"}]
2025-01-01 invoice.issued invoice=I1 counterparty=L total=1000EUR due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"1000","net":"1000","tax":"0"}]
2025-02-01 invoice.issued invoice=I2 counterparty=L total=500EUR due_on=2025-03-03 lines=[{"line":"1","qty":"1","price":"500","net":"500","tax":"0"}]
2025-02-10 payment.received payment=P1 counterparty=L amount=700EUR bank_account=A purpose_lines=[{"purpose":"goods","amount":"600"},{"purpose":"advance","amount":"100"}]
2025-02-10 payment.allocated payment=P1 invoice=I1 amount=600
2025-02-20 credit_note.issued credit_note=N1 invoice=I3 total=50EUR reason=damaged
mark feb
2025-02-25 payment.received payment=P3 counterparty=L amount=50EUR bank_account=A purpose_lines=[{"purpose":"goods","amount":"50"}]
2025-02-25 payment.allocated payment=P3 invoice=I1 amount=50
2025-03-05 payment.received payment=P2 counterparty=L amount=400EUR bank_account=B purpose_lines=[{"purpose":"goods","amount":"350"},{"purpose":"advance","amount":"50"}]
2025-03-05 payment.allocated payment=P2 invoice=I1 amount=350
# As it was known on 02-28
report receivables as_of=2025-02-28 known_at=feb
| currency | not_due | days_1_30 | days_31_60 | days_61_90 | over_90 | gross | advances | balance | dso |
| EUR | 500.00 | 400.00 | 0.00 | 250.00 | 0.00 | 1150.00 | 100.00 | 1050.00 | 59.14 |
# The same day as it is known now: 50 less, because of P3
report receivables as_of=2025-02-28
| not_due | days_1_30 | days_31_60 | days_61_90 | over_90 | gross | advances | balance |
| 500.00 | 350.00 | 0.00 | 250.00 | 0.00 | 1100.00 | 100.00 | 1000.00 |
report receivables as_of=2025-03-31
| not_due | days_1_30 | days_31_60 | days_61_90 | over_90 | gross | advances | balance |
| 0.00 | 500.00 | 0.00 | 0.00 | 250.00 | 750.00 | 150.00 | 600.00 |
# From the day of issue: I1 59 days, I2 28, I3 89
report receivables as_of=2025-02-28 basis=issue
| days_0_30 | days_31_60 | days_61_90 | over_90 | gross | balance |
| 500.00 | 350.00 | 250.00 | 0.00 | 1100.00 | 1000.00 |
report receivables as_of=2025-02-28 group=invoice
| group | not_due | days_1_30 | days_61_90 | gross | advances |
| I1 | 0.00 | 350.00 | 0.00 | 350.00 | 0.00 |
| I2 | 500.00 | 0.00 | 0.00 | 500.00 | 0.00 |
| I3 | 0.00 | 0.00 | 250.00 | 250.00 | 0.00 |
|  | 0.00 | 0.00 | 0.00 | 0.00 | 100.00 |
report receivables as_of=2025-02-28 group=client
| group | currency | gross | advances | balance |
| C | EUR | 1100.00 | 100.00 | 1000.00 |
report receivables as_of=2025-02-28 group=counterparty
| group | gross | balance |
| L | 1100.00 | 1000.00 |
# R20: dynamics, split, statement; closing = R19
report payments from=2025-02-01 to=2025-03-31
| period | currency | received | refunded | reversed | net | previous | change |
| 2025-02 | EUR | 750.00 | 0.00 | 0.00 | 750.00 | 0.00 |  |
| 2025-03 | EUR | 400.00 | 0.00 | 0.00 | 400.00 | 750.00 | -46.67 |
report payments view=split
| bank_account | purpose | currency | received | net |
| A | advance | EUR | 100.00 | 100.00 |
| A | goods | EUR | 650.00 | 650.00 |
| B | advance | EUR | 50.00 | 50.00 |
| B | goods | EUR | 350.00 | 350.00 |
report statement from=2025-02-01 to=2025-02-28
| group | currency | opening | invoices | credit_notes | write_offs | received | refunded | reversed | moved | closing |
| L | EUR | 1300.00 | 500.00 | 50.00 | 0.00 | 750.00 | 0.00 | 0.00 | 0.00 | 1000.00 |
report statement client=C from=2025-02-01 to=2025-02-28
| group | opening | invoices | credit_notes | received | closing |
| C | 1300.00 | 500.00 | 50.00 | 750.00 | 1000.00 |
report statement counterparty=L from=2025-02-01 to=2025-02-28 rows=documents
| what | document | amount | balance |
| invoices | I2 | 500.00 | 1800.00 |
| received | P1 | -700.00 | 1100.00 |
| credit_notes | I3 | -50.00 | 1050.00 |
| received | P3 | -50.00 | 1000.00 |
fails statement invalid_parameter client=C counterparty=L
fails receivables invalid_parameter basis=other as_of=2025-02-28
fails receivables unknown_parameter colour=red as_of=2025-02-28

# Reversal ends allocations on its own date; the invoice is open again, the advance is gone
ledger UTC EUR
2025-01-01 bank_account.opened bank_account=A currency=EUR
2025-01-01 counterparty.registered counterparty=L legal_name=Buyer-Ltd
2025-01-01 invoice.issued invoice=I1 counterparty=L total=100EUR due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"100","net":"80","tax":"20"}]
2025-01-10 payment.received payment=P1 counterparty=L amount=70EUR bank_account=A
2025-01-10 payment.allocated payment=P1 invoice=I1 amount=60
2025-01-15 payment.unallocated payment=P1 invoice=I1 amount=20
2025-01-16 payment.refunded payment=P1 amount=5
2025-01-20 payment.reversed payment=P1 reason=bounced
report receivables as_of=2025-01-15
| gross | advances | balance |
| 60.00 | 30.00 | 30.00 |
report receivables as_of=2025-01-16
| gross | advances | balance |
| 60.00 | 25.00 | 35.00 |
report receivables as_of=2025-01-20
| gross | advances | balance |
| 100.00 | 0.00 | 100.00 |
report statement
| group | opening | invoices | received | refunded | reversed | moved | closing |
| L | 0.00 | 100.00 | 70.00 | 5.00 | 65.00 | 0.00 | 100.00 |
report payments by=none
| received | refunded | reversed | net |
| 70.00 | 5.00 | 65.00 | 0.00 |
# A void of the reversal brings everything back, and only for those who know of it
mark reversed
void 2025-02-01 last
report receivables as_of=2025-01-31
| gross | advances |
| 60.00 | 25.00 |
report receivables as_of=2025-01-31 known_at=reversed
| gross | advances |
| 100.00 | 0.00 |

# Instalments: one part per due date, settlements and credit notes fill the earliest
ledger UTC EUR
2025-01-01 bank_account.opened bank_account=A currency=EUR
2025-01-01 invoice.issued invoice=I1 total=90EUR instalments=[{"due_on":"2025-03-31","amount":"30"},{"due_on":"2025-01-31","amount":"30"},{"due_on":"2025-02-28","amount":"30"}] lines=[{"line":"1","qty":"3","price":"30","net":"90","tax":"0"}]
2025-01-20 credit_note.issued credit_note=N1 invoice=I1 total=10EUR reason=gift
2025-02-01 payment.received payment=P1 amount=40EUR bank_account=A
2025-02-01 payment.allocated payment=P1 invoice=I1 amount=25
report receivables as_of=2025-01-31
| not_due | days_1_30 | gross |
| 80.00 | 0.00 | 80.00 |
report receivables as_of=2025-03-10
| not_due | days_1_30 | days_31_60 | gross | advances | balance |
| 30.00 | 25.00 | 0.00 | 55.00 | 15.00 | 40.00 |
2025-03-11 invoice.written_off invoice=I1 amount=55 reason=bankrupt
report receivables as_of=2025-03-11
| gross | advances | balance |
| 0.00 | 15.00 | -15.00 |
# Credited after it was paid: outstanding below zero joins the advances
2025-04-01 invoice.issued invoice=I2 total=20EUR due_on=2025-04-30 lines=[{"line":"1","qty":"1","price":"20","net":"20","tax":"0"}]
2025-04-02 payment.received payment=P2 amount=20EUR bank_account=A
2025-04-02 payment.allocated payment=P2 invoice=I2 amount=20
2025-04-03 credit_note.issued credit_note=N2 invoice=I2 total=8EUR reason=broken
report receivables as_of=2025-04-03
| gross | advances | balance |
| 0.00 | 23.00 | -23.00 |

# Two currencies are never added; base totals use the rate of the document's date, and no rate is a refusal
ledger UTC EUR
2025-01-01 bank_account.opened bank_account=A currency=EUR
2025-01-01 bank_account.opened bank_account=U currency=USD
2025-01-01 invoice.issued invoice=I1 total=100EUR due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"100","net":"100","tax":"0"}]
2025-01-02 invoice.issued invoice=I2 total=100USD due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"100","net":"100","tax":"0"}]
report receivables as_of=2025-01-31
| currency | not_due | gross |
| EUR | 100.00 | 100.00 |
| USD | 100.00 | 100.00 |
report receivables as_of=2025-01-31 currency=USD
| currency | gross |
| USD | 100.00 |
fails receivables missing_rate as_of=2025-01-31 in=base
void 2025-01-02 last
2025-01-01 exchange_rate.set currency=USD rate=0.9
2025-01-10 exchange_rate.set currency=USD rate=0.8
2025-01-02 invoice.issued invoice=I2 total=100USD due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"100","net":"100","tax":"0"}]
2025-01-20 payment.received payment=P1 amount=60USD bank_account=U
2025-01-20 payment.allocated payment=P1 invoice=I2 amount=60
report receivables as_of=2025-01-31 in=base
| currency | not_due | gross | advances | balance |
| EUR | 136.00 | 136.00 | 0.00 | 136.00 |
report statement group=none in=base
| currency | invoices | received | moved | closing |
| EUR | 190.00 | 48.00 | -6.00 | 136.00 |

# Reconciliation: every line of a statement, in or out, and every move of money that is on none

# A payment that is called back leaves its line part, until its return is on a line too
ledger Europe/Berlin EUR
2025-01-01 client.registered client=C1 name=C1 kind=org
2025-01-01 counterparty.registered counterparty=S legal_name=S
2025-01-01 bank_account.opened bank_account=A currency=EUR
2025-01-01 bank_account.opened bank_account=B currency=EUR
2025-01-02 invoice.issued invoice=I1 client=C1 total=100EUR due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"100","net":"100","tax":"0"}]
2025-01-10 statement_line.imported statement_line=S1 bank_account=A amount=100EUR
2025-01-10 payment.received payment=P1 client=C1 amount=100EUR bank_account=A statement_line=S1
2025-01-10 payment.allocated payment=P1 invoice=I1 amount=100
report payments view=reconciliation
| statement_line | kind    | payment | document   | line   | paid   | allocated | free | bank  | invoices |
| S1             | payment | P1      | payment:P1 | 100.00 | 100.00 | 100.00    | 0.00 | exact | exact    |
2025-01-16 payment.reversed payment=P1 reason=bounced
mark reversed
2025-01-16 statement_line.imported statement_line=S2 bank_account=A amount=-100EUR
report payments view=reconciliation
| statement_line | kind     | payment | line    | paid    | bank      |
| S1             | payment  | P1      | 100.00  | 0.00    | part      |
|                | reversal | P1      |         | -100.00 | unmatched |
| S2             |          |         | -100.00 |         | unmatched |
2025-01-17 statement_line.matched statement_line=S2 to=payment:P1
mark returned
report payments view=reconciliation
| statement_line | kind     | payment | line    | paid    | bank  |
| S1             | payment  | P1      | 100.00  | 100.00  | exact |
| S2             | reversal | P1      | -100.00 | -100.00 | exact |
# as it was known before, and on the day of the return
report payments view=reconciliation known_at=reversed
| statement_line | kind     | paid    | bank      |
| S1             | payment  | 0.00    | part      |
|                | reversal | -100.00 | unmatched |
report payments view=reconciliation as_of=2025-01-15
| statement_line | paid   | bank  |
| S1             | 100.00 | exact |
# the reversal is told by a line, so it stays as long as the match does
refused has_dependants void 2025-01-18 reversed

# A refund takes off what it is, until it is on its own line; one that is on none is a row of its own
2025-02-01 payment.received payment=P2 client=C1 amount=80EUR bank_account=A
2025-02-02 statement_line.imported statement_line=S3 bank_account=A amount=80EUR
2025-02-02 statement_line.matched statement_line=S3 to=payment:P2
2025-02-03 payment.refunded payment=P2 amount=30
mark refunded
report payments view=reconciliation from=2025-02-01 to=2025-02-28
| statement_line | kind    | payment | line  | paid   | bank      |
| S3             | payment | P2      | 80.00 | 50.00  | part      |
|                | refund  | P2      |       | -30.00 | unmatched |
2025-02-04 statement_line.imported statement_line=S4 bank_account=A amount=-30EUR
2025-02-04 statement_line.matched statement_line=S4 to=payment:P2 amount=30
report payments view=reconciliation from=2025-02-01 to=2025-02-28
| statement_line | kind    | payment | line   | paid   | bank  |
| S3             | payment | P2      | 80.00  | 80.00  | exact |
| S4             | refund  | P2      | -30.00 | -30.00 | exact |
refused has_dependants void 2025-02-05 refunded

# One line of several payments, one payment on several lines, more than the line
2025-03-01 payment.received payment=P3 client=C1 amount=40EUR bank_account=A
2025-03-01 payment.received payment=P4 client=C1 amount=60EUR bank_account=A
2025-03-02 statement_line.imported statement_line=S5 bank_account=A amount=100EUR
2025-03-02 statement_line.matched statement_line=S5 to=payment:P3 amount=40
refused match_exceeds_line 2025-03-02 statement_line.matched statement_line=S5 to=payment:P4 amount=60.01
refused not_positive 2025-03-02 statement_line.matched statement_line=S5 to=payment:P4 amount=-1
refused not_matchable 2025-03-02 statement_line.matched statement_line=S5 to=invoice:I1
refused unknown_reference 2025-03-02 statement_line.matched statement_line=S5 to=payment:P9
report payments view=reconciliation from=2025-03-01 to=2025-03-31
| statement_line | kind    | payment | line   | paid  | bank      |
|                | payment | P4      |        | 60.00 | unmatched |
| S5             | payment | P3      | 100.00 | 40.00 | part      |
2025-03-03 statement_line.matched statement_line=S5 to=payment:P4
refused already_matched 2025-03-03 statement_line.matched statement_line=S5 to=payment:P2
report payments view=reconciliation from=2025-03-01 to=2025-03-31
| statement_line | kind    | payment | document              | line   | paid   | free   | bank  |
| S5             | payment | P3 P4   | payment:P3 payment:P4 | 100.00 | 100.00 | 100.00 | exact |
2025-03-10 payment.received payment=P5 client=C1 amount=100EUR bank_account=A
2025-03-11 statement_line.imported statement_line=S6 bank_account=A amount=60EUR
2025-03-11 statement_line.matched statement_line=S6 to=payment:P5
report payments view=reconciliation from=2025-03-10 to=2025-03-31
| statement_line | payment | line  | paid   | bank |
| S6             | P5      | 60.00 | 100.00 | over |
2025-03-12 statement_line.imported statement_line=S7 bank_account=A amount=40EUR
2025-03-12 statement_line.matched statement_line=S7 to=payment:P5
report payments view=reconciliation from=2025-03-10 to=2025-03-31
| statement_line | payment | line  | paid  | bank  |
| S6             | P5      | 60.00 | 60.00 | exact |
| S7             | P5      | 40.00 | 40.00 | exact |

# Payments made and what comes back of them, transfers on both their accounts
2025-04-01 bill.received bill=B1 supplier=S total=70EUR due_on=2025-04-30 lines=[{"line":"1","qty":"1","price":"70","net":"70","tax":"0"}]
2025-04-02 payment.made payment=M1 counterparty=S amount=70EUR bank_account=A purpose_lines=[{"purpose":"rent","amount":"70"}]
2025-04-02 payment.made_allocated payment=M1 bill=B1 amount=70
2025-04-02 statement_line.imported statement_line=S8 bank_account=A amount=-70EUR
2025-04-02 statement_line.imported statement_line=S9 bank_account=A amount=70EUR
2025-04-03 statement_line.matched statement_line=S8 to=payment:M1
refused wrong_direction 2025-04-03 statement_line.matched statement_line=S9 to=payment:M1
2025-04-03 statement_line.imported statement_line=S8b bank_account=A amount=-1EUR
refused wrong_direction 2025-04-03 payment.received payment=P6 client=C1 amount=1EUR bank_account=A statement_line=S8b
2025-04-05 funds.transferred funds_transfer=T1 from=A to=B amount=25EUR
2025-04-05 statement_line.imported statement_line=S10 bank_account=B amount=25EUR
2025-04-05 statement_line.imported statement_line=S11 bank_account=A amount=25EUR
2025-04-06 statement_line.matched statement_line=S10 to=funds_transfer:T1
report payments view=reconciliation from=2025-04-01 to=2025-04-30
| statement_line | kind         | document          | bank_account | line   | paid   | allocated | bank      | invoices  |
| S8             | payment_made | payment:M1        | A            | -70.00 | -70.00 | 70.00     | exact     | exact     |
| S9             |              |                   | A            | 70.00  |        |           | unmatched | unmatched |
| S8b            |              |                   | A            | -1.00  |        |           | unmatched | unmatched |
|                | transfer     | funds_transfer:T1 | A            |        | -25.00 |           | unmatched |           |
| S10            | transfer     | funds_transfer:T1 | B            | 25.00  | 25.00  |           | exact     |           |
| S11            |              |                   | A            | 25.00  |        |           | unmatched | unmatched |
2025-04-07 payment.reversed payment=M1 reason=wrong-account
mark recalled
report payments direction=out from=2025-04-01 to=2025-04-30
| period  | paid  | returned | reversed | net  |
| 2025-04 | 70.00 | 0.00     | 70.00    | 0.00 |
report payments direction=out view=split from=2025-04-01 to=2025-04-30
| bank_account | purpose | paid  | reversed | net  |
| A            | rent    | 70.00 | 70.00    | 0.00 |
report payments direction=both by=none
| received | refunded | reversed | paid  | returned | paid_reversed | net    |
| 380.00   | 30.00    | 100.00   | 70.00 | 0.00     | 70.00         | 250.00 |
report trial_balance account=liabilities/payable
| account             | unit | debit | credit | balance |
| liabilities/payable | EUR  | 70.00 | 140.00 | -70.00  |
report trial_balance account=assets/supplier_advances
| account                  | unit | balance |
| assets/supplier_advances | EUR  | 0.00    |
refused illegal_transition 2025-04-08 payment.reversed payment=M1 reason=again
refused illegal_transition 2025-04-08 payment.made_allocated payment=M1 bill=B1 amount=1
2025-04-08 statement_line.matched statement_line=S9 to=payment:M1
report payments view=reconciliation from=2025-04-02 to=2025-04-02
| statement_line | kind         | line   | paid   | bank  |
| S8             | payment_made | -70.00 | -70.00 | exact |
| S9             | returned     | 70.00  | 70.00  | exact |
refused has_dependants void 2025-04-09 recalled
# the bill is open again, and once another payment takes it, the reversal stays
2025-04-10 payment.made payment=M2 counterparty=S amount=80EUR bank_account=A
2025-04-10 payment.made_allocated payment=M2 bill=B1 amount=70
refused payment_exceeds_open_amount 2025-04-11 payment.made_allocated payment=M2 bill=B1 amount=1

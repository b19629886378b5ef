# R35 as worked, on the data of R19: a payment of 02-25 that was recorded after February had been reported is an advance at first, then its allocation takes it off the invoice
ledger UTC EUR
2024-01-01 bank_account.opened bank_account=A currency=EUR
2024-01-01 client.registered client=C name=Buyer kind=org
2024-12-01 invoice.issued invoice=I3 client=C total=300EUR due_on=2024-12-15 lines=[{"line":"1","qty":"1","price":"300","net":"300","tax":"0"}]
2025-01-01 invoice.issued invoice=I1 client=C total=1000EUR due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"1000","net":"1000","tax":"0"}]
2025-02-01 invoice.issued invoice=I2 client=C total=500EUR due_on=2025-03-03 lines=[{"line":"1","qty":"1","price":"500","net":"500","tax":"0"}]
2025-02-10 payment.received payment=P1 client=C amount=700EUR bank_account=A
2025-02-10 payment.allocated payment=P1 invoice=I1 amount=600
2025-02-20 credit_note.issued credit_note=N1 invoice=I3 total=50EUR reason=damaged
mark feb
2025-02-25 payment.received payment=P3 client=C amount=50EUR bank_account=A
2025-02-25 payment.allocated payment=P3 invoice=I1 amount=50
mark late
restated receivables since=feb as_of=2025-02-28
| row | position | column    | before  | after   | difference |
| EUR | 10       | advances  | 100.00  | 150.00  | 50.00      |
| EUR | 10       | balance   | 1050.00 | 1000.00 | -50.00     |
| EUR | 11       | advances  | 150.00  | 100.00  | -50.00     |
| EUR | 11       | days_1_30 | 400.00  | 350.00  | -50.00     |
| EUR | 11       | dso       | 59.14   | 56.57   |            |
| EUR | 11       | gross     | 1150.00 | 1100.00 | -50.00     |
# what is not known yet, or dated after as_of, is no step; a row in which nothing shown differs is not listed
restated receivables since=feb as_of=2025-02-24
| row | position |
restated receivables since=feb known_at=10 as_of=2025-02-28
| row | position | column   | difference |
| EUR | 10       | advances | 50.00      |
| EUR | 10       | balance  | -50.00     |
# what came and went: an allocation that was entered wrongly, and its void
2025-02-26 payment.allocated payment=P1 invoice=I2 amount=100
void 2025-03-10 last
restated receivables since=late as_of=2025-02-28
| row | position |
restated receivables since=feb as_of=2025-02-28 group=invoice
| row    | position | column    | before | after  | difference |
| I1 EUR | 11       | balance   | 400.00 | 350.00 | -50.00     |
| I1 EUR | 11       | days_1_30 | 400.00 | 350.00 | -50.00     |
| I1 EUR | 11       | dso       | 36.00  | 31.50  |            |
| I1 EUR | 11       | gross     | 400.00 | 350.00 | -50.00     |
# a row that differs shows all its steps, what came and went (12, and 13 which voids it) among them; a void brings a debt back, a write-off takes it away
void 2025-03-11 11
2025-02-27 invoice.written_off invoice=I1 amount=400 reason=gone
restated receivables since=late as_of=2025-02-28
| row | position | column    | before  | after   | difference |
| EUR | 12       | advances  | 100.00  | 0.00    | -100.00    |
| EUR | 12       | dso       | 56.57   | 51.43   |            |
| EUR | 12       | gross     | 1100.00 | 1000.00 | -100.00    |
| EUR | 12       | not_due   | 500.00  | 400.00  | -100.00    |
| EUR | 13       | advances  | 0.00    | 100.00  | 100.00     |
| EUR | 13       | dso       | 51.43   | 56.57   |            |
| EUR | 13       | gross     | 1000.00 | 1100.00 | 100.00     |
| EUR | 13       | not_due   | 400.00  | 500.00  | 100.00     |
| EUR | 14       | advances  | 100.00  | 150.00  | 50.00      |
| EUR | 14       | days_1_30 | 350.00  | 400.00  | 50.00      |
| EUR | 14       | dso       | 56.57   | 59.14   |            |
| EUR | 14       | gross     | 1100.00 | 1150.00 | 50.00      |
| EUR | 15       | balance   | 1000.00 | 600.00  | -400.00    |
| EUR | 15       | days_1_30 | 400.00  | 0.00    | -400.00    |
| EUR | 15       | dso       | 59.14   | 38.57   |            |
| EUR | 15       | gross     | 1150.00 | 750.00  | -400.00    |

# Pipeline, A 100 and B 50: since A was opened, 100 becomes 150 and then 50; an owner who changes moves a deal from one row to another by one record
ledger UTC EUR
2025-01-01 employee.hired employee=m1 name=One department=sales role=manager
2025-01-01 employee.hired employee=m2 name=Two department=sales role=manager
2025-01-01 pipeline.defined pipeline=W stages=[{"stage":"S1","rank":1,"name":"Lead","probability":"0.1"}]
2025-01-02 deal.opened deal=A pipeline=W stage=S1 owner=m1 amount=100EUR expected_close=2025-02-10
mark opened
2025-01-03 deal.opened deal=B pipeline=W stage=S1 owner=m1 amount=50EUR expected_close=2025-02-20
2025-01-04 deal.lost deal=A at_stage=S1 reason=price
mark lost
restated pipeline since=opened
| row         | position | column   | before | after  | difference |
| 2025-02 EUR | 6        | open     | 1      | 2      | 1          |
| 2025-02 EUR | 6        | raw      | 100.00 | 150.00 | 50.00      |
| 2025-02 EUR | 6        | weighted | 10.00  | 15.00  | 5.00       |
| 2025-02 EUR | 7        | open     | 2      | 1      | -1         |
| 2025-02 EUR | 7        | raw      | 150.00 | 50.00  | -100.00    |
| 2025-02 EUR | 7        | weighted | 15.00  | 5.00   | -10.00     |
2025-01-05 deal.owner_changed deal=B from=m1 to=m2
restated pipeline since=lost group=owner
| row            | position | column   | before | after | difference |
| m1 2025-02 EUR | 8        | open     | 1      | 0     | -1         |
| m1 2025-02 EUR | 8        | raw      | 50.00  | 0.00  | -50.00     |
| m1 2025-02 EUR | 8        | weighted | 5.00   | 0.00  | -5.00      |
| m2 2025-02 EUR | 8        | open     | 0      | 1     | 1          |
| m2 2025-02 EUR | 8        | raw      | 0.00   | 50.00 | 50.00      |
| m2 2025-02 EUR | 8        | weighted | 0.00   | 5.00  | 5.00       |

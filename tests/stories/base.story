# Base amounts: each document is rounded once, at its own rate; what reduces it takes its share of what is left; reports and the trial balance only add these

# A refund has the rate of its payment, in every report
ledger Europe/Berlin EUR
2025-01-01 client.registered client=C1 name=C1 kind=org
2025-01-01 bank_account.opened bank_account=U currency=USD
2025-01-01 exchange_rate.set currency=USD rate=0.90
2025-02-01 exchange_rate.set currency=USD rate=0.80
2025-01-10 payment.received payment=P1 client=C1 amount=100USD bank_account=U
2025-02-10 payment.refunded payment=P1 amount=40
report payments in=base by=none
| currency | received | refunded | reversed | net   |
| EUR      | 90.00    | 36.00    | 0.00     | 54.00 |
report payments in=base by=month from=2025-01-01 to=2025-02-28
| period  | received | refunded | net    |
| 2025-01 | 90.00    | 0.00     | 90.00  |
| 2025-02 | 0.00     | 36.00    | -36.00 |
report payments in=base view=split
| bank_account | received | refunded | net   |
| U            | 90.00    | 36.00    | 54.00 |
report receivables in=base as_of=2025-02-28
| gross | advances | balance |
| 0.00  | 54.00    | -54.00  |
report statement in=base group=none
| received | refunded | closing |
| 90.00    | 36.00    | -54.00  |
report trial_balance in=base
| account              | unit | debit | credit | balance |
| assets/bank/U        | EUR  | 90.00 | 36.00  | 54.00   |
| liabilities/advances | EUR  | 36.00 | 90.00  | -54.00  |
# and so has its reversal, of what is left
2025-03-10 payment.reversed payment=P1 reason=bounced
report payments in=base by=none
| received | refunded | reversed | net  |
| 90.00    | 36.00    | 54.00    | 0.00 |
report trial_balance in=base
| account              | unit | debit | credit | balance |
| assets/bank/U        | EUR  | 90.00 | 90.00  | 0.00    |
| liabilities/advances | EUR  | 90.00 | 90.00  | 0.00    |

# Three invoices of 1.00 at 0.3335 are 0.33 each, whoever they are grouped by
ledger Europe/Berlin EUR
2025-01-01 client.registered client=a name=a kind=org
2025-01-01 client.registered client=b name=b kind=org
2025-01-01 client.registered client=c name=c kind=org
2025-01-01 exchange_rate.set currency=USD rate=0.3335
2025-01-10 invoice.issued invoice=I1 client=a total=1.00USD due_on=2025-01-20 lines=[{"line":"1","qty":"1","price":"1","net":"1.00","tax":"0"}]
2025-01-11 invoice.issued invoice=I2 client=b total=1.00USD due_on=2025-01-20 lines=[{"line":"1","qty":"1","price":"1","net":"1.00","tax":"0"}]
2025-02-12 invoice.issued invoice=I3 client=c total=1.00USD due_on=2025-02-20 lines=[{"line":"1","qty":"1","price":"1","net":"1.00","tax":"0"}]
report receivables in=base group=client as_of=2025-02-28
| group | not_due | days_1_30 | days_31_60 | gross |
| a     | 0.00    | 0.00      | 0.33       | 0.33  |
| b     | 0.00    | 0.00      | 0.33       | 0.33  |
| c     | 0.00    | 0.33      | 0.00       | 0.33  |
report receivables in=base as_of=2025-02-28
| days_1_30 | days_31_60 | gross | balance |
| 0.33      | 0.66       | 0.99  | 0.99    |
report sales in=base from=2025-01-01 to=2025-12-31
| net  | invoices | average |
| 0.99 | 3        | 0.33    |
report sales in=base by=month from=2025-01-01 to=2025-02-28
| period  | net  |
| 2025-01 | 0.66 |
| 2025-02 | 0.33 |
report abc in=base object=client
| object | value |
| a      | 0.33  |
| b      | 0.33  |
| c      | 0.33  |
report statement in=base group=client
| group | invoices | closing |
| a     | 0.33     | 0.33    |
| b     | 0.33     | 0.33    |
| c     | 0.33     | 0.33    |
report counterparty_links in=base
| client | amount |
| a      | 0.33   |
| b      | 0.33   |
| c      | 0.33   |
report trial_balance in=base
| account           | unit | balance |
| assets/receivable | EUR  | 0.99    |
| income/sales      | EUR  | -0.99   |

# An invoice of 3.00 at 0.3335 is 1.00: paid in three parts of 1.00, what is left × 1/3, 1/2 and 1; the cent that the three payments leave is rounding, with the allocation
# that leaves it, and no difference of rates
ledger Europe/Berlin EUR
2025-01-01 client.registered client=a name=a kind=org
2025-01-01 bank_account.opened bank_account=U currency=USD
2025-01-01 exchange_rate.set currency=USD rate=0.3335
2025-01-10 invoice.issued invoice=I1 client=a total=3.00USD due_on=2025-01-20 lines=[{"line":"1","qty":"1","price":"3","net":"3.00","tax":"0"}]
2025-01-11 payment.received payment=P1 client=a amount=1.00USD bank_account=U
2025-01-12 payment.received payment=P2 client=a amount=1.00USD bank_account=U
2025-01-13 payment.received payment=P3 client=a amount=1.00USD bank_account=U
2025-01-21 payment.allocated payment=P1 invoice=I1 amount=1.00
report trial_balance in=base
| account              | unit | balance |
| assets/bank/U        | EUR  | 0.99    |
| assets/receivable    | EUR  | 0.67    |
| income/sales         | EUR  | -1.00   |
| liabilities/advances | EUR  | -0.66   |
2025-01-22 payment.allocated payment=P2 invoice=I1 amount=1.00
report receivables in=base as_of=2025-01-31
| days_1_30 | gross | advances | balance |
| 0.33      | 0.33  | 0.33     | 0.00    |
mark two
2025-01-23 payment.allocated payment=P3 invoice=I1 amount=1.00
report trial_balance in=base
| account              | unit | debit | credit | balance |
| assets/bank/U        | EUR  | 0.99  | 0.00   | 0.99    |
| assets/receivable    | EUR  | 1.00  | 1.00   | 0.00    |
| income/rounding      | EUR  | 0.01  | 0.00   | 0.01    |
| income/sales         | EUR  | 0.00  | 1.00   | -1.00   |
| liabilities/advances | EUR  | 0.99  | 0.99   | 0.00    |
report receivables in=base as_of=2025-01-31
| days_1_30 | gross | advances | balance |
| 0.00      | 0.00  | 0.00     | 0.00    |
report statement in=base group=client rows=documents
| what     | document | amount | balance |
| invoices | I1       | 1.00   | 1.00    |
| received | P1       | -0.33  | 0.67    |
| received | P2       | -0.33  | 0.34    |
| received | P3       | -0.33  | 0.01    |
| moved    | I1       | -0.01  | 0.00    |
# what is taken back has the cents that its allocation took
2025-01-24 payment.unallocated payment=P2 invoice=I1 amount=1.00
report trial_balance in=base
| account              | unit | balance |
| assets/bank/U        | EUR  | 0.99    |
| assets/receivable    | EUR  | 0.34    |
| income/rounding      | EUR  | 0.00    |
| income/sales         | EUR  | -1.00   |
| liabilities/advances | EUR  | -0.33   |
# and a reversal gives back what it held
2025-01-25 payment.reversed payment=P1 reason=bounced
report trial_balance in=base
| account              | unit | balance |
| assets/bank/U        | EUR  | 0.66    |
| assets/receivable    | EUR  | 0.67    |
| income/rounding      | EUR  | 0.00    |
| income/sales         | EUR  | -1.00   |
| liabilities/advances | EUR  | -0.33   |
# what is given up is its share of what is left
2025-01-26 invoice.written_off invoice=I1 amount=2.00 reason=gone
report trial_balance in=base account=expenses
| account           | unit | balance |
| expenses/bad_debt | EUR  | 0.67    |

# Another rate: the difference is income/fx, and nothing is left in base of what is settled
ledger Europe/Berlin EUR
2025-01-01 client.registered client=a name=a kind=org
2025-01-01 bank_account.opened bank_account=U currency=USD
2025-01-01 exchange_rate.set currency=USD rate=0.90
2025-02-01 exchange_rate.set currency=USD rate=0.80
2025-01-10 invoice.issued invoice=I1 client=a total=100USD due_on=2025-01-20 lines=[{"line":"1","qty":"1","price":"100","net":"100","tax":"0"}]
2025-02-11 payment.received payment=P1 client=a amount=100USD bank_account=U
2025-02-11 payment.allocated payment=P1 invoice=I1 amount=100
report trial_balance in=base
| account              | unit | balance |
| assets/bank/U        | EUR  | 80.00   |
| assets/receivable    | EUR  | 0.00    |
| income/fx            | EUR  | 10.00   |
| income/sales         | EUR  | -90.00  |
| liabilities/advances | EUR  | 0.00    |
# a credit note is a share of what is left of its invoice, at the invoice's rate, and what was paid too much has it too
2025-03-01 credit_note.issued credit_note=N1 invoice=I1 total=40USD reason=back
report sales in=base from=2025-01-01 to=2025-12-31
| net   | invoiced | credited |
| 54.00 | 90.00    | 36.00    |
report receivables in=base as_of=2025-03-31
| gross | advances | balance |
| 0.00  | 36.00    | -36.00  |
report trial_balance in=base
| account              | unit | balance |
| assets/bank/U        | EUR  | 80.00   |
| assets/receivable    | EUR  | -36.00  |
| income/fx            | EUR  | 10.00   |
| income/sales         | EUR  | -54.00  |
| liabilities/advances | EUR  | 0.00    |
2025-03-02 payment.unallocated payment=P1 invoice=I1 amount=40
report trial_balance in=base
| account              | unit | balance |
| assets/bank/U        | EUR  | 80.00   |
| assets/receivable    | EUR  | 0.00    |
| income/fx            | EUR  | 6.00    |
| income/sales         | EUR  | -54.00  |
| liabilities/advances | EUR  | -32.00  |
2025-03-03 payment.refunded payment=P1 amount=40
report trial_balance in=base
| account              | unit | balance |
| assets/bank/U        | EUR  | 48.00   |
| assets/receivable    | EUR  | 0.00    |
| income/fx            | EUR  | 6.00    |
| income/sales         | EUR  | -54.00  |
| liabilities/advances | EUR  | 0.00    |

# Lines, net, tax, instalments and purposes are shares of the document; credited in full, every line is nothing
ledger Europe/Berlin EUR
2025-01-01 client.registered client=a name=a kind=org
2025-01-01 item.registered item=x sku=x unit=piece kind=goods costing=fifo
2025-01-01 item.registered item=y sku=y unit=piece kind=goods costing=fifo
2025-01-01 bank_account.opened bank_account=U currency=USD
2025-01-01 exchange_rate.set currency=USD rate=0.3335
2025-01-10 invoice.issued invoice=I1 client=a total=3.40USD instalments=[{"due_on":"2025-01-20","amount":"1.13"},{"due_on":"2025-02-20","amount":"1.13"},{"due_on":"2025-03-20","amount":"1.14"}] lines=[{"line":"1","item":"x","qty":"1","price":"1","net":"1.00","tax":"0.20"},{"line":"2","item":"y","qty":"1","price":"1","net":"1.00","tax":"0"},{"line":"3","item":"x","qty":"1","price":"1","net":"1.00","tax":"0.20"}]
# 3.40 at 0.3335 is 1.1339: 1.13, of which 1.00 net and 0.13 tax
report trial_balance in=base
| account           | unit | balance |
| assets/receivable | EUR  | 1.13    |
| income/sales      | EUR  | -1.00   |
| liabilities/tax   | EUR  | -0.13   |
report sales in=base group=item from=2025-01-01 to=2025-12-31
| group | net  |
| x     | 0.67 |
| y     | 0.33 |
report receivables in=base as_of=2025-02-28
| not_due | days_1_30 | days_31_60 | gross |
| 0.38    | 0.37      | 0.38       | 1.13  |
2025-02-01 credit_note.issued credit_note=N1 invoice=I1 total=1.20USD reason=back lines=[{"line":"1","item":"x","qty":"1","price":"1","net":"1.00","tax":"0.20"}]
2025-02-02 credit_note.issued credit_note=N2 invoice=I1 total=1.00USD reason=back lines=[{"line":"2","item":"y","qty":"1","price":"1","net":"1.00","tax":"0"}]
2025-02-03 credit_note.issued credit_note=N3 invoice=I1 total=1.20USD reason=back lines=[{"line":"3","item":"x","qty":"1","price":"1","net":"1.00","tax":"0.20"}]
report sales in=base group=item from=2025-01-01 to=2025-12-31
| group | net  | invoiced | credited |
| x     | 0.00 | 0.67     | 0.67     |
| y     | 0.00 | 0.33     | 0.33     |
report trial_balance in=base
| account           | unit | balance |
| assets/receivable | EUR  | 0.00    |
| income/sales      | EUR  | 0.00    |
| liabilities/tax   | EUR  | 0.00    |
2025-02-10 payment.received payment=P1 client=a amount=1.00USD bank_account=U purpose_lines=[{"purpose":"goods","amount":"0.50"},{"purpose":"advance","amount":"0.50"}]
report payments in=base view=split
| purpose | received | net  |
| advance | 0.16     | 0.16 |
| goods   | 0.17     | 0.17 |
2025-02-11 payment.refunded payment=P1 amount=0.40
report payments in=base view=split
| purpose | received | refunded | net  |
| advance | 0.16     | 0.06     | 0.10 |
| goods   | 0.17     | 0.07     | 0.10 |
2025-02-12 payment.reversed payment=P1 reason=bounced
report payments in=base view=split
| purpose | received | refunded | reversed | net  |
| advance | 0.16     | 0.06     | 0.10     | 0.00 |
| goods   | 0.17     | 0.07     | 0.10     | 0.00 |

# Bills and payments made, transfers, entries and costs: each one document
ledger Europe/Berlin EUR
2025-01-01 counterparty.registered counterparty=S legal_name=S
2025-01-01 bank_account.opened bank_account=U currency=USD
2025-01-01 bank_account.opened bank_account=V currency=USD
2025-01-01 exchange_rate.set currency=USD rate=0.3335
2025-01-10 bill.received bill=B1 supplier=S total=3.00USD due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"1","net":"1.00","tax":"0"},{"line":"2","qty":"1","price":"1","net":"1.00","tax":"1.00"}]
2025-01-11 payment.made payment=M1 counterparty=S amount=1.00USD bank_account=U
2025-01-12 payment.made payment=M2 counterparty=S amount=2.00USD bank_account=U
2025-01-13 payment.made_allocated payment=M1 bill=B1 amount=1.00
2025-01-14 payment.made_allocated payment=M2 bill=B1 amount=2.00
2025-01-15 funds.transferred funds_transfer=T1 from=U to=V amount=1.00USD
2025-01-16 entry.posted entry=E1 text=three postings=[{"account":"assets/safe","unit":"USD","amount":"1.00"},{"account":"assets/till","unit":"USD","amount":"1.00"},{"account":"equity/own","unit":"USD","amount":"-2.00"}]
report trial_balance in=base
| account                   | unit | balance |
| assets/bank/U             | EUR  | -1.33   |
| assets/bank/V             | EUR  | 0.33    |
| assets/safe               | EUR  | 0.34    |
| assets/supplier_advances  | EUR  | 0.00    |
| assets/tax                | EUR  | 0.33    |
| assets/till               | EUR  | 0.33    |
| equity/own                | EUR  | -0.67   |
| expenses/purchases        | EUR  | 0.67    |
| liabilities/payable       | EUR  | 0.00    |

# a payment made that comes back takes back what it took, at its own rate
2025-01-17 payment.reversed payment=M2 reason=returned
report trial_balance in=base account=assets
| account                  | unit | balance |
| assets/bank/U            | EUR  | -0.66   |
| assets/bank/V            | EUR  | 0.33    |
| assets/safe              | EUR  | 0.34    |
| assets/supplier_advances | EUR  | 0.00    |
| assets/tax               | EUR  | 0.33    |
| assets/till              | EUR  | 0.33    |
report trial_balance in=base account=liabilities
| account             | unit | balance |
| liabilities/payable | EUR  | -0.67   |
report payments in=base direction=both by=none
| received | paid | returned | paid_reversed | net   |
| 0.00     | 1.00 | 0.00     | 0.67          | -0.33 |

# A deal's amount is rounded once, and its halves are halves of that
ledger Europe/Berlin EUR
2025-01-01 client.registered client=C1 name=C1 kind=org
2025-01-01 employee.hired employee=m1 name=m1 department=sales role=manager
2025-01-01 employee.hired employee=m2 name=m2 department=sales role=manager
2025-01-01 pipeline.defined pipeline=P stages=[{"stage":"S1","name":"S1","rank":1,"probability":"0.5"}]
2025-01-01 exchange_rate.set currency=USD rate=0.9
2025-02-01 deal.opened deal=D1 pipeline=P stage=S1 owner=m1 client=C1 amount=11.11USD
2025-02-01 deal.opened deal=D2 pipeline=P stage=S1 owner=m1 client=C1 amount=11.11USD
report pipeline in=base
| raw   | weighted |
| 20.00 | 10.00    |
2025-02-03 deal.owner_changed deal=D1 from=m1 to=m2
2025-02-05 deal.won deal=D1
report win_rate in=base
| won_amount |
| 10.00      |
report kpi in=base metric=won_amount by=employee credit=tenure from=2025-02-01 to=2025-02-28 as_of=2025-02-28
| id | actual |
| m1 | 5.00   |
| m2 | 5.00   |
| no employee | 0.00 |

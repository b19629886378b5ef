# R19 changed: credit notes without an invoice, allocated as payments are; R20 changed: deductions; on behalf. The part of data set V that is sales and payments
ledger UTC EUR
2025-01-01 bank_account.opened bank_account=E currency=EUR
2025-01-01 client.registered client=a name=Aa kind=org
2025-01-01 client.registered client=b name=Bb kind=org
2025-01-01 employee.hired employee=m1 name=One department=sales role=manager
2025-01-01 employee.hired employee=m2 name=Two department=sales role=manager
2025-01-01 counterparty.registered counterparty=r legal_name=Landlord
2025-01-01 item.registered item=x sku=x unit=piece kind=service costing=fifo
2025-01-01 item.registered item=y sku=y unit=piece kind=service costing=fifo
2025-03-05 invoice.issued invoice=I1 client=a owner=m1 total=952EUR due_on=2025-04-04 lines=[{"line":"1","item":"x","qty":"4","price":"200","net":"800","tax":"152"}]
2025-03-10 invoice.issued invoice=I2 client=b owner=m2 total=321EUR due_on=2025-03-25 lines=[{"line":"1","item":"y","qty":"10","price":"30","net":"300","tax":"21"}]
2025-03-14 bill.received bill=B3 supplier=r total=595EUR due_on=2025-03-31 lines=[{"line":"1","text":"rent","qty":"1","price":"500","net":"500","tax":"95"}]
refused credit_lines_needed 2025-03-15 credit_note.issued credit_note=C1 client=b total=32.10EUR reason=back
refused total_mismatch 2025-03-15 credit_note.issued credit_note=C1 client=b total=32EUR reason=back lines=[{"line":"1","item":"y","qty":"1","price":"30","net":"30","tax":"2.10"}]
refused below_zero 2025-03-15 credit_note.issued credit_note=C1 client=b total=-1EUR reason=back lines=[{"line":"1","item":"y","qty":"1","price":"-1","net":"-1","tax":"0"}]
refused too_many_decimals 2025-03-15 credit_note.issued credit_note=C1 client=b total=0.001EUR reason=back lines=[{"line":"1","item":"y","qty":"1","price":"0.001","net":"0.001","tax":"0"}]
2025-03-15 credit_note.issued credit_note=C1 client=b owner=m2 total=32.10EUR reason=back lines=[{"line":"1","item":"y","qty":"1","price":"30","net":"30","tax":"2.10"}]
mark free
report receivables as_of=2025-03-15
| not_due | gross | advances | balance |
| 1273.00 | 1273.00 | 32.10 | 1240.90 |
refused account_path 2025-03-20 payment.received payment=P1 client=a amount=900EUR bank_account=E deductions=[{"account":"somewhere","amount":"52"}]
refused nothing_deducted 2025-03-20 payment.received payment=P1 client=a amount=900EUR bank_account=E deductions=[{"account":"expenses/bank_fees","amount":"0"}]
refused purposes_mismatch 2025-03-20 payment.received payment=P1 client=a amount=900EUR bank_account=E purpose_lines=[{"purpose":"goods","amount":"952"}] deductions=[{"account":"assets/withheld_tax","amount":"52"}]
refused not_positive 2025-03-20 payment.received payment=P1 client=a amount=0EUR bank_account=E deductions=[{"account":"assets/withheld_tax","amount":"-52"}]
refused below_zero 2025-03-20 payment.received payment=P1 client=a amount=-1EUR bank_account=E deductions=[{"account":"assets/withheld_tax","amount":"52"}]
2025-03-20 payment.received payment=P1 client=a amount=900EUR bank_account=E purpose_lines=[{"purpose":"goods","amount":"900"}] deductions=[{"account":"assets/withheld_tax","amount":"50","text":"tax at source"},{"account":"expenses/bank_fees","amount":"2"}]
refused account_unit 2025-03-20 account.opened path=assets/withheld_tax unit=USD
refused allocation_exceeds_remainder 2025-03-20 payment.allocated payment=P1 invoice=I1 amount=952.01
2025-03-20 payment.allocated payment=P1 invoice=I1 amount=952
2025-03-28 payment.received payment=P2 client=b amount=200EUR bank_account=E purpose_lines=[{"purpose":"goods","amount":"200"}]
2025-03-28 payment.allocated payment=P2 invoice=I2 amount=200
# A free credit note is allocated as payments are, with the same refusals
refused before_opening 2025-03-14 credit_note.allocated credit_note=C1 invoice=I2 amount=1
refused allocation_exceeds_remainder 2025-03-28 credit_note.allocated credit_note=C1 invoice=I2 amount=32.11
refused payment_exceeds_open_amount 2025-03-28 credit_note.allocated credit_note=C1 invoice=I1 amount=1
refused not_positive 2025-03-28 credit_note.allocated credit_note=C1 invoice=I2 amount=0
refused too_many_decimals 2025-03-28 credit_note.allocated credit_note=C1 invoice=I2 amount=0.001
refused unallocation_exceeds_allocation 2025-03-28 credit_note.unallocated credit_note=C1 invoice=I2 amount=0.01
refused unknown_reference 2025-03-28 credit_note.allocated credit_note=C9 invoice=I2 amount=1
2025-03-28 credit_note.allocated credit_note=C1 invoice=I2 amount=32.10
refused has_dependants void 2025-03-29 free
2025-03-31 payment.made payment=M1 counterparty=r amount=595EUR bank_account=E purpose_lines=[{"purpose":"rent","amount":"595"}]
2025-03-31 payment.made_allocated payment=M1 bill=B3 amount=595
# March: 1070 net, x 800 and y 270; the credit note has an owner, units and items of its own
report sales by=none from=2025-03-01 to=2025-03-31 group=item
| group | net | invoiced | credited | invoices | units |
| x | 800.00 | 800.00 | 0.00 | 1 | 4 |
| y | 270.00 | 300.00 | 30.00 | 1 | 9 |
report sales by=none from=2025-03-01 to=2025-03-31
| net | invoices | new | repeat |
| 1070.00 | 2 | 2 | 0 |
report sales by=none group=owner
| group | net |
| m1 | 800.00 |
| m2 | 270.00 |
report abc
| object | value | class |
| a | 800.00 | A |
| b | 270.00 | A |
report receivables as_of=2025-03-31 group=client
| group | days_1_30 | gross | advances | balance |
| a | 0.00 | 0.00 | 0.00 | 0.00 |
| b | 88.90 | 88.90 | 0.00 | 88.90 |
report payments from=2025-03-01 to=2025-03-31
| period | received | deducted | refunded | reversed | net |
| 2025-03 | 1100.00 | 52.00 | 0.00 | 0.00 | 1100.00 |
report payments view=split
| bank_account | purpose | received | net |
| E | goods | 1100.00 | 1100.00 |
report payments view=reconciliation
| payment | paid | allocated | free | invoices |
| P1 | 900.00 | 952.00 | 0.00 | exact |
| P2 | 200.00 | 200.00 | 0.00 | part |
| M1 | -595.00 | 595.00 | 0.00 | exact |
report statement group=client from=2025-03-01 to=2025-03-31
| group | opening | invoices | credit_notes | write_offs | received | deducted | refunded | reversed | moved | closing |
| a | 0.00 | 952.00 | 0.00 | 0.00 | 900.00 | 52.00 | 0.00 | 0.00 | 0.00 | 0.00 |
| b | 0.00 | 321.00 | 32.10 | 0.00 | 200.00 | 0.00 | 0.00 | 0.00 | 0.00 | 88.90 |
report statement client=b rows=documents
| what | document | amount | balance |
| invoices | I2 | 321.00 | 321.00 |
| credit_notes | C1 | -32.10 | 288.90 |
| received | P2 | -200.00 | 88.90 |
report trial_balance
| account | unit | debit | credit | balance |
| assets/bank/E | EUR | 1100.00 | 595.00 | 505.00 |
| assets/receivable | EUR | 1273.00 | 1184.10 | 88.90 |
| assets/supplier_advances | EUR | 595.00 | 595.00 | 0.00 |
| assets/tax | EUR | 95.00 | 0.00 | 95.00 |
| assets/withheld_tax | EUR | 50.00 | 0.00 | 50.00 |
| expenses/bank_fees | EUR | 2.00 | 0.00 | 2.00 |
| expenses/purchases | EUR | 500.00 | 0.00 | 500.00 |
| income/sales | EUR | 30.00 | 1100.00 | -1070.00 |
| liabilities/advances | EUR | 1184.10 | 1184.10 | 0.00 |
| liabilities/payable | EUR | 595.00 | 595.00 | 0.00 |
| liabilities/tax | EUR | 2.10 | 173.00 | -170.90 |
history credit_note:C1
| type | changes |
| credit_note.issued | client:  -> b, lines:  -> [{"item":"y","line":"1","net":"30","price":"30","qty":"1","tax":"2.10"}], owner:  -> m2, reason:  -> back, total:  -> {"amount":"32.10","currency":"EUR"} |
| credit_note.allocated | allocated.I2:  -> 32.10 |
# A reversal takes the deductions back too
2025-04-01 payment.reversed payment=P1 reason=bounced
report payments from=2025-04-01 to=2025-04-30
| period | received | deducted | refunded | reversed | net |
| 2025-04 | 0.00 | -52.00 | 0.00 | 900.00 | -900.00 |
report statement client=a from=2025-04-01 to=2025-04-30
| opening | received | deducted | reversed | moved | closing |
| 0.00 | 0.00 | -52.00 | 900.00 | 0.00 | 952.00 |
report trial_balance as_of=2025-04-30
| account | balance |
| assets/bank/E | -395.00 |
| assets/receivable | 1040.90 |
| assets/supplier_advances | 0.00 |
| assets/tax | 95.00 |
| assets/withheld_tax | 0.00 |
| expenses/bank_fees | 0.00 |
| expenses/purchases | 500.00 |
| income/sales | -1070.00 |
| liabilities/advances | 0.00 |
| liabilities/payable | 0.00 |
| liabilities/tax | -170.90 |
# Taken back and paid out; the rest cannot be used twice
2025-04-02 credit_note.unallocated credit_note=C1 invoice=I2 amount=12.10
mark taken
2025-04-03 bank_account.opened bank_account=U currency=USD
refused other_currency 2025-04-04 credit_note.refunded credit_note=C1 amount=1 bank_account=U
refused refund_exceeds_remainder 2025-04-04 credit_note.refunded credit_note=C1 amount=12.11 bank_account=E
refused refund_exceeds_remainder 2025-04-01 credit_note.refunded credit_note=C1 amount=0.01 bank_account=E
refused not_positive 2025-04-04 credit_note.refunded credit_note=C1 amount=0 bank_account=E
refused too_many_decimals 2025-04-04 credit_note.refunded credit_note=C1 amount=0.001 bank_account=E
2025-04-04 credit_note.refunded credit_note=C1 amount=12.10 bank_account=E
mark refunded
2025-04-04 statement_line.imported statement_line=S1 bank_account=E amount=-12.10EUR
2025-04-04 statement_line.matched statement_line=S1 to=credit_note:C1
report payments view=reconciliation from=2025-04-04 to=2025-04-04
| statement_line | kind | document | line | paid | bank |
| S1 | refund | credit_note:C1 | -12.10 | -12.10 | exact |
refused has_dependants void 2025-04-05 refunded
refused allocation_exceeds_remainder 2025-04-05 credit_note.allocated credit_note=C1 invoice=I2 amount=0.01
refused has_dependants void 2025-04-05 taken
report receivables as_of=2025-04-30 group=client
| group | gross | advances | balance |
| a | 952.00 | 0.00 | 952.00 |
| b | 101.00 | 0.00 | 101.00 |
report statement client=b from=2025-04-01 to=2025-04-30
| opening | credit_notes | refunded | moved | closing |
| 88.90 | 0.00 | 12.10 | 0.00 | 101.00 |
report payments from=2025-04-01 to=2025-04-30
| received | deducted | refunded | reversed | net |
| 0.00 | -52.00 | 12.10 | 900.00 | -912.10 |
report payments view=split from=2025-04-01 to=2025-04-30
| bank_account | purpose | received | refunded | reversed | net |
| E | goods | 0.00 | 0.00 | 900.00 | -900.00 |
| E | refund | 0.00 | 12.10 | 0.00 | -12.10 |

# A payment of 0 is a payment if deductions settle something; a cent too much goes to income
ledger UTC EUR
2025-01-01 bank_account.opened bank_account=E currency=EUR
2025-01-01 counterparty.registered counterparty=L legal_name=Buyer
2025-01-01 invoice.issued invoice=I1 counterparty=L total=100EUR due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"100","net":"100","tax":"0"}]
2025-01-02 payment.received payment=P1 counterparty=L amount=60.01EUR bank_account=E deductions=[{"account":"income/rounding","amount":"-0.01"}]
refused allocation_exceeds_remainder 2025-01-02 payment.allocated payment=P1 invoice=I1 amount=60.01
2025-01-02 payment.allocated payment=P1 invoice=I1 amount=60
2025-01-03 payment.received payment=P2 counterparty=L amount=0EUR bank_account=E deductions=[{"account":"assets/withheld_tax","amount":"30"}]
2025-01-03 payment.allocated payment=P2 invoice=I1 amount=30
# A write-off says where it goes
refused account_path 2025-01-04 invoice.written_off invoice=I1 amount=4 reason=late account=assets/other
refused account_path 2025-01-04 invoice.written_off invoice=I1 amount=4 reason=late account=expenses
2025-01-04 invoice.written_off invoice=I1 amount=4 reason=late account=expenses/discounts_given
2025-01-04 invoice.written_off invoice=I1 amount=5 reason=late account=income/corrections
2025-01-04 invoice.written_off invoice=I1 amount=1 reason=late
refused account_unit 2025-01-05 account.opened path=expenses/discounts_given unit=USD
2025-01-05 account.opened path=expenses/dollars unit=USD
2025-01-05 invoice.issued invoice=I2 counterparty=L total=1EUR due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"1","net":"1","tax":"0"}]
refused account_unit 2025-01-05 invoice.written_off invoice=I2 amount=1 reason=late account=expenses/dollars
2025-01-06 payment.made payment=M1 counterparty=L amount=80EUR bank_account=E deductions=[{"account":"liabilities/tax_withheld","amount":"20"}]
2025-01-06 bill.received bill=B1 supplier=L total=100EUR due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"100","net":"100","tax":"0"}]
2025-01-06 payment.made_allocated payment=M1 bill=B1 amount=100
report trial_balance
| account | balance |
| assets/bank/E | -19.99 |
| assets/receivable | 1.00 |
| assets/supplier_advances | 0.00 |
| assets/withheld_tax | 30.00 |
| expenses/bad_debt | 1.00 |
| expenses/discounts_given | 4.00 |
| expenses/purchases | 100.00 |
| income/corrections | 5.00 |
| income/rounding | -0.01 |
| income/sales | -101.00 |
| liabilities/advances | 0.00 |
| liabilities/payable | 0.00 |
| liabilities/tax_withheld | -20.00 |

# On behalf: a parent pays for its daughter; the allocated part follows the invoice
ledger UTC EUR
2025-01-01 bank_account.opened bank_account=E currency=EUR
2025-01-01 client.registered client=p name=Parent kind=org
2025-01-01 client.registered client=a name=Daughter kind=org
2025-01-01 client.registered client=z name=Stranger kind=org
2025-01-01 counterparty.registered counterparty=La legal_name=Daughter-Ltd
2025-01-01 counterparty.registered counterparty=Lp legal_name=Parent-Ltd
2025-01-01 counterparty.linked counterparty=La client=a
2025-01-01 counterparty.linked counterparty=Lp client=p
2025-01-02 invoice.issued invoice=I1 counterparty=La total=300EUR due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"300","net":"300","tax":"0"}]
2025-01-03 payment.received payment=P1 counterparty=Lp amount=500EUR bank_account=E
2025-01-03 payment.received payment=P2 client=p amount=10EUR bank_account=E
refused other_counterparty 2025-01-03 payment.allocated payment=P1 invoice=I1 amount=300
refused other_counterparty 2025-01-03 payment.allocated payment=P2 invoice=I1 amount=10
refused other_counterparty 2025-01-03 payment.allocated payment=P1 invoice=I1 amount=300 for_party=client:z
refused other_counterparty 2025-01-03 payment.allocated payment=P1 invoice=I1 amount=300 for_party=counterparty:Lp
refused unknown_reference 2025-01-03 payment.allocated payment=P1 invoice=I1 amount=300 for_party=client:q
2025-01-03 payment.allocated payment=P1 invoice=I1 amount=200 for_party=counterparty:La
2025-01-03 payment.allocated payment=P1 invoice=I1 amount=100 for_party=client:a
report receivables as_of=2025-01-31 group=client
| group | gross | advances | balance |
| a | 0.00 | 0.00 | 0.00 |
| p | 0.00 | 210.00 | -210.00 |
report statement group=client
| group | invoices | received | moved | closing |
| a | 300.00 | 0.00 | -300.00 | 0.00 |
| p | 0.00 | 510.00 | 300.00 | -210.00 |
# The allocation stands in the payer's history, not in that of the party it names
report client_timeline client=p
| type |
| payment.allocated |
| payment.allocated |
| payment.received |
| payment.received |
| counterparty.linked |
| counterparty.registered |
| client.registered |
2025-01-04 credit_note.issued credit_note=C1 client=p total=5EUR reason=bonus lines=[{"line":"1","text":"bonus","qty":"1","price":"5","net":"5","tax":"0"}]
2025-01-05 invoice.issued invoice=I2 counterparty=La total=5EUR due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"5","net":"5","tax":"0"}]
refused other_counterparty 2025-01-05 credit_note.allocated credit_note=C1 invoice=I2 amount=5
2025-01-05 credit_note.allocated credit_note=C1 invoice=I2 amount=5 for_party=client:a
# A supplier's bills the same
2025-01-06 bill.received bill=B1 supplier=La total=7EUR due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"7","net":"7","tax":"0"}]
2025-01-06 payment.made payment=M1 counterparty=Lp amount=7EUR bank_account=E
refused other_counterparty 2025-01-06 payment.made_allocated payment=M1 bill=B1 amount=7
2025-01-06 payment.made_allocated payment=M1 bill=B1 amount=7 for_party=counterparty:La
# A credit note of an invoice settles that invoice: it is not free, and its party is the invoice's
refused party_of_invoice 2025-01-07 credit_note.issued credit_note=C2 invoice=I1 client=a total=5EUR reason=late
refused party_of_invoice 2025-01-07 credit_note.issued credit_note=C2 invoice=I1 counterparty=La total=5EUR reason=late
2025-01-07 credit_note.issued credit_note=C2 invoice=I1 total=5EUR reason=late
refused credit_not_free 2025-01-07 credit_note.allocated credit_note=C2 invoice=I2 amount=1
refused credit_not_free 2025-01-07 credit_note.unallocated credit_note=C2 invoice=I2 amount=1
refused credit_not_free 2025-01-07 credit_note.refunded credit_note=C2 amount=1 bank_account=E
# A retail return paper: no client, paid out at once
2025-01-08 credit_note.issued credit_note=C3 total=20EUR reason=returned lines=[{"line":"1","text":"lamp","qty":"1","price":"20","net":"20","tax":"0"}]
2025-01-08 credit_note.refunded credit_note=C3 amount=20 bank_account=E
report sales by=none from=2025-01-08 to=2025-01-08 group=client
| group | net | credited |
| a | 0.00 | 0.00 |
|  | -20.00 | 20.00 |
# A denominator that is not above zero leaves no days of sales
report receivables as_of=2025-01-31 group=client
| group | gross | advances | dso |
| a | 0.00 | 5.00 | 0.00 |
| p | 0.00 | 210.00 |  |
|  | 0.00 | 0.00 |  |

# In the base currency a free credit note has its own rate, and so has what is paid out of it
ledger UTC EUR
2025-01-01 bank_account.opened bank_account=U currency=USD
2025-01-01 client.registered client=C name=Buyer kind=org
2025-01-01 exchange_rate.set currency=USD rate=0.90
2025-02-01 exchange_rate.set currency=USD rate=0.80
2025-01-10 credit_note.issued credit_note=C1 client=C total=100USD reason=bonus lines=[{"line":"1","text":"bonus","qty":"1","price":"100","net":"100","tax":"0"}]
2025-02-10 credit_note.refunded credit_note=C1 amount=40 bank_account=U
report receivables as_of=2025-02-28 in=base
| gross | advances | balance |
| 0.00 | 54.00 | -54.00 |
report payments by=none in=base
| received | refunded | net |
| 0.00 | 36.00 | -36.00 |
report statement in=base group=client
| credit_notes | refunded | closing |
| 90.00 | 36.00 | -54.00 |
report trial_balance in=base
| account | balance |
| assets/bank/U | -36.00 |
| income/sales | 90.00 |
| liabilities/advances | -54.00 |

# R19 changed: a credit takes at most what earlier credits left, of the quantity, the net and the tax, each by itself
ledger UTC EUR
2025-01-01 bank_account.opened bank_account=A currency=EUR
2025-01-01 client.registered client=C name=Buyer kind=org
2025-01-02 invoice.issued invoice=I1 client=C total=11.90EUR due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"10.00","net":"10.00","tax":"1.90"}]
2025-01-03 credit_note.issued credit_note=N1 invoice=I1 total=3.97EUR reason=late
report trial_balance as_of=2025-01-03
| account | balance |
| assets/receivable | 7.93 |
| income/sales | -6.66 |
| liabilities/tax | -1.27 |
2025-01-04 credit_note.issued credit_note=N2 invoice=I1 total=3.97EUR reason=late
report trial_balance as_of=2025-01-04
| account | balance |
| assets/receivable | 3.96 |
| income/sales | -3.33 |
| liabilities/tax | -0.63 |
# What is left takes the rest of net and tax; by the invoice's proportion it would be 10.01 and 1.89
2025-01-05 credit_note.issued credit_note=N3 invoice=I1 total=3.96EUR reason=late
report trial_balance
| account | balance |
| assets/receivable | 0.00 |
| income/sales | 0.00 |
| liabilities/tax | 0.00 |
report sales by=none
| net | invoiced | credited |
| 0.00 | 10.00 | 10.00 |
refused credit_exceeds_document 2025-01-06 credit_note.issued credit_note=N4 invoice=I1 total=0.01EUR reason=more

# By line and by total, one after the other
ledger UTC EUR
2025-01-01 item.registered item=A sku=a unit=piece kind=service costing=fifo
2025-01-01 item.registered item=B sku=b unit=piece kind=service costing=fifo
2025-01-02 invoice.issued invoice=I1 total=50.36EUR due_on=2025-01-31 lines=[{"line":"1","item":"A","qty":"3","price":"11.11","net":"33.33","tax":"6.33"},{"line":"2","item":"B","qty":"1","price":"10.00","net":"10.00","tax":"0.70"}]
2025-01-03 credit_note.issued credit_note=N1 invoice=I1 total=13.22EUR reason=back lines=[{"line":"1","item":"A","qty":"1","price":"11.11","net":"11.11","tax":"2.11"}]
2025-01-04 credit_note.issued credit_note=N2 invoice=I1 total=20.00EUR reason=price
report sales by=none group=item from=2025-01-04 to=2025-01-04
| group | net | credited |
| A | -11.97 | 11.97 |
| B | -5.38 | 5.38 |
mark before
2025-01-05 credit_note.issued credit_note=N3 invoice=I1 total=17.14EUR reason=price
report sales by=none group=item from=2025-01-05 to=2025-01-05
| group | net | credited |
| A | -10.25 | 10.25 |
| B | -4.62 | 4.62 |
report sales by=none group=item
| group | net | units |
| A | 0.00 | 2 |
| B | 0.00 | 1 |
report trial_balance
| account | balance |
| assets/receivable | 0.00 |
| income/sales | 0.00 |
| liabilities/tax | 0.00 |
# An earlier-dated credit that would push a later one over is refused; a void of a later one makes room again
refused credit_exceeds_document 2025-01-02 credit_note.issued credit_note=N4 invoice=I1 total=0.01EUR reason=early
void 2025-01-06 last
refused credit_exceeds_document 2025-01-02 credit_note.issued credit_note=N4 invoice=I1 total=31.71EUR reason=early lines=[{"line":"1","item":"A","qty":"2","price":"12.715","net":"25.43","tax":"6.28"}]
2025-01-02 credit_note.issued credit_note=N4 invoice=I1 total=0.01EUR reason=early

# Never more tax than there was, nor more net; and a line may come back for money alone
ledger UTC EUR
2025-01-01 counterparty.registered counterparty=S legal_name=Supplier
2025-01-02 invoice.issued invoice=I1 total=107EUR due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"100","net":"100","tax":"7"}]
refused credit_exceeds_document 2025-01-03 credit_note.issued credit_note=N1 invoice=I1 total=27EUR reason=tax lines=[{"line":"1","qty":"0","price":"19","net":"19","tax":"8"}]
refused credit_exceeds_document 2025-01-03 credit_note.issued credit_note=N1 invoice=I1 total=106EUR reason=net lines=[{"line":"1","qty":"0","price":"101","net":"101","tax":"5"}]
2025-01-03 credit_note.issued credit_note=N1 invoice=I1 total=26EUR reason=price lines=[{"line":"1","qty":"0","price":"19","net":"19","tax":"7"}]
refused credit_exceeds_document 2025-01-04 credit_note.issued credit_note=N2 invoice=I1 total=10EUR reason=tax lines=[{"line":"1","qty":"1","price":"9","net":"9","tax":"1"}]
2025-01-04 credit_note.issued credit_note=N2 invoice=I1 total=81EUR reason=rest
report trial_balance
| account | balance |
| assets/receivable | 0.00 |
| income/sales | 0.00 |
| liabilities/tax | 0.00 |
# Bill credits the same
2025-02-01 bill.received bill=B1 supplier=S total=11.90EUR due_on=2025-02-28 lines=[{"line":"1","qty":"1","price":"10.00","net":"10.00","tax":"1.90"}]
2025-02-02 bill.credited bill_credit=K1 bill=B1 total=3.97EUR reason=late
2025-02-03 bill.credited bill_credit=K2 bill=B1 total=3.97EUR reason=late
refused credit_exceeds_document 2025-02-04 bill.credited bill_credit=K3 bill=B1 total=3.96EUR reason=tax lines=[{"line":"1","qty":"0","price":"3.32","net":"3.32","tax":"0.64"}]
report trial_balance
| account | balance |
| assets/receivable | 0.00 |
| assets/tax | 0.63 |
| expenses/purchases | 3.33 |
| income/sales | 0.00 |
| liabilities/payable | -3.96 |
| liabilities/tax | 0.00 |
2025-02-04 bill.credited bill_credit=K3 bill=B1 total=3.96EUR reason=late
refused credit_exceeds_document 2025-02-01 bill.credited bill_credit=K4 bill=B1 total=0.01EUR reason=early
report trial_balance
| account | balance |
| assets/receivable | 0.00 |
| assets/tax | 0.00 |
| expenses/purchases | 0.00 |
| income/sales | 0.00 |
| liabilities/payable | 0.00 |
| liabilities/tax | 0.00 |

# Zero: a sample counts in invoices, average and units, takes no allocation, and is no purchase
ledger UTC EUR
2025-01-01 bank_account.opened bank_account=A currency=EUR
2025-01-01 client.registered client=C name=Buyer kind=org
2025-01-01 client.registered client=D name=Taster kind=org
2025-01-01 item.registered item=X sku=x unit=piece kind=service costing=fifo
2025-01-05 invoice.issued invoice=S1 client=C total=0EUR due_on=2025-01-31 lines=[{"line":"1","item":"X","qty":"2","price":"10","discount":"1","net":"0","tax":"0"}]
2025-01-06 invoice.issued invoice=S2 client=D total=0.00EUR due_on=2025-01-31 lines=[{"line":"1","item":"X","qty":"1","price":"10","net":"10","tax":"1.90"},{"line":"2","qty":"1","price":"-11.90","net":"-11.90","tax":"0"}]
2025-02-05 invoice.issued invoice=I1 client=C total=90EUR due_on=2025-02-28 lines=[{"line":"1","item":"X","qty":"9","price":"10","net":"90","tax":"0"}]
2025-02-06 order.placed order=O1 client=C currency=EUR lines=[{"line":"1","qty":"1","price":"5","net":"0","tax":"0"}]
2025-02-07 payment.received payment=P1 client=C amount=5EUR bank_account=A
refused not_positive 2025-02-07 invoice.issued invoice=S3 client=C total=0EUR due_on=2025-02-28 lines=[]
refused below_zero 2025-02-07 invoice.issued invoice=S3 client=C total=-1EUR due_on=2025-02-28 lines=[{"line":"1","qty":"1","price":"-1","net":"-1","tax":"0"}]
refused not_positive 2025-02-07 invoice.issued invoice=S3 client=C total=0EUR instalments=[{"due_on":"2025-02-28","amount":"0"}] lines=[{"line":"1","qty":"1","price":"0","net":"0","tax":"0"}]
refused below_zero 2025-02-07 order.placed order=O2 client=C currency=EUR lines=[{"line":"1","qty":"1","price":"-5","net":"-5","tax":"0"}]
refused payment_exceeds_open_amount 2025-02-07 payment.allocated payment=P1 invoice=S1 amount=0.01
refused not_positive 2025-02-07 payment.allocated payment=P1 invoice=S1 amount=0
refused write_off_exceeds_open_amount 2025-02-07 invoice.written_off invoice=S1 amount=0.01 reason=none
refused not_positive 2025-02-07 payment.received payment=P2 client=C amount=0EUR bank_account=A
refused not_positive 2025-02-07 payment.refunded payment=P1 amount=0
refused not_positive 2025-02-07 credit_note.issued credit_note=N1 invoice=I1 total=0EUR reason=none
2025-02-07 credit_note.issued credit_note=N1 invoice=I1 total=0EUR reason=swap lines=[{"line":"1","item":"X","qty":"1","price":"0","net":"0","tax":"0"}]
report sales by=month from=2025-01-01 to=2025-02-28
| period | net | invoices | average | units | clients | new | repeat |
| 2025-01 | -1.90 | 2 | -0.95 | 4 | 2 | 0 | 0 |
| 2025-02 | 90.00 | 1 | 90.00 | 8 | 1 | 1 | 0 |
report retention as_of=2025-02-28
| cohort | month | clients | active |
| 2025-02 | 0 | 1 | 1 |
report xyz from=2025-01-01 to=2025-02-28 as_of=2025-02-28
| object | group |
| C | one_time |
| D | potential |
report receivables as_of=2025-02-28 group=client
| group | not_due | gross | advances | balance |
| C | 90.00 | 90.00 | 5.00 | 85.00 |
| D | 0.00 | 0.00 | 0.00 | 0.00 |

# Minor units: what is paid or owed can be paid to the last coin; prices, nets and taxes may be finer
ledger UTC EUR
2025-01-01 bank_account.opened bank_account=A currency=EUR
2025-01-01 bank_account.opened bank_account=J currency=JPY
2025-01-01 bank_account.opened bank_account=K currency=KWD
2025-01-01 counterparty.registered counterparty=S legal_name=Supplier
refused too_many_decimals 2025-01-02 invoice.issued invoice=I1 total=10.005EUR due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"10.005","net":"10.005","tax":"0"}]
refused too_many_decimals 2025-01-02 invoice.issued invoice=I1 total=100.5JPY due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"100.5","net":"100.5","tax":"0"}]
refused too_many_decimals 2025-01-02 invoice.issued invoice=I1 total=10.01EUR instalments=[{"due_on":"2025-01-31","amount":"5.005"},{"due_on":"2025-02-28","amount":"5.005"}] lines=[{"line":"1","qty":"1","price":"10.01","net":"10.01","tax":"0"}]
2025-01-02 invoice.issued invoice=I1 total=10.01EUR due_on=2025-01-31 lines=[{"line":"1","qty":"2","price":"5.0025","net":"10.005","tax":"0.005"}]
2025-01-02 invoice.issued invoice=IJ total=100JPY due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"100","net":"90.909","tax":"9.091"}]
2025-01-02 invoice.issued invoice=IK total=10.005KWD due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"10.005","net":"10.005","tax":"0"}]
refused too_many_decimals 2025-01-03 credit_note.issued credit_note=N1 invoice=I1 total=1.001EUR reason=fine
refused too_many_decimals 2025-01-03 payment.received payment=P1 amount=10.0049EUR bank_account=A
refused too_many_decimals 2025-01-03 payment.received payment=P1 amount=10EUR bank_account=A purpose_lines=[{"purpose":"goods","amount":"5.001"},{"purpose":"advance","amount":"4.999"}]
refused too_many_decimals 2025-01-03 payment.received payment=P1 amount=10EUR bank_account=A deductions=[{"account":"expenses/bank_fees","amount":"0.001"}]
2025-01-03 payment.received payment=P1 amount=10.000EUR bank_account=A
2025-01-03 payment.received payment=PJ amount=100JPY bank_account=J
2025-01-03 payment.received payment=PK amount=10.005KWD bank_account=K
refused too_many_decimals 2025-01-04 payment.allocated payment=P1 invoice=I1 amount=0.001
refused too_many_decimals 2025-01-04 payment.allocated payment=PJ invoice=IJ amount=0.5
2025-01-04 payment.allocated payment=PK invoice=IK amount=0.005
refused too_many_decimals 2025-01-04 payment.unallocated payment=PK invoice=IK amount=0.0001
refused too_many_decimals 2025-01-04 payment.refunded payment=P1 amount=0.001
refused too_many_decimals 2025-01-04 invoice.written_off invoice=I1 amount=0.005 reason=coin
refused too_many_decimals 2025-01-04 bill.received bill=B1 supplier=S total=0.001EUR due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"0.001","net":"0.001","tax":"0"}]
refused too_many_decimals 2025-01-04 payment.made payment=M1 counterparty=S amount=0.001EUR bank_account=A
refused too_many_decimals 2025-01-04 statement_line.imported statement_line=L1 bank_account=A amount=0.001EUR
2025-01-04 campaign.planned campaign=W1 name=Fair kind=exhibition budget=0.001EUR from=2025-01-05 to=2025-01-06
refused too_many_decimals 2025-01-04 campaign.cost_recorded campaign=W1 amount=0.001EUR
# What may be finer: orders, values of goods, entries, estimates
2025-01-05 order.placed order=O1 currency=EUR lines=[{"line":"1","qty":"3","price":"0.001","net":"0.003","tax":"0.0005"}]
2025-01-05 entry.posted entry=E1 text=fine postings=[{"account":"expenses/x","unit":"EUR","amount":"0.001"},{"account":"equity/x","unit":"EUR","amount":"-0.001"}]
# Currencies outside ISO 4217, until they are defined; and books that count finer than it
refused unknown_currency 2025-01-06 exchange_rate.set currency=XBT rate=90000
refused unknown_currency 2025-01-06 bank_account.opened bank_account=B currency=XBT
refused unknown_currency 2025-01-06 order.placed order=O2 currency=XBT lines=[{"line":"1","qty":"1","price":"1","net":"1","tax":"0"}]
refused unknown_currency 2025-01-06 invoice.issued invoice=IX total=0.5XBT due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"0.5","net":"0.5","tax":"0"}]
2025-01-06 currency.defined currency=XBT decimals=#6 name=Bitcoin
mark defined
2025-01-06 bank_account.opened bank_account=B currency=XBT
2025-01-06 invoice.issued invoice=IX total=0.000001XBT due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"0.000001","net":"0.000001","tax":"0"}]
refused has_dependants void 2025-01-07 defined
refused fewer_decimals 2025-01-07 currency.defined currency=XBT decimals=#5
refused fewer_decimals 2025-01-07 currency.defined currency=KWD decimals=#2
refused fewer_decimals 2025-01-07 currency.defined currency=EUR decimals=#1
2025-01-07 currency.defined currency=EUR decimals=#4
2025-01-07 invoice.issued invoice=IF total=0.0001EUR due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"0.0001","net":"0.0001","tax":"0"}]
refused too_many_decimals 2025-01-07 invoice.issued invoice=IG total=0.00001EUR due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"0.00001","net":"0.00001","tax":"0"}]
refused fewer_decimals 2025-01-08 currency.defined currency=EUR decimals=#3
2025-01-08 currency.defined currency=EUR decimals=#5
state currency:XBT
| field | value |
| decimals | 6 |
| name | Bitcoin |
empty
refused unknown_currency 2025-01-01 ledger.opened company=acme time_zone=UTC base_currency=XBT

# An invoice that is voided and issued anew in another currency changes nothing of what was known before
ledger UTC EUR
2025-01-01 client.registered client=a name=Aa kind=org
2025-01-02 invoice.issued invoice=I1 client=a due_on=2025-02-10 total=10EUR lines=[{"line":"1","text":"x","qty":"1","price":"10","net":"10","tax":"0"}]
mark issued
2025-01-03 credit_note.issued credit_note=N1 invoice=I1 total=4EUR reason=late
mark credited
void 2025-01-04 credited
void 2025-01-04 issued
2025-01-01 exchange_rate.set currency=USD rate=0.5
2025-01-02 invoice.issued invoice=I1 client=a due_on=2025-02-10 total=10USD lines=[{"line":"1","text":"x","qty":"1","price":"10","net":"10","tax":"0"}]
report trial_balance in=base account=assets known_at=credited
| account | balance |
| assets/receivable | 6.00 |
report trial_balance in=base account=assets
| account | balance |
| assets/receivable | 5.00 |

# The double entry: every event by the table of postings, zero per unit
ledger UTC EUR
2025-01-01 client.registered client=C1 name=Buyer kind=org
2025-01-01 counterparty.registered counterparty=L1 legal_name=Maker
2025-01-01 bank_account.opened bank_account=cash currency=EUR
2025-01-01 bank_account.opened bank_account=post currency=EUR
2025-01-01 item.registered item=X sku=X-1 unit=piece kind=goods costing=fifo
2025-01-01 item.registered item=S sku=S-1 unit=hour kind=service costing=fifo
2025-01-01 warehouse.registered warehouse=A name=A
2025-01-01 warehouse.registered warehouse=B name=B
2025-01-01 campaign.planned campaign=K kind=ad from=2025-01-01 to=2025-03-31
2025-01-02 invoice.issued invoice=I1 client=C1 total=120EUR due_on=2025-01-31 lines='[{"line":"1","text":"Goods","qty":"1","price":"100","net":"100","tax":"20"}]'
report trial_balance
| account | unit | debit | credit | balance |
| assets/receivable | EUR | 120.00 | 0.00 | 120.00 |
| income/sales | EUR | 0.00 | 100.00 | -100.00 |
| liabilities/tax | EUR | 0.00 | 20.00 | -20.00 |
# a credit note without lines in the invoice's proportion
2025-01-03 credit_note.issued credit_note=N1 invoice=I1 total=12EUR reason=late
report trial_balance
| account | balance |
| assets/receivable | 108.00 |
| income/sales | -90.00 |
| liabilities/tax | -18.00 |
# a payment, allocated in part, taken back in part, refunded in part
2025-01-04 payment.received payment=P1 client=C1 amount=100EUR bank_account=cash
2025-01-05 payment.allocated payment=P1 invoice=I1 amount=60
2025-01-06 payment.unallocated payment=P1 invoice=I1 amount=10
2025-01-07 payment.refunded payment=P1 amount=20
report trial_balance account=assets
| account | debit | credit | balance |
| assets/bank/cash | 100.00 | 20.00 | 80.00 |
| assets/receivable | 130.00 | 72.00 | 58.00 |
report trial_balance account=liabilities/advances
| account | balance |
| liabilities/advances | -30.00 |
mark before
# reversed: what is allocated ends first, what is left goes back
2025-01-08 payment.reversed payment=P1 reason=bounced
report trial_balance
| account | balance |
| assets/bank/cash | 0.00 |
| assets/receivable | 108.00 |
| income/sales | -90.00 |
| liabilities/advances | 0.00 |
| liabilities/tax | -18.00 |
report trial_balance known_at=before account=assets/bank
| account | balance |
| assets/bank/cash | 80.00 |
2025-01-09 invoice.written_off invoice=I1 amount=8 reason=gone
report trial_balance as_of=2025-01-09 account=expenses
| account | balance |
| expenses/bad_debt | 8.00 |
# purchases: goods to what was received and not invoiced, all else to expenses
2025-02-01 bill.received bill=B1 supplier=L1 total=72EUR due_on=2025-02-28 lines='[{"line":"1","item":"X","qty":"10","price":"5","net":"50","tax":"10"},{"line":"2","text":"Freight","qty":"1","price":"6","net":"6","tax":"1"},{"line":"3","item":"S","qty":"1","price":"4","net":"4","tax":"1"}]'
2025-02-02 bill.credited bill_credit=BC1 bill=B1 total=7.20EUR reason=broken
2025-02-03 payment.made payment=M1 counterparty=L1 amount=50EUR bank_account=cash
2025-02-04 payment.made_allocated payment=M1 bill=B1 amount=40
2025-02-05 funds.transferred funds_transfer=F1 from=post to=cash amount=30EUR
report trial_balance
| account | unit | balance |
| assets/bank/cash | EUR | -20.00 |
| assets/bank/post | EUR | -30.00 |
| assets/receivable | EUR | 100.00 |
| assets/supplier_advances | EUR | 10.00 |
| assets/tax | EUR | 10.80 |
| expenses/bad_debt | EUR | 8.00 |
| expenses/purchases | EUR | 9.00 |
| income/sales | EUR | -90.00 |
| liabilities/advances | EUR | 0.00 |
| liabilities/goods_received_not_invoiced | EUR | 45.00 |
| liabilities/payable | EUR | -24.80 |
| liabilities/tax | EUR | -18.00 |
# costs without a bill, and the general entry
2025-02-06 campaign.cost_recorded campaign=K amount=5EUR
2025-02-06 claim.opened claim=CL client=C1 kind=broken severity=low
2025-02-07 claim.resolved claim=CL resolution=repaired cost=3EUR
2025-02-08 entry.posted entry=E1 text=Opening postings='[{"account":"assets/bank/post","unit":"EUR","amount":"30"},{"account":"equity/capital","unit":"EUR","amount":"-30"}]'
report trial_balance account=assets/bank/post
| account | debit | credit | balance |
| assets/bank/post | 30.00 | 30.00 | 0.00 |
report trial_balance account=equity/
| account | balance |
| equity/capital | -30.00 |
report trial_balance account=liabilities/accrued
| account | balance |
| liabilities/accrued | -8.00 |
report trial_balance account=expenses
| account | balance |
| expenses/bad_debt | 8.00 |
| expenses/claims | 3.00 |
| expenses/marketing | 5.00 |
| expenses/purchases | 9.00 |
# goods: quantities straight from the event, values from the valuation
ledger UTC EUR
2025-01-01 item.registered item=X sku=X-1 unit=piece kind=goods costing=fifo
2025-01-01 item.registered item=Y sku=Y-1 unit=piece kind=goods costing=average
2025-01-01 warehouse.registered warehouse=A name=A
2025-01-01 warehouse.registered warehouse=B name=B
2025-01-01 client.registered client=C1 name=Buyer kind=org
2025-01-01 order.placed order=O1 client=C1 currency=EUR lines=[]
2025-01-02 goods.received receipt=R1 item=X warehouse=A qty=10 value=50EUR
2025-01-03 goods.issued issue=I1 item=X warehouse=A qty=4 reason=sale
2025-01-04 goods.received receipt=R2 item=X warehouse=A qty=1 returns=I1
2025-01-05 goods.transferred goods_transfer=T1 item=X from=A to=B qty=2
2025-01-06 stock.reserved reservation=V1 item=X warehouse=A qty=3 ref=order:O1
2025-01-07 reservation.released reservation=V1 qty=1
2025-01-08 goods.issued issue=I2 item=X warehouse=A qty=1 reason=loss
2025-01-09 goods.issued issue=I3 item=X warehouse=A qty=1 reason=production
2025-01-10 stock.counted count=K1 item=X warehouse=B counted=1
2025-01-11 stock.adjusted adjustment=J1 item=X warehouse=B delta=1 value=7EUR reason=found
2025-01-12 production.completed production=P1 item=Y warehouse=B qty=1 consumed='[{"item":"X","warehouse":"B","qty":"1"}]'
2025-01-13 receipt.cost_adjusted receipt=R1 delta_value=10EUR reason=freight
report trial_balance
| account | unit | balance |
| assets/in_production | EUR | 6.00 |
| assets/stock | EUR | 31.00 |
| expenses/cost_of_goods | EUR | 18.00 |
| expenses/stock_adjustment | EUR | -1.00 |
| expenses/stock_loss | EUR | 6.00 |
| liabilities/goods_received_not_invoiced | EUR | -60.00 |
| outside/adjustment | item:X | 0 |
| outside/client | item:X | 3 |
| outside/loss | item:X | 1 |
| outside/production | item:X | 2 |
| outside/production | item:Y | -1 |
| outside/supplier | item:X | -10 |
| reservable/A | item:X | -2 |
| reserved/A | item:X | 2 |
| stock/A | item:X | 3 |
| stock/B | item:X | 1 |
| stock/B | item:Y | 1 |
report trial_balance unit=item:Y
| account | balance |
| outside/production | -1 |
| stock/B | 1 |
# Other currencies: a receivable leaves at the rate of its invoice, an advance at that of its payment, the difference is income/fx
ledger UTC EUR
2025-01-01 client.registered client=C1 name=Buyer kind=org
2025-01-01 bank_account.opened bank_account=usd currency=USD
2025-01-01 exchange_rate.set currency=USD rate=0.9
2025-02-01 exchange_rate.set currency=USD rate=0.8
2025-01-02 invoice.issued invoice=I1 client=C1 total=100USD due_on=2025-01-31 lines='[{"line":"1","text":"Goods","qty":"1","price":"100","net":"100","tax":"0"}]'
2025-02-02 payment.received payment=P1 client=C1 amount=60USD bank_account=usd
2025-02-03 payment.allocated payment=P1 invoice=I1 amount=60
report trial_balance
| account | unit | balance |
| assets/bank/usd | USD | 60.00 |
| assets/receivable | USD | 40.00 |
| income/sales | USD | -100.00 |
| liabilities/advances | USD | 0.00 |
report trial_balance in=base
| account | unit | balance |
| assets/bank/usd | EUR | 48.00 |
| assets/receivable | EUR | 36.00 |
| income/fx | EUR | 6.00 |
| income/sales | EUR | -90.00 |
| liabilities/advances | EUR | 0.00 |
# a later rate of the same date moves nothing that was booked before it
2025-01-01 exchange_rate.set currency=USD rate=5
report trial_balance in=base account=income
| account | balance |
| income/fx | 6.00 |
| income/sales | -90.00 |
2025-02-04 payment.reversed payment=P1 reason=bounced
report trial_balance in=base
| account | balance |
| assets/bank/usd | 0.00 |
| assets/receivable | 90.00 |
| income/fx | 0.00 |
| income/sales | -90.00 |
| liabilities/advances | 0.00 |
2025-02-05 credit_note.issued credit_note=N1 invoice=I1 total=100USD reason=all
report trial_balance in=base
| account | balance |
| assets/bank/usd | 0.00 |
| assets/receivable | 0.00 |
| income/fx | 0.00 |
| income/sales | 0.00 |
| liabilities/advances | 0.00 |
2025-02-06 entry.posted entry=E1 text=Opening postings='[{"account":"assets/x","unit":"CHF","amount":"30"},{"account":"equity/y","unit":"CHF","amount":"-30"}]'
fails trial_balance missing_rate in=base

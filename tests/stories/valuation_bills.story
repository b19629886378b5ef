# Bills: what is no goods is spent on an account under expenses/ or assets/, what is goods is in the stock
ledger UTC EUR
2025-01-01 item.registered item=X sku=X-1 unit=piece kind=goods costing=fifo
2025-01-01 warehouse.registered warehouse=A name=A
2025-01-01 counterparty.registered counterparty=L1 legal_name=Maker
2025-01-02 goods.received receipt=R1 item=X warehouse=A qty=10 value=100EUR
refused account_of_bill 2025-01-03 bill.received bill=B1 supplier=L1 due_on=2025-02-01 total=10EUR lines='[{"line":"1","text":"rent","qty":"1","price":"10","net":"10","tax":"0","account":"income/other"}]'
refused account_path 2025-01-03 bill.received bill=B1 supplier=L1 due_on=2025-02-01 total=10EUR lines='[{"line":"1","text":"rent","qty":"1","price":"10","net":"10","tax":"0","account":"rent"}]'
refused account_of_goods 2025-01-03 bill.received bill=B1 supplier=L1 due_on=2025-02-01 total=10EUR lines='[{"line":"1","item":"X","qty":"1","price":"10","net":"10","tax":"0","account":"expenses/purchases"}]'
refused account_of_goods 2025-01-03 bill.received bill=B1 supplier=L1 due_on=2025-02-01 total=10EUR lines='[{"line":"1","text":"freight","qty":"1","price":"10","net":"10","tax":"0","receipt":"R1","account":"expenses/freight"}]'
refused unknown_reference 2025-01-03 bill.received bill=B1 supplier=L1 due_on=2025-02-01 total=10EUR lines='[{"line":"1","item":"X","qty":"1","price":"10","net":"10","tax":"0","receipt":"R9"}]'
# GRNI: G1 USD 1000 at 0.90 is 900.00; 4 of 10 sold, 360.00. B1 USD 1050 at 0.80: the goods cost 945.00, a difference of 45 = stock 27 + cost of goods 18; 105 gained by the rate; payable 840
ledger UTC EUR
2025-01-01 item.registered item=X sku=X-1 unit=piece kind=goods costing=fifo
2025-01-01 warehouse.registered warehouse=A name=A
2025-01-01 counterparty.registered counterparty=L1 legal_name=Maker
2025-01-01 exchange_rate.set currency=USD rate=0.90
2025-02-01 exchange_rate.set currency=USD rate=0.80
2025-01-10 goods.received receipt=G1 item=X warehouse=A qty=10 value=1000USD
2025-01-20 goods.issued issue=I1 item=X warehouse=A qty=4 reason=sale
2025-02-05 bill.received bill=B1 supplier=L1 due_on=2025-03-01 total=1050USD lines='[{"line":"1","item":"X","qty":"10","price":"105","net":"1050","tax":"0","receipt":"G1"}]'
mark billed
report valuation from=2025-02-05
| opening | received | cost_of_goods | value |
| 540.00 | 45.00 | 18.00 | 567.00 |
report trial_balance in=base
| account | unit | balance |
| assets/stock | EUR | 567.00 |
| expenses/cost_of_goods | EUR | 378.00 |
| income/fx | EUR | -105.00 |
| liabilities/goods_received_not_invoiced | EUR | 0.00 |
| liabilities/payable | EUR | -840.00 |
| outside/client | item:X | 4 |
| outside/supplier | item:X | -10 |
| stock/A | item:X | 6 |
# in own units the conversion shows what was exchanged
report trial_balance unit=EUR
| account | balance |
| assets/stock | 567.00 |
| equity/conversion | -945.00 |
| expenses/cost_of_goods | 378.00 |
| liabilities/goods_received_not_invoiced | 0.00 |
report trial_balance unit=USD
| account | balance |
| equity/conversion | 1050.00 |
| liabilities/payable | -1050.00 |
report trial_balance in=base as_of=2025-02-04
| account | unit | balance |
| assets/stock | EUR | 540.00 |
| expenses/cost_of_goods | EUR | 360.00 |
| liabilities/goods_received_not_invoiced | EUR | -900.00 |
| outside/client | item:X | 4 |
| outside/supplier | item:X | -10 |
| stock/A | item:X | 6 |
report stock_card item=X from=2025-02-01
| kind | document | qty | value | cost_of_goods | stock_value |
| bill | B1 | 0 | 27.00 | 18.00 | 567.00 |
# a credit of the bill, 50 of the price of all 10: 40 of payable at the bill's rate, 45 of the goods at the receipt's, and 5 of the gain goes back
2025-02-10 bill.credited bill_credit=C1 bill=B1 total=50USD reason=rebate
report valuation from=2025-02-10
| opening | received | cost_of_goods | value |
| 567.00 | -45.00 | -18.00 | 540.00 |
report trial_balance in=base account=liabilities
| account | balance |
| liabilities/goods_received_not_invoiced | 0.00 |
| liabilities/payable | -800.00 |
report trial_balance in=base account=income
| account | balance |
| income/fx | -100.00 |
# a credit of 2 of them: they are received, and not invoiced any more, at what they stood at: 180
2025-02-11 bill.credited bill_credit=C2 bill=B1 total=200USD lines='[{"line":"1","item":"X","qty":"2","price":"100","net":"200","tax":"0"}]' reason='billed twice'
report trial_balance in=base account=liabilities
| account | balance |
| liabilities/goods_received_not_invoiced | -180.00 |
| liabilities/payable | -640.00 |
# another bill takes them
2025-02-12 bill.received bill=B2 supplier=L1 due_on=2025-03-01 total=200USD lines='[{"line":"1","item":"X","qty":"2","price":"100","net":"200","tax":"0","receipt":"G1"}]'
report trial_balance in=base account=liabilities
| account | balance |
| liabilities/goods_received_not_invoiced | 0.00 |
| liabilities/payable | -800.00 |
report trial_balance in=base account=income
| account | balance |
| income/fx | -100.00 |
# the bill first, the goods later: it waits, and is settled on the receipt's date, through the purchase order
ledger UTC EUR
2025-01-01 item.registered item=X sku=X-1 unit=piece kind=goods costing=average
2025-01-01 warehouse.registered warehouse=A name=A
2025-01-01 counterparty.registered counterparty=L1 legal_name=Maker
2025-01-01 exchange_rate.set currency=USD rate=0.80
2025-02-01 exchange_rate.set currency=USD rate=0.90
2025-01-02 purchase_order.placed purchase_order=PO1 supplier=L1 currency=USD lines='[{"line":"1","item":"X","qty":"10","price":"105","net":"1050","tax":"0"}]'
2025-01-10 bill.received bill=B1 supplier=L1 due_on=2025-03-01 total=1050USD lines='[{"line":"1","item":"X","qty":"10","price":"105","net":"1050","tax":"0"}]' refs=["purchase_order:PO1"]
report trial_balance in=base
| account | balance |
| liabilities/goods_received_not_invoiced | 840.00 |
| liabilities/payable | -840.00 |
2025-02-05 goods.received receipt=G1 item=X warehouse=A qty=4 value=400USD purchase_order=PO1
report trial_balance in=base unit=EUR
| account | balance |
| assets/stock | 378.00 |
| income/fx | -42.00 |
| liabilities/goods_received_not_invoiced | 504.00 |
| liabilities/payable | -840.00 |
2025-02-06 goods.received receipt=G2 item=X warehouse=A qty=6 value=540EUR purchase_order=PO1
# its value was an estimate in another currency: the goods cost what the bill says, at the bill's rate
report trial_balance in=base unit=EUR
| account | balance |
| assets/stock | 882.00 |
| income/fx | -42.00 |
| liabilities/goods_received_not_invoiced | 0.00 |
| liabilities/payable | -840.00 |
# in the base currency: a difference of price follows the goods, freight clears what was added for it, and beyond that it is a difference of price
ledger UTC EUR
2025-01-01 item.registered item=X sku=X-1 unit=piece kind=goods costing=fifo
2025-01-01 item.registered item=F sku=F-1 unit=piece kind=service costing=fifo
2025-01-01 warehouse.registered warehouse=A name=A
2025-01-01 counterparty.registered counterparty=L1 legal_name=Maker
2025-01-02 goods.received receipt=G1 item=X warehouse=A qty=10 value=500EUR
2025-01-03 receipt.cost_adjusted receipt=G1 delta_value=20EUR reason=freight extra=true
2025-01-04 bill.received bill=B1 supplier=L1 due_on=2025-03-01 total=612EUR lines='[{"line":"1","item":"X","qty":"10","price":"51","net":"510","tax":"102"}]' refs=["receipt:G1"]
report trial_balance
| account | unit | balance |
| assets/stock | EUR | 530.00 |
| assets/tax | EUR | 102.00 |
| liabilities/goods_received_not_invoiced | EUR | -20.00 |
| liabilities/payable | EUR | -612.00 |
| outside/supplier | item:X | -10 |
| stock/A | item:X | 10 |
2025-01-05 bill.received bill=B2 supplier=L1 due_on=2025-03-01 total=35EUR lines='[{"line":"1","item":"F","qty":"1","price":"25","net":"25","tax":"0","receipt":"G1"},{"line":"2","text":"rent","qty":"1","price":"10","net":"10","tax":"0","account":"expenses/rent"}]'
report trial_balance unit=EUR
| account | balance |
| assets/stock | 535.00 |
| assets/tax | 102.00 |
| expenses/rent | 10.00 |
| liabilities/goods_received_not_invoiced | 0.00 |
| liabilities/payable | -647.00 |
# a bill without any match stays as goods to come
2025-01-06 bill.received bill=B3 supplier=L1 due_on=2025-03-01 total=50EUR lines='[{"line":"1","item":"X","qty":"1","price":"50","net":"50","tax":"0"}]'
report trial_balance unit=EUR account=liabilities/goods_received_not_invoiced
| balance |
| 50.00 |
# a receipt that names the bill takes it
2025-01-07 goods.received receipt=G2 item=X warehouse=A qty=1 value=48EUR refs=["bill:B3"]
report trial_balance unit=EUR account=liabilities/goods_received_not_invoiced
| balance |
| 0.00 |
report valuation
| value | qty |
| 585.00 | 11 |
# a bill that settles a receipt belongs to the stock's books too, and a receipt that settles a bill to those of money
ledger UTC EUR
2025-01-01 item.registered item=X sku=X-1 unit=piece kind=goods costing=fifo
2025-01-01 warehouse.registered warehouse=A name=A
2025-01-01 counterparty.registered counterparty=L1 legal_name=Maker
2025-01-02 goods.received receipt=G1 item=X warehouse=A qty=10 value=500EUR
2025-01-02 purchase_order.placed purchase_order=PO1 supplier=L1 currency=EUR lines=[]
2025-01-03 bill.received bill=B1 supplier=L1 due_on=2025-03-01 total=50EUR lines='[{"line":"1","item":"X","qty":"1","price":"50","net":"50","tax":"0"}]' refs=["purchase_order:PO1"]
2025-02-01 period.closed area=stock until=2025-01-31
refused period_closed 2025-01-20 bill.received bill=B2 supplier=L1 due_on=2025-03-01 total=510EUR lines='[{"line":"1","item":"X","qty":"10","price":"51","net":"510","tax":"0"}]' refs=["receipt:G1"]
2025-01-20 bill.received bill=B2 supplier=L1 due_on=2025-03-01 total=10EUR lines='[{"line":"1","text":"rent","qty":"1","price":"10","net":"10","tax":"0"}]' refs=["receipt:G1"]
2025-02-01 bill.received bill=B3 supplier=L1 due_on=2025-03-01 total=510EUR lines='[{"line":"1","item":"X","qty":"10","price":"51","net":"510","tax":"0"}]' refs=["receipt:G1"]
2025-02-02 period.reopened area=stock reason=late
2025-02-03 period.closed area=money until=2025-01-31
refused period_closed 2025-01-25 goods.received receipt=G2 item=X warehouse=A qty=1 value=50EUR purchase_order=PO1
2025-01-25 goods.received receipt=G2 item=X warehouse=A qty=1 value=50EUR
refused no_rate 2025-02-04 bill.received bill=B4 supplier=L1 due_on=2025-03-01 total=510CHF lines='[{"line":"1","item":"X","qty":"10","price":"51","net":"510","tax":"0"}]'

# A receipt that is voided and recorded anew with another item changes nothing of what was known before
ledger UTC EUR
2025-01-01 item.registered item=X sku=X-1 unit=piece kind=goods costing=fifo
2025-01-01 item.registered item=Y sku=Y-1 unit=piece kind=goods costing=fifo
2025-01-01 warehouse.registered warehouse=A name=A
2025-01-01 counterparty.registered counterparty=L1 legal_name=Maker
2025-01-02 goods.received receipt=R1 item=X warehouse=A qty=10 value=100EUR
mark received
2025-01-03 bill.received bill=B1 supplier=L1 due_on=2025-02-01 total=120EUR lines='[{"line":"1","item":"X","qty":"10","price":"12","net":"120","tax":"0","receipt":"R1"}]'
mark billed
void 2025-01-04 billed
void 2025-01-04 received
2025-01-02 goods.received receipt=R1 item=Y warehouse=A qty=10 value=100EUR
report trial_balance known_at=billed
| account | balance |
| assets/stock | 120.00 |
| liabilities/goods_received_not_invoiced | 0.00 |
| liabilities/payable | -120.00 |
| outside/supplier | -10 |
| stock/A | 10 |
report trial_balance
| account | balance |
| assets/stock | 100.00 |
| liabilities/goods_received_not_invoiced | -100.00 |
| outside/supplier | -10 |
| stock/A | 10 |

# R12, R19, R20, R37, R39, R40, R42: data set V; the piece of y that came back names its sale
ledger UTC EUR
2025-01-01 exchange_rate.set currency=USD rate=0.90
2025-03-20 exchange_rate.set currency=USD rate=0.80
2025-04-10 exchange_rate.set currency=USD rate=0.85
2025-01-01 employee.hired employee=m1 name=One department=sales role=manager
2025-01-01 employee.hired employee=m2 name=Two department=sales role=manager
2025-01-01 client.registered client=a name=Alpha kind=org
2025-01-01 client.registered client=b name=Beta kind=org
2025-01-01 counterparty.registered counterparty=t legal_name=Trader
2025-01-01 counterparty.linked counterparty=t client=b
2025-01-01 counterparty.registered counterparty=r legal_name=Landlord
2025-01-01 counterparty.registered counterparty=s legal_name=Maker
2025-01-01 bank_account.opened bank_account=E currency=EUR
2025-01-01 bank_account.opened bank_account=U currency=USD
2025-01-01 item.registered item=x sku=x-1 unit=piece kind=goods costing=fifo
2025-01-01 item.registered item=y sku=y-1 unit=piece kind=goods costing=fifo
2025-01-01 warehouse.registered warehouse=w name=W
2025-02-28 entry.posted entry=O1 text=Opening postings='[{"account":"assets/bank/E","unit":"EUR","amount":"5000"},{"account":"equity/opening","unit":"EUR","amount":"-5000"}]'
2025-02-28 invoice.brought_forward invoice=I0 client=a owner=m1 total=250EUR due_on=2025-02-28
2025-03-01 goods.received receipt=G1 item=x warehouse=w qty=10 value=1000USD
2025-03-02 goods.received receipt=G2 item=y warehouse=w qty=20 value=400EUR
2025-03-05 invoice.issued invoice=I1 client=a owner=m1 total=952EUR due_on=2025-04-04 lines='[{"line":"1","item":"x","qty":"4","price":"200","net":"800","tax":"152"}]'
2025-03-05 goods.issued issue=S1 item=x warehouse=w qty=4 reason=sale refs=["invoice:I1"]
2025-03-10 invoice.issued invoice=I2 client=b owner=m2 total=321EUR due_on=2025-03-25 lines='[{"line":"1","item":"y","qty":"10","price":"30","net":"300","tax":"21"}]'
2025-03-10 goods.issued issue=S2 item=y warehouse=w qty=10 reason=sale refs=["invoice:I2"]
2025-03-12 bill.received bill=B2 supplier=t total=476EUR due_on=2025-04-11 lines='[{"line":"1","item":"y","qty":"20","price":"20","net":"400","tax":"76","receipt":"G2"}]'
2025-03-14 bill.received bill=B3 supplier=r total=595EUR due_on=2025-03-31 lines='[{"line":"1","text":"rent","qty":"1","price":"500","net":"500","tax":"95"}]'
2025-03-15 credit_note.issued credit_note=C1 client=b owner=m2 total=32.10EUR reason=back lines='[{"line":"1","item":"y","qty":"1","price":"30","net":"30","tax":"2.10"}]'
2025-03-15 goods.received receipt=G3 item=y warehouse=w qty=1 returns=S2
report payables as_of=2025-03-15
| currency | not_due | days_1_30 | gross | advances | balance | dpo |
| EUR | 1071.00 | 0.00 | 1071.00 | 0.00 | 1071.00 | 90.00 |
report receivables as_of=2025-03-15
| currency | not_due | days_1_30 | gross | advances | balance |
| EUR | 1273.00 | 250.00 | 1523.00 | 32.10 | 1490.90 |
# of x nothing is billed yet, of y all is
report payables as_of=2025-03-15 view=unbilled
| kind | document | line | item | currency | quantity | billed | unbilled | net | in_base |
| receipt | G1 |  | x | USD | 10 | 0 | 10 | 1000.00 | 900.00 |
fails payables unused_parameter as_of=2025-03-15 view=unbilled in=base
2025-03-20 bill.received bill=B1 supplier=s total=1050USD due_on=2025-04-19 lines='[{"line":"1","item":"x","qty":"10","price":"105","net":"1050","tax":"0","receipt":"G1"}]'
2025-03-20 payment.received payment=P1 client=a amount=900EUR bank_account=E purpose_lines='[{"purpose":"goods","amount":"900"}]' deductions='[{"account":"assets/withheld_tax","amount":"50"},{"account":"expenses/bank_fees","amount":"2"}]'
2025-03-20 payment.allocated payment=P1 invoice=I1 amount=952
2025-03-28 payment.received payment=P2 client=b amount=200EUR bank_account=E purpose_lines='[{"purpose":"goods","amount":"200"}]'
2025-03-28 payment.allocated payment=P2 invoice=I2 amount=200
2025-03-28 credit_note.allocated credit_note=C1 invoice=I2 amount=32.10
2025-03-31 payment.made payment=M1 counterparty=r amount=595EUR bank_account=E purpose_lines='[{"purpose":"rent","amount":"595"}]'
2025-03-31 payment.made_allocated payment=M1 bill=B3 amount=595
mark march
# what was sold, and to whom: a bought before, as the invoice brought forward tells
report sales from=2025-03-01 to=2025-03-31
| currency | net | invoices | clients | new | repeat |
| EUR | 1070.00 | 2 | 2 | 1 | 1 |
report sales from=2025-03-01 to=2025-03-31 group=item
| group | net |
| x | 800.00 |
| y | 270.00 |
report sales from=2025-03-01 to=2025-03-31 group=client
| group | net | new | repeat |
| a | 800.00 | 0 | 1 |
| b | 270.00 | 1 | 0 |
report sales by=month to=2025-02-28
| period | net | invoices | clients | new |
| 2025-02 | 0.00 | 0 | 0 | 1 |
report retention
| cohort | month | clients | active |
| 2025-02 | 0 | 1 | 1 |
| 2025-02 | 1 | 1 | 1 |
| 2025-03 | 0 | 1 | 1 |
report abc from=2025-01-01 to=2025-03-31
| object | value | class |
| a | 800.00 | A |
| b | 270.00 | A |
# what is owed by clients
report receivables as_of=2025-03-31
| currency | not_due | days_1_30 | days_31_60 | gross | advances | dso |
| EUR | 0.00 | 88.90 | 250.00 | 338.90 | 0.00 | 24.58 |
report receivables as_of=2025-03-31 basis=issue
| currency | days_0_30 | days_31_60 | gross |
| EUR | 88.90 | 250.00 | 338.90 |
report payments direction=both from=2025-03-01 to=2025-03-31
| currency | received | deducted | paid | net |
| EUR | 1100.00 | 52.00 | 595.00 | 505.00 |
report statement client=a from=2025-03-01 to=2025-03-31
| opening | invoices | credit_notes | received | deducted | closing |
| 250.00 | 952.00 | 0.00 | 900.00 | 52.00 | 250.00 |
report statement client=b from=2025-03-01 to=2025-03-31
| opening | invoices | credit_notes | received | closing |
| 0.00 | 321.00 | 32.10 | 200.00 | 88.90 |
# what is owed to suppliers
report payables as_of=2025-03-31
| currency | not_due | days_1_30 | days_31_60 | days_61_90 | over_90 | gross | advances | balance | dpo |
| EUR | 476.00 | 0.00 | 0.00 | 0.00 | 0.00 | 476.00 | 0.00 | 476.00 | 40.00 |
| USD | 1050.00 | 0.00 | 0.00 | 0.00 | 0.00 | 1050.00 | 0.00 | 1050.00 | 90.00 |
report payables as_of=2025-03-31 view=unbilled
| kind | document |
report payables as_of=2025-03-31 in=base group=supplier
| group | currency | gross |
| r | EUR | 0.00 |
| s | EUR | 840.00 |
| t | EUR | 476.00 |
report payables as_of=2025-04-20 basis=issue group=bill
| group | currency | days_0_30 | days_31_60 | gross |
| B1 | USD | 0.00 | 1050.00 | 1050.00 |
| B2 | EUR | 0.00 | 476.00 | 476.00 |
| B3 | EUR | 0.00 | 0.00 | 0.00 |
|  | EUR | 0.00 | 0.00 | 0.00 |
report payables as_of=2025-04-20
| currency | not_due | days_1_30 |
| EUR | 0.00 | 476.00 |
| USD | 0.00 | 1050.00 |
# what was earned on what
report margin group=item from=2025-03-01 to=2025-03-31
| group | currency | net | cost | profit | margin | units |
| x | EUR | 800.00 | 378.00 | 422.00 | 52.75 | 4 |
| y | EUR | 270.00 | 180.00 | 90.00 | 33.33 | 9 |
report margin by=month
| period | net | cost | profit | margin |
| 2025-03 | 1070.00 | 558.00 | 512.00 | 47.85 |
report margin group=client
| group | net | cost | profit |
| a | 800.00 | 378.00 | 422.00 |
| b | 270.00 | 180.00 | 90.00 |
report margin group=owner to=2025-03-14
| group | net | cost | profit |
| m1 | 800.00 | 360.00 | 440.00 |
| m2 | 300.00 | 200.00 | 100.00 |
# profit and loss
report financials from=2025-03-01 to=2025-03-31
| account | currency | amount |
| income/fx | EUR | 105.00 |
| income/sales | EUR | 1070.00 |
| expenses/bank_fees | EUR | 2.00 |
| expenses/cost_of_goods | EUR | 558.00 |
| expenses/purchases | EUR | 500.00 |
| total/income | EUR | 1070.00 |
| total/cost_of_goods | EUR | 558.00 |
| total/gross_profit | EUR | 512.00 |
| total/other_income | EUR | 105.00 |
| total/other_expenses | EUR | 502.00 |
| total/result | EUR | 115.00 |
report financials depth=1 by=quarter to=2025-03-19
| period | account | amount |
| 2025-Q1 | income | 1070.00 |
| 2025-Q1 | expenses | 1040.00 |
| 2025-Q1 | total/income | 1070.00 |
| 2025-Q1 | total/cost_of_goods | 540.00 |
| 2025-Q1 | total/gross_profit | 530.00 |
| 2025-Q1 | total/other_income | 0.00 |
| 2025-Q1 | total/other_expenses | 500.00 |
| 2025-Q1 | total/result | 30.00 |
fails financials invalid_parameter depth=0
fails financials missing_parameter view=balance_sheet
fails financials unused_parameter view=balance_sheet as_of=2025-03-31 by=month
# and what is there
report financials view=balance_sheet as_of=2025-03-31 from=2025-03-01
| account | currency | opening | debit | credit | closing |
| assets/bank | EUR | 5000.00 | 1100.00 | 595.00 | 5505.00 |
| assets/receivable | EUR | 250.00 | 1273.00 | 1184.10 | 338.90 |
| assets/stock | EUR | 0.00 | 1365.00 | 578.00 | 787.00 |
| assets/supplier_advances | EUR | 0.00 | 595.00 | 595.00 | 0.00 |
| assets/tax | EUR | 0.00 | 171.00 | 0.00 | 171.00 |
| assets/withheld_tax | EUR | 0.00 | 50.00 | 0.00 | 50.00 |
| liabilities/advances | EUR | 0.00 | 1184.10 | 1184.10 | 0.00 |
| liabilities/goods_received_not_invoiced | EUR | 0.00 | 1345.00 | 1345.00 | 0.00 |
| liabilities/payable | EUR | 0.00 | 595.00 | 1911.00 | 1316.00 |
| liabilities/tax | EUR | 0.00 | 2.10 | 173.00 | 170.90 |
| equity/opening | EUR | 5250.00 | 0.00 | 0.00 | 5250.00 |
| equity/result | EUR | 0.00 | 1110.00 | 1225.00 | 115.00 |
| total/assets | EUR | 5250.00 | 4554.00 | 2952.10 | 6851.90 |
| total/liabilities | EUR | 0.00 | 3126.20 | 4613.10 | 1486.90 |
| total/equity | EUR | 5250.00 | 1110.00 | 1225.00 | 5365.00 |
# a year later the result is retained
report financials view=balance_sheet as_of=2026-01-01 depth=1
| account | closing |
| assets | 6851.90 |
| liabilities | 1486.90 |
| equity | 5365.00 |
| total/assets | 6851.90 |
| total/liabilities | 1486.90 |
| total/equity | 5365.00 |
# what moved on the bank account, and what will
report cash_flow from=2025-03-01 to=2025-03-31
| bank_account | purpose | currency | in | out | net |
| E | goods | EUR | 1100.00 | 0.00 | 1100.00 |
| E | rent | EUR | 0.00 | 595.00 | -595.00 |
report cash_flow by=month
| period | purpose | in | out |
| 2025-02 | entry | 5000.00 | 0.00 |
| 2025-03 | goods | 1100.00 | 0.00 |
| 2025-03 | rent | 0.00 | 595.00 |
report cash_flow view=balance from=2025-03-01 to=2025-03-31
| bank_account | opening | in | out | closing |
| E | 5000.00 | 1100.00 | 595.00 | 5505.00 |
report cash_flow view=balance by=month
| period | opening | in | out | closing |
| 2025-02 | 0.00 | 5000.00 | 0.00 | 5000.00 |
| 2025-03 | 5000.00 | 1100.00 | 595.00 | 5505.00 |
report cash_flow view=forecast as_of=2025-03-31 in=base by=month
| period | currency | due_in | due_out | net | closing |
| overdue | EUR | 338.90 | 0.00 | 338.90 | 5843.90 |
| 2025-03 | EUR | 0.00 | 0.00 | 0.00 | 5843.90 |
| 2025-04 | EUR | 0.00 | 1316.00 | -1316.00 | 4527.90 |
report cash_flow view=forecast as_of=2025-03-31 to=2025-04-15
| period | currency | due_in | due_out | closing |
| overdue | EUR | 338.90 | 0.00 | 5843.90 |
| 2025-03-31/2025-04-15 | EUR | 0.00 | 476.00 | 5367.90 |
| overdue | USD | 0.00 | 0.00 | 0.00 |
| 2025-03-31/2025-04-15 | USD | 0.00 | 0.00 | 0.00 |
fails cash_flow missing_parameter view=forecast
fails cash_flow invalid_parameter view=forecast as_of=2025-03-31 to=2025-03-30
fails cash_flow unused_parameter view=forecast as_of=2025-03-31 from=2025-03-30
# April: dollars are bought for euros, s is paid, and what b and its trader owe each other is set off
2025-04-10 funds.exchanged funds_exchange=X1 from=E to=U sold=900EUR bought=1050USD
2025-04-10 payment.made payment=M2 counterparty=s amount=1050USD bank_account=U purpose_lines='[{"purpose":"goods","amount":"1050"}]'
2025-04-10 payment.made_allocated payment=M2 bill=B1 amount=1050
2025-04-11 set_off.recorded set_off=S1 invoices='[{"invoice":"I2","amount":"88.90"}]' bills='[{"bill":"B2","amount":"88.90"}]'
report financials from=2025-04-01 to=2025-04-30
| account | amount |
| income/fx | -60.00 |
| total/income | 0.00 |
| total/cost_of_goods | 0.00 |
| total/gross_profit | 0.00 |
| total/other_income | -60.00 |
| total/other_expenses | 0.00 |
| total/result | -60.00 |
report financials view=balance_sheet as_of=2025-04-30
| account | closing |
| assets/bank | 4605.00 |
| assets/receivable | 250.00 |
| assets/stock | 787.00 |
| assets/supplier_advances | 0.00 |
| assets/tax | 171.00 |
| assets/withheld_tax | 50.00 |
| liabilities/advances | 0.00 |
| liabilities/goods_received_not_invoiced | 0.00 |
| liabilities/payable | 387.10 |
| liabilities/tax | 170.90 |
| equity/opening | 5250.00 |
| equity/result | 55.00 |
| total/assets | 5863.00 |
| total/liabilities | 558.00 |
| total/equity | 5305.00 |
report cash_flow from=2025-04-01 to=2025-04-30 in=base
| bank_account | purpose | currency | in | out |
| E | exchange | EUR | 0.00 | 900.00 |
| U | exchange | EUR | 892.50 | 0.00 |
| U | goods | EUR | 0.00 | 892.50 |
report receivables as_of=2025-04-30
| gross | advances |
| 250.00 | 0.00 |
report payables as_of=2025-04-30 group=supplier
| group | currency | gross | balance |
| r | EUR | 0.00 | 0.00 |
| s | USD | 0.00 | 0.00 |
| t | EUR | 387.10 | 387.10 |
report statement client=b to=2025-04-30
| opening | invoices | credit_notes | set_off | received | closing |
| 0.00 | 321.00 | 32.10 | 88.90 | 200.00 | 0.00 |
report statement side=supplier counterparty=t to=2025-04-30
| opening | bills | set_off | paid | closing |
| 0.00 | 476.00 | 88.90 | 0.00 | 387.10 |
report statement side=both group=client currency=EUR to=2025-04-30
| group | opening | brought_forward | invoices | set_off | bills | paid | closing |
| a | 0.00 | 250.00 | 952.00 | 0.00 | 0.00 | 0.00 | 250.00 |
| b | 0.00 | 0.00 | 321.00 | 0.00 | 476.00 | 0.00 | -387.10 |
|  | 0.00 | 0.00 | 0.00 | 0.00 | 595.00 | 595.00 | 0.00 |
# money that goes back is a share of what came for each purpose; a transfer is one of both accounts
2025-04-01 bank_account.opened bank_account=F currency=EUR
2025-04-02 payment.received payment=P3 client=a amount=100EUR bank_account=E purpose_lines='[{"purpose":"goods","amount":"75"},{"purpose":"deposit","amount":"25"}]'
2025-04-03 payment.refunded payment=P3 amount=10
2025-04-04 payment.reversed payment=P3 reason=bounced
2025-04-05 funds.transferred funds_transfer=T1 from=E to=F amount=30EUR
2025-04-06 payment.received payment=P4 client=a amount=5EUR bank_account=F
report cash_flow from=2025-04-01 to=2025-04-09
| bank_account | purpose | in | out | net |
| E | deposit | 25.00 | 25.00 | 0.00 |
| E | goods | 75.00 | 75.00 | 0.00 |
| E | transfer | 0.00 | 30.00 | -30.00 |
| F | transfer | 30.00 | 0.00 | 30.00 |
| F |  | 5.00 | 0.00 | 5.00 |

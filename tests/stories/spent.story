# Payments made: what was put against a bill is taken back, and money comes back
ledger UTC EUR
2025-01-01 counterparty.registered counterparty=s legal_name=Maker
2025-01-01 client.registered client=a name=Alpha kind=org
2025-01-01 bank_account.opened bank_account=E currency=EUR
2025-01-01 bank_account.opened bank_account=F currency=EUR
2025-01-02 bill.received bill=B1 supplier=s total=100EUR due_on=2025-01-31 lines='[{"line":"1","text":"y","qty":"1","price":"100","net":"100","tax":"0"}]'
2025-01-02 invoice.issued invoice=I1 client=a total=10EUR due_on=2025-01-31 lines='[{"line":"1","text":"x","qty":"1","price":"10","net":"10","tax":"0"}]'
2025-01-03 payment.made payment=M1 counterparty=s amount=80EUR bank_account=E purpose_lines='[{"purpose":"goods","amount":"60"},{"purpose":"deposit","amount":"20"}]'
2025-01-03 payment.received payment=P1 client=a amount=10EUR bank_account=E
2025-01-04 payment.made_allocated payment=M1 bill=B1 amount=70
mark allocated
refused unallocation_exceeds_allocation 2025-01-05 payment.made_unallocated payment=M1 bill=B1 amount=70.01
refused wrong_direction 2025-01-05 payment.made_unallocated payment=P1 bill=B1 amount=1
refused not_positive 2025-01-05 payment.made_unallocated payment=M1 bill=B1 amount=0
refused unknown_reference 2025-01-05 payment.made_unallocated payment=M1 bill=B9 amount=1
2025-01-05 payment.made_unallocated payment=M1 bill=B1 amount=30
mark unallocated
report payables as_of=2025-01-05
| gross | advances | balance |
| 60.00 | 40.00 | 20.00 |
report trial_balance account=assets/supplier_advances
| account | debit | credit | balance |
| assets/supplier_advances | 110.00 | 70.00 | 40.00 |
# what is taken back was there before
refused has_dependants void 2025-01-05 allocated
refused refund_exceeds_remainder 2025-01-06 payment.made_refunded payment=M1 amount=40.01
2025-01-06 payment.made_refunded payment=M1 amount=20 bank_account=F
2025-01-07 payment.made_refunded payment=M1 amount=8
mark refunded
# the room it gave is used
refused has_dependants void 2025-01-07 unallocated
report payments direction=out
| period | currency | paid | returned | reversed | net |
| 2025-01 | EUR | 80.00 | 28.00 | 0.00 | 52.00 |
report cash_flow
| bank_account | purpose | in | out | net |
| E | deposit | 2.00 | 20.00 | -18.00 |
| E | goods | 6.00 | 60.00 | -54.00 |
| E |  | 10.00 | 0.00 | 10.00 |
| F | deposit | 5.00 | 0.00 | 5.00 |
| F | goods | 15.00 | 0.00 | 15.00 |
2025-01-06 statement_line.imported statement_line=L1 bank_account=F amount=20EUR
2025-01-06 statement_line.matched statement_line=L1 to=payment:M1
2025-01-07 statement_line.imported statement_line=L2 bank_account=E amount=8EUR
2025-01-07 statement_line.matched statement_line=L2 to=payment:M1
report payments view=reconciliation from=2025-01-06
| statement_line | kind | bank_account | line | paid | bank |
| L1 | returned | F | 20.00 | 20.00 | exact |
| L2 | returned | E | 8.00 | 8.00 | exact |
refused has_dependants void 2025-01-08 refunded
# what need not be paid
refused write_off_exceeds_open_amount 2025-01-09 bill.written_off bill=B1 amount=60.01 reason=waived
refused account_path 2025-01-09 bill.written_off bill=B1 amount=1 account=assets/x reason=waived
refused not_positive 2025-01-09 bill.written_off bill=B1 amount=0 reason=waived
refused too_many_decimals 2025-01-09 bill.written_off bill=B1 amount=0.001 reason=waived
2025-01-09 bill.written_off bill=B1 amount=5 reason=waived
2025-01-09 account.opened path=income/usd unit=USD
refused account_unit 2025-01-09 bill.written_off bill=B1 amount=1 account=income/usd reason=waived
2025-01-10 bill.written_off bill=B1 amount=2 account=income/gifts reason=waived
report payables as_of=2025-01-10 group=bill
| group | gross | advances |
| B1 | 53.00 | 0.00 |
|  | 0.00 | 12.00 |
report trial_balance account=income
| account | balance |
| income/gifts | -2.00 |
| income/other | -5.00 |
| income/sales | -10.00 |
# a payment that came back in full takes what is left, deposits too
2025-01-11 payment.reversed payment=M1 reason=bounced
report payables as_of=2025-01-11
| gross | advances |
| 93.00 | 0.00 |
report payments direction=out
| paid | returned | reversed | net |
| 80.00 | 28.00 | 52.00 | 0.00 |
# Expenses: money spent without a bill
ledger UTC EUR
2025-01-01 exchange_rate.set currency=USD rate=0.90
2025-01-01 counterparty.registered counterparty=s legal_name=Maker
2025-01-01 bank_account.opened bank_account=E currency=EUR
2025-01-01 bank_account.opened bank_account=U currency=USD
2025-01-01 account.opened path=expenses/postage unit=EUR
refused other_currency 2025-01-02 expense.recorded expense=X9 amount=10USD purpose=travel bank_account=E
refused account_path 2025-01-02 expense.recorded expense=X9 amount=10EUR purpose=travel account=income/x
refused account_unit 2025-01-02 expense.recorded expense=X9 amount=10USD purpose=postage
refused not_positive 2025-01-02 expense.recorded expense=X9 amount=0EUR purpose=travel
refused too_many_decimals 2025-01-02 expense.recorded expense=X9 amount=0.001EUR purpose=travel
refused unknown_reference 2025-01-02 expense.recorded expense=X9 amount=1EUR purpose=travel supplier=z
2025-01-02 expense.recorded expense=X1 amount=38.40EUR purpose=travel bank_account=E supplier=s
2025-01-03 expense.recorded expense=X2 amount=10EUR purpose=postage
2025-01-04 expense.recorded expense=X3 amount=20USD purpose=tools account=assets/tools bank_account=U
report trial_balance
| account | unit | balance |
| assets/bank/E | EUR | -38.40 |
| assets/bank/U | USD | -20.00 |
| assets/tools | USD | 20.00 |
| expenses/postage | EUR | 10.00 |
| expenses/travel | EUR | 38.40 |
| liabilities/accrued | EUR | -10.00 |
report cash_flow in=base
| bank_account | purpose | in | out |
| E | travel | 0.00 | 38.40 |
| U | tools | 0.00 | 18.00 |
# it is no payment
report payments direction=both
| period |
report financials from=2025-01-01 to=2025-01-31
| account | amount |
| expenses/postage | 10.00 |
| expenses/travel | 38.40 |
| total/income | 0.00 |
| total/cost_of_goods | 0.00 |
| total/gross_profit | 0.00 |
| total/other_income | 0.00 |
| total/other_expenses | 48.40 |
| total/result | -48.40 |
refused before_opening 2025-01-01 expense.reversed expense=X1 reason=wrong
2025-01-05 exchange_rate.set currency=USD rate=0.80
2025-01-06 expense.reversed expense=X3 reason=wrong
2025-01-06 expense.reversed expense=X1 reason=wrong
mark reversed
refused illegal_transition 2025-01-07 expense.reversed expense=X1 reason=wrong
report cash_flow in=base
| bank_account | purpose | in | out |
| E | travel | 38.40 | 38.40 |
| U | tools | 18.00 | 18.00 |
report trial_balance in=base account=assets
| account | balance |
| assets/bank/E | 0.00 |
| assets/bank/U | 0.00 |
| assets/tools | 0.00 |
# a line of the bank tells of it, and another of what came back
2025-01-02 statement_line.imported statement_line=L1 bank_account=E amount=-38.40EUR
2025-01-02 statement_line.matched statement_line=L1 to=expense:X1
2025-01-06 statement_line.imported statement_line=L2 bank_account=E amount=38.40EUR
2025-01-06 statement_line.matched statement_line=L2 to=expense:X1
report payments view=reconciliation currency=EUR
| statement_line | kind | document | line | paid | bank |
| L1 | expense | expense:X1 | -38.40 | -38.40 | exact |
| L2 | returned | expense:X1 | 38.40 | 38.40 | exact |
refused has_dependants void 2025-01-08 reversed
# Exchanges: money of one currency into another
ledger UTC EUR
2025-01-01 exchange_rate.set currency=USD rate=0.87
2025-01-01 bank_account.opened bank_account=E currency=EUR
2025-01-01 bank_account.opened bank_account=F currency=EUR
2025-01-01 bank_account.opened bank_account=U currency=USD
2025-01-01 entry.posted entry=O1 text=Opening postings='[{"account":"assets/bank/E","unit":"EUR","amount":"5000"},{"account":"equity/opening","unit":"EUR","amount":"-5000"}]'
refused same_currency 2025-01-02 funds.exchanged funds_exchange=X9 from=E to=F sold=100EUR bought=100EUR
refused other_currency 2025-01-02 funds.exchanged funds_exchange=X9 from=E to=F sold=100EUR bought=110USD
refused other_currency 2025-01-02 funds.exchanged funds_exchange=X9 from=U to=E sold=100EUR bought=110USD
refused other_currency 2025-01-02 funds.exchanged funds_exchange=X9 from=E to=U sold=100EUR bought=110USD fee=1GBP
refused not_positive 2025-01-02 funds.exchanged funds_exchange=X9 from=E to=U sold=0EUR bought=110USD
refused not_positive 2025-01-02 funds.exchanged funds_exchange=X9 from=E to=U sold=100EUR bought=0USD
refused not_positive 2025-01-02 funds.exchanged funds_exchange=X9 from=E to=U sold=100EUR bought=110USD fee=0EUR
refused too_many_decimals 2025-01-02 funds.exchanged funds_exchange=X9 from=E to=U sold=100.001EUR bought=110USD
2025-01-02 funds.exchanged funds_exchange=X1 from=E to=U sold=609EUR bought=700USD fee=4.50EUR
report trial_balance
| account | unit | debit | credit | balance |
| assets/bank/E | EUR | 5000.00 | 613.50 | 4386.50 |
| assets/bank/U | USD | 700.00 | 0.00 | 700.00 |
| equity/conversion | EUR | 609.00 | 0.00 | 609.00 |
| equity/conversion | USD | 0.00 | 700.00 | -700.00 |
| equity/opening | EUR | 0.00 | 5000.00 | -5000.00 |
| expenses/bank_fees | EUR | 4.50 | 0.00 | 4.50 |
report cash_flow from=2025-01-02
| bank_account | purpose | currency | in | out |
| E | exchange | EUR | 0.00 | 609.00 |
| E | fee | EUR | 0.00 | 4.50 |
| U | exchange | USD | 700.00 | 0.00 |
2025-01-03 statement_line.imported statement_line=L1 bank_account=E amount=-613.50EUR
2025-01-03 statement_line.matched statement_line=L1 to=funds_exchange:X1
report payments view=reconciliation
| statement_line | kind | document | bank_account | line | paid | bank |
|  | exchange | funds_exchange:X1 | U |  | 700.00 | unmatched |
| L1 | exchange | funds_exchange:X1 | E | -613.50 | -613.50 | exact |
# the bank account of another currency holds in base what its legs brought, until it is revalued
2025-01-10 exchange_rate.set currency=USD rate=0.89
2025-01-11 funds.exchanged funds_exchange=X2 from=U to=E sold=700USD bought=623EUR
report trial_balance in=base account=assets/bank/U
| account | balance |
| assets/bank/U | -14.00 |
refused not_revaluable 2025-01-31 account.revalued account=assets/bank/E
refused not_revaluable 2025-01-31 account.revalued account=assets/bank/Z
refused not_revaluable 2025-01-31 account.revalued account=assets/safe
2025-01-31 account.revalued account=assets/bank/U
report trial_balance in=base
| account | unit | balance |
| assets/bank/E | EUR | 5009.50 |
| assets/bank/U | EUR | 0.00 |
| equity/opening | EUR | -5000.00 |
| expenses/bank_fees | EUR | 4.50 |
| income/fx | EUR | -14.00 |
report financials from=2025-01-01 to=2025-01-31
| account | amount |
| income/fx | 14.00 |
| expenses/bank_fees | 4.50 |
| total/income | 0.00 |
| total/cost_of_goods | 0.00 |
| total/gross_profit | 0.00 |
| total/other_income | 14.00 |
| total/other_expenses | 4.50 |
| total/result | 9.50 |
report cash_flow in=base from=2025-01-31
| bank_account | purpose | in | out |
| U | revaluation | 14.00 | 0.00 |
# what is dated before it changes what it brings; in own currency it moves nothing
2025-01-20 funds.exchanged funds_exchange=X3 from=E to=U sold=80EUR bought=100USD fee=1USD
# a rate that was set after the record is not that of its day
2025-01-30 exchange_rate.set currency=USD rate=0.95
report trial_balance in=base account=assets/bank/U
| account | balance |
| assets/bank/U | 88.11 |
report trial_balance account=assets/bank/U
| account | unit | balance |
| assets/bank/U | USD | 99.00 |
report cash_flow view=balance in=base from=2025-01-31 to=2025-01-31
| bank_account | opening | in | out | closing |
| E | 4929.50 | 0.00 | 0.00 | 4929.50 |
| U | 74.11 | 14.00 | 0.00 | 88.11 |

# What other books left: it is owed or free, and no sale, purchase or cash of these
ledger UTC EUR
2025-01-01 exchange_rate.set currency=USD rate=0.90
2025-02-01 exchange_rate.set currency=USD rate=0.80
2025-01-01 employee.hired employee=m1 name=One department=sales role=manager
2025-01-01 client.registered client=a name=Alpha kind=org
2025-01-01 client.registered client=b name=Beta kind=org
2025-01-01 counterparty.registered counterparty=la legal_name=Alpha
2025-01-01 counterparty.linked counterparty=la client=a
2025-01-01 counterparty.registered counterparty=lb legal_name=Beta
2025-01-01 counterparty.linked counterparty=lb client=b
2025-01-01 counterparty.registered counterparty=s legal_name=Maker
2025-01-01 bank_account.opened bank_account=E currency=EUR
2025-01-01 bank_account.opened bank_account=U currency=USD
2025-01-01 invoice.brought_forward invoice=I0 client=a counterparty=la owner=m1 total=250EUR issued_on=2024-11-30 due_on=2025-01-14
2025-01-01 bill.brought_forward bill=B0 supplier=la total=100EUR issued_on=2024-12-12 instalments='[{"due_on":"2025-01-11","amount":"60"},{"due_on":"2025-02-11","amount":"40"}]'
2025-01-01 payment.brought_forward payment=P0 direction=received client=a counterparty=la amount=80EUR
2025-01-01 payment.brought_forward payment=M0 direction=made counterparty=s amount=30EUR
report trial_balance
| account | unit | debit | credit | balance |
| assets/receivable | EUR | 250.00 | 0.00 | 250.00 |
| assets/supplier_advances | EUR | 30.00 | 0.00 | 30.00 |
| equity/opening | EUR | 180.00 | 280.00 | -100.00 |
| liabilities/advances | EUR | 0.00 | 80.00 | -80.00 |
| liabilities/payable | EUR | 0.00 | 100.00 | -100.00 |
report receivables as_of=2025-01-20 group=client
| group | currency | not_due | days_1_30 | gross | advances | balance | dso |
| a | EUR | 0.00 | 250.00 | 250.00 | 80.00 | 170.00 |  |
report receivables as_of=2025-01-20 basis=issue
| currency | days_0_30 | days_31_60 | gross |
| EUR | 0.00 | 250.00 | 250.00 |
report payables as_of=2025-01-20 group=supplier
| group | currency | not_due | days_1_30 | gross | advances | balance | dpo |
| la | EUR | 40.00 | 60.00 | 100.00 | 0.00 | 100.00 |  |
| s | EUR | 0.00 | 0.00 | 0.00 | 30.00 | -30.00 |  |
report payables as_of=2025-01-20 basis=issue
| currency | days_0_30 | days_31_60 | gross |
| EUR | 0.00 | 100.00 | 100.00 |
# a purchase on the day of its issue, and nothing else of sales
report sales by=month group=owner
| period | group | currency | net | invoices | clients | new | repeat |
| 2024-11 | m1 | EUR | 0.00 | 0 | 0 | 1 | 0 |
report retention
| cohort | month | clients | active |
| 2024-11 | 0 | 1 | 1 |
report payments direction=both
| period | currency |
report cash_flow
| bank_account | purpose | currency |
report statement group=client
| group | currency | opening | brought_forward | invoices | received | closing |
| a | EUR | 0.00 | 170.00 | 0.00 | 0.00 | 170.00 |
# it is credited by a free credit note alone
refused brought_forward 2025-01-02 credit_note.issued credit_note=C9 invoice=I0 total=20EUR reason=late
refused brought_forward 2025-01-02 bill.credited bill_credit=D9 bill=B0 total=20EUR reason=late
refused not_positive 2025-01-02 invoice.brought_forward invoice=I9 client=a total=0EUR due_on=2025-01-14
refused due_unclear 2025-01-02 invoice.brought_forward invoice=I9 client=a total=10EUR
refused instalments_mismatch 2025-01-02 bill.brought_forward bill=B9 supplier=s total=10EUR instalments='[{"due_on":"2025-01-11","amount":"9"}]'
refused not_positive 2025-01-02 bill.brought_forward bill=B9 supplier=s total=-1EUR due_on=2025-01-14
refused not_positive 2025-01-02 payment.brought_forward payment=P9 direction=made counterparty=s amount=0EUR
refused already_exists 2025-01-02 invoice.brought_forward invoice=I0 client=a total=10EUR due_on=2025-01-14
refused too_many_decimals 2025-01-02 invoice.brought_forward invoice=I9 client=a total=1.005EUR due_on=2025-01-14
2025-01-02 credit_note.issued credit_note=C1 client=a counterparty=la total=20EUR reason=late lines='[{"line":"1","text":"late","qty":"1","price":"20","net":"20","tax":"0"}]'
2025-01-02 credit_note.allocated credit_note=C1 invoice=I0 amount=20
# an advance settles like any payment, and goes back where it is said to
2025-01-03 payment.allocated payment=P0 invoice=I0 amount=30
refused bank_account_needed 2025-01-10 payment.refunded payment=P0 amount=10
refused bank_account_needed 2025-01-10 payment.made_refunded payment=M0 amount=10
refused other_currency 2025-01-10 payment.refunded payment=P0 amount=10 bank_account=U
refused other_currency 2025-01-10 payment.made_refunded payment=M0 amount=10 bank_account=U
refused refund_exceeds_remainder 2025-01-10 payment.made_refunded payment=M0 amount=30.01 bank_account=E
refused wrong_direction 2025-01-10 payment.made_refunded payment=P0 amount=10 bank_account=E
refused not_positive 2025-01-10 payment.made_refunded payment=M0 amount=0 bank_account=E
2025-01-10 payment.refunded payment=P0 amount=10 bank_account=E
2025-01-10 payment.made_refunded payment=M0 amount=5 bank_account=E
report payments direction=both
| period | currency | received | refunded | paid | returned | net |
| 2025-01 | EUR | 0.00 | 10.00 | 0.00 | 5.00 | -5.00 |
report cash_flow
| bank_account | purpose | currency | in | out | net |
| E |  | EUR | 5.00 | 10.00 | -5.00 |
report statement group=client
| group | brought_forward | credit_notes | refunded | closing |
| a | 170.00 | 20.00 | 10.00 | 160.00 |
# an advance that was none goes back to where it came from
2025-01-11 payment.reversed payment=P0 reason=unknown
report statement group=client
| group | brought_forward | credit_notes | refunded | closing |
| a | 240.00 | 20.00 | 10.00 | 230.00 |
report receivables as_of=2025-01-12
| currency | gross | advances |
| EUR | 230.00 | 0.00 |
report trial_balance account=equity/opening
| account | debit | credit | balance |
| equity/opening | 180.00 | 350.00 | -170.00 |
# Invoices and bills of one party against each other
ledger UTC EUR
2025-01-01 exchange_rate.set currency=USD rate=0.90
2025-02-01 exchange_rate.set currency=USD rate=0.80
2025-01-01 client.registered client=a name=Alpha kind=org
2025-01-01 client.registered client=b name=Beta kind=org
2025-01-01 counterparty.registered counterparty=la legal_name=Alpha
2025-01-01 counterparty.linked counterparty=la client=a
2025-01-01 counterparty.registered counterparty=s legal_name=Maker
2025-01-01 bank_account.opened bank_account=E currency=EUR
2025-01-02 invoice.issued invoice=I1 counterparty=la total=100EUR due_on=2025-01-31 lines='[{"line":"1","text":"x","qty":"1","price":"100","net":"100","tax":"0"}]'
2025-01-02 invoice.issued invoice=I2 client=a total=60USD due_on=2025-01-31 lines='[{"line":"1","text":"x","qty":"1","price":"60","net":"60","tax":"0"}]'
2025-02-03 bill.received bill=B1 supplier=la total=70EUR due_on=2025-02-28 lines='[{"line":"1","text":"y","qty":"1","price":"70","net":"70","tax":"0"}]'
2025-02-03 bill.received bill=B2 supplier=la total=90USD due_on=2025-02-28 lines='[{"line":"1","text":"y","qty":"1","price":"90","net":"90","tax":"0"}]'
2025-02-03 bill.received bill=B3 supplier=s total=40EUR due_on=2025-02-28 lines='[{"line":"1","text":"y","qty":"1","price":"40","net":"40","tax":"0"}]'
refused set_off_mismatch 2025-02-04 set_off.recorded set_off=S1 invoices='[{"invoice":"I1","amount":"70"}]' bills='[{"bill":"B1","amount":"69.99"}]'
refused set_off_twice 2025-02-04 set_off.recorded set_off=S1 invoices='[{"invoice":"I1","amount":"40"},{"invoice":"I1","amount":"30"}]' bills='[{"bill":"B1","amount":"70"}]'
refused other_currency 2025-02-04 set_off.recorded set_off=S1 invoices='[{"invoice":"I2","amount":"40"}]' bills='[{"bill":"B1","amount":"40"}]'
refused payment_exceeds_open_amount 2025-02-04 set_off.recorded set_off=S1 invoices='[{"invoice":"I1","amount":"70.01"}]' bills='[{"bill":"B1","amount":"70.01"}]'
refused other_counterparty 2025-02-04 set_off.recorded set_off=S1 invoices='[{"invoice":"I1","amount":"40"}]' bills='[{"bill":"B3","amount":"40"}]'
refused other_counterparty 2025-02-04 set_off.recorded set_off=S1 invoices='[{"invoice":"I1","amount":"40"}]' bills='[{"bill":"B1","amount":"40"}]' for_party=client:b
refused not_positive 2025-02-04 set_off.recorded set_off=S1 invoices='[{"invoice":"I1","amount":"0"}]' bills='[{"bill":"B1","amount":"0"}]'
refused not_positive 2025-02-04 set_off.recorded set_off=S1 invoices=[] bills=[]
refused before_opening 2025-02-02 set_off.recorded set_off=S1 invoices='[{"invoice":"I1","amount":"70"}]' bills='[{"bill":"B1","amount":"70"}]'
refused unknown_reference 2025-02-04 set_off.recorded set_off=S1 invoices='[{"invoice":"I9","amount":"70"}]' bills='[{"bill":"B1","amount":"70"}]'
refused too_many_decimals 2025-02-04 set_off.recorded set_off=S1 invoices='[{"invoice":"I1","amount":"1.005"}]' bills='[{"bill":"B1","amount":"1.005"}]'
2025-02-04 set_off.recorded set_off=S1 invoices='[{"invoice":"I1","amount":"70"}]' bills='[{"bill":"B1","amount":"70"}]'
mark set_off
report receivables as_of=2025-02-04 currency=EUR group=client
| group | gross |
| a | 30.00 |
report payables as_of=2025-02-04 currency=EUR
| gross |
| 40.00 |
report statement group=client currency=EUR
| group | opening | invoices | set_off | moved | closing |
| a | 0.00 | 100.00 | 70.00 | 0.00 | 30.00 |
report trial_balance account=liabilities/payable unit=EUR
| account | debit | credit | balance |
| liabilities/payable | 70.00 | 110.00 | -40.00 |
# the rates of both documents: 60 of an invoice at 0.90, of a bill at 0.80
2025-02-05 set_off.recorded set_off=S2 invoices='[{"invoice":"I2","amount":"60"}]' bills='[{"bill":"B2","amount":"60"}]'
report trial_balance in=base
| account | unit | balance |
| assets/receivable | EUR | 30.00 |
| expenses/purchases | EUR | 182.00 |
| income/fx | EUR | 6.00 |
| income/sales | EUR | -154.00 |
| liabilities/payable | EUR | -64.00 |
report payables as_of=2025-02-05 in=base
| gross |
| 64.00 |
# on behalf of another party it says whose
2025-02-06 set_off.recorded set_off=S3 invoices='[{"invoice":"I1","amount":"30"}]' bills='[{"bill":"B3","amount":"30"}]' for_party=counterparty:la text=agreed
2025-02-06 payment.received payment=P1 client=a amount=5EUR bank_account=E
refused payment_exceeds_open_amount 2025-02-06 payment.allocated payment=P1 invoice=I1 amount=5
# taken back once, and what it settled is open again
refused before_opening 2025-02-03 set_off.reversed set_off=S1 reason=wrong
2025-02-07 set_off.reversed set_off=S1 reason=wrong
refused illegal_transition 2025-02-08 set_off.reversed set_off=S1 reason=wrong
refused unknown_reference 2025-02-08 set_off.reversed set_off=S9 reason=wrong
refused has_dependants void 2025-02-08 set_off
report receivables as_of=2025-02-07 currency=EUR
| gross | advances |
| 70.00 | 5.00 |
report payables as_of=2025-02-07 currency=EUR group=supplier
| group | gross |
| la | 70.00 |
| s | 10.00 |
report statement group=client currency=EUR
| group | invoices | set_off | received | closing |
| a | 100.00 | 30.00 | 5.00 | 65.00 |
report trial_balance in=base account=income
| account | balance |
| income/fx | 6.00 |
| income/sales | -154.00 |
mark reversed
# what was put there since needs the room
2025-02-09 payment.allocated payment=P1 invoice=I1 amount=5
refused has_dependants void 2025-02-10 reversed

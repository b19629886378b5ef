# Bills, payments made, transfers, entries
ledger UTC EUR
2025-01-01 bank_account.opened bank_account=A currency=EUR
2025-01-01 bank_account.opened bank_account=B currency=EUR
2025-01-01 bank_account.opened bank_account=U currency=USD
2025-01-01 counterparty.registered counterparty=S1 legal_name=Supplier
2025-01-01 counterparty.registered counterparty=S2 legal_name=Other
2025-01-01 item.registered item=bolt sku=b unit=piece kind=goods costing=fifo
refused total_mismatch 2025-01-02 bill.received bill=B0 supplier=S1 total=100EUR due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"90","net":"90","tax":"0"}]
refused due_unclear 2025-01-02 bill.received bill=B0 supplier=S1 total=100EUR lines=[{"line":"1","qty":"1","price":"100","net":"100","tax":"0"}]
refused below_zero 2025-01-02 bill.received bill=B0 supplier=S1 total=-1EUR due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"-1","net":"-1","tax":"0"}]
2025-01-02 bill.received bill=B1 supplier=S1 total=100EUR due_on=2025-01-31 lines=[{"line":"1","item":"bolt","qty":"10","price":"10","net":"100","tax":"0"}]
2025-01-02 bill.received bill=B2 supplier=S2 total=100EUR due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"100","net":"100","tax":"0"}]
2025-01-02 bill.received bill=BU supplier=S1 total=100USD due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"100","net":"100","tax":"0"}]
refused credit_exceeds_document 2025-01-03 bill.credited bill_credit=K1 bill=B1 total=100.01EUR reason=too-much
refused credit_exceeds_document 2025-01-03 bill.credited bill_credit=K1 bill=B1 total=11EUR reason=qty lines=[{"line":"1","item":"bolt","qty":"11","price":"1","net":"11","tax":"0"}]
refused unknown_line 2025-01-03 bill.credited bill_credit=K1 bill=B1 total=1EUR reason=line lines=[{"line":"7","item":"bolt","qty":"1","price":"1","net":"1","tax":"0"}]
refused other_currency 2025-01-03 bill.credited bill_credit=K1 bill=B1 total=1USD reason=usd
refused not_positive 2025-01-03 bill.credited bill_credit=K1 bill=B1 total=0EUR reason=none
refused before_opening 2025-01-01 bill.credited bill_credit=K1 bill=B1 total=1EUR reason=early
2025-01-03 bill.credited bill_credit=K1 bill=B1 total=20EUR reason=short lines=[{"line":"1","item":"bolt","qty":"2","price":"10","net":"20","tax":"0"}]
refused other_currency 2025-01-10 payment.made payment=M0 counterparty=S1 amount=50USD bank_account=A
refused purposes_mismatch 2025-01-10 payment.made payment=M0 counterparty=S1 amount=50EUR bank_account=A purpose_lines=[{"purpose":"goods","amount":"40"}]
refused not_positive 2025-01-10 payment.made payment=M0 counterparty=S1 amount=0EUR bank_account=A
refused not_positive 2025-01-10 payment.made payment=M0 counterparty=S1 amount=5EUR bank_account=A purpose_lines=[{"purpose":"goods","amount":"6"},{"purpose":"gift","amount":"-1"}]
2025-01-10 payment.made payment=M1 counterparty=S1 amount=90EUR bank_account=A
2025-01-10 payment.received payment=P1 counterparty=S1 amount=90EUR bank_account=A
refused wrong_direction 2025-01-11 payment.made_allocated payment=P1 bill=B1 amount=5
refused before_opening 2025-01-09 payment.made_allocated payment=M1 bill=B1 amount=5
refused allocation_exceeds_remainder 2025-01-11 payment.made_allocated payment=M1 bill=B2 amount=90.01
refused payment_exceeds_open_amount 2025-01-11 payment.made_allocated payment=M1 bill=B1 amount=80.01
refused other_currency 2025-01-11 payment.made_allocated payment=M1 bill=BU amount=5
refused other_counterparty 2025-01-11 payment.made_allocated payment=M1 bill=B2 amount=5
refused not_positive 2025-01-11 payment.made_allocated payment=M1 bill=B1 amount=-5
2025-01-20 payment.made_allocated payment=M1 bill=B1 amount=70
refused payment_exceeds_open_amount 2025-01-15 payment.made_allocated payment=M1 bill=B1 amount=15
refused wrong_direction 2025-01-21 payment.refunded payment=M1 amount=1
# Transfers
refused same_bank_account 2025-01-21 funds.transferred funds_transfer=T1 from=A to=A amount=5EUR
refused other_currency 2025-01-21 funds.transferred funds_transfer=T1 from=A to=U amount=5EUR
refused other_currency 2025-01-21 funds.transferred funds_transfer=T1 from=U to=A amount=5EUR
refused not_positive 2025-01-21 funds.transferred funds_transfer=T1 from=A to=B amount=0EUR
2025-01-21 funds.transferred funds_transfer=T1 from=A to=B amount=5EUR
# Accounts and entries
refused account_path 2025-01-22 account.opened path=somewhere/else
refused account_path 2025-01-22 account.opened path=assets
2025-01-22 account.opened path=assets/safe unit=EUR
refused no_postings 2025-01-23 entry.posted entry=E1 text=nothing postings=[]
refused account_path 2025-01-23 entry.posted entry=E1 text=bad postings=[{"account":"hell","unit":"EUR","amount":"5"},{"account":"equity/own","unit":"EUR","amount":"-5"}]
refused account_unit 2025-01-23 entry.posted entry=E1 text=usd postings=[{"account":"assets/safe","unit":"USD","amount":"5"},{"account":"equity/own","unit":"USD","amount":"-5"}]
refused unbalanced 2025-01-23 entry.posted entry=E1 text=off postings=[{"account":"assets/safe","unit":"EUR","amount":"5"},{"account":"equity/own","unit":"EUR","amount":"-4"}]
refused unbalanced 2025-01-23 entry.posted entry=E1 text=units postings=[{"account":"assets/safe","unit":"EUR","amount":"5"},{"account":"equity/own","unit":"USD","amount":"-5"}]
2025-01-23 entry.posted entry=E1 text=opening postings=[{"account":"assets/safe","unit":"EUR","amount":"5"},{"account":"equity/own","unit":"EUR","amount":"-5"}]
refused account_unit 2025-01-24 account.opened path=equity/own unit=USD
2025-01-24 account.opened path=equity/own

# Every refusal on invoices and payments, in the order of precedence
ledger UTC EUR
2025-01-01 bank_account.opened bank_account=A currency=EUR
2025-01-01 bank_account.opened bank_account=B currency=EUR
2025-01-01 bank_account.opened bank_account=U currency=USD
2025-01-01 client.registered client=C1 name=One kind=org
2025-01-01 client.registered client=C2 name=Two kind=org
2025-01-01 counterparty.registered counterparty=L1 legal_name=One-Ltd
2025-01-01 counterparty.registered counterparty=L2 legal_name=Two-Ltd
2025-01-01 item.registered item=bolt sku=b unit=piece kind=goods costing=fifo
# An invoice in itself
refused duplicate_line 2025-01-02 invoice.issued invoice=I0 total=20EUR due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"10","net":"10","tax":"0"},{"line":"1","qty":"1","price":"10","net":"10","tax":"0"}]
refused total_mismatch 2025-01-02 invoice.issued invoice=I0 total=101EUR due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"100","net":"80","tax":"20"}]
refused due_unclear 2025-01-02 invoice.issued invoice=I0 total=100EUR lines=[{"line":"1","qty":"1","price":"100","net":"80","tax":"20"}]
refused due_unclear 2025-01-02 invoice.issued invoice=I0 total=100EUR due_on=2025-01-31 instalments=[{"due_on":"2025-01-31","amount":"100"}] lines=[{"line":"1","qty":"1","price":"100","net":"80","tax":"20"}]
refused instalments_mismatch 2025-01-02 invoice.issued invoice=I0 total=100EUR instalments=[{"due_on":"2025-01-31","amount":"99"}] lines=[{"line":"1","qty":"1","price":"100","net":"80","tax":"20"}]
refused not_positive 2025-01-02 invoice.issued invoice=I0 total=100EUR instalments=[{"due_on":"2025-01-31","amount":"110"},{"due_on":"2025-02-28","amount":"-10"}] lines=[{"line":"1","qty":"1","price":"100","net":"80","tax":"20"}]
refused not_positive 2025-01-02 invoice.issued invoice=I0 total=0EUR due_on=2025-01-31 lines=[]
refused unknown_reference 2025-01-02 invoice.issued invoice=I0 counterparty=L9 total=100EUR due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"100","net":"80","tax":"20"}]
2025-01-02 invoice.issued invoice=I1 counterparty=L1 total=100EUR due_on=2025-01-31 lines=[{"line":"1","item":"bolt","qty":"4","price":"20","net":"80","tax":"20"}]
2025-01-02 invoice.issued invoice=I2 counterparty=L2 total=50EUR due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"50","net":"50","tax":"0"}]
2025-01-02 invoice.issued invoice=IU counterparty=L1 total=50USD due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"50","net":"50","tax":"0"}]
2025-01-02 invoice.issued invoice=IC client=C1 total=50EUR due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"50","net":"50","tax":"0"}]
refused already_exists 2025-01-02 invoice.issued invoice=I1 total=1EUR due_on=2025-01-31 lines=[{"line":"1","qty":"1","price":"1","net":"1","tax":"0"}]
# A payment in itself
refused other_currency 2025-01-10 payment.received payment=P0 counterparty=L1 amount=60USD bank_account=A
refused purposes_mismatch 2025-01-10 payment.received payment=P0 counterparty=L1 amount=60EUR bank_account=A purpose_lines=[{"purpose":"goods","amount":"50"}]
refused not_positive 2025-01-10 payment.received payment=P0 counterparty=L1 amount=-60EUR bank_account=A
refused not_positive 2025-01-10 payment.received payment=P0 counterparty=L1 amount=60EUR bank_account=A purpose_lines=[{"purpose":"goods","amount":"70"},{"purpose":"gift","amount":"-10"}]
2025-01-10 payment.received payment=P1 counterparty=L1 amount=60EUR bank_account=A
2025-01-10 payment.received payment=P2 counterparty=L1 amount=60EUR bank_account=A
2025-01-10 payment.received payment=PC client=C2 amount=60EUR bank_account=A
2025-01-10 payment.made payment=M1 counterparty=L1 amount=10EUR bank_account=A
# Allocations: remainder, outstanding, currency, party, direction
refused wrong_direction 2025-01-11 payment.allocated payment=M1 invoice=I1 amount=5
refused before_opening 2025-01-09 payment.allocated payment=P1 invoice=I1 amount=5
refused allocation_exceeds_remainder 2025-01-11 payment.allocated payment=P1 invoice=I1 amount=60.01
refused payment_exceeds_open_amount 2025-01-11 payment.allocated payment=P1 invoice=I2 amount=50.01
refused other_currency 2025-01-11 payment.allocated payment=P1 invoice=IU amount=5
refused other_counterparty 2025-01-11 payment.allocated payment=P1 invoice=I2 amount=5
refused other_counterparty 2025-01-11 payment.allocated payment=PC invoice=IC amount=5
refused not_positive 2025-01-11 payment.allocated payment=P1 invoice=I1 amount=0
refused not_positive 2025-01-11 payment.allocated payment=P1 invoice=I1 amount=-5
2025-01-20 payment.allocated payment=P1 invoice=I1 amount=50
# Back-dated: there was room on 01-15, but the later allocation would then go too far, of the payment and of the invoice
refused allocation_exceeds_remainder 2025-01-15 payment.allocated payment=P1 invoice=I1 amount=10.01
refused payment_exceeds_open_amount 2025-01-15 payment.allocated payment=P2 invoice=I1 amount=50.01
2025-01-15 payment.allocated payment=P2 invoice=I1 amount=50
refused payment_exceeds_open_amount 2025-01-25 payment.allocated payment=P1 invoice=I1 amount=0.01
# What is credited before it is paid leaves less to pay
refused payment_exceeds_open_amount 2025-01-12 credit_note.issued credit_note=N0 invoice=I1 total=1EUR reason=late
# Taking back
refused unallocation_exceeds_allocation 2025-01-21 payment.unallocated payment=P1 invoice=I1 amount=50.01
refused unallocation_exceeds_allocation 2025-01-14 payment.unallocated payment=P2 invoice=I1 amount=1
refused not_positive 2025-01-21 payment.unallocated payment=P1 invoice=I1 amount=-1
2025-01-21 payment.unallocated payment=P1 invoice=I1 amount=20
mark unallocated
# Refunds and reversals
refused refund_exceeds_remainder 2025-01-22 payment.refunded payment=P1 amount=30.01
refused not_positive 2025-01-22 payment.refunded payment=P1 amount=0
2025-01-22 payment.refunded payment=P1 amount=30
refused has_dependants void 2025-01-23 unallocated
2025-01-24 payment.reversed payment=P1 reason=bounced
mark reversed
refused illegal_transition 2025-01-25 payment.reversed payment=P1 reason=again
refused illegal_transition 2025-01-25 payment.allocated payment=P1 invoice=I1 amount=1
refused illegal_transition 2025-01-25 payment.refunded payment=P1 amount=1
refused illegal_transition 2025-01-23 payment.reversed payment=P1 reason=earlier
refused before_opening 2025-01-09 payment.reversed payment=P2 reason=earlier
# I1 is open again for 50; another payment takes it, and the reversal can no longer be voided
2025-01-26 payment.received payment=P4 counterparty=L1 amount=50EUR bank_account=A
2025-01-26 payment.allocated payment=P4 invoice=I1 amount=50
refused has_dependants void 2025-01-27 reversed
# Credit notes: above the invoice, above a line, of no line, of another currency
refused credit_exceeds_document 2025-02-01 credit_note.issued credit_note=N1 invoice=I1 total=100.01EUR reason=too-much
refused credit_exceeds_document 2025-02-01 credit_note.issued credit_note=N1 invoice=I1 total=5EUR reason=qty lines=[{"line":"1","item":"bolt","qty":"5","price":"1","net":"5","tax":"0"}]
refused unknown_line 2025-02-01 credit_note.issued credit_note=N1 invoice=I1 total=5EUR reason=line lines=[{"line":"2","item":"bolt","qty":"1","price":"5","net":"5","tax":"0"}]
refused other_currency 2025-02-01 credit_note.issued credit_note=N1 invoice=I1 total=5USD reason=usd
refused total_mismatch 2025-02-01 credit_note.issued credit_note=N1 invoice=I1 total=6EUR reason=sum lines=[{"line":"1","item":"bolt","qty":"1","price":"5","net":"5","tax":"0"}]
refused before_opening 2025-01-01 credit_note.issued credit_note=N1 invoice=I1 total=5EUR reason=early
refused not_positive 2025-02-01 credit_note.issued credit_note=N1 invoice=I1 total=-5EUR reason=less
2025-02-01 credit_note.issued credit_note=N1 invoice=I1 total=75EUR reason=back lines=[{"line":"1","item":"bolt","qty":"3","price":"20","net":"60","tax":"15"}]
refused credit_exceeds_document 2025-02-02 credit_note.issued credit_note=N2 invoice=I1 total=10EUR reason=qty lines=[{"line":"1","item":"bolt","qty":"2","price":"5","net":"10","tax":"0"}]
refused credit_exceeds_document 2025-02-02 credit_note.issued credit_note=N2 invoice=I1 total=25.01EUR reason=sum
2025-02-02 credit_note.issued credit_note=N2 invoice=I1 total=25EUR reason=rest
# Write-offs
refused write_off_exceeds_open_amount 2025-02-03 invoice.written_off invoice=I2 amount=50.01 reason=gone
refused not_positive 2025-02-03 invoice.written_off invoice=I2 amount=0 reason=gone
2025-02-03 invoice.written_off invoice=I2 amount=50 reason=gone
# Statement lines: matched once, on their own account, in their own direction
refused other_currency 2025-02-05 statement_line.imported statement_line=S0 bank_account=A amount=60USD
2025-02-05 statement_line.imported statement_line=S1 bank_account=A amount=60EUR
2025-02-05 statement_line.imported statement_line=S2 bank_account=A amount=-10EUR
2025-02-05 statement_line.imported statement_line=S3 bank_account=B amount=50EUR
2025-02-05 statement_line.imported statement_line=S4 bank_account=A amount=12EUR
refused wrong_direction 2025-02-06 statement_line.matched statement_line=S1 to=payment:M1
refused wrong_direction 2025-02-06 statement_line.matched statement_line=S2 to=payment:P2
refused other_bank_account 2025-02-06 statement_line.matched statement_line=S3 to=payment:P4
2025-02-06 statement_line.matched version=1 statement_line=S1 payment=P2
2025-02-06 statement_line.matched statement_line=S2 to=payment:M1
refused already_matched 2025-02-06 statement_line.matched statement_line=S1 to=payment:P4
refused already_matched 2025-02-07 payment.received payment=P5 counterparty=L1 amount=60EUR bank_account=A statement_line=S1
2025-02-07 payment.received payment=P5 counterparty=L2 amount=10EUR bank_account=A statement_line=S4
report payments view=reconciliation
| kind | payment | statement_line | currency | line | paid | allocated | free | bank | invoices |
| payment | P1 |  | EUR |  | 60.00 | 0.00 | 0.00 | unmatched | unmatched |
| payment | PC |  | EUR |  | 60.00 | 0.00 | 60.00 | unmatched | unmatched |
| refund | P1 |  | EUR |  | -30.00 |  |  | unmatched |  |
| reversal | P1 |  | EUR |  | -30.00 |  |  | unmatched |  |
| payment | P4 |  | EUR |  | 50.00 | 50.00 | 0.00 | unmatched | exact |
| payment | P2 | S1 | EUR | 60.00 | 60.00 | 50.00 | 10.00 | exact | over |
| payment_made | M1 | S2 | EUR | -10.00 | -10.00 | 0.00 | 10.00 | exact | unmatched |
|  |  | S3 | EUR | 50.00 |  |  |  | unmatched | unmatched |
| payment | P5 | S4 | EUR | 12.00 | 10.00 | 0.00 | 10.00 | part | unmatched |
# Periods
refused nothing_closed 2025-02-08 period.reopened area=money reason=nothing
2025-02-08 period.closed area=money until=2025-01-31
mark closed
refused period_closed 2025-01-31 payment.received payment=P6 counterparty=L1 amount=1EUR bank_account=A
refused nothing_closed 2025-02-08 period.reopened area=sales reason=other
2025-02-09 period.reopened area=money reason=late
refused has_dependants void 2025-02-10 closed
2025-01-31 payment.received payment=P6 counterparty=L1 amount=1EUR bank_account=A
# Refunds and reversals split over the purposes; leftovers to the largest fraction
ledger UTC EUR
2025-01-01 bank_account.opened bank_account=A currency=EUR
2025-01-01 payment.received payment=P1 amount=10EUR bank_account=A purpose_lines=[{"purpose":"goods","amount":"7.5"},{"purpose":"advance","amount":"2.5"}]
2025-01-01 payment.received payment=P2 amount=5EUR bank_account=A
2025-01-05 payment.refunded payment=P1 amount=0.05
2025-01-06 payment.reversed payment=P2 reason=bounced
report payments view=split
| purpose | received | refunded | reversed | net |
| advance | 2.50 | 0.01 | 0.00 | 2.49 |
| goods | 7.50 | 0.04 | 0.00 | 7.46 |
|  | 5.00 | 0.00 | 5.00 | 0.00 |
report payments by=year
| period | received | net |
| 2025 | 15.00 | 9.95 |

# §1 long documents: what comes in parts is judged and counted whole, from its last part on, in its opening's place
ledger UTC EUR
2025-01-01 bank_account.opened bank_account=E currency=EUR
2025-01-01 client.registered client=a name=Aa kind=org
2025-01-01 counterparty.registered counterparty=r legal_name=Supplier
2025-01-01 item.registered item=x sku=x unit=piece kind=goods costing=fifo
2025-01-01 item.registered item=y sku=y unit=piece kind=goods costing=fifo
2025-01-05 invoice.issued invoice=I0 client=a total=10EUR due_on=2025-02-10 lines=[{"line":"1","item":"x","qty":"1","price":"10","net":"10","tax":"0"}]
mark before
refused document_parts 2025-01-06 invoice.lines_added invoice=I0 part=#2 lines=[{"line":"2","item":"x","qty":"1","price":"1","net":"1","tax":"0"}]
refused unknown_reference 2025-01-06 invoice.lines_added invoice=I9 part=#2 lines=[{"line":"2","item":"x","qty":"1","price":"1","net":"1","tax":"0"}]
2025-01-10 invoice.issued invoice=I1 client=a parts=#3 total=6EUR due_on=2025-02-10 lines=[{"line":"1","item":"x","qty":"1","price":"1","net":"1","tax":"0"}]
mark opening
refused document_parts 2025-01-10 invoice.lines_added invoice=I1 part=#3 lines=[{"line":"2","item":"y","qty":"1","price":"2","net":"2","tax":"0"}]
refused document_parts 2025-01-10 invoice.lines_added invoice=I0 part=#2 lines=[{"line":"2","item":"y","qty":"1","price":"2","net":"2","tax":"0"}]
refused document_parts 2025-01-11 invoice.lines_added invoice=I1 part=#2 lines=[{"line":"2","item":"y","qty":"1","price":"2","net":"2","tax":"0"}]
refused document_parts 2025-01-10 invoice.lines_added by=another invoice=I1 part=#2 lines=[{"line":"2","item":"y","qty":"1","price":"2","net":"2","tax":"0"}]
refused document_parts 2025-01-10 client.registered client=b name=Bb kind=org
refused document_parts 2025-01-10 invoice.issued invoice=I2 client=a total=1EUR due_on=2025-02-10 lines=[{"line":"1","item":"x","qty":"1","price":"1","net":"1","tax":"0"}]
refused unknown_reference 2025-01-10 invoice.lines_added invoice=I1 part=#2 lines=[{"line":"2","item":"z","qty":"1","price":"2","net":"2","tax":"0"}]
2025-01-10 invoice.lines_added invoice=I1 part=#2 lines=[{"line":"2","item":"y","qty":"1","price":"2","net":"2","tax":"0"}]
mark second
report receivables as_of=2025-01-31
| not_due | gross |
| 10.00 | 10.00 |
refused total_mismatch 2025-01-10 invoice.lines_added invoice=I1 part=#3 lines=[{"line":"3","item":"y","qty":"1","price":"4","net":"4","tax":"0"}]
refused duplicate_line 2025-01-10 invoice.lines_added invoice=I1 part=#3 lines=[{"line":"1","item":"y","qty":"1","price":"3","net":"3","tax":"0"}]
2025-01-10 invoice.lines_added invoice=I1 part=#3 lines=[{"line":"3","item":"y","qty":"1","price":"3","net":"3","tax":"0"}]
mark whole
refused document_parts 2025-01-10 invoice.lines_added invoice=I1 part=#3 lines=[{"line":"4","item":"y","qty":"1","price":"3","net":"3","tax":"0"}]
report receivables as_of=2025-01-31
| not_due | gross |
| 16.00 | 16.00 |
report receivables as_of=2025-01-31 known_at=second
| not_due | gross |
| 10.00 | 10.00 |
report sales by=none group=item
| group | net | invoices | units |
| x | 11.00 | 2 | 2 |
| y | 5.00 | 1 | 2 |
report sales by=none group=item known_at=second
| group | net | invoices | units |
| x | 10.00 | 1 | 1 |
restated receivables since=before as_of=2025-01-31
| row | position | column | difference |
| EUR | 10 | balance | 6.00 |
| EUR | 10 | gross | 6.00 |
| EUR | 10 | not_due | 6.00 |
# It is credited and paid as one, line by line
2025-01-12 credit_note.issued credit_note=C1 invoice=I1 total=3EUR reason=back lines=[{"line":"3","item":"y","qty":"1","price":"3","net":"3","tax":"0"}]
refused credit_exceeds_document 2025-01-13 credit_note.issued credit_note=C2 invoice=I1 total=3EUR reason=back lines=[{"line":"3","item":"y","qty":"1","price":"3","net":"3","tax":"0"}]
void 2025-01-13 last
# A void takes the parts along, and no part goes alone; the id is free again
refused document_parts void 2025-01-14 whole
void 2025-01-14 opening
report receivables as_of=2025-01-31
| not_due | gross |
| 10.00 | 10.00 |
refused already_voided void 2025-01-14 opening
2025-01-15 invoice.issued invoice=I1 client=a parts=#2 total=3EUR due_on=2025-02-10 lines=[{"line":"1","item":"x","qty":"1","price":"1","net":"1","tax":"0"}]
2025-01-15 invoice.lines_added invoice=I1 part=#2 lines=[{"line":"2","item":"y","qty":"1","price":"2","net":"2","tax":"0"}]
report sales by=none group=item
| group | net | units |
| x | 11.00 | 2 |
| y | 2.00 | 1 |
# A credit note, free or of an invoice
2025-01-16 credit_note.issued credit_note=C3 client=a parts=#2 total=3EUR reason=bonus lines=[{"line":"1","item":"x","qty":"1","price":"1","net":"1","tax":"0"}]
2025-01-16 credit_note.lines_added credit_note=C3 part=#2 lines=[{"line":"2","item":"y","qty":"1","price":"2","net":"2","tax":"0"}]
2025-01-16 credit_note.issued credit_note=C4 invoice=I1 parts=#2 total=3EUR reason=back lines=[{"line":"1","item":"x","qty":"1","price":"1","net":"1","tax":"0"}]
refused credit_exceeds_document 2025-01-16 credit_note.lines_added credit_note=C4 part=#2 lines=[{"line":"2","item":"y","qty":"1","price":"2","net":"2","tax":"1"}]
2025-01-16 credit_note.lines_added credit_note=C4 part=#2 lines=[{"line":"2","item":"y","qty":"1","price":"2","net":"2","tax":"0"}]
report receivables as_of=2025-01-31
| gross | advances | balance |
| 10.00 | 3.00 | 7.00 |
# An order, its shipment and what came back
2025-01-17 order.placed order=O1 client=a parts=#2 currency=EUR lines=[{"line":"1","item":"x","qty":"2","price":"1","net":"2","tax":"0"}]
2025-01-17 order.lines_added order=O1 part=#2 lines=[{"line":"2","item":"y","qty":"2","price":"1","net":"2","tax":"0"}]
2025-01-18 shipment.dispatched shipment=S1 order=O1 parts=#2 lines=[{"line":"1","item":"x","qty":"2"}]
refused shipment_exceeds_order 2025-01-18 shipment.lines_added shipment=S1 part=#2 lines=[{"line":"2","item":"y","qty":"3"}]
2025-01-18 shipment.lines_added shipment=S1 part=#2 lines=[{"line":"2","item":"y","qty":"2"}]
2025-01-19 return.received goods_return=R1 shipment=S1 parts=#2 lines=[{"item":"x","qty":"1"}]
refused return_exceeds_shipment 2025-01-19 return.lines_added goods_return=R1 part=#2 lines=[{"item":"y","qty":"3"}]
2025-01-19 return.lines_added goods_return=R1 part=#2 lines=[{"item":"y","qty":"1"}]
report sales basis=orders by=none
| orders | lines | units | net |
| 1 | 2 | 4 | 4.00 |
# A bill, its credit, and a purchase order
2025-01-20 bill.received bill=B1 supplier=r parts=#2 total=9EUR due_on=2025-02-20 lines=[{"line":"1","text":"rent","qty":"1","price":"4","net":"4","tax":"0"}]
2025-01-20 bill.lines_added bill=B1 part=#2 lines=[{"line":"2","text":"power","qty":"1","price":"5","net":"5","tax":"0"}]
2025-01-21 bill.credited bill_credit=BC1 bill=B1 parts=#2 total=2EUR reason=back lines=[{"line":"1","text":"rent","qty":"0","price":"1","net":"1","tax":"0"}]
refused credit_exceeds_document 2025-01-21 bill_credit.lines_added bill_credit=BC1 part=#2 lines=[{"line":"2","text":"power","qty":"2","price":"1","net":"1","tax":"0"}]
2025-01-21 bill_credit.lines_added bill_credit=BC1 part=#2 lines=[{"line":"2","text":"power","qty":"0","price":"1","net":"1","tax":"0"}]
2025-01-22 purchase_order.placed purchase_order=PO1 supplier=r parts=#2 currency=EUR expected_on=2025-02-01 lines=[{"line":"1","item":"x","qty":"5","price":"6","net":"30","tax":"6"}]
2025-01-22 purchase_order.lines_added purchase_order=PO1 part=#2 lines=[{"line":"2","item":"y","qty":"1","price":"10","net":"10","tax":"2"}]
report trial_balance as_of=2025-01-31
| account | balance |
| assets/receivable | 10.00 |
| expenses/purchases | 7.00 |
| income/sales | -7.00 |
| liabilities/advances | -3.00 |
| liabilities/payable | -7.00 |

# What only a later part of a bill names makes it a client's all the same
ledger UTC EUR
2025-01-01 client.registered client=a name=Aa kind=org
2025-01-01 counterparty.registered counterparty=r legal_name=Supplier
2025-01-01 item.registered item=x sku=x unit=piece kind=goods costing=fifo
2025-01-01 warehouse.registered warehouse=W name=W
2025-01-02 goods.received receipt=R1 item=x warehouse=W qty=10 value=100EUR refs=["client:a"]
2025-01-03 bill.received bill=B1 supplier=r parts=#2 total=104EUR due_on=2025-02-20 lines=[{"line":"1","text":"rent","qty":"1","price":"4","net":"4","tax":"0"}]
2025-01-03 bill.lines_added bill=B1 part=#2 lines=[{"line":"2","item":"x","qty":"10","price":"10","net":"100","tax":"0","receipt":"R1"}]
report client_timeline client=a
| type              | entity     |
| bill.received     | bill:B1    |
| goods.received    | receipt:R1 |
| client.registered | client:a   |

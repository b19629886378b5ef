# R12: one client whose first three invoices are all in February: new 1, repeat 0
ledger UTC EUR
2025-01-01 client.registered client=C1 name=One kind=org
2025-01-01 employee.hired employee=m1 name=Ann department=sales role=manager
2025-02-03 invoice.issued invoice=I1 client=C1 owner=m1 total=100EUR due_on=2025-03-31 lines=[{"line":"1","qty":"1","price":"100","net":"100","tax":"0"}]
2025-02-10 invoice.issued invoice=I2 client=C1 owner=m1 total=100EUR due_on=2025-03-31 lines=[{"line":"1","qty":"1","price":"100","net":"100","tax":"0"}]
2025-02-20 invoice.issued invoice=I3 client=C1 owner=m1 total=100EUR due_on=2025-03-31 lines=[{"line":"1","qty":"1","price":"100","net":"100","tax":"0"}]
report sales from=2025-02-01 to=2025-02-28
| net | invoices | clients | new | repeat |
| 300.00 | 3 | 1 | 1 | 0 |

# Groups and periods: credit notes on their own date, average before them, change against the calendar period before
ledger UTC EUR
2024-12-01 client.registered client=C1 name=One kind=org
2024-12-01 client.registered client=C2 name=Two kind=org
2024-12-01 client.attributes_set client=C2 set={"territory":"north"}
2024-12-01 counterparty.registered counterparty=L2 legal_name=Two-Ltd
2024-12-01 counterparty.linked counterparty=L2 client=C2
2024-12-01 employee.hired employee=m1 name=Ann department=sales role=manager
2024-12-01 employee.hired employee=m2 name=Bob department=sales role=manager
2024-12-01 item.registered item=bolt sku=b unit=piece kind=goods costing=fifo
2024-12-01 item.registered item=nut sku=n unit=piece kind=goods costing=fifo
2025-01-10 invoice.issued invoice=I1 client=C1 owner=m1 total=120EUR due_on=2025-03-31 lines=[{"line":"1","item":"bolt","qty":"10","price":"10","net":"100","tax":"20"}]
2025-02-10 invoice.issued invoice=I2 client=C1 owner=m1 total=96EUR due_on=2025-03-31 attributes={"territory":"south"} lines=[{"line":"1","item":"bolt","qty":"5","price":"10","net":"50","tax":"10"},{"line":"2","item":"nut","qty":"3","price":"10","net":"30","tax":"6"}]
2025-02-11 invoice.issued invoice=I3 counterparty=L2 owner=m2 total=48EUR due_on=2025-03-31 lines=[{"line":"1","item":"nut","qty":"4","price":"10","net":"40","tax":"8"}]
2025-02-12 invoice.issued invoice=I4 total=10EUR due_on=2025-03-31 lines=[{"line":"1","text":"advice","qty":"1","price":"10","net":"10","tax":"0"}]
2025-02-20 credit_note.issued credit_note=N1 invoice=I1 total=12EUR reason=broken lines=[{"line":"1","item":"bolt","qty":"1","price":"10","net":"10","tax":"2"}]
2025-03-05 credit_note.issued credit_note=N2 invoice=I2 total=9.6EUR reason=gift
report sales by=month from=2025-01-01 to=2025-03-31
| period | currency | net | invoiced | credited | invoices | average | units | clients | new | repeat | previous | change |
| 2025-01 | EUR | 100.00 | 100.00 | 0.00 | 1 | 100.00 | 10 | 1 | 1 | 0 | 0.00 |  |
| 2025-02 | EUR | 120.00 | 130.00 | 10.00 | 3 | 43.33 | 12 | 2 | 1 | 1 | 100.00 | 20.00 |
| 2025-03 | EUR | -8.00 | 0.00 | 8.00 | 0 |  | 0 | 0 | 0 | 0 | 120.00 | -106.67 |
notes retention as_of=2025-03-31
| 1 invoices are of no client, as of a legal entity that is linked to none: they are in no cohort |
notes xyz from=2025-01-01 to=2025-03-31 as_of=2025-03-31
| 1 invoices and credit notes, or lines of them, are of no client: they are in no row |
notes xyz object=item from=2025-01-01 to=2025-03-31 as_of=2025-03-31
| 1 invoices and credit notes, or lines of them, are of no item: they are in no row |
report sales group=owner from=2025-02-01 to=2025-02-28
| group | net | invoices | previous | change |
| m1 | 70.00 | 1 | 100.00 | -30.00 |
| m2 | 40.00 | 1 | 0.00 |  |
|  | 10.00 | 1 | 0.00 |  |
report sales group=client from=2025-02-01 to=2025-02-28
| group | net | new | repeat |
| C1 | 70.00 | 0 | 1 |
| C2 | 40.00 | 1 | 0 |
|  | 10.00 | 0 | 0 |
report sales group=counterparty from=2025-02-01 to=2025-02-28
| group | net |
| L2 | 40.00 |
|  | 80.00 |
report sales group=item
| group | net | units | invoices |
| bolt | 135.00 | 14 | 2 |
| nut | 67.00 | 7 | 2 |
|  | 10.00 | 1 | 1 |
report sales group=attribute attribute=territory
| group | net |
| north | 40.00 |
| south | 72.00 |
|  | 100.00 |
report sales by=quarter from=2025-01-01 to=2025-06-30
| period | net | previous | change |
| 2025-Q1 | 212.00 | 0.00 |  |
| 2025-Q2 | 0.00 | 212.00 | -100.00 |
report sales by=year
| period | net |
| 2025 | 212.00 |
fails sales missing_parameter group=attribute
fails sales unused_parameter attribute=territory
fails sales invalid_parameter from=2025-03-01 to=2025-02-01
# A late invoice of January makes C2 a repeat client of February, for those who know it
mark before
2025-01-31 invoice.issued invoice=I5 counterparty=L2 owner=m2 total=5EUR due_on=2025-03-31 lines=[{"line":"1","qty":"1","price":"5","net":"5","tax":"0"}]
report sales from=2025-02-01 to=2025-02-28 known_at=before
| net | new | repeat |
| 120.00 | 1 | 1 |
report sales from=2025-02-01 to=2025-02-28
| net | new | repeat | previous |
| 120.00 | 0 | 2 | 105.00 |
report sales from=2025-02-01 to=2025-02-28 as_of=2025-02-10
| net | invoices |
| 80.00 | 1 |
# Retention: cohort of January C1 and C2, of whom both buy in February; nobody in March
report retention as_of=2025-03-31
| cohort | month | clients | active | rate |
| 2025-01 | 0 | 2 | 2 | 100.00 |
| 2025-01 | 1 | 2 | 2 | 100.00 |
| 2025-01 | 2 | 2 | 0 | 0.00 |
report retention as_of=2025-03-31 known_at=before
| cohort | month | clients | active | rate |
| 2025-01 | 0 | 1 | 1 | 100.00 |
| 2025-01 | 1 | 1 | 1 | 100.00 |
| 2025-01 | 2 | 1 | 0 | 0.00 |
| 2025-02 | 0 | 1 | 1 | 100.00 |
| 2025-02 | 1 | 1 | 0 | 0.00 |

# Orders placed: by month and by a field of the company's own; a cancelled one is counted and told apart
ledger UTC EUR
2025-01-01 client.registered client=C1 name=One kind=org
2025-01-01 item.registered item=bolt sku=b unit=piece kind=goods costing=fifo
2025-01-10 order.placed order=O1 client=C1 currency=EUR attributes={"channel":"shop"} lines=[{"line":"1","item":"bolt","qty":"10","price":"2.5","discount":"0.1","net":"22.5","tax":"0"},{"line":"2","text":"gift","qty":"1","price":"0","net":"0","tax":"0"}]
2025-02-10 order.placed order=O2 client=C1 currency=EUR attributes={"channel":"web"} lines=[{"line":"1","item":"bolt","qty":"4","price":"2.5","net":"10","tax":"0"}]
2025-02-11 order.placed order=O3 currency=EUR attributes={"channel":"web"} lines=[{"line":"1","item":"bolt","qty":"2","price":"2.5","net":"5","tax":"0"}]
2025-02-12 order.cancelled order=O3 reason=changed
report sales basis=orders by=month
| period | orders | cancelled | lines | units | gross | net | average | previous | change |
| 2025-01 | 1 | 0 | 2 | 11 | 25.00 | 22.50 | 22.50 | 0.00 |  |
| 2025-02 | 2 | 1 | 2 | 6 | 15.00 | 15.00 | 7.50 | 22.50 | -33.33 |
report sales basis=orders group=attribute attribute=channel
| group | orders | net |
| shop | 1 | 22.50 |
| web | 2 | 15.00 |
report sales basis=orders group=client by=year as_of=2025-02-10
| period | group | orders | cancelled | net |
| 2025 | C1 | 2 | 0 | 32.50 |
fails sales unused_parameter basis=orders view=current
fails sales unused_parameter basis=orders group=owner view=current
report sales basis=orders group=item
| group | orders | lines | units |
| bolt | 3 | 3 | 16 |
|  | 1 | 1 | 1 |

# Base totals: each document at the rate of its own date, credit notes as shares of their invoice
ledger UTC EUR
2025-01-01 exchange_rate.set currency=USD rate=0.9
2025-02-01 exchange_rate.set currency=USD rate=0.5
2025-01-10 invoice.issued invoice=I1 total=100USD due_on=2025-03-31 lines=[{"line":"1","qty":"1","price":"100","net":"100","tax":"0"}]
2025-02-10 invoice.issued invoice=I2 total=100EUR due_on=2025-03-31 lines=[{"line":"1","qty":"1","price":"100","net":"100","tax":"0"}]
2025-02-20 credit_note.issued credit_note=N1 invoice=I1 total=10USD reason=gift
report sales
| currency | net |
| EUR | 100.00 |
| USD | 90.00 |
report sales in=base
| currency | net | invoiced | credited |
| EUR | 181.00 | 190.00 | 9.00 |
report sales in=base by=month
| period | currency | net |
| 2025-01 | EUR | 90.00 |
| 2025-02 | EUR | 91.00 |

# R13: 600, 250, 100, 40, 10
ledger UTC EUR
2025-01-01 client.registered client=a name=A kind=org
2025-01-01 client.registered client=b name=B kind=org
2025-01-01 client.registered client=c name=C kind=org
2025-01-01 client.registered client=d name=D kind=org
2025-01-01 client.registered client=e name=E kind=org
2025-01-01 client.registered client=f name=F kind=org
2025-01-01 employee.hired employee=m1 name=Ann department=sales role=manager
2025-01-01 item.registered item=bolt sku=b unit=piece kind=goods costing=fifo
2025-01-01 item.registered item=nut sku=n unit=piece kind=goods costing=fifo
2025-01-01 warehouse.registered warehouse=W name=Main
2025-02-01 invoice.issued invoice=I1 client=a owner=m1 total=600EUR due_on=2025-03-31 lines=[{"line":"1","item":"bolt","qty":"6","price":"100","net":"600","tax":"0"}]
2025-02-01 invoice.issued invoice=I2 client=b owner=m1 total=250EUR due_on=2025-03-31 lines=[{"line":"1","item":"nut","qty":"50","price":"5","net":"250","tax":"0"}]
2025-02-01 invoice.issued invoice=I3 client=c total=100EUR due_on=2025-03-31 lines=[{"line":"1","item":"nut","qty":"20","price":"5","net":"100","tax":"0"}]
2025-02-01 invoice.issued invoice=I4 client=d total=40EUR due_on=2025-03-31 lines=[{"line":"1","item":"nut","qty":"8","price":"5","net":"40","tax":"0"}]
2025-02-01 invoice.issued invoice=I5 client=e total=10EUR due_on=2025-03-31 lines=[{"line":"1","item":"nut","qty":"2","price":"5","net":"10","tax":"0"}]
report abc from=2025-02-01 to=2025-02-28
| object | currency | value | share | cumulative | class |
| a | EUR | 600.00 | 60.00 | 60.00 | A |
| b | EUR | 250.00 | 25.00 | 85.00 | A |
| c | EUR | 100.00 | 10.00 | 95.00 | B |
| d | EUR | 40.00 | 4.00 | 99.00 | C |
| e | EUR | 10.00 | 1.00 | 100.00 | C |
report abc from=2025-02-01 to=2025-02-28 rule=end
| object | class |
| a | A |
| b | B |
| c | B |
| d | C |
| e | C |
report abc a=60 b=39
| object | class |
| a | A |
| b | B |
| c | B |
| d | B |
| e | C |
report abc object=manager
| object | value | class |
| m1 | 850.00 | A |
|  | 150.00 | none |
report abc object=item measure=quantity
| object | currency | value | class |
| nut |  | 80 | A |
| bolt |  | 6 | B |
report abc object=item measure=sales
| object | value | class |
| nut | 4 | A |
| bolt | 1 | B |
# A credit note of all that f bought leaves it without class, outside the total
2025-02-02 invoice.issued invoice=I6 client=f total=30EUR due_on=2025-03-31 lines=[{"line":"1","item":"nut","qty":"6","price":"5","net":"30","tax":"0"}]
2025-02-03 credit_note.issued credit_note=N1 invoice=I6 total=30EUR reason=back
report abc
| object | value | share | class |
| a | 600.00 | 60.00 | A |
| b | 250.00 | 25.00 | A |
| c | 100.00 | 10.00 | B |
| d | 40.00 | 4.00 | C |
| e | 10.00 | 1.00 | C |
| f | 0.00 |  | none |
# Gross profit: the cost of what was issued for the invoice
2025-01-15 goods.received receipt=G1 item=bolt warehouse=W qty=10 value=900EUR
2025-01-15 goods.received receipt=G2 item=nut warehouse=W qty=100 value=100EUR
2025-02-01 goods.issued issue=S1 item=bolt warehouse=W qty=6 reason=sale refs=["invoice:I1"]
2025-02-01 goods.issued issue=S2 item=nut warehouse=W qty=50 reason=sale refs=["invoice:I2"]
report abc measure=profit
| object | value | class |
| b | 200.00 | A |
| c | 100.00 | A |
| a | 60.00 | A |
| d | 40.00 | B |
| e | 10.00 | C |
| f | 0.00 | none |
report abc measure=profit object=item
| object | value | class |
| nut | 350.00 | A |
| bolt | 60.00 | B |
report abc measure=profit object=manager
| object | value | class |
| m1 | 260.00 | A |
|  | 150.00 | none |
# One object with 85 % of all: A by the start rule, B by the end rule
ledger UTC EUR
2025-01-01 client.registered client=a name=A kind=org
2025-01-01 client.registered client=b name=B kind=org
2025-02-01 invoice.issued invoice=I1 client=a total=85EUR due_on=2025-03-31 lines=[{"line":"1","qty":"1","price":"85","net":"85","tax":"0"}]
2025-02-01 invoice.issued invoice=I2 client=b total=15EUR due_on=2025-03-31 lines=[{"line":"1","qty":"1","price":"15","net":"15","tax":"0"}]
report abc
| object | class |
| a | A |
| b | B |
report abc rule=end
| object | class |
| a | B |
| b | C |

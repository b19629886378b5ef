# R41: what became of orders
ledger UTC EUR
2025-01-01 client.registered client=c name=Buyer kind=org
2025-01-01 item.registered item=x sku=x-1 unit=piece kind=goods costing=fifo
2025-01-01 item.registered item=y sku=y-1 unit=piece kind=goods costing=fifo
2025-01-01 employee.hired employee=m1 name=One department=sales role=manager
2025-02-01 order.placed order=O1 client=c owner=m1 currency=EUR promised_on=2025-02-10 lines='[{"line":"1","item":"x","qty":"10","price":"10","net":"100","tax":"0"},{"line":"2","item":"y","qty":"5","price":"4","net":"20","tax":"0"}]'
2025-02-01 order.placed order=O2 client=c currency=EUR promised_on=2025-02-15 lines='[{"line":"1","item":"x","qty":"4","price":"10","net":"40","tax":"8"}]'
2025-02-01 order.placed order=O3 client=c currency=EUR promised_on=2025-02-20 lines='[{"line":"1","item":"x","qty":"6","price":"10","net":"60","tax":"0"}]'
2025-02-01 order.placed order=O4 client=c currency=EUR promised_on=2025-03-05 lines='[{"line":"1","item":"x","qty":"8","price":"10","net":"80","tax":"0"}]'
2025-02-01 order.placed order=O5 client=c currency=EUR promised_on=2025-02-20 lines='[{"line":"1","item":"x","qty":"2","price":"10","net":"20","tax":"0"},{"line":"2","text":"Freight","qty":"1","price":"3","net":"3","tax":"0"}]'
2025-02-01 order.placed order=O6 client=c currency=EUR lines='[{"line":"1","item":"x","qty":"1","price":"10","net":"10","tax":"0"}]'
2025-02-01 order.cancelled order=O5 reason=gone
2025-02-08 shipment.dispatched shipment=S1 order=O1 lines='[{"item":"x","qty":"10"}]'
2025-02-12 shipment.dispatched shipment=S2 order=O1 lines='[{"line":"2","item":"y","qty":"5"}]'
2025-02-14 shipment.dispatched shipment=S3 order=O2 lines='[{"item":"x","qty":"4"}]'
2025-02-18 shipment.dispatched shipment=S4 order=O3 lines='[{"item":"x","qty":"4"}]'
2025-02-19 order.closed order=O3 reason=enough
2025-02-20 return.received goods_return=R1 shipment=S3 lines='[{"item":"x","qty":"1"}]'
2025-02-20 invoice.issued invoice=I2 client=c order=O2 total=48EUR due_on=2025-03-20 lines='[{"line":"1","item":"x","qty":"4","price":"10","net":"40","tax":"8"}]'
2025-02-21 bank_account.opened bank_account=E currency=EUR
2025-02-21 payment.received payment=P1 client=c amount=30EUR bank_account=E
2025-02-21 payment.allocated payment=P1 invoice=I2 amount=30
report orders as_of=2025-02-28
| order | line | item | ordered | shipped | returned | open | invoiced | net | promised_on | complete_on | on_time | state |
| O1 | 1 | x | 10 | 10 | 0 | 0 | 0 | 100.00 | 2025-02-10 | 2025-02-08 | true | shipped |
| O1 | 2 | y | 5 | 5 | 0 | 0 | 0 | 20.00 | 2025-02-10 | 2025-02-12 | false | shipped |
| O2 | 1 | x | 4 | 4 | 1 | 1 | 4 | 40.00 | 2025-02-15 | 2025-02-14 | true | partly_shipped |
| O3 | 1 | x | 6 | 4 | 0 | 0 | 0 | 60.00 | 2025-02-20 |  | false | closed |
| O4 | 1 | x | 8 | 0 | 0 | 8 | 0 | 80.00 | 2025-03-05 |  |  | placed |
| O5 | 1 | x | 2 | 0 | 0 | 0 | 0 | 20.00 | 2025-02-20 |  | false | cancelled |
| O6 | 1 | x | 1 | 0 | 0 | 1 | 0 | 10.00 |  |  |  | placed |
report orders view=orders as_of=2025-02-28
| order | currency | total | shipped_share | invoiced | paid | outstanding | state |
| O1 | EUR | 120.00 | 100.00 | 0.00 | 0.00 | 0.00 | shipped |
| O2 | EUR | 48.00 | 75.00 | 48.00 | 30.00 | 18.00 | partly_shipped |
| O3 | EUR | 60.00 | 66.67 | 0.00 | 0.00 | 0.00 | closed |
| O4 | EUR | 80.00 | 0.00 | 0.00 | 0.00 | 0.00 | placed |
| O5 | EUR | 23.00 | 0.00 | 0.00 | 0.00 | 0.00 | cancelled |
| O6 | EUR | 10.00 | 0.00 | 0.00 | 0.00 | 0.00 | placed |
report orders view=backlog as_of=2025-02-28
| currency | orders | backlog |
| EUR | 3 | 100.00 |
report orders view=backlog as_of=2025-02-10 group=item
| group | orders | backlog |
| x | 4 | 190.00 |
| y | 1 | 20.00 |
report orders view=backlog as_of=2025-02-10 group=owner
| group | orders | backlog |
| m1 | 1 | 20.00 |
|  | 4 | 190.00 |
report orders view=otif as_of=2025-02-28 from=2025-02-01 to=2025-02-28
| orders | otif | rate | in_full | in_full_rate | lines | lines_on_time | line_rate | undated |
| 3 | 1 | 33.33 | 2 | 66.67 | 4 | 2 | 50.00 | 1 |
report orders view=otif as_of=2025-02-11 group=owner
| group | orders | otif | in_full | lines | lines_on_time |
| m1 | 1 | 0 | 0 | 2 | 1 |
|  | 0 | 0 | 0 | 0 | 0 |
fails orders unused_parameter as_of=2025-02-28 group=item
fails orders unused_parameter as_of=2025-02-28 view=otif group=item

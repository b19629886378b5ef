# Orders, shipments, returns: states, quantities, and the product limits of R30
ledger UTC EUR
2025-01-01 client.registered client=C1 name=One kind=org
2025-01-01 client.registered client=C2 name=Two kind=org
2025-01-01 employee.hired employee=m1 name=Ann department=sales role=manager
2025-01-01 item.registered item=bolt sku=b unit=piece kind=goods costing=fifo attributes={"group":"metal"}
2025-01-01 item.registered item=nut sku=n unit=piece kind=goods costing=fifo
refused not_positive 2025-01-02 order.placed order=O0 client=C1 currency=EUR lines=[{"line":"1","item":"bolt","qty":"0","price":"2","net":"0","tax":"0"}]
refused duplicate_line 2025-01-02 order.placed order=O0 client=C1 currency=EUR lines=[{"line":"1","item":"bolt","qty":"1","price":"2","net":"2","tax":"0"},{"line":"1","item":"nut","qty":"1","price":"2","net":"2","tax":"0"}]
2025-01-02 order.placed order=O1 client=C1 currency=EUR lines=[{"line":"1","item":"bolt","qty":"10","price":"2","net":"20","tax":"0"},{"line":"2","item":"nut","qty":"5","price":"1","net":"5","tax":"0"}]
refused before_opening 2025-01-01 shipment.dispatched shipment=S1 order=O1 lines=[{"item":"bolt","qty":"1"}]
refused unknown_line 2025-01-03 shipment.dispatched shipment=S1 order=O1 lines=[{"line":"2","item":"bolt","qty":"1"}]
refused shipment_exceeds_order 2025-01-03 shipment.dispatched shipment=S1 order=O1 lines=[{"item":"bolt","qty":"11"}]
refused shipment_exceeds_order 2025-01-03 shipment.dispatched shipment=S1 order=O1 lines=[{"line":"2","item":"nut","qty":"6"}]
refused not_positive 2025-01-03 shipment.dispatched shipment=S1 order=O1 lines=[{"item":"bolt","qty":"-1"}]
2025-01-10 shipment.dispatched shipment=S1 order=O1 lines=[{"line":"1","item":"bolt","qty":"7"}]
# Back-dated: room on 01-05, none left for S1 on 01-10
refused shipment_exceeds_order 2025-01-05 shipment.dispatched shipment=S2 order=O1 lines=[{"item":"bolt","qty":"4"}]
refused return_exceeds_shipment 2025-01-11 return.received goods_return=R1 shipment=S1 lines=[{"item":"bolt","qty":"8"}]
refused return_exceeds_shipment 2025-01-11 return.received goods_return=R1 shipment=S1 lines=[{"item":"nut","qty":"1"}]
refused before_opening 2025-01-09 return.received goods_return=R1 shipment=S1 lines=[{"item":"bolt","qty":"1"}]
refused not_positive 2025-01-11 return.received goods_return=R1 shipment=S1 lines=[{"item":"bolt","qty":"0"}]
2025-01-11 return.received goods_return=R1 shipment=S1 lines=[{"line":"1","item":"bolt","qty":"2"}]
mark returned
# What came back may be sent again; then the return is needed
2025-01-12 shipment.dispatched shipment=S3 order=O1 lines=[{"item":"bolt","qty":"5"}]
refused has_dependants void 2025-01-13 returned
refused shipment_exceeds_order 2025-01-13 shipment.dispatched shipment=S4 order=O1 lines=[{"item":"bolt","qty":"1"}]
# Cancelled: partly shipped may be, shipped may not, and a cancelled order ships nothing
2025-01-14 order.placed order=O2 client=C1 currency=EUR lines=[{"line":"1","item":"nut","qty":"3","price":"1","net":"3","tax":"0"}]
2025-01-15 shipment.dispatched shipment=S5 order=O2 lines=[{"item":"nut","qty":"1"}]
2025-01-20 order.cancelled order=O2 reason=changed
refused illegal_transition 2025-01-21 order.cancelled order=O2 reason=again
refused illegal_transition 2025-01-21 shipment.dispatched shipment=S6 order=O2 lines=[{"item":"nut","qty":"1"}]
2025-01-19 shipment.dispatched shipment=S6 order=O2 lines=[{"item":"nut","qty":"1"}]
2025-01-14 order.placed order=O3 client=C1 currency=EUR lines=[{"line":"1","item":"nut","qty":"3","price":"1","net":"3","tax":"0"}]
2025-01-15 shipment.dispatched shipment=S7 order=O3 lines=[{"item":"nut","qty":"3"}]
refused illegal_transition 2025-01-16 order.cancelled order=O3 reason=late
refused before_opening 2025-01-13 order.cancelled order=O3 reason=early
# Closed: once, whether all was sent or not; then nothing more is sent, and what was is still sent back
2025-01-14 order.placed order=O4 client=C1 currency=EUR lines=[{"line":"1","item":"nut","qty":"3","price":"1","net":"3","tax":"0"}]
2025-01-15 shipment.dispatched shipment=S8 order=O4 lines=[{"item":"nut","qty":"1"}]
refused before_opening 2025-01-13 order.closed order=O4 reason=early
refused illegal_transition 2025-01-14 order.closed order=O4 reason=early
2025-01-20 order.closed order=O4 reason=enough
refused illegal_transition 2025-01-21 order.closed order=O4 reason=again
refused illegal_transition 2025-01-21 order.cancelled order=O4 reason=again
refused illegal_transition 2025-01-21 shipment.dispatched shipment=S9 order=O4 lines=[{"item":"nut","qty":"1"}]
refused illegal_transition 2025-01-21 order.closed order=O2 reason=again
2025-01-19 shipment.dispatched shipment=S9 order=O4 lines=[{"item":"nut","qty":"1"}]
2025-01-22 return.received goods_return=R2 shipment=S9 lines=[{"item":"nut","qty":"1"}]
2025-01-23 order.closed order=O3 reason=done

# R30: limit 100, shipped 70, returned 5, reserved 20: used 85
ledger UTC EUR
2025-01-01 client.registered client=C1 name=One kind=org
2025-01-01 client.registered client=C2 name=Two kind=org
2025-01-01 employee.hired employee=m1 name=Ann department=sales role=manager
2025-01-01 item.registered item=bolt sku=b unit=piece kind=goods costing=fifo attributes={"group":"metal"}
2025-01-01 item.registered item=nut sku=n unit=piece kind=goods costing=fifo
2025-01-01 warehouse.registered warehouse=W name=Main
2025-01-01 goods.received receipt=G1 item=bolt warehouse=W qty=500 value=500EUR
2025-01-02 product_limit.set limit=L1 scope={"client":"C1"} of={"item":"bolt"} period={"first":"2025-01-01","last":"2025-01-31"} most={"qty":"100"} mode=refuse
2025-01-03 order.placed order=O1 client=C1 currency=EUR lines=[{"line":"1","item":"bolt","qty":"95","price":"2","net":"190","tax":"0"}]
2025-01-04 shipment.dispatched shipment=S1 order=O1 lines=[{"item":"bolt","qty":"70"}]
2025-01-05 return.received goods_return=R1 shipment=S1 lines=[{"item":"bolt","qty":"5"}]
2025-01-06 stock.reserved reservation=V1 item=bolt warehouse=W qty=20 ref=order:O1
refused limit_passed 2025-01-07 order.placed order=O2 client=C1 currency=EUR lines=[{"line":"1","item":"bolt","qty":"20","price":"2","net":"40","tax":"0"}]
2025-01-07 order.placed order=O2 client=C1 currency=EUR lines=[{"line":"1","item":"bolt","qty":"15","price":"2","net":"30","tax":"0"}]
# Another item, client or month is free
2025-01-07 order.placed order=O3 client=C1 currency=EUR lines=[{"line":"1","item":"nut","qty":"500","price":"2","net":"1000","tax":"0"}]
2025-01-07 order.placed order=O4 client=C2 currency=EUR lines=[{"line":"1","item":"bolt","qty":"500","price":"2","net":"1000","tax":"0"}]
2025-02-01 order.placed order=O5 client=C1 currency=EUR lines=[{"line":"1","item":"bolt","qty":"500","price":"2","net":"1000","tax":"0"}]
# The order that has the reservation ships what is reserved for it; another order may not
2025-01-08 shipment.dispatched shipment=S2 order=O2 lines=[{"item":"bolt","qty":"15"}]
2025-01-09 shipment.dispatched shipment=S3 order=O1 lines=[{"item":"bolt","qty":"20"}]
refused limit_passed 2025-01-20 order.placed order=O6 client=C1 currency=EUR lines=[{"line":"1","item":"bolt","qty":"1","price":"2","net":"2","tax":"0"}]
# In mode warn nothing is refused; by manager and amount, and by group
2025-01-02 product_limit.set limit=L1 scope={"client":"C1"} of={"item":"bolt"} period={"first":"2025-01-01","last":"2025-01-31"} most={"qty":"100"} mode=warn
2025-01-20 order.placed order=O6 client=C1 owner=m1 currency=EUR lines=[{"line":"1","item":"bolt","qty":"10","price":"2","net":"20","tax":"0"}]
2025-01-20 product_limit.set limit=L2 scope={"manager":"m1"} of={"group":"metal"} period={"first":"2025-01-01","last":"2025-01-31"} most={"amount":{"amount":"15","currency":"EUR"}} mode=refuse
refused limit_passed 2025-01-21 shipment.dispatched shipment=S4 order=O6 lines=[{"item":"bolt","qty":"8"}]
2025-01-21 shipment.dispatched shipment=S4 order=O6 lines=[{"item":"bolt","qty":"7"}]

# R21: an order of 8, 5 of them reserved, cancelled on 03-04: reserved 5, then 0, and 5 more are available; a void brings them back
ledger UTC EUR
2025-01-01 item.registered item=X sku=X-1 unit=piece kind=goods costing=fifo decimals=#0
2025-01-01 item.registered item=P sku=P-1 unit=piece kind=goods costing=fifo decimals=#0
2025-01-01 warehouse.registered warehouse=A name=A
2025-01-01 warehouse.registered warehouse=B name=B
2025-01-01 client.registered client=C1 name=Buyer kind=org
2025-01-01 client.registered client=C2 name=Other kind=org
2025-03-01 goods.received receipt=R1 item=X warehouse=A qty=10 value=50EUR
2025-03-01 order.placed order=O1 client=C1 currency=EUR lines='[{"line":"1","item":"X","qty":"8","price":"9","net":"72","tax":"0"}]'
2025-03-01 order.placed order=O2 client=C2 currency=EUR lines='[{"line":"1","item":"X","qty":"8","price":"9","net":"72","tax":"0"}]'
2025-03-02 stock.reserved reservation=V1 item=X warehouse=A qty=3 ref=order:O1
2025-03-03 stock.reserved reservation=V2 item=X warehouse=A qty=2 ref=order:O1
mark reserved
2025-03-04 order.cancelled order=O1 reason=late
mark cancelled
report stock item=X as_of=2025-03-03
| on_hand | reserved | available |
| 10 | 5 | 5 |
report stock item=X as_of=2025-03-04
| on_hand | reserved | available |
| 10 | 0 | 10 |
report stock item=X known_at=reserved
| reserved | available |
| 5 | 5 |
report trial_balance account=reserved
| account | unit | debit | credit | balance |
| reserved/A | item:X | 5 | 5 | 0 |
# an order that is cancelled has nothing kept for it any more
refused illegal_transition 2025-03-05 stock.reserved reservation=V3 item=X warehouse=A qty=1 ref=order:O1
refused release_above_remainder 2025-03-05 reservation.released reservation=V1
refused release_above_remainder 2025-03-05 reservation.released reservation=V1 qty=1
# what is reserved since, and what is taken since, rests on the cancelling
2025-03-05 stock.reserved reservation=V4 item=X warehouse=A qty=6 ref=order:O2
mark other
refused has_dependants void 2025-03-06 cancelled
void 2025-03-06 other
2025-03-05 goods.issued issue=I1 item=X warehouse=A qty=6 reason=sale refs=["order:O2"]
mark taken
refused has_dependants void 2025-03-06 cancelled
void 2025-03-06 taken
void 2025-03-06 cancelled
report stock item=X
| on_hand | reserved | available |
| 10 | 5 | 5 |
# Refused: what others have reserved, by sale, production and transfer
refused reserved_for_others 2025-03-07 goods.issued issue=N1 item=X warehouse=A qty=6 reason=sale
refused reserved_for_others 2025-03-07 goods.issued issue=N1 item=X warehouse=A qty=6 reason=sale refs=["order:O2"]
refused reserved_for_others 2025-03-07 goods.issued issue=N1 item=X warehouse=A qty=6 reason=production
refused reserved_for_others 2025-03-07 goods.transferred goods_transfer=N1 item=X from=A to=B qty=6
refused reserved_for_others 2025-03-07 production.completed production=N1 item=P warehouse=A qty=1 consumed='[{"item":"X","warehouse":"A","qty":"3"},{"item":"X","warehouse":"A","qty":"3"}]'
# then or later: on 03-01 all 10 were free, but on 03-02 and 03-03 they were reserved
refused reserved_for_others 2025-03-01 goods.issued issue=N1 item=X warehouse=A qty=6 reason=sale
# what is free may go, and what is one's own: by the reservation, the order among the refs
2025-03-07 goods.issued issue=I2 item=X warehouse=A qty=2 reason=sale
2025-03-08 goods.issued issue=I3 item=X warehouse=A qty=1 reason=sale reservation=V1
report stock item=X
| on_hand | reserved | available |
| 7 | 4 | 3 |
2025-03-08 goods.issued issue=I4 item=X warehouse=A qty=1 reason=sale refs=["order:O1"]
report stock item=X
| on_hand | reserved | available |
| 6 | 4 | 2 |
# more than the reservation holds comes out of what is free
2025-03-09 goods.issued issue=I5 item=X warehouse=A qty=3 reason=sale reservation=V1
report stock item=X
| on_hand | reserved | available |
| 3 | 2 | 1 |
state reservation:V1
| field | value |
| item | X |
| qty | 3 |
| ref | order:O1 |
| status | reserved |
| taken | 4 |
| warehouse | A |
refused reserved_for_others 2025-03-09 goods.issued issue=N1 item=X warehouse=A qty=2 reason=sale reservation=V1
refused reservation_of_other 2025-03-09 goods.issued issue=N1 item=X warehouse=B qty=1 reason=sale reservation=V2
refused before_opening 2025-03-02 goods.issued issue=N1 item=X warehouse=A qty=1 reason=sale reservation=V2
refused unknown_reference 2025-03-09 goods.issued issue=N1 item=X warehouse=A qty=1 reason=sale reservation=V9
# a release that is recorded needs what an earlier issue would take
2025-03-12 reservation.released reservation=V2 qty=2
refused release_above_remainder 2025-03-11 goods.issued issue=N1 item=X warehouse=A qty=1 reason=sale reservation=V2
void 2025-03-12 last
# losses and counts are facts and are never barred
2025-03-10 goods.issued issue=I6 item=X warehouse=A qty=2 reason=loss
report stock item=X
| on_hand | reserved | available |
| 1 | 2 | -1 |
refused reserved_for_others 2025-03-10 goods.issued issue=N1 item=X warehouse=A qty=1 reason=sale
2025-03-10 stock.counted count=K1 item=X warehouse=A counted=0
2025-03-11 stock.adjusted adjustment=J1 item=X warehouse=A delta=2 reason=found
# a policy lets it be taken, and what was taken by its leave rests on it
2025-03-12 stock_policy.set policy=P1 warehouse=A negative=refuse reserved=ignore
mark policy
2025-03-12 goods.issued issue=I7 item=X warehouse=A qty=1 reason=sale
refused has_dependants void 2025-03-13 policy
2025-03-13 stock_policy.set policy=P2 item=X negative=refuse reserved=keep
refused reserved_for_others 2025-03-13 goods.issued issue=N1 item=X warehouse=A qty=1 reason=sale
2025-03-14 goods.issued issue=I8 item=X warehouse=A qty=1 reason=sale reservation=V2
report stock item=X
| on_hand | reserved | available |
| 0 | 1 | -1 |
# a receipt stays where a sale left others what they had reserved
2025-04-01 goods.received receipt=R2 item=X warehouse=B qty=5 value=25EUR
2025-04-02 stock.reserved reservation=V5 item=X warehouse=B qty=5 ref=order:O1
2025-04-03 goods.received receipt=R3 item=X warehouse=B qty=3 value=15EUR
mark receipt
2025-04-04 goods.issued issue=I9 item=X warehouse=B qty=3 reason=sale
refused has_dependants void 2025-04-05 receipt
void 2025-04-05 last
void 2025-04-05 receipt
# Purchase orders: ordered 40, received 34, closed: on order 6, then 0; a later receipt for it is refused, an earlier one is not
2025-05-01 counterparty.registered counterparty=L1 legal_name=Maker
2025-05-01 purchase_order.placed purchase_order=PO1 supplier=L1 currency=EUR lines='[{"line":"1","item":"P","qty":"40","price":"6","net":"240","tax":"0"}]'
2025-05-05 goods.received receipt=R4 item=P warehouse=A qty=34 value=204EUR purchase_order=PO1
report stock item=P
| on_hand | on_order | forecast |
| 34 | 6 | 40 |
refused before_opening 2025-04-30 purchase_order.closed purchase_order=PO1 reason=late
refused purchase_order_closed 2025-05-04 purchase_order.closed purchase_order=PO1 reason=late
refused unknown_reference 2025-05-10 purchase_order.closed purchase_order=PO9 reason=late
2025-05-10 purchase_order.closed purchase_order=PO1 reason='no more of them'
mark closed
report stock item=P
| on_hand | on_order | forecast |
| 34 | 0 | 34 |
report stock item=P as_of=2025-05-09
| on_hand | on_order |
| 34 | 6 |
refused illegal_transition 2025-05-11 purchase_order.closed purchase_order=PO1 reason=late
refused illegal_transition 2025-05-09 purchase_order.closed purchase_order=PO1 reason=late
refused purchase_order_closed 2025-05-11 goods.received receipt=R5 item=P warehouse=A qty=1 value=6EUR purchase_order=PO1
2025-05-09 goods.received receipt=R5 item=P warehouse=A qty=1 value=6EUR purchase_order=PO1
2025-05-12 goods.received receipt=R6 item=P warehouse=A qty=1 value=6EUR
report stock item=P
| on_hand | on_order |
| 36 | 0 |
void 2025-05-13 closed
report stock item=P
| on_hand | on_order |
| 36 | 5 |
state purchase_order:PO1
| field | value |
| currency | EUR |
| lines | [{"item":"P","line":"1","net":"240","price":"6","qty":"40","tax":"0"}] |
| supplier | L1 |

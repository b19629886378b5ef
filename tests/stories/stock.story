# R21: what is on hand, reserved, available, on order and forecast
ledger UTC EUR
2025-01-01 item.registered item=X sku=X-1 unit=piece kind=goods costing=fifo decimals=#0
2025-01-01 item.registered item=Y sku=Y-1 unit=kg kind=goods costing=average decimals=#3
2025-01-01 item.registered item=S sku=S-1 unit=hour kind=service costing=fifo
2025-01-01 warehouse.registered warehouse=A name=A
2025-01-01 warehouse.registered warehouse=B name=B
2025-01-01 client.registered client=C1 name=Buyer kind=org
2025-01-01 counterparty.registered counterparty=L1 legal_name=Maker
2025-01-02 order.placed order=O1 client=C1 currency=EUR lines='[{"line":"1","item":"X","qty":"3","price":"9","net":"27","tax":"0"}]' promised_on=2025-03-10
2025-01-03 goods.received receipt=R1 item=X warehouse=A qty=10 value=50EUR
2025-01-04 goods.received receipt=R2 item=X warehouse=A qty=10 value=60EUR
2025-01-05 goods.issued issue=I1 item=X warehouse=A qty=15 reason=sale
2025-01-06 goods.received receipt=R3 item=X warehouse=A qty=5 value=45EUR
2025-01-07 goods.issued issue=I2 item=X warehouse=A qty=4 reason=sale
2025-01-08 stock.reserved reservation=V1 item=X warehouse=A qty=2 ref=order:O1
2025-01-09 purchase_order.placed purchase_order=PO1 supplier=L1 currency=EUR expected_on=2025-02-01 lines='[{"line":"1","item":"X","qty":"5","price":"6","net":"30","tax":"6"}]'
# 10 + 10 − 15 + 5 − 4 = 6 on hand, 2 reserved, 5 on order; before the order is promised it asks for nothing
report stock item=X t=2025-03-01
| item | warehouse | on_hand | reserved | available | on_order | demand | forecast |
| X | A | 6 | 2 | 4 | 5 | 0 | 9 |
# the order for 3 has 2 reserved: 1 more is asked for
report stock item=X
| on_hand | reserved | available | on_order | demand | forecast |
| 6 | 2 | 4 | 5 | 1 | 8 |
report stock item=X t=2025-01-31
| available | on_order | forecast |
| 4 | 0 | 4 |
report stock item=X as_of=2025-01-05
| on_hand | reserved | available | on_order |
| 5 | 0 | 5 | 0 |
report stock as_of=2025-01-02
| item | warehouse | on_hand | demand | forecast |
| X |  | 0 | 3 | -3 |
# a receipt fulfils its purchase order in part; a cancelled order asks for nothing
mark before
2025-01-20 goods.received receipt=R4 item=X warehouse=A qty=2 value=12EUR purchase_order=PO1 attributes={"rejected":"1"}
report stock item=X t=2025-03-01
| on_hand | on_order | forecast |
| 8 | 2 | 8 |
2025-01-21 order.cancelled order=O1 reason=late
report stock item=X
| on_hand | reserved | on_order | demand | forecast |
| 8 | 0 | 2 | 0 | 10 |
report stock item=X known_at=before
| on_hand | on_order | demand |
| 6 | 5 | 1 |
# the cancelling voided, the order asks again, and what was reserved for it is kept again
void 2025-01-21 last
report stock item=X
| on_hand | reserved | on_order | demand | forecast |
| 8 | 2 | 2 | 1 | 7 |
# a transfer changes no total
2025-01-22 goods.transferred goods_transfer=T1 item=X from=A to=B qty=3
report stock item=X
| warehouse | on_hand | on_order |
| A | 5 | 0 |
| B | 3 | 0 |
|  | 0 | 2 |
report stock item=X group=item
| item | on_hand | reserved | available | on_order | forecast |
| X | 8 | 2 | 6 | 2 | 7 |
report stock item=X warehouse=B
| warehouse | on_hand |
| B | 3 |
fails stock unused_parameter group=supplier
# releases
refused release_above_remainder 2025-01-23 reservation.released reservation=V1 qty=3
refused release_above_remainder 2025-01-07 reservation.released reservation=V1 qty=1
2025-01-23 reservation.released reservation=V1 qty=1
refused release_above_remainder 2025-01-22 reservation.released reservation=V1 qty=2
2025-01-24 reservation.released reservation=V1
refused release_above_remainder 2025-01-25 reservation.released reservation=V1
report stock item=X warehouse=A
| reserved | available |
| 0 | 5 |
report stock item=X warehouse=A as_of=2025-01-23
| reserved |
| 1 |
# what moved: the net of a period is what on hand changed by
fails stock unused_parameter view=moves by=month
report stock view=moves item=X
| item | warehouse | received | rejected | returned | sold | used | lost | produced | scrapped | transferred | adjusted | net |
| X | A | 27 | 1 | 0 | 19 | 0 | 0 | 0 | 0 | -3 | 0 | 5 |
| X | B | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 3 | 0 | 3 |
report stock view=moves item=X group=item from=2025-01-05 to=2025-01-06
| item | received | sold | net |
| X | 5 | 15 | -10 |
# counts set what is on hand; what is dated before a count no longer matters after it
2025-02-01 stock.counted count=K1 item=X warehouse=B counted=2
2025-02-02 stock.adjusted adjustment=J1 item=X warehouse=B delta=1 reason=found
2025-01-25 goods.received receipt=R5 item=X warehouse=B qty=7 value=7EUR
report stock view=moves item=X warehouse=B
| received | transferred | adjusted | net |
| 7 | 3 | -7 | 3 |
report stock item=X warehouse=B as_of=2025-01-31
| on_hand |
| 10 |
report stock item=X warehouse=B
| on_hand |
| 3 |
# production, loss, scrap
2025-02-03 goods.received receipt=R6 item=Y warehouse=A qty=2.5 value=5EUR
2025-02-04 production.completed production=P1 item=X warehouse=A qty=4 scrapped=1 consumed='[{"item":"Y","warehouse":"A","qty":"1.25"}]'
2025-02-05 goods.issued issue=I3 item=Y warehouse=A qty=0.25 reason=loss
2025-02-05 goods.issued issue=I4 item=Y warehouse=A qty=0.5 reason=production
report stock view=moves from=2025-02-03 to=2025-02-28 warehouse=A
| item | received | used | lost | produced | scrapped | net |
| X | 0 | 0 | 0 | 4 | 1 | 4 |
| Y | 2.5 | 1.75 | 0.25 | 0 | 0 | 0.5 |
# returns
2025-02-06 goods.received receipt=R7 item=X warehouse=A qty=3 returns=I2
report stock view=moves from=2025-02-06 to=2025-02-06
| item | received | returned | net |
| X | 0 | 3 | 3 |
# Refused: quantities without a direction, below zero, or finer than the item's own unit
refused not_positive 2025-02-07 goods.received receipt=N1 item=X warehouse=A qty=0 value=1EUR
refused not_positive 2025-02-07 goods.issued issue=N1 item=X warehouse=A qty=-1 reason=sale
refused not_positive 2025-02-07 goods.transferred goods_transfer=N1 item=X from=A to=B qty=0
refused not_positive 2025-02-07 stock.reserved reservation=N1 item=X warehouse=A qty=0 ref=order:O1
refused not_positive 2025-02-07 reservation.released reservation=V1 qty=0
refused not_positive 2025-02-07 production.completed production=N1 item=X warehouse=A qty=0 consumed=[]
refused not_positive 2025-02-07 production.completed production=N1 item=X warehouse=A qty=1 consumed='[{"item":"Y","warehouse":"A","qty":"0"}]'
refused not_positive 2025-02-07 purchase_order.placed purchase_order=N1 supplier=L1 currency=EUR lines='[{"line":"1","item":"X","qty":"0","price":"6","net":"0","tax":"0"}]'
refused below_zero 2025-02-07 stock.counted count=N1 item=X warehouse=A counted=-1
refused below_zero 2025-02-07 goods.received receipt=N1 item=X warehouse=A qty=1 value=-1EUR
refused below_zero 2025-02-07 stock.adjusted adjustment=N1 item=X warehouse=A delta=1 value=-1EUR reason=found
refused below_zero 2025-02-07 production.completed production=N1 item=X warehouse=A qty=1 scrapped=-1 consumed=[]
refused below_zero 2025-02-07 price.set list=P item=X price=-1EUR valid_from=2025-01-01
refused not_positive 2025-02-07 item.replenishment_policy_set item=X warehouse=A safety=1 multiple=0 lead_days=#3
refused below_zero 2025-02-07 item.replenishment_policy_set item=X warehouse=A safety=-1 multiple=1 lead_days=#3
refused below_zero 2025-02-07 item.replenishment_policy_set item=X warehouse=A safety=1 max=-1 multiple=1 lead_days=#3
refused below_zero 2025-02-07 product_limit.set limit=Q scope={"client":"C1"} of={"item":"X"} period={"first":"2025-01-01","last":"2025-01-31"} most={"qty":"-1"} mode=warn
refused nothing_adjusted 2025-02-07 stock.adjusted adjustment=N1 item=X warehouse=A delta=0 reason=none
refused too_many_decimals 2025-02-07 goods.received receipt=N1 item=X warehouse=A qty=1.5 value=1EUR
refused too_many_decimals 2025-02-07 goods.issued issue=N1 item=Y warehouse=A qty=0.0005 reason=sale
2025-02-07 goods.issued issue=I5 item=Y warehouse=A qty=0.5000 reason=sale
refused service_not_stocked 2025-02-07 goods.received receipt=N1 item=S warehouse=A qty=1 value=1EUR
refused service_not_stocked 2025-02-07 stock.counted count=N1 item=S warehouse=A counted=1
refused service_not_stocked 2025-02-07 production.completed production=N1 item=X warehouse=A qty=1 consumed='[{"item":"S","warehouse":"A","qty":"1"}]'
refused transfer_to_itself 2025-02-07 goods.transferred goods_transfer=N1 item=X from=A to=A qty=1
refused unknown_reference 2025-02-07 goods.received receipt=N1 item=Z warehouse=A qty=1 value=1EUR
refused unknown_reference 2025-02-07 goods.received receipt=N1 item=X warehouse=Z qty=1 value=1EUR
refused already_exists 2025-02-07 goods.received receipt=R1 item=X warehouse=A qty=1 value=1EUR
# Refused: more than is on hand, at its own date or at any later moment
report stock item=X
| warehouse | on_hand |
| A | 12 |
| B | 3 |
|  | 0 |
refused issue_above_on_hand 2025-02-08 goods.issued issue=N1 item=X warehouse=A qty=13 reason=sale
refused issue_above_on_hand 2025-02-08 goods.transferred goods_transfer=N1 item=X from=B to=A qty=4
refused issue_above_on_hand 2025-02-08 stock.adjusted adjustment=N1 item=X warehouse=B delta=-4 reason=broken
refused issue_above_on_hand 2025-02-08 production.completed production=N1 item=Y warehouse=A qty=1 consumed='[{"item":"X","warehouse":"B","qty":"2"},{"item":"X","warehouse":"B","qty":"2"}]'
# on 2025-01-06 there were 10, but the sale and the transfer after it need 7 of them, and the receipt in between brings 2
refused issue_above_on_hand 2025-01-06 goods.issued issue=N1 item=X warehouse=A qty=7 reason=sale
refused issue_above_on_hand 2025-01-06 stock.counted count=N1 item=X warehouse=A counted=3
2025-01-06 goods.issued issue=I6 item=X warehouse=A qty=5 reason=sale refs=["order:O1"]
report stock item=X warehouse=A
| on_hand |
| 7 |
# what is dated before a count is not needed after it: 10 at B on 2025-01-31, then counted
refused issue_above_on_hand 2025-01-30 goods.issued issue=N1 item=X warehouse=B qty=11 reason=sale
2025-01-30 goods.issued issue=I7 item=X warehouse=B qty=10 reason=sale
report stock item=X warehouse=B
| on_hand |
| 3 |
# Refused: more reserved than available, from its date on
2025-03-01 stock.reserved reservation=V2 item=X warehouse=A qty=4 ref=order:O1
refused reservation_above_available 2025-03-01 stock.reserved reservation=V3 item=X warehouse=A qty=4 ref=order:O1
refused reservation_above_available 2025-01-10 stock.reserved reservation=V3 item=X warehouse=A qty=1 ref=order:O1
2025-03-01 stock.reserved reservation=V3 item=X warehouse=A qty=3 ref=order:O1
mark reserved
# Voids: what others rest on stays
report stock item=X warehouse=A as_of=2025-03-01
| on_hand | reserved | available |
| 7 | 7 | 0 |
# Voids: what others rest on stays; what is left out must leave a history that would have been admitted
2025-03-03 goods.received receipt=R8 item=X warehouse=A qty=2 value=10EUR
mark receipt
2025-03-04 goods.issued issue=I8 item=X warehouse=A qty=9 reason=sale refs=["order:O1"]
refused has_dependants void 2025-03-05 receipt
void 2025-03-05 last
mark voided
void 2025-03-05 receipt
report stock item=X warehouse=A
| on_hand | available |
| 7 | 0 |
report stock item=X warehouse=A known_at=receipt
| on_hand | available |
| 9 | 2 |
report stock item=X warehouse=A known_at=voided
| on_hand |
| 9 |
2025-03-05 goods.received receipt=R8 item=X warehouse=A qty=3 value=10EUR
mark again
# a reservation rests on what made it available
2025-03-06 stock.reserved reservation=V4 item=X warehouse=A qty=3 ref=order:O1
refused has_dependants void 2025-03-07 again
2025-03-07 reservation.released reservation=V2 qty=3
mark released
2025-03-08 stock.reserved reservation=V5 item=X warehouse=A qty=3 ref=order:O1
refused has_dependants void 2025-03-09 released
void 2025-03-09 last
void 2025-03-09 released
# Policies: the narrowest of that date holds
ledger UTC EUR
2025-01-01 item.registered item=X sku=X-1 unit=piece kind=goods costing=fifo
2025-01-01 warehouse.registered warehouse=A name=A
2025-01-01 warehouse.registered warehouse=B name=B
2025-01-01 client.registered client=C1 name=Buyer kind=org
2025-01-01 order.placed order=O1 client=C1 currency=EUR lines=[]
2025-02-01 stock_policy.set policy=P1 negative=allow
refused issue_above_on_hand 2025-01-31 goods.issued issue=I1 item=X warehouse=A qty=1 reason=sale
2025-02-01 goods.issued issue=I1 item=X warehouse=A qty=1 reason=sale
2025-02-02 stock.reserved reservation=V1 item=X warehouse=A qty=1 ref=order:O1
report stock item=X
| warehouse | on_hand | reserved | available |
| A | -1 | 1 | -2 |
2025-02-03 stock_policy.set policy=P2 warehouse=A negative=refuse
refused issue_above_on_hand 2025-02-03 goods.issued issue=I2 item=X warehouse=A qty=1 reason=sale
2025-02-03 goods.issued issue=I2 item=X warehouse=B qty=1 reason=sale
2025-02-04 stock_policy.set policy=P3 item=X negative=allow
2025-02-04 goods.issued issue=I3 item=X warehouse=A qty=1 reason=sale refs=["order:O1"]
2025-02-05 stock_policy.set policy=P4 item=X warehouse=A negative=refuse
refused issue_above_on_hand 2025-02-05 goods.issued issue=I4 item=X warehouse=A qty=1 reason=sale
2025-02-06 stock_policy.set policy=P4 item=X warehouse=A negative=allow
2025-02-06 goods.issued issue=I4 item=X warehouse=A qty=1 reason=sale refs=["order:O1"]
refused has_dependants void 2025-02-07 15
# Purchases: totals by year and by the company's own field
ledger UTC EUR
2025-01-01 item.registered item=X sku=X-1 unit=piece kind=goods costing=fifo
2025-01-01 item.registered item=Y sku=Y-1 unit=piece kind=goods costing=fifo
2025-01-01 warehouse.registered warehouse=A name=A
2025-01-01 counterparty.registered counterparty=L1 legal_name=Maker
2025-01-01 counterparty.registered counterparty=L2 legal_name=Other
2025-01-01 exchange_rate.set currency=USD rate=0.9
2024-05-01 purchase_order.placed purchase_order=PO1 supplier=L1 currency=EUR attributes={"status":"complete"} lines='[{"line":"1","item":"X","qty":"5","price":"6","net":"30","tax":"6"},{"line":"2","item":"Y","qty":"1","price":"10","net":"10","tax":"2"}]'
2025-05-01 purchase_order.placed purchase_order=PO2 supplier=L2 currency=EUR attributes={"status":"pending"} lines='[{"line":"1","item":"X","qty":"2","price":"7","net":"14","tax":"0"}]'
2025-06-01 purchase_order.placed purchase_order=PO3 supplier=L1 currency=USD lines='[{"line":"1","text":"Freight","qty":"1","price":"20","net":"20","tax":"0"}]'
mark placed
2025-06-02 goods.received receipt=R1 item=X warehouse=A qty=4 value=24EUR purchase_order=PO1 attributes={"rejected":"1"}
report stock view=purchases
| currency | orders | lines | ordered | received | rejected | subtotal | tax | total |
| EUR | 2 | 3 | 8 | 4 | 1 | 54.00 | 8.00 | 62.00 |
| USD | 1 | 1 | 1 | 0 | 0 | 20.00 | 0.00 | 20.00 |
report stock view=purchases in=base from=2025-01-01
| currency | orders | subtotal | tax |
| EUR | 2 | 32.00 | 0.00 |
report stock view=purchases by=year
| period | currency | orders | subtotal | tax |
| 2024 | EUR | 1 | 40.00 | 8.00 |
| 2025 | EUR | 1 | 14.00 | 0.00 |
| 2025 | USD | 1 | 20.00 | 0.00 |
report stock view=purchases group=attribute attribute=status
| group | currency | orders | subtotal | received |
| complete | EUR | 1 | 40.00 | 4 |
| pending | EUR | 1 | 14.00 | 0 |
|  | USD | 1 | 20.00 | 0 |
report stock view=purchases group=supplier known_at=placed
| group | currency | orders | received |
| L1 | EUR | 1 | 0 |
| L1 | USD | 1 | 0 |
| L2 | EUR | 1 | 0 |
report stock view=purchases group=item
| group | currency | orders | ordered | received |
| X | EUR | 2 | 7 | 4 |
| Y | EUR | 1 | 1 | 0 |
|  | USD | 1 | 1 | 0 |
fails stock missing_parameter view=purchases group=attribute
fails stock unused_parameter view=purchases attribute=status

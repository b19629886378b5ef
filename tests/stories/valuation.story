# R22, FIFO: receive 10@5, 10@6, issue 15, receive 5@9, issue 4
ledger UTC EUR
2025-01-01 item.registered item=X sku=X-1 unit=piece kind=goods costing=fifo
2025-01-01 item.registered item=Y sku=Y-1 unit=piece kind=goods costing=average
2025-01-01 warehouse.registered warehouse=A name=A
2025-01-01 warehouse.registered warehouse=B name=B
2025-01-03 goods.received receipt=R1 item=X warehouse=A qty=10 value=50EUR
2025-01-04 goods.received receipt=R2 item=X warehouse=A qty=10 value=60EUR
2025-01-05 goods.issued issue=I1 item=X warehouse=A qty=15 reason=sale
2025-01-06 goods.received receipt=R3 item=X warehouse=A qty=5 value=45EUR
2025-01-07 goods.issued issue=I2 item=X warehouse=A qty=4 reason=sale
mark worked
report valuation item=X
| item | warehouse | currency | received | cost_of_goods | value | qty | unit_cost |
| X | A | EUR | 155.00 | 104.00 | 51.00 | 6 | 8.5 |
report valuation item=X view=layers
| item | warehouse | layer | received_on | qty | value | unit_cost |
| X | A | 1 | 2025-01-04 | 1 | 6.00 | 6 |
| X | A | 2 | 2025-01-06 | 5 | 45.00 | 9 |
report valuation item=X from=2025-01-06 to=2025-01-07
| opening | received | cost_of_goods | value |
| 30.00 | 45.00 | 24.00 | 51.00 |
report valuation item=X as_of=2025-01-05
| cost_of_goods | value |
| 80.00 | 30.00 |
report stock_card item=X
| at | kind | document | qty | value | cost_of_goods | on_hand | stock_value |
| 2025-01-03T00:00:00Z | receipt | R1 | 10 | 50.00 | 0.00 | 10 | 50.00 |
| 2025-01-04T00:00:00Z | receipt | R2 | 10 | 60.00 | 0.00 | 20 | 110.00 |
| 2025-01-05T00:00:00Z | sale | I1 | -15 | -80.00 | 80.00 | 5 | 30.00 |
| 2025-01-06T00:00:00Z | receipt | R3 | 5 | 45.00 | 0.00 | 10 | 75.00 |
| 2025-01-07T00:00:00Z | sale | I2 | -4 | -24.00 | 24.00 | 6 | 51.00 |
fails stock_card missing_parameter
# moving average of the same moves
2025-01-03 goods.received receipt=Q1 item=Y warehouse=A qty=10 value=50EUR
2025-01-04 goods.received receipt=Q2 item=Y warehouse=A qty=10 value=60EUR
2025-01-05 goods.issued issue=J1 item=Y warehouse=A qty=15 reason=sale
2025-01-06 goods.received receipt=Q3 item=Y warehouse=A qty=5 value=45EUR
2025-01-07 goods.issued issue=J2 item=Y warehouse=A qty=4 reason=sale
report stock_card item=Y
| kind | cost_of_goods | stock_value |
| receipt | 0.00 | 50.00 |
| receipt | 0.00 | 110.00 |
| sale | 82.50 | 27.50 |
| receipt | 0.00 | 72.50 |
| sale | 29.00 | 43.50 |
report valuation item=Y
| received | cost_of_goods | value |
| 155.00 | 111.50 | 43.50 |
report valuation group=all
| currency | received | cost_of_goods | value |
| EUR | 310.00 | 215.50 | 94.50 |
# a back-dated receipt 5@4 before all, recorded later
2025-01-02 goods.received receipt=R0 item=X warehouse=A qty=5 value=20EUR
report valuation item=X
| cost_of_goods | value |
| 94.00 | 81.00 |
report valuation item=X known_at=worked
| cost_of_goods | value |
| 104.00 | 51.00 |
# voided, it is as if it had never been, save for who asks what was known
mark backdated
void 2025-02-01 last
report valuation item=X
| cost_of_goods | value |
| 104.00 | 51.00 |
report valuation item=X known_at=backdated
| cost_of_goods | value |
| 94.00 | 81.00 |
# Rounding: 3 for 10.00, three single issues under moving average
ledger UTC EUR
2025-01-01 item.registered item=Y sku=Y-1 unit=piece kind=goods costing=average
2025-01-01 item.registered item=X sku=X-1 unit=piece kind=goods costing=fifo
2025-01-01 warehouse.registered warehouse=A name=A
2025-01-01 warehouse.registered warehouse=B name=B
2025-01-02 goods.received receipt=Q1 item=Y warehouse=A qty=3 value=10.00EUR
2025-01-03 goods.issued issue=J1 item=Y warehouse=A qty=1 reason=sale
2025-01-04 goods.issued issue=J2 item=Y warehouse=A qty=1 reason=sale
2025-01-05 goods.issued issue=J3 item=Y warehouse=A qty=1 reason=sale
report stock_card item=Y
| kind | cost_of_goods | stock_value |
| receipt | 0.00 | 10.00 |
| sale | 3.33 | 6.67 |
| sale | 3.34 | 3.33 |
| sale | 3.33 | 0.00 |
# Transfers keep the receipt's place and cost; the target gives the older goods first
2025-01-02 goods.received receipt=R1 item=X warehouse=A qty=10 value=50EUR
2025-01-03 goods.received receipt=R2 item=X warehouse=B qty=4 value=40EUR
2025-01-04 goods.transferred goods_transfer=T1 item=X from=A to=B qty=4
2025-01-05 goods.issued issue=I1 item=X warehouse=B qty=5 reason=sale
report valuation item=X
| warehouse | received | transferred | cost_of_goods | value | qty |
| A | 50.00 | -20.00 | 0.00 | 30.00 | 6 |
| B | 40.00 | 20.00 | 30.00 | 30.00 | 3 |
report valuation item=X group=item
| item | received | transferred | cost_of_goods | value | qty | unit_cost |
| X | 90.00 | 0.00 | 30.00 | 60.00 | 9 | 6.666667 |
report valuation item=X view=layers
| warehouse | layer | received_on | qty | value |
| A | 1 | 2025-01-02 | 6 | 30.00 |
| B | 1 | 2025-01-03 | 3 | 30.00 |
# A return comes back at the cost of its issue, as a new layer, a part in proportion, the last part with the rest
2025-01-06 goods.received receipt=R3 item=X warehouse=A qty=2 returns=I1
report valuation item=X group=item
| received | cost_of_goods | value |
| 90.00 | 18.00 | 72.00 |
2025-01-07 goods.received receipt=R4 item=X warehouse=B qty=3 returns=I1 value=99EUR
report valuation item=X group=item
| received | cost_of_goods | value | qty |
| 90.00 | 0.00 | 90.00 | 14 |
report valuation item=X view=layers warehouse=B
| layer | received_on | qty | value |
| 1 | 2025-01-03 | 3 | 30.00 |
| 2 | 2025-01-07 | 3 | 18.00 |
refused return_above_issued 2025-01-08 goods.received receipt=N1 item=X warehouse=A qty=1 returns=I1
refused return_of_other 2025-01-08 goods.received receipt=N1 item=X warehouse=A qty=1 returns=J1
refused before_opening 2025-01-04 goods.received receipt=N1 item=Y warehouse=A qty=1 returns=J3
2025-01-08 goods.issued issue=I2 item=X warehouse=A qty=1 reason=loss
refused return_of_no_sale 2025-01-09 goods.received receipt=N1 item=X warehouse=A qty=1 returns=I2
report valuation item=X warehouse=A
| cost_of_goods | lost | value |
| -12.00 | 5.00 | 37.00 |
# A receipt that cost more: the share still in stock changes its value, wherever it was moved, the rest is cost of goods
ledger UTC EUR
2025-01-01 item.registered item=X sku=X-1 unit=piece kind=goods costing=fifo
2025-01-01 item.registered item=Y sku=Y-1 unit=piece kind=goods costing=average
2025-01-01 warehouse.registered warehouse=A name=A
2025-01-01 warehouse.registered warehouse=B name=B
2025-01-02 goods.received receipt=R1 item=X warehouse=A qty=10 value=50EUR
2025-01-03 goods.transferred goods_transfer=T1 item=X from=A to=B qty=3
2025-01-04 goods.issued issue=I1 item=X warehouse=A qty=4 reason=sale
2025-01-05 receipt.cost_adjusted receipt=R1 delta_value=10EUR reason=freight
report valuation item=X
| warehouse | received | transferred | cost_of_goods | value | qty |
| A | 60.00 | -18.00 | 24.00 | 18.00 | 3 |
| B | 0.00 | 18.00 | 0.00 | 18.00 | 3 |
report valuation item=X group=item as_of=2025-01-04
| cost_of_goods | value |
| 20.00 | 30.00 |
refused before_opening 2025-01-01 receipt.cost_adjusted receipt=R1 delta_value=1EUR reason=freight
refused cost_below_zero 2025-01-06 receipt.cost_adjusted receipt=R1 delta_value=-60.01EUR reason=rebate
2025-01-06 receipt.cost_adjusted receipt=R1 delta_value=-60EUR reason=rebate
refused has_dependants void 2025-01-07 9
refused cost_below_zero 2025-01-03 receipt.cost_adjusted receipt=R1 delta_value=-1EUR reason=rebate
report valuation item=X group=item
| received | cost_of_goods | value |
| 0.00 | 0.00 | 0.00 |
# under moving average all is as if it had cost that from the start: 110 for 20, 16 of them sold
2025-01-02 goods.received receipt=Q1 item=Y warehouse=A qty=10 value=100EUR
2025-01-03 goods.received receipt=Q2 item=Y warehouse=A qty=10 value=0EUR
2025-01-04 goods.issued issue=J1 item=Y warehouse=A qty=16 reason=sale
2025-01-05 receipt.cost_adjusted receipt=Q1 delta_value=10EUR reason=freight
report valuation item=Y
| received | cost_of_goods | value | qty |
| 110.00 | 88.00 | 22.00 | 4 |
refused cost_below_zero 2025-01-06 receipt.cost_adjusted receipt=Q1 delta_value=-110.01EUR reason=rebate
refused not_positive 2025-01-06 goods.received receipt=N1 item=Y warehouse=A qty=0
# Below zero: issue 2 at provisional 200, receive 2@500: stock 0, value 0, adjustment 600
ledger UTC EUR
2025-01-01 item.registered item=X sku=X-1 unit=piece kind=goods costing=fifo
2025-01-01 item.registered item=Y sku=Y-1 unit=piece kind=goods costing=average
2025-01-01 warehouse.registered warehouse=A name=A
2025-01-01 stock_policy.set policy=P negative=allow
2025-01-02 goods.received receipt=R1 item=X warehouse=A qty=1 value=200EUR
2025-01-03 goods.issued issue=I0 item=X warehouse=A qty=1 reason=sale
2025-01-04 goods.issued issue=I1 item=X warehouse=A qty=2 reason=sale
report valuation item=X
| cost_of_goods | settled | value | qty |
| 600.00 | 0.00 | -400.00 | -2 |
2025-01-05 goods.received receipt=R2 item=X warehouse=A qty=2 value=1000EUR
report valuation item=X
| received | cost_of_goods | settled | value | qty | unit_cost |
| 1200.00 | 1200.00 | 600.00 | 0.00 | 0 |  |
report stock_card item=X from=2025-01-04
| kind | qty | value | cost_of_goods | on_hand | stock_value |
| sale | -2 | -400.00 | 400.00 | -2 | -400.00 |
| receipt | 2 | 400.00 | 600.00 | 0 | 0.00 |
# only the shortfall is provisional; the oldest deficit settles first; without any receipt it costs nothing yet
2025-01-02 goods.issued issue=J1 item=Y warehouse=A qty=2 reason=sale
2025-01-03 goods.received receipt=Q1 item=Y warehouse=A qty=3 value=30EUR
2025-01-04 goods.issued issue=J2 item=Y warehouse=A qty=3 reason=sale
2025-01-05 goods.received receipt=Q2 item=Y warehouse=A qty=1 value=13EUR
report stock_card item=Y
| kind | value | cost_of_goods | on_hand | stock_value |
| sale | 0.00 | 0.00 | -2 | 0.00 |
| receipt | 10.00 | 20.00 | 1 | 10.00 |
| sale | -30.00 | 30.00 | -2 | -20.00 |
| receipt | 10.00 | 3.00 | -1 | -10.00 |
# Counts and adjustments: a loss at cost, a gain at the current unit cost, or at its own value; an unvalued receipt is flagged
ledger UTC EUR
2025-01-01 item.registered item=X sku=X-1 unit=piece kind=goods costing=fifo
2025-01-01 warehouse.registered warehouse=A name=A
2025-01-01 exchange_rate.set currency=USD rate=0.9
2025-01-02 goods.received receipt=R1 item=X warehouse=A qty=10 value=50EUR
2025-01-03 goods.received receipt=R2 item=X warehouse=A qty=10 value=70EUR
2025-01-04 stock.counted count=K1 item=X warehouse=A counted=19
2025-01-05 stock.adjusted adjustment=J1 item=X warehouse=A delta=1 reason=found
2025-01-06 stock.adjusted adjustment=J2 item=X warehouse=A delta=2 value=20EUR reason=found
2025-01-07 stock.adjusted adjustment=J3 item=X warehouse=A delta=-9 reason=broken
2025-01-08 goods.received receipt=R3 item=X warehouse=A qty=1
report stock_card item=X
| kind | qty | value | on_hand | stock_value |
| receipt | 10 | 50.00 | 10 | 50.00 |
| receipt | 10 | 70.00 | 20 | 120.00 |
| count | -1 | -5.00 | 19 | 115.00 |
| adjustment | 1 | 6.05 | 20 | 121.05 |
| adjustment | 2 | 20.00 | 22 | 141.05 |
| adjustment | -9 | -45.00 | 13 | 96.05 |
| receipt | 1 | 0.00 | 14 | 96.05 |
report valuation item=X
| received | adjusted | value | unvalued |
| 120.00 | -23.95 | 96.05 | 1 |
# another currency at the rate of its date as known at its own position
2025-01-09 goods.received receipt=R4 item=X warehouse=A qty=1 value=10.01USD
report valuation item=X from=2025-01-09
| opening | received | value |
| 96.05 | 9.01 | 105.06 |
refused no_rate 2025-01-09 goods.received receipt=N1 item=X warehouse=A qty=1 value=10CHF
refused no_rate 2024-12-31 goods.received receipt=N1 item=X warehouse=A qty=1 value=10USD
refused no_rate 2025-01-09 stock.adjusted adjustment=N1 item=X warehouse=A delta=1 value=1CHF reason=found
refused no_rate 2025-01-09 receipt.cost_adjusted receipt=R1 delta_value=1CHF reason=freight
2025-01-01 exchange_rate.set currency=USD rate=2
report valuation item=X from=2025-01-09
| received | value |
| 9.01 | 105.06 |
# Production: the components' cost moves into the product, through any number of levels
ledger UTC EUR
2025-01-01 item.registered item=C sku=C-1 unit=piece kind=goods costing=average
2025-01-01 item.registered item=M sku=M-1 unit=piece kind=goods costing=fifo
2025-01-01 item.registered item=P sku=P-1 unit=piece kind=goods costing=fifo
2025-01-01 warehouse.registered warehouse=A name=A
2025-01-02 goods.received receipt=R1 item=C warehouse=A qty=10 value=25EUR
2025-01-03 production.completed production=P1 item=M warehouse=A qty=2 consumed='[{"item":"C","warehouse":"A","qty":"4"}]'
2025-01-04 production.completed production=P2 item=P warehouse=A qty=1 consumed='[{"item":"M","warehouse":"A","qty":"1"},{"item":"C","warehouse":"A","qty":"2"}]'
2025-01-05 goods.issued issue=I1 item=P warehouse=A qty=1 reason=sale
report valuation
| item | received | produced | used | cost_of_goods | value | qty |
| C | 25.00 | 0.00 | 15.00 | 0.00 | 10.00 | 4 |
| M | 0.00 | 10.00 | 5.00 | 0.00 | 5.00 | 1 |
| P | 0.00 | 10.00 | 0.00 | 10.00 | 0.00 | 0 |
report valuation item=P
| item | produced | cost_of_goods |
| P | 10.00 | 10.00 |
# a back-dated receipt of the component moves the cost of what was made of it
2025-01-01 goods.received receipt=R0 item=C warehouse=A qty=10 value=45EUR
report valuation item=P
| item | produced | cost_of_goods |
| P | 14.00 | 14.00 |

# R22, cost adjustments: 10 for 100 at W1, 4 moved to W2, 3 of these sold, +20: W1 +12, W2 +2, cost of goods +6, under both costings
ledger UTC EUR
2025-01-01 item.registered item=F sku=F unit=piece kind=goods costing=fifo
2025-01-01 item.registered item=V sku=V unit=piece kind=goods costing=average
2025-01-01 warehouse.registered warehouse=W1 name=W1
2025-01-01 warehouse.registered warehouse=W2 name=W2
2025-01-02 goods.received receipt=RF item=F warehouse=W1 qty=10 value=100EUR
2025-01-02 goods.received receipt=RV item=V warehouse=W1 qty=10 value=100EUR
2025-01-03 goods.transferred goods_transfer=TF item=F from=W1 to=W2 qty=4
2025-01-03 goods.transferred goods_transfer=TV item=V from=W1 to=W2 qty=4
2025-01-04 goods.issued issue=IF item=F warehouse=W2 qty=3 reason=sale
2025-01-04 goods.issued issue=IV item=V warehouse=W2 qty=3 reason=sale
report valuation
| item | warehouse | received | transferred | cost_of_goods | value |
| F | W1 | 100.00 | -40.00 | 0.00 | 60.00 |
| F | W2 | 0.00 | 40.00 | 30.00 | 10.00 |
| V | W1 | 100.00 | -40.00 | 0.00 | 60.00 |
| V | W2 | 0.00 | 40.00 | 30.00 | 10.00 |
2025-01-05 receipt.cost_adjusted receipt=RF delta_value=20EUR reason=freight
2025-01-05 receipt.cost_adjusted receipt=RV delta_value=20EUR reason=freight
report valuation from=2025-01-05
| item | warehouse | opening | received | transferred | cost_of_goods | value |
| F | W1 | 60.00 | 20.00 | -8.00 | 0.00 | 72.00 |
| F | W2 | 10.00 | 0.00 | 8.00 | 6.00 | 12.00 |
| V | W1 | 60.00 | 20.00 | -8.00 | 0.00 | 72.00 |
| V | W2 | 10.00 | 0.00 | 8.00 | 6.00 | 12.00 |
report trial_balance unit=EUR
| account | balance |
| assets/stock | 168.00 |
| expenses/cost_of_goods | 72.00 |
| liabilities/goods_received_not_invoiced | -240.00 |
report stock_card item=V
| kind | warehouse | qty | value | cost_of_goods | on_hand | stock_value | item_value |
| receipt | W1 | 10 | 100.00 | 0.00 | 10 | 100.00 | 100.00 |
| transfer | W1 | -4 | -40.00 | 0.00 | 6 | 60.00 | 60.00 |
| transfer | W2 | 4 | 40.00 | 0.00 | 4 | 40.00 | 100.00 |
| sale | W2 | -3 | -30.00 | 30.00 | 1 | 10.00 | 70.00 |
| cost_adjustment | W1 | 0 | 12.00 | 0.00 | 6 | 72.00 | 82.00 |
| cost_adjustment | W2 | 0 | 2.00 | 6.00 | 1 | 12.00 | 84.00 |
# Average, 10@5, 10@7, 10 sold, +20 on the first: stock +10, cost of goods +10; FIFO: cost of goods +20
ledger UTC EUR
2025-01-01 item.registered item=F sku=F unit=piece kind=goods costing=fifo
2025-01-01 item.registered item=V sku=V unit=piece kind=goods costing=average
2025-01-01 warehouse.registered warehouse=W1 name=W1
2025-01-02 goods.received receipt=F1 item=F warehouse=W1 qty=10 value=50EUR
2025-01-03 goods.received receipt=F2 item=F warehouse=W1 qty=10 value=70EUR
2025-01-04 goods.issued issue=IF item=F warehouse=W1 qty=10 reason=sale
2025-01-05 receipt.cost_adjusted receipt=F1 delta_value=20EUR reason=freight
2025-01-02 goods.received receipt=V1 item=V warehouse=W1 qty=10 value=50EUR
2025-01-03 goods.received receipt=V2 item=V warehouse=W1 qty=10 value=70EUR
2025-01-04 goods.issued issue=IV item=V warehouse=W1 qty=10 reason=sale
2025-01-05 receipt.cost_adjusted receipt=V1 delta_value=20EUR reason=freight
report valuation from=2025-01-05
| item | opening | received | cost_of_goods | value |
| F | 70.00 | 20.00 | 20.00 | 70.00 |
| V | 60.00 | 20.00 | 10.00 | 70.00 |
# a second one, and one that is voided, as if it had cost that from the start
2025-01-06 receipt.cost_adjusted receipt=V2 delta_value=-20EUR reason=rebate
mark rebate
report valuation item=V from=2025-01-06
| opening | received | cost_of_goods | value |
| 70.00 | -20.00 | -10.00 | 60.00 |
void 2025-01-07 rebate
report valuation item=V
| received | cost_of_goods | value |
| 140.00 | 70.00 | 70.00 |
report valuation item=V as_of=2025-01-04
| received | cost_of_goods | value |
| 120.00 | 60.00 | 60.00 |
# Component 10 for 50: 1 lost, 8 into 4 products, 1 product sold, +10: component +1, loss +1, products +6, cost of goods +2, under both costings
ledger UTC EUR
2025-01-01 item.registered item=C sku=C unit=piece kind=goods costing=fifo
2025-01-01 item.registered item=D sku=D unit=piece kind=goods costing=average
2025-01-01 item.registered item=P sku=P unit=piece kind=goods costing=fifo
2025-01-01 item.registered item=Q sku=Q unit=piece kind=goods costing=average
2025-01-01 warehouse.registered warehouse=A name=A
2025-01-02 goods.received receipt=RC item=C warehouse=A qty=10 value=50EUR
2025-01-03 goods.issued issue=LC item=C warehouse=A qty=1 reason=loss
2025-01-04 production.completed production=MP item=P warehouse=A qty=4 consumed='[{"item":"C","warehouse":"A","qty":"8"}]'
2025-01-05 goods.issued issue=SP item=P warehouse=A qty=1 reason=sale
2025-01-06 receipt.cost_adjusted receipt=RC delta_value=10EUR reason=freight
2025-01-02 goods.received receipt=RD item=D warehouse=A qty=10 value=50EUR
2025-01-03 goods.issued issue=LD item=D warehouse=A qty=1 reason=loss
2025-01-04 production.completed production=MQ item=Q warehouse=A qty=4 consumed='[{"item":"D","warehouse":"A","qty":"8"}]'
2025-01-05 goods.issued issue=SQ item=Q warehouse=A qty=1 reason=sale
2025-01-06 receipt.cost_adjusted receipt=RD delta_value=10EUR reason=freight
report valuation from=2025-01-06
| item | opening | received | produced | used | lost | cost_of_goods | value |
| C | 5.00 | 10.00 | 0.00 | 8.00 | 1.00 | 0.00 | 6.00 |
| D | 5.00 | 10.00 | 0.00 | 8.00 | 1.00 | 0.00 | 6.00 |
| P | 30.00 | 0.00 | 8.00 | 0.00 | 0.00 | 2.00 | 36.00 |
| Q | 30.00 | 0.00 | 8.00 | 0.00 | 0.00 | 2.00 | 36.00 |
report trial_balance unit=EUR
| account | balance |
| assets/in_production | 0.00 |
| assets/stock | 84.00 |
| expenses/cost_of_goods | 24.00 |
| expenses/stock_loss | 12.00 |
| liabilities/goods_received_not_invoiced | -120.00 |
# dated before the production: loss +1, component +9, and the same stock after it
ledger UTC EUR
2025-01-01 item.registered item=C sku=C unit=piece kind=goods costing=fifo
2025-01-01 item.registered item=P sku=P unit=piece kind=goods costing=fifo
2025-01-01 warehouse.registered warehouse=A name=A
2025-01-02 goods.received receipt=RC item=C warehouse=A qty=10 value=50EUR
2025-01-03 goods.issued issue=LC item=C warehouse=A qty=1 reason=loss
2025-01-05 production.completed production=MP item=P warehouse=A qty=4 consumed='[{"item":"C","warehouse":"A","qty":"8"}]'
2025-01-06 goods.issued issue=SP item=P warehouse=A qty=1 reason=sale
2025-01-04 receipt.cost_adjusted receipt=RC delta_value=10EUR reason=freight
report valuation from=2025-01-04 to=2025-01-04
| item | opening | received | lost | value |
| C | 45.00 | 10.00 | 1.00 | 54.00 |
report valuation
| item | cost_of_goods | lost | value | qty |
| C | 0.00 | 6.00 | 6.00 | 1 |
| P | 12.00 | 0.00 | 36.00 | 3 |
# 3 for 10.00, 1 sold, +1.00: stock +0.66, cost of goods +0.34; a return brings back what the issue costs by then
ledger UTC EUR
2025-01-01 item.registered item=F sku=F unit=piece kind=goods costing=fifo
2025-01-01 item.registered item=V sku=V unit=piece kind=goods costing=average
2025-01-01 warehouse.registered warehouse=A name=A
2025-01-02 goods.received receipt=RF item=F warehouse=A qty=3 value=10EUR
2025-01-02 goods.received receipt=RV item=V warehouse=A qty=3 value=10EUR
2025-01-03 goods.issued issue=IF item=F warehouse=A qty=1 reason=sale
2025-01-03 goods.issued issue=IV item=V warehouse=A qty=1 reason=sale
2025-01-04 receipt.cost_adjusted receipt=RF delta_value=1EUR reason=freight
2025-01-04 receipt.cost_adjusted receipt=RV delta_value=1EUR reason=freight
report valuation from=2025-01-04
| item | opening | received | cost_of_goods | value |
| F | 6.67 | 1.00 | 0.34 | 7.33 |
| V | 6.67 | 1.00 | 0.34 | 7.33 |
2025-01-05 goods.received receipt=BF item=F warehouse=A qty=1 returns=IF
2025-01-05 goods.received receipt=BV item=V warehouse=A qty=1 returns=IV
report valuation
| item | received | cost_of_goods | value |
| F | 11.00 | 0.00 | 11.00 |
| V | 11.00 | 0.00 | 11.00 |
# a return that is there when the cost changes takes it back too
2025-01-06 receipt.cost_adjusted receipt=RF delta_value=-2EUR reason=rebate
report valuation item=F from=2025-01-06
| received | cost_of_goods | value |
| -2.00 | 0.00 | 9.00 |
# what came out of a count follows, and so does the provisional cost of what was not there
ledger UTC EUR
2025-01-01 item.registered item=F sku=F unit=piece kind=goods costing=fifo
2025-01-01 warehouse.registered warehouse=A name=A
2025-01-01 stock_policy.set policy=P negative=allow
2025-01-02 goods.received receipt=R1 item=F warehouse=A qty=10 value=100EUR
2025-01-03 stock.counted count=K1 item=F warehouse=A counted=8
2025-01-04 goods.issued issue=I1 item=F warehouse=A qty=9 reason=sale
2025-01-05 receipt.cost_adjusted receipt=R1 delta_value=10EUR reason=freight
report valuation from=2025-01-05
| opening | received | adjusted | cost_of_goods | settled | value | qty |
| -10.00 | 10.00 | -2.00 | 9.00 | 0.00 | -11.00 | -1 |
2025-01-06 goods.received receipt=R2 item=F warehouse=A qty=1 value=15EUR
report valuation from=2025-01-06
| received | cost_of_goods | settled | value |
| 15.00 | 4.00 | 4.00 | 0.00 |
# A loss with a value takes just that: 10@100, 1@500, −1 for 500 is the second
ledger UTC EUR
2025-01-01 item.registered item=F sku=F unit=piece kind=goods costing=fifo
2025-01-01 item.registered item=V sku=V unit=piece kind=goods costing=average
2025-01-01 warehouse.registered warehouse=A name=A
2025-01-02 goods.received receipt=R1 item=F warehouse=A qty=10 value=1000EUR
2025-01-03 goods.received receipt=R2 item=F warehouse=A qty=1 value=500EUR
refused value_above_stock 2025-01-04 stock.adjusted adjustment=N1 item=F warehouse=A delta=-1 value=1500.01EUR reason=broken
2025-01-04 stock.adjusted adjustment=J1 item=F warehouse=A delta=-1 value=500EUR reason=broken
report valuation view=layers
| receipt | qty | value |
| 5 | 10 | 1000.00 |
report stock_card item=F
| kind | value | stock_value |
| receipt | 1000.00 | 1000.00 |
| receipt | 500.00 | 1500.00 |
| adjustment | -500.00 | 1000.00 |
# of no layer's cost: the oldest, and the rest out of what is left
2025-01-05 stock.adjusted adjustment=J2 item=F warehouse=A delta=-1 value=150EUR reason=broken
report valuation view=layers
| receipt | qty | value |
| 5 | 9 | 850.00 |
2025-01-06 stock.adjusted adjustment=J3 item=F warehouse=A delta=-1 value=10EUR reason=broken
report valuation view=layers
| receipt | qty | value |
| 5 | 8 | 840.00 |
# the last of it takes all there is
2025-01-07 stock.adjusted adjustment=J4 item=F warehouse=A delta=-8 value=1EUR reason=broken
report valuation
| adjusted | value | qty |
| -1500.00 | 0.00 | 0 |
refused issue_above_on_hand 2025-01-08 stock.adjusted adjustment=N1 item=F warehouse=A delta=-1 value=0EUR reason=broken
# average: out of the pool
2025-01-02 goods.received receipt=R3 item=V warehouse=A qty=4 value=10EUR
2025-01-03 stock.adjusted adjustment=J5 item=V warehouse=A delta=-1 value=4EUR reason=broken
report valuation item=V
| adjusted | value | qty | unit_cost |
| -4.00 | 6.00 | 3 | 2 |
refused value_above_stock 2025-01-04 stock.adjusted adjustment=N1 item=V warehouse=A delta=-1 value=6.01EUR reason=broken
# which layer a loss took is known when it happens; a later adjustment never makes it take more than that layer is worth, nor more than it was said to be worth
ledger UTC EUR
2025-01-01 item.registered item=F sku=F unit=piece kind=goods costing=fifo
2025-01-01 warehouse.registered warehouse=A name=A
2025-01-02 goods.received receipt=R1 item=F warehouse=A qty=10 value=1000EUR
2025-01-03 goods.received receipt=R2 item=F warehouse=A qty=1 value=500EUR
2025-01-04 stock.adjusted adjustment=J1 item=F warehouse=A delta=-1 value=500EUR reason=broken
2025-01-05 receipt.cost_adjusted receipt=R2 delta_value=-100EUR reason=rebate
report valuation from=2025-01-05
| opening | received | adjusted | value |
| 1000.00 | -100.00 | 100.00 | 1000.00 |
2025-01-06 receipt.cost_adjusted receipt=R2 delta_value=150EUR reason=freight
report valuation from=2025-01-06
| opening | received | adjusted | value |
| 1000.00 | 150.00 | -100.00 | 1050.00 |

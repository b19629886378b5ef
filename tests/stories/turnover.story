# R23: turnover, age and what lies idle
ledger UTC EUR
2025-01-01 item.registered item=f sku=f-1 unit=piece kind=goods costing=fifo
2025-01-01 item.registered item=g sku=g-1 unit=piece kind=goods costing=average
2025-01-01 warehouse.registered warehouse=w name=W
2025-01-02 goods.received receipt=R1 item=f warehouse=w qty=10 value=50EUR
2025-01-10 goods.received receipt=R2 item=f warehouse=w qty=10 value=60EUR
2025-01-15 goods.issued issue=I1 item=f warehouse=w qty=15 reason=sale
2025-01-20 goods.received receipt=R3 item=f warehouse=w qty=5 value=45EUR
2025-01-25 goods.issued issue=I2 item=f warehouse=w qty=4 reason=sale
# 0 → 51, cost of goods 104, 30 days
report turnover as_of=2025-03-31 from=2025-01-01 to=2025-01-30
| currency | opening | closing | average | cost_of_goods | turnover | days |
| EUR | 0.00 | 51.00 | 25.50 | 104.00 | 4.08 | 7.36 |
report turnover as_of=2025-03-31 from=2025-01-16 to=2025-01-25 group=warehouse
| warehouse | opening | closing | average | cost_of_goods | turnover | days |
| w | 30.00 | 51.00 | 40.50 | 24.00 | 0.59 | 16.88 |
report turnover as_of=2025-03-31 from=2025-02-01 to=2025-02-28 group=item
| item | opening | closing | cost_of_goods | turnover | days |
| f | 51.00 | 51.00 | 0.00 | 0.00 |  |
# the averaged one: its quantities go first in, first out, what is left of its value in proportion
2025-01-10 goods.received receipt=R4 item=g warehouse=w qty=2 value=20EUR
2025-02-20 goods.received receipt=R5 item=g warehouse=w qty=3 value=45EUR
2025-02-25 goods.issued issue=I3 item=g warehouse=w qty=1 reason=sale
report turnover view=age as_of=2025-03-31
| item | warehouse | days_0_30 | days_31_60 | days_61_90 | over_90 | value | qty_31_60 | qty_61_90 | qty |
| f | w | 0.00 | 0.00 | 51.00 | 0.00 | 51.00 | 0 | 6 | 6 |
| g | w | 0.00 | 39.00 | 13.00 | 0.00 | 52.00 | 3 | 1 | 4 |
# 65 for 5: 13 each
report turnover view=idle as_of=2025-04-25
| item | warehouse | last_issue | days | qty | value |
| f | w | 2025-01-25 | 90 | 6 | 51.00 |
report turnover view=idle as_of=2025-03-31 idle_days=34
| item | last_issue | days |
| f | 2025-01-25 | 65 |
| g | 2025-02-25 | 34 |
report turnover view=idle as_of=2025-02-24 idle_days=45
| item | last_issue | days | qty |
| g |  | 45 | 5 |
fails turnover unused_parameter as_of=2025-03-31 view=age group=item
# the worked one: 1 at 6 of 01-10, and 5 at 9 of 02-20
ledger UTC EUR
2025-01-01 item.registered item=f sku=f-1 unit=piece kind=goods costing=fifo
2025-01-01 warehouse.registered warehouse=w name=W
2025-01-02 goods.received receipt=R1 item=f warehouse=w qty=10 value=50EUR
2025-01-10 goods.received receipt=R2 item=f warehouse=w qty=10 value=60EUR
2025-01-15 goods.issued issue=I1 item=f warehouse=w qty=15 reason=sale
2025-02-20 goods.received receipt=R3 item=f warehouse=w qty=5 value=45EUR
2025-02-21 goods.issued issue=I2 item=f warehouse=w qty=4 reason=sale
report turnover view=age as_of=2025-03-31
| days_0_30 | days_31_60 | days_61_90 | over_90 | qty_31_60 | qty_61_90 |
| 0.00 | 45.00 | 6.00 | 0.00 | 5 | 1 |

# R25: D3 of W, won at 2000: m1 has 0.6 of it and m2 0.4 by the shares in force at the win.
ledger UTC EUR
2025-01-01 employee.hired employee=m1 name=One department=sales role=seller
2025-01-01 employee.hired employee=m2 name=Two department=sales role=seller
2025-01-01 pipeline.defined pipeline=W stages=[{"stage":"S1","rank":1,"name":"One","probability":"0.1"}]
2025-01-10 deal.opened deal=D3 pipeline=W stage=S1 owner=m1 amount=2000EUR
2025-01-10 deal.opened deal=D4 pipeline=W stage=S1 owner=m2 amount=100EUR
2025-02-01 deal.credit_shares_set deal=D3 shares=[{"employee":"m1","share":"1"}]
2025-02-05 deal.credit_shares_set deal=D3 shares=[{"employee":"m1","share":"0.6"},{"employee":"m2","share":"0.4"}]
2025-02-10 deal.won deal=D3
2025-02-10 deal.won deal=D4
# What is said after the win does not change whom it counts for.
2025-02-11 deal.credit_shares_set deal=D3 shares=[{"employee":"m2","share":"1"}]
report kpi as_of=2025-02-28 from=2025-02-01 to=2025-02-28 metric=won_amount credit=shared
| scope      | id    | actual  |
| employee   | m1    | 1200.00 |
| employee   | m2    | 900.00  |
| employee   | no employee | 0.00 |
| department | sales | 2100.00 |
| company    |       | 2100.00 |
report kpi as_of=2025-02-28 from=2025-02-01 to=2025-02-28 metric=won_count credit=shared by=employee
| scope    | id | actual |
| employee | m1 | 0.6    |
| employee | m2 | 1.4    |
| employee | no employee | 0 |
report kpi as_of=2025-02-28 from=2025-02-01 to=2025-02-28 metric=won_amount by=employee
| scope    | id | actual  |
| employee | m1 | 2000.00 |
| employee | m2 | 100.00  |
| employee | no employee | 0.00 |

# Deals in several currencies, of merged clients and linked entities, and what was foreseen of them.
ledger America/New_York USD
2025-01-01T12:00:00Z employee.hired employee=m1 name=One department=sales role=seller
2025-01-01T12:00:00Z pipeline.defined pipeline=P stages=[{"stage":"S1","rank":1,"name":"One","probability":"0.25"},{"stage":"S2","rank":2,"name":"Two","probability":"0.5"}]
2025-01-01T12:00:00Z client.registered client=C1 name=Acme kind=org
2025-01-01T12:00:00Z client.registered client=C2 name=Bolt kind=org
2025-01-01T12:00:00Z counterparty.registered counterparty=L1 legal_name=Acme
2025-01-01T12:00:00Z counterparty.linked counterparty=L1 client=C1
2025-02-01T12:00:00Z deal.opened deal=E1 pipeline=P stage=S1 owner=m1 amount=100EUR counterparty=L1 expected_close=2025-03-15
mark first
fails pipeline missing_rate in=base
2025-01-01T12:00:00Z exchange_rate.set currency=EUR rate=1.1
# The rate was not known at the deal's own position, and its base amount never moves: recorded again it has one
fails pipeline missing_rate in=base
void 2025-02-02 first
2025-02-01T12:00:00Z deal.opened deal=E1 pipeline=P stage=S1 owner=m1 amount=100EUR counterparty=L1 expected_close=2025-03-15
2025-02-03T12:00:00Z deal.opened deal=U1 pipeline=P stage=S2 owner=m1 amount=40USD client=C1 expected_close=2025-03-31
2025-02-03T12:00:00Z deal.opened deal=U2 pipeline=P stage=S1 owner=m1 amount=10USD client=C2 expected_close=2025-04-01
2025-02-03T12:00:00Z deal.opened deal=N1 pipeline=P stage=S1 owner=m1
report pipeline
| month   | currency | open | raw    | weighted | unvalued |
| 2025-03 | EUR      | 2    | 100.00 | 25.00    | 0        |
| 2025-03 | USD      | 2    | 40.00  | 20.00    | 0        |
| 2025-04 | USD      | 1    | 10.00  | 2.50     | 0        |
|         |          | 1    |        |          | 1        |
report pipeline in=base
| month   | currency | open | raw    | weighted | unvalued |
| 2025-03 | USD      | 2    | 150.00 | 47.50    | 0        |
| 2025-04 | USD      | 1    | 10.00  | 2.50     | 0        |
|         |          | 1    |        |          | 1        |
report pipeline from=2025-03-15 to=2025-03-30
| month   | raw    |
| 2025-03 | 100.00 |
report funnel view=snapshot in=base
| stage | currency | deals | amount | unvalued |
| S1    | USD      | 3     | 120.00 | 1        |
| S2    | USD      | 1     | 40.00  | 0        |
# A later rate changes nothing that stands; a win takes the rate of its own day
2025-03-01T12:00:00Z exchange_rate.set currency=EUR rate=1.3
report pipeline in=base from=2025-03-01 to=2025-03-31
| raw    |
| 150.00 |
2025-03-10T12:00:00Z deal.won deal=E1
report win_rate in=base
| currency | won | won_amount |
| USD      | 1   | 130.00     |
2025-03-11T12:00:00Z deal.won deal=U1 amount=50USD
report win_rate
| currency | won | lost | rate   | won_amount | value_rate |
| EUR      | 2   | 0    | 100.00 | 100.00     | 100.00     |
| USD      | 2   | 0    | 100.00 | 50.00      | 100.00     |
# By client: the entity's link on the day of the opening, then merges
report win_rate group=client view=cohort in=base
| group | won | open | won_amount |
| C1    | 2   | 0    | 180.00     |
| C2    | 0   | 1    |            |
|       | 0   | 1    |            |
report win_rate group=counterparty view=cohort in=base
| group | won | open |
| L1    | 1   | 0    |
|       | 1   | 2    |
2025-03-12T12:00:00Z client.merged client=C1 into=C2
report win_rate group=client view=cohort in=base
| group | won | open | won_amount |
| C2    | 2   | 1    | 180.00     |
|       | 0   | 1    |            |
report win_rate group=client view=cohort in=base as_of=2025-03-11
| group | won | open |
| C1    | 2   | 0    |
| C2    | 0   | 1    |
|       | 0   | 1    |
# What was foreseen: all this became known on 2100-01-01 at midnight UTC, still 2099 here, so 2100-01 began knowing it
2099-11-01T12:00:00Z deal.opened deal=F1 pipeline=P stage=S2 owner=m1 amount=200USD expected_close=2100-01-20
2099-11-01T12:00:00Z deal.opened deal=F2 pipeline=P stage=S1 owner=m1 amount=400USD expected_close=2100-01-21
2099-12-31T12:00:00Z deal.estimate_changed deal=F2 expected_close=2100-02-02
2100-01-01T04:59:59Z deal.stage_entered deal=F2 from=S1 to=S2
2100-01-01T05:00:00Z deal.estimate_changed deal=F1 amount=300USD
2100-01-01T06:00:00Z deal.won deal=F1 amount=150USD
report pipeline view=accuracy from=2100-01-01 to=2100-02-28
| month   | currency | forecast | won    | difference | won_share |
| 2100-01 | USD      | 100.00   | 150.00 | 50.00      | 150.00    |
| 2100-02 | USD      | 200.00   | 0.00   | -200.00    | 0.00      |
# A month that began before anything was recorded foresaw nothing; half a month is none
report pipeline view=accuracy from=2025-03-01 to=2025-04-29
| month   | currency | forecast | won    | won_share |
| 2025-03 | EUR      | 0.00     | 100.00 |           |
| 2025-03 | USD      | 0.00     | 50.00  |           |
fails pipeline missing_parameter view=accuracy from=2025-03-01

# R25, manager KPIs: the worked numbers. D3 owned by m1 from 01-10, handed to m2 on 02-08 (sick), won on 02-10.
ledger UTC EUR
2025-01-01 employee.hired employee=m1 name=One department=sales/north role=manager
2025-01-01 employee.hired employee=m2 name=Two department=sales/south role=manager
2025-01-01 employee.hired employee=m3 name=Three department=service role=clerk
2025-01-01 client.registered client=C1 name=Buyer kind=org owner=m1
2025-01-01 pipeline.defined pipeline=P stages=[{"stage":"S1","rank":1,"name":"Lead","probability":"0.1"},{"stage":"S2","rank":2,"name":"Offer","probability":"0.5"}]
2025-01-10 deal.opened deal=D3 client=C1 pipeline=P stage=S1 owner=m1 amount=2000EUR
2025-02-08 employee.work_handed_over from=m1 to=m2 reason=sick refs=["deal:D3"]
mark before_win
2025-02-10 deal.won deal=D3
2025-01-01 target.set target=T2 scope={"employee":"m2"} metric=won_amount period={"first":"2025-02-01","last":"2025-02-28"} value=2500
report kpi metric=won_amount as_of=2025-02-28
| scope    | id | metric     | unit | from       | to         | target  | actual  | variance | attainment | expected | better | good    |
| employee | m2 | won_amount | EUR  | 2025-02-01 | 2025-02-28 | 2500.00 | 2000.00 | -500.00  | 80.00      | 2500.00  | up     | -500.00 |
# Expected to date: the tenth of 28 days.
report kpi metric=won_amount as_of=2025-02-10
| target  | actual  | expected |
| 2500.00 | 2000.00 | 892.86   |
report kpi metric=won_amount as_of=2025-02-28 known_at=before_win
| scope |
report kpi metric=won_amount from=2025-01-01 to=2025-02-28 as_of=2025-02-28
| scope      | id          | actual  |
| employee   | m1          | 0.00    |
| employee   | m2          | 2000.00 |
| employee   | m3          | 0.00    |
| employee   | no employee | 0.00    |
| department | sales       | 2000.00 |
| department | sales/north | 0.00    |
| department | sales/south | 2000.00 |
| department | service     | 0.00    |
| company    |             | 2000.00 |
report kpi metric=won_amount by=employee credit=tenure from=2025-02-01 to=2025-02-28 as_of=2025-02-28
| id          | actual  |
| m1          | 1870.97 |
| m2          | 129.03  |
| m3          | 0.00    |
| no employee | 0.00    |
# Who opened it is who recorded the opening, if that is an employee; else its first owner.
report kpi metric=won_amount employee=m1 credit=opener from=2025-02-01 to=2025-02-28 as_of=2025-02-28
| id | actual  |
| m1 | 2000.00 |
2025-02-11T09:00:00Z deal.opened deal=D4 client=C1 pipeline=P stage=S1 owner=m1 amount=100EUR by=m3
2025-02-11T09:00:00Z deal.won deal=D4
report kpi metric=won_amount by=employee credit=opener from=2025-02-01 to=2025-02-28 as_of=2025-02-28
| id          | actual  |
| m1          | 2000.00 |
| m2          | 0.00    |
| m3          | 100.00  |
| no employee | 0.00    |
# A win at the opening instant goes to the owner at the win.
report kpi metric=won_amount by=employee credit=tenure from=2025-02-01 to=2025-02-28 as_of=2025-02-28
| id          | actual  |
| m1          | 1970.97 |
| m2          | 129.03  |
| m3          | 0.00    |
| no employee | 0.00    |
# Counts and rates. A lost deal without amount is no credit but counts.
2025-02-12 deal.opened deal=D5 client=C1 pipeline=P stage=S1 owner=m1
2025-02-13 deal.lost deal=D5 at_stage=S1 reason=price
report kpi metric=won_count by=company from=2025-02-01 to=2025-02-28 as_of=2025-02-28
| unit  | actual |
| count | 2      |
report kpi metric=win_rate by=employee from=2025-02-01 to=2025-02-28 as_of=2025-02-28
| id          | actual |
| m1          | 50.00  |
| m2          | 100.00 |
| m3          |        |
| no employee |        |
report kpi metric=new_deals by=employee from=2025-02-01 to=2025-02-28 as_of=2025-02-28
| id          | actual |
| m1          | 2      |
| m2          | 0      |
| m3          | 0      |
| no employee | 0      |
# The latest target holds, its history is kept; without any, or with 0, attainment is undefined.
mark first_target
2025-02-01 target.set target=T2 scope={"employee":"m2"} metric=won_amount period={"first":"2025-02-01","last":"2025-02-28"} value=0
report kpi metric=won_amount as_of=2025-02-28
| id | target | variance | attainment |
| m2 | 0.00   | 2000.00  |            |
report kpi metric=won_amount as_of=2025-02-28 known_at=first_target
| id | target  | attainment |
| m2 | 2500.00 | 80.00      |
# Membership at the event: a move afterwards leaves what was reached where it was.
2025-02-20 employee.moved employee=m2 department=service role=clerk
report kpi metric=won_amount by=department from=2025-02-01 to=2025-02-28 as_of=2025-02-28
| id          | actual  |
| sales       | 2100.00 |
| sales/north | 100.00  |
| sales/south | 2000.00 |
| service     | 0.00    |
# Less is better: the sign of good is turned. Overdue tasks and old debts stand on the last day of the period, or at as_of.
2025-02-01 task.assigned task=K1 assignee=m1 due=2025-02-05T09:00:00Z
2025-02-01 task.assigned task=K2 assignee=m1 due=2025-02-06T09:00:00Z
2025-02-10 task.completed task=K2
2025-02-01 target.set target=T3 scope={"employee":"m1"} metric=overdue_tasks period={"first":"2025-02-01","last":"2025-02-28"} value=3
report kpi metric=overdue_tasks as_of=2025-02-28
| id | target | actual | variance | better | good | expected |
| m1 | 3      | 1      | -2       | down   | 2    | 3        |
report kpi metric=overdue_tasks as_of=2025-02-07
| id | actual |
| m1 | 2      |
2025-02-20 employee.work_handed_over from=m1 to=m3 refs=["task:K1"]
report kpi metric=overdue_tasks by=employee from=2025-02-01 to=2025-02-28 as_of=2025-02-28
| id          | actual |
| m1          | 0      |
| m2          | 0      |
| m3          | 1      |
| no employee | 0      |
# Interactions by channel, for who did them; the deputy gets what the absent would have.
2025-02-03T09:00:00Z interaction.recorded interaction=I1 client=C1 channel=call direction=out by=m1
2025-02-03T10:00:00Z interaction.recorded interaction=I2 client=C1 channel=email direction=in by=C1
2025-02-21 substitution.started substitution=S1 absent=m1 deputy=m3 until=2025-02-25
2025-02-22T09:00:00Z interaction.recorded interaction=I3 client=C1 channel=call direction=out by=m1
2025-02-26T09:00:00Z interaction.recorded interaction=I4 client=C1 channel=call direction=out by=m1
report kpi metric=interactions_call by=employee from=2025-02-01 to=2025-02-28 as_of=2025-02-28
| id          | actual |
| m1          | 2      |
| m2          | 0      |
| m3          | 1      |
| no employee | 0      |
report kpi metric=interactions by=company from=2025-02-01 to=2025-02-28 as_of=2025-02-28
| actual |
| 4      |
# The median answer, in minutes, or in the unit of the company's own measure.
2025-02-01 kpi.defined kpi=answer_h metric=response_time unit=hours better=down
2025-02-01 target.set target=T4 scope=company metric=answer_h period={"first":"2025-02-01","last":"2025-02-28"} value=24
report kpi metric=response_time by=company from=2025-02-01 to=2025-02-28 as_of=2025-02-28
| unit    | actual   |
| minutes | 27300.00 |
report kpi metric=answer_h as_of=2025-02-28
| scope   | metric   | unit  | target | actual | good    |
| company | answer_h | hours | 24.00  | 455.00 | -431.00 |
# Claims of own clients.
2025-02-14 claim.opened claim=Q1 client=C1 kind=damage severity=low
report kpi metric=claims by=employee from=2025-02-01 to=2025-02-28 as_of=2025-02-28
| id          | actual |
| m1          | 1      |
| m2          | 0      |
| m3          | 0      |
| no employee | 0      |
# Orders and invoices by their owner; a cancelled order is none.
2025-02-05 order.placed order=O1 client=C1 owner=m1 currency=EUR lines=[{"line":"1","qty":"1","price":"300","net":"300","tax":"0"}]
2025-02-06 order.placed order=O2 client=C1 owner=m2 currency=USD lines=[{"line":"1","qty":"1","price":"50.1234","net":"50.1234","tax":"0"}]
2025-02-07 order.placed order=O3 client=C1 currency=EUR lines=[{"line":"1","qty":"1","price":"7","net":"7","tax":"0"}]
2025-02-08 order.cancelled order=O3 reason=mistake
report kpi metric=order_amount by=employee from=2025-02-01 to=2025-02-28 as_of=2025-02-28
| id          | unit | actual  |
| m1          | EUR  | 300.00  |
| m2          | EUR  | 0.00    |
| m2          | USD  | 50.1234 |
| m3          | EUR  | 0.00    |
| no employee | EUR  | 0.00    |
report kpi metric=orders by=company from=2025-02-01 to=2025-02-28 as_of=2025-02-28
| actual |
| 2      |
report kpi metric=orders by=company from=2025-02-01 to=2025-02-28 as_of=2025-02-07
| actual |
| 3      |
fails kpi missing_rate metric=order_amount in=base from=2025-02-01 to=2025-02-28 as_of=2025-02-28
2025-02-05 invoice.issued invoice=V1 client=C1 order=O1 lines=[{"line":"1","qty":"1","price":"300","net":"300","tax":"60"}] total=360EUR due_on=2025-02-10
2025-02-20 credit_note.issued credit_note=N1 invoice=V1 total=60EUR reason=damage
report kpi metric=net_sales by=employee from=2025-02-01 to=2025-02-28 as_of=2025-02-28
| id          | actual |
| m1          | 250.00 |
| m2          | 0.00   |
| m3          | 0.00   |
| no employee | 0.00   |
# Payments of own clients, less what was paid back; debts more than 30 days past due.
2025-01-01 bank_account.opened bank_account=B1 currency=EUR
2025-03-01 payment.received payment=Z1 client=C1 amount=120EUR bank_account=B1
2025-03-01 payment.allocated payment=Z1 invoice=V1 amount=100
2025-03-05 payment.refunded payment=Z1 amount=20
report kpi metric=collected_payments employee=m1 from=2025-03-01 to=2025-03-31 as_of=2025-03-31
| actual |
| 100.00 |
report kpi metric=receivables_over_30 by=employee from=2025-03-01 to=2025-03-31 as_of=2025-03-31
| id          | actual |
| m1          | 200.00 |
| m2          | 0.00   |
| m3          | 0.00   |
| no employee | 0.00   |
report kpi metric=receivables_over_30 employee=m1 from=2025-03-01 to=2025-03-31 as_of=2025-03-12
| actual |
| 0.00   |
fails kpi missing_parameter from=2025-02-01 as_of=2025-02-28
fails kpi invalid_parameter from=2025-02-02 to=2025-02-01 as_of=2025-02-28
fails kpi invalid_parameter metric=happiness as_of=2025-02-28
# A void takes what was won away, and a re-recording brings it back, on its own date, for its owner then.
2025-02-24 deal.opened deal=D6 client=C1 pipeline=P stage=S1 owner=m1 amount=40EUR
2025-02-25 deal.won deal=D6
report kpi metric=won_amount employee=m1 from=2025-02-25 to=2025-02-25 as_of=2025-02-28
| actual |
| 40.00  |
mark won
void 2025-02-28 last
report kpi metric=won_amount employee=m1 from=2025-02-25 to=2025-02-25 as_of=2025-02-28
| actual |
| 0.00   |
report kpi metric=won_amount employee=m1 from=2025-02-25 to=2025-02-25 as_of=2025-02-28 known_at=won
| actual |
| 40.00  |
2025-02-25 deal.won deal=D6
report kpi metric=won_amount employee=m1 from=2025-02-25 to=2025-02-25 as_of=2025-02-28
| actual |
| 40.00  |
# Obligations met on time, for the owner when they fell due.
2025-03-01 regulation.defined regulation=R pipeline=P requirements=[{"requirement":"call","stage":"S1","kind":"interaction","match":{"channel":"call"},"due_h":48,"gate":false}]
2025-03-02 deal.opened deal=D7 client=C1 pipeline=P stage=S1 owner=m1
2025-03-02 deal.opened deal=D8 client=C1 pipeline=P stage=S1 owner=m1
2025-03-03 interaction.recorded interaction=I7 client=C1 channel=call direction=out refs=["deal:D7"] by=m1
report kpi metric=compliance by=employee from=2025-03-01 to=2025-03-31 as_of=2025-03-31
| id          | unit    | actual |
| m1          | percent | 50.00  |
| m2          | percent |        |
| m3          | percent |        |
| no employee | percent |        |
report kpi metric=compliance by=company from=2025-03-01 to=2025-03-31 as_of=2025-03-03
| actual |
| 100.00 |

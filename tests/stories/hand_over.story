# A hand-over of work: from its date on, what it names belongs to whoever took it, in every report that asks for owners.
ledger UTC EUR
2025-01-01 employee.hired employee=m1 name=One department=sales role=manager
2025-01-01 employee.hired employee=m2 name=Two department=sales role=manager
2025-01-01 employee.hired employee=m3 name=Three department=sales role=manager
2025-01-01 client.registered client=C1 name=Buyer kind=org owner=m1
2025-01-01 client.registered client=C2 name=Other kind=org
2025-01-01 bank_account.opened bank_account=B currency=EUR
2025-01-01 pipeline.defined pipeline=P stages=[{"stage":"S1","rank":1,"name":"Lead","probability":"0.1"}]
2025-01-02 deal.opened deal=D1 client=C1 pipeline=P stage=S1 owner=m1
2025-01-02 task.assigned task=T1 assignee=m1 due=2025-03-01T09:00:00Z
2025-01-05 invoice.issued invoice=V1 client=C1 due_on=2025-01-06 total=100EUR lines=[{"line":"1","text":"chair","qty":"1","price":"100","net":"100","tax":"0"}]
2025-01-10 payment.received payment=P1 client=C1 amount=30EUR bank_account=B
2025-02-08 claim.opened claim=K1 client=C1 kind=damage severity=low
2025-02-09T23:30:00Z interaction.recorded interaction=I1 client=C1 channel=email direction=in by=C1
2025-02-12 claim.opened claim=K2 client=C1 kind=damage severity=low
2025-02-15 payment.received payment=P2 client=C1 amount=40EUR bank_account=B
mark before
2025-02-10 employee.work_handed_over from=m1 to=m2 reason=sick refs=["client:C1","deal:D1","task:T1"]
mark handed
# Activity belongs to the owner at its moment, an obligation to the owner when it fell due, what stands to the owner at as_of.
report kpi metric=collected_payments by=employee from=2025-01-01 to=2025-02-28 as_of=2025-02-28
| id          | actual |
| m1          | 30.00  |
| m2          | 40.00  |
| m3          | 0.00   |
| no employee | 0.00   |
report kpi metric=collected_payments by=employee from=2025-01-01 to=2025-02-28 as_of=2025-02-28 known_at=before
| id          | actual |
| m1          | 70.00  |
| m2          | 0.00   |
| m3          | 0.00   |
| no employee | 0.00   |
report kpi metric=claims by=employee from=2025-01-01 to=2025-02-28 as_of=2025-02-28
| id          | actual |
| m1          | 1      |
| m2          | 1      |
| m3          | 0      |
| no employee | 0      |
report kpi metric=receivables_over_30 by=employee from=2025-01-01 to=2025-02-28 as_of=2025-02-28
| id          | actual |
| m1          | 0.00   |
| m2          | 100.00 |
| m3          | 0.00   |
| no employee | 0.00   |
report kpi metric=receivables_over_30 by=employee from=2025-01-01 to=2025-02-28 as_of=2025-02-09
| id          | actual |
| m1          | 100.00 |
| m2          | 0.00   |
| m3          | 0.00   |
| no employee | 0.00   |
report response_time within_h=1 by=employee as_of=2025-02-28
| group | incoming | overdue |
| m2    | 1        | 1       |
report response_time within_h=1 by=employee as_of=2025-02-28 known_at=before
| group | incoming | overdue |
| m1    | 1        | 1       |
# R36: the state of what was handed over says so, from that date on.
differences client:C1 as_of=2025-02-09 to_as_of=2025-02-10
| field | before | after | position |
| owner | m1     | m2    | 17       |
differences deal:D1 as_of=2025-02-09 to_as_of=2025-02-10
| field | before | after | position |
| owner | m1     | m2    | 17       |
differences task:T1 as_of=2025-02-09 to_as_of=2025-02-10
| field    | before | after | position |
| assignee | m1     | m2    | 17       |
# Only who has it hands it over, at its moment and at every later one.
refused from_mismatch 2025-02-20 employee.work_handed_over from=m1 to=m3 refs=["client:C1"]
refused from_mismatch 2025-02-20 employee.work_handed_over from=m1 to=m3 refs=["client:C2"]
refused from_mismatch 2025-02-05 employee.work_handed_over from=m1 to=m3 refs=["client:C1"]
refused from_mismatch 2025-02-05 client.owner_assigned client=C1 employee=m3
2025-03-01 employee.work_handed_over from=m2 to=m3 refs=["client:C1","client:C1"]
refused from_mismatch 2025-02-20 client.owner_assigned client=C1 employee=m1
refused has_dependants void 2025-03-02 handed
# Given to an employee, it belongs to that one whoever had it.
2025-03-05 client.owner_assigned client=C1 employee=m1
mark given
2025-03-10 employee.work_handed_over from=m1 to=m2 refs=["client:C1"]
refused has_dependants void 2025-03-11 given
void 2025-03-11 last
void 2025-03-11 given
differences client:C1 as_of=2025-02-28 to_as_of=2025-03-31
| field | before | after | position |
| owner | m2     | m3    | 18       |

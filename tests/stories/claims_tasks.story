# R26: claims; R32: tasks
ledger UTC EUR
2025-01-01 client.registered client=a name=Alpha kind=org
2025-01-01 client.registered client=b name=Beta kind=org
2025-01-01 employee.hired employee=m1 name=One department=sales role=manager
2025-01-01 employee.hired employee=m2 name=Two department=sales role=manager
2025-01-01 item.registered item=x sku=x-1 unit=piece kind=goods costing=fifo
2025-01-15 order.placed order=O1 client=a currency=EUR lines='[{"line":"1","item":"x","qty":"10","price":"10","net":"100","tax":"0"}]'
2025-02-01 shipment.dispatched shipment=S1 order=O1 lines='[{"item":"x","qty":"4"}]'
2025-02-02 shipment.dispatched shipment=S2 order=O1 lines='[{"item":"x","qty":"6"}]'
2025-02-01T09:00:00Z claim.opened claim=C1 client=a kind=broken severity=high item=x
2025-02-01T11:00:00Z claim.responded claim=C1
2025-02-02T09:00:00Z claim.status_changed claim=C1 to=waiting_client
2025-02-03T09:00:00Z claim.status_changed claim=C1 to=in_progress
2025-02-04T09:00:00Z claim.resolved claim=C1 resolution=replaced cost=20EUR
report claims as_of=2025-02-28
| group | currency | claims | answered | first_response_h | within_sla | resolved | resolution_h | net_h | within_resolve | open | per_100 | cost |
| all | EUR | 1 | 1 | 2.00 | 100.00 | 1 | 72.00 | 48.00 | 100.00 | 0 | 50.00 | 20.00 |
# another is answered late, a third not at all; at noon it is pending, a day later it is late too
2025-02-10T09:00:00Z claim.opened claim=C2 client=b kind=late severity=low
2025-02-12T09:00:00Z claim.responded claim=C2
2025-02-20T09:00:00Z claim.opened claim=C3 client=b kind=late severity=low
report claims as_of=2025-02-20T12:00:00Z
| claims | answered | first_response_h | within_sla | resolved | within_resolve | open |
| 3 | 2 | 25.00 | 50.00 | 1 | 50.00 | 2 |
report claims as_of=2025-02-28 group=client
| group | claims | answered | within_sla | resolved | open | per_100 | cost |
| a | 1 | 1 | 100.00 | 1 | 0 | 50.00 | 20.00 |
| b | 2 | 1 | 0.00 | 0 | 2 |  | 0.00 |
report claims as_of=2025-02-28 group=kind sla_h=48
| group | claims | within_sla | per_100 |
| broken | 1 | 100.00 |  |
| late | 2 | 50.00 |  |
report claims as_of=2025-02-28 group=item from=2025-02-01 to=2025-02-01
| group | claims | per_100 |
| x | 1 | 100.00 |
report claims as_of=2025-02-28 view=list
| claim | client | kind | severity | opened_at | resolved_at | answer | settlement | state |
| C1 | a | broken | high | 2025-02-01T09:00:00Z | 2025-02-04T09:00:00Z | in_time | in_time | resolved |
| C2 | b | late | low | 2025-02-10T09:00:00Z |  | late | missed | open |
| C3 | b | late | low | 2025-02-20T09:00:00Z |  | missed | missed | open |
fails claims invalid_parameter as_of=2025-02-28 sla_h=-1
fails claims unused_parameter as_of=2025-02-28 view=list group=kind
# tasks: three done in time, one late, one overdue: 3 of 5
2025-02-01 task.assigned task=T1 assignee=m1 client=a due=2025-02-05T00:00:00Z
2025-02-01 task.assigned task=T2 assignee=m1 client=a due=2025-02-06T00:00:00Z
2025-02-01 task.assigned task=T3 assignee=m1 due=2025-02-07T00:00:00Z refs=["order:O1"]
2025-02-01 task.assigned task=T4 assignee=m1 due=2025-02-08T00:00:00Z
2025-02-01 task.assigned task=T5 assignee=m2 client=b due=2025-02-09T00:00:00Z
2025-02-01 task.assigned task=T6 assignee=m2 client=b due=2025-03-09T00:00:00Z
2025-02-03 task.completed task=T1
2025-02-03 task.completed task=T2
2025-02-07 task.completed task=T3
2025-02-10 task.completed task=T4
report tasks as_of=2025-02-28 to=2025-02-28
| group | assigned | done | on_time | late | cancelled | open | overdue | on_time_rate | mean_days |
| all | 5 | 4 | 3 | 1 | 0 | 1 | 1 | 60.00 | 4.75 |
report tasks as_of=2025-02-28 group=assignee
| group | assigned | done | open | overdue | on_time_rate | mean_days |
| m1 | 4 | 4 | 0 | 0 | 75.00 | 4.75 |
| m2 | 2 | 0 | 2 | 1 | 0.00 |  |
report tasks as_of=2025-02-28 group=client
| group | assigned | done |
| a | 3 | 3 |
| b | 2 | 0 |
|  | 1 | 1 |
# what is given on, put off or cancelled: the last due time decides, or the first
2025-02-08 task.reassigned task=T5 from=m2 to=m1
2025-02-08 task.due_changed task=T5 due=2025-03-05T00:00:00Z
2025-02-10 task.started task=T6
2025-02-11 task.cancelled task=T6 reason='not needed'
report tasks as_of=2025-02-28 group=assignee
| group | assigned | done | on_time | late | cancelled | open | overdue | on_time_rate |
| m1 | 5 | 4 | 3 | 1 | 0 | 1 | 0 | 75.00 |
| m2 | 1 | 0 | 0 | 0 | 1 | 0 | 0 |  |
report tasks as_of=2025-02-28 group=assignee due=first
| group | assigned | done | cancelled | open | overdue | on_time_rate |
| m1 | 5 | 4 | 0 | 1 | 1 | 60.00 |
| m2 | 1 | 0 | 1 | 0 | 0 |  |
report tasks as_of=2025-02-28 due=first from=2025-02-09 to=2025-02-09
| group | assigned | open |
| all | 1 | 1 |
report tasks as_of=2025-02-28 from=2025-02-09 to=2025-02-09
| group | assigned |
| all | 0 |
report tasks as_of=2025-02-28 group=department
| group | assigned | done | cancelled | open |
| sales | 6 | 4 | 1 | 1 |
# a cancelled task is not overdue, one that was put off not yet; both count for who has them
report kpi as_of=2025-03-20 from=2025-03-01 to=2025-03-31 metric=overdue_tasks by=employee
| id | actual |
| m1 | 1 |
| m2 | 0 |
| no employee | 0 |
# R26: reopened 02-05 09:00 and resolved 15:00: the clock ran 72 + 6 hours, 48 + 6 of them net
2025-02-05T09:00:00Z claim.reopened claim=C1
report claims as_of=2025-02-05T12:00:00Z to=2025-02-01
| claims | resolved | resolution_h | net_h | within_resolve | rejected | reopened | open | cost |
| 1 | 0 |  |  |  | 0 | 100.00 | 1 | 20.00 |
report claims as_of=2025-02-05T12:00:00Z to=2025-02-01 resolve_h=74
| claims | within_resolve |
| 1 | 0.00 |
2025-02-05T15:00:00Z claim.resolved claim=C1 resolution=repaired cost=5EUR
report claims as_of=2025-02-28 to=2025-02-01
| claims | resolved | resolution_h | net_h | within_resolve | rejected | reopened | open | cost |
| 1 | 1 | 78.00 | 54.00 | 100.00 | 0 | 100.00 | 0 | 25.00 |
# one is turned down: it is in no resolution time, and no longer open
2025-02-05 client.owner_assigned client=b employee=m1
2025-02-13T09:00:00Z claim.rejected claim=C2 reason=misuse
2025-02-21T09:00:00Z claim.assigned claim=C3 employee=m1
2025-02-22T09:00:00Z claim.assigned claim=C3 employee=m2
report claims as_of=2025-02-28
| claims | answered | resolved | resolution_h | within_resolve | rejected | reopened | open |
| 3 | 2 | 1 | 78.00 | 50.00 | 1 | 50.00 | 1 |
report claims as_of=2025-02-28 group=assignee
| group | claims | resolved | rejected | open | per_100 |
| m1 | 1 | 0 | 1 | 0 |  |
| m2 | 1 | 0 | 0 | 1 |  |
|  | 1 | 1 | 0 | 0 |  |
report claims as_of=2025-02-28 view=list
| claim | resolved_at | settlement | state | assignee |
| C1 | 2025-02-05T15:00:00Z | in_time | resolved |  |
| C2 |  | rejected | rejected | m1 |
| C3 |  | missed | open | m2 |
report kpi as_of=2025-02-28 from=2025-02-01 to=2025-02-28 metric=claims by=employee
| id | actual |
| m1 | 1 |
| m2 | 1 |
| no employee | 1 |

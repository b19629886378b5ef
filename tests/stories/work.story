# Claims: who has one, turned down, open again; what is closed takes no step but to be reopened.
ledger UTC EUR
2025-01-01 client.registered client=C1 name=Buyer kind=org
2025-01-01 employee.hired employee=m1 name=One department=sales role=manager
2025-01-01 employee.hired employee=m2 name=Two department=sales role=manager
2025-01-01 pipeline.defined pipeline=W stages='[{"stage":"S1","rank":1,"name":"Lead","probability":"0.1"}]'
2025-01-01 item.registered item=x sku=x-1 unit=piece kind=goods costing=fifo
2025-01-01 bank_account.opened bank_account=cash currency=EUR
2025-02-01T09:00:00Z claim.opened claim=K1 client=C1 kind=damage severity=high
refused before_opening 2025-02-01T08:00:00Z claim.assigned claim=K1 employee=m1
refused before_opening 2025-02-01T08:00:00Z claim.rejected claim=K1 reason=misuse
refused illegal_transition 2025-02-01T10:00:00Z claim.reopened claim=K1
refused unknown_reference 2025-02-01T10:00:00Z claim.assigned claim=K1 employee=m9
2025-02-01T10:00:00Z claim.assigned claim=K1 employee=m1
2025-02-02T09:00:00Z claim.rejected claim=K1 reason=misuse
mark rejected
refused illegal_transition 2025-02-03 claim.assigned claim=K1 employee=m2
refused illegal_transition 2025-02-03 claim.responded claim=K1
refused illegal_transition 2025-02-03 claim.resolved claim=K1 resolution=repaired
refused illegal_transition 2025-02-03 claim.rejected claim=K1 reason=misuse
# Back-dated, it would leave the later rejection without a claim to turn down.
refused illegal_transition 2025-02-01T12:00:00Z claim.resolved claim=K1 resolution=repaired
2025-02-03T09:00:00Z claim.reopened claim=K1 reason='photographs came'
refused illegal_transition 2025-02-03T10:00:00Z claim.reopened claim=K1
# Without the rejection it could not have been reopened.
refused has_dependants void 2025-02-04 rejected
2025-02-03T11:00:00Z claim.assigned claim=K1 employee=m2
2025-02-04T09:00:00Z claim.resolved claim=K1 resolution=repaired
2025-02-05T09:00:00Z claim.reopened claim=K1
2025-02-05T10:00:00Z claim.status_changed claim=K1 to=in_progress
state claim:K1
| field | value |
| assignee | m2 |
| client | C1 |
| kind | damage |
| severity | high |
| status | in_progress |
# Warranties and service
2024-02-15 order.placed order=O1 client=C1 currency=EUR lines='[{"line":"1","item":"x","qty":"5","price":"10","net":"50","tax":"0"}]'
2024-03-01 shipment.dispatched shipment=S1 order=O1 lines='[{"line":"1","item":"x","qty":"2"}]' warranty_months=#12
2025-02-01T09:00:00Z claim.opened claim=K2 client=C1 shipment=S1 kind=damage severity=low
refused unknown_line 2024-03-01 warranty.started warranty=W1 shipment=S1 line=7 from=2024-03-01 months=#12
refused unknown_line 2024-03-01 warranty.started warranty=W1 line=1 from=2024-03-01 months=#12
refused unknown_reference 2024-03-01 warranty.started warranty=W1 client=C9 from=2024-03-01 months=#12
2024-03-01 warranty.started warranty=W1 client=C1 item=x from=2024-03-01 months=#12
mark warranty
refused already_exists 2024-03-01 warranty.started warranty=W1 client=C1 from=2024-03-01 months=#12
refused out_of_warranty 2025-03-01 service.performed service_job=J1 warranty=W1 in_warranty=true
refused out_of_warranty 2024-02-29 service.performed service_job=J1 warranty=W1 in_warranty=true
refused not_positive 2025-02-28 service.performed service_job=J1 warranty=W1 in_warranty=true cost=0EUR
refused not_positive 2025-02-28 service.performed service_job=J1 warranty=W1 in_warranty=true price=-1EUR
refused too_many_decimals 2025-02-28 service.performed service_job=J1 warranty=W1 in_warranty=true cost=1.005EUR
2025-02-28 service.performed service_job=J1 client=C1 warranty=W1 in_warranty=true cost=20EUR
refused has_dependants void 2025-03-02 warranty
# A shipment's months hold where no warranty is named: by the claim, or by the refs.
refused out_of_warranty 2025-03-01 service.performed service_job=J2 claim=K2 in_warranty=true
refused out_of_warranty 2025-03-01 service.performed service_job=J2 refs=["shipment:S1"] in_warranty=true
2025-03-01 service.performed service_job=J2 claim=K2 in_warranty=false price=35EUR
report trial_balance
| account | unit | debit | credit | balance |
| expenses/service | EUR | 20.00 | 0.00 | 20.00 |
| liabilities/accrued | EUR | 0.00 | 20.00 | -20.00 |
# A month that is too short ends on its last day: from 11-30 for three months is up to 02-27.
2024-11-30 warranty.started warranty=W2 client=C1 from=2024-11-30 months=#3
2025-02-27 service.performed service_job=J3 warranty=W2 in_warranty=true
refused out_of_warranty 2025-02-28 service.performed service_job=J4 warranty=W2 in_warranty=true
# Tasks: started once, given on by whoever has them, done or cancelled once.
2025-02-01 task.assigned task=T1 assignee=m1 due=2025-02-10T09:00:00Z
refused before_opening 2025-01-31 task.started task=T1
2025-02-02 task.started task=T1
refused illegal_transition 2025-02-03 task.started task=T1
refused illegal_transition 2025-02-01T12:00:00Z task.started task=T1
refused same_employee 2025-02-03 task.reassigned task=T1 from=m1 to=m1
refused from_mismatch 2025-02-03 task.reassigned task=T1 from=m2 to=m1
2025-02-03 task.reassigned task=T1 from=m1 to=m2 reason='m1 is ill'
mark reassigned
# Back-dated, it would leave the later one with the wrong employee.
refused from_mismatch 2025-02-02T12:00:00Z task.reassigned task=T1 from=m1 to=m2
refused from_mismatch 2025-02-04 employee.work_handed_over from=m1 to=m2 refs=["task:T1"]
2025-02-04 employee.work_handed_over from=m2 to=m1 refs=["task:T1"]
refused has_dependants void 2025-02-05 reassigned
refused before_opening 2025-01-31 task.due_changed task=T1 due=2025-02-12T09:00:00Z
2025-02-05 task.due_changed task=T1 due=2025-02-12T09:00:00Z
2025-02-06 task.cancelled task=T1 reason='not needed'
mark cancelled
refused illegal_transition 2025-02-07 task.completed task=T1
refused illegal_transition 2025-02-07 task.cancelled task=T1
refused illegal_transition 2025-02-07 task.due_changed task=T1 due=2025-02-13T09:00:00Z
refused illegal_transition 2025-02-07 task.reassigned task=T1 from=m1 to=m2
refused illegal_transition 2025-02-05T12:00:00Z task.completed task=T1
state task:T1
| field | value |
| assignee | m1 |
| due | 2025-02-12T09:00:00Z |
| status | cancelled |
void 2025-02-08 cancelled
2025-02-07 task.completed task=T1
refused unknown_reference 2025-02-07 task.started task=T9
# Reminders, and time that was worked
refused unknown_reference 2025-02-01 reminder.set reminder=R1 employee=m9 at=2025-02-10T09:00:00Z
2025-02-01 reminder.set reminder=R1 employee=m1 at=2025-02-10T09:00:00Z text='Call back' refs=["client:C1"]
refused before_opening 2025-01-31 reminder.done reminder=R1
2025-02-10 reminder.done reminder=R1
refused unknown_reference 2025-02-10 reminder.done reminder=R9
2025-02-10 time.logged time_entry=E1 employee=m1 minutes=#120 client=C1 task=T1
refused already_exists 2025-02-10 time.logged time_entry=E1 employee=m1 minutes=#10
refused unknown_reference 2025-02-10 time.logged time_entry=E2 employee=m1 minutes=#10 task=T9
# Away: one absence a day; both days count.
refused days_out_of_order 2025-03-01 employee.absent absence=A1 employee=m1 kind=leave from=2025-03-14 to=2025-03-10
2025-03-01 employee.absent absence=A1 employee=m1 kind=leave from=2025-03-10 to=2025-03-14
mark away
refused absence_overlap 2025-03-01 employee.absent absence=A2 employee=m1 kind=sick from=2025-03-14 to=2025-03-16
refused absence_overlap 2025-03-01 employee.absent absence=A2 employee=m1 kind=sick from=2025-03-01 to=2025-03-10
refused absence_overlap 2025-03-01 employee.absent absence=A2 employee=m1 kind=sick from=2025-03-11 to=2025-03-12
refused absence_overlap 2025-03-01 employee.absent absence=A2 employee=m1 kind=sick from=2025-03-01 to=2025-03-31
2025-03-01 employee.absent absence=A2 employee=m1 kind=sick from=2025-03-15 to=2025-03-16
2025-03-01 employee.absent absence=A3 employee=m2 kind=sick from=2025-03-12 to=2025-03-12
void 2025-03-02 away
2025-03-01 employee.absent absence=A4 employee=m1 kind=training from=2025-03-13 to=2025-03-14
2025-03-01 staff_plan.set staff_plan=P1 department=sales period={"first":"2025-03-01","last":"2025-03-31"} headcount=#5
# Who left gets nothing new from then on; what they did is taken whenever it is told.
refused before_opening 2024-12-31 employee.dismissed employee=m2
2025-03-10 employee.dismissed employee=m2 reason='another town'
mark left
refused illegal_transition 2025-03-11 employee.dismissed employee=m2
refused illegal_transition 2025-03-01 employee.dismissed employee=m2
refused employee_dismissed 2025-03-12 client.registered client=C2 name=Other kind=org owner=m2
refused employee_dismissed 2025-03-12 client.owner_assigned client=C1 employee=m2
refused employee_dismissed 2025-03-12 deal.opened deal=D1 client=C1 pipeline=W stage=S1 owner=m2
2025-03-12 deal.opened deal=D1 client=C1 pipeline=W stage=S1 owner=m1
refused employee_dismissed 2025-03-12 deal.owner_changed deal=D1 from=m1 to=m2
refused employee_dismissed 2025-03-12 order.placed order=O2 client=C1 owner=m2 currency=EUR lines='[{"line":"1","item":"x","qty":"1","price":"10","net":"10","tax":"0"}]'
refused employee_dismissed 2025-03-12 invoice.issued invoice=I2 client=C1 owner=m2 total=10EUR due_on=2025-03-31 lines='[{"line":"1","text":"Goods","qty":"1","price":"10","net":"10","tax":"0"}]'
refused employee_dismissed 2025-03-12 claim.assigned claim=K1 employee=m2
refused employee_dismissed 2025-03-12 task.assigned task=T2 assignee=m2 due=2025-03-20T09:00:00Z
2025-03-12 task.assigned task=T2 assignee=m1 due=2025-03-20T09:00:00Z
refused employee_dismissed 2025-03-12 task.reassigned task=T2 from=m1 to=m2
refused employee_dismissed 2025-03-12 reminder.set reminder=R2 employee=m2 at=2025-03-20T09:00:00Z
refused employee_dismissed 2025-03-12 employee.work_handed_over from=m1 to=m2 refs=["task:T2"]
refused employee_dismissed 2025-03-12 substitution.started substitution=U1 absent=m1 deputy=m2
refused employee_dismissed 2025-03-12 employee.moved employee=m2 department=sales role=head
2025-03-09 client.owner_assigned client=C1 employee=m2
2025-03-12 time.logged time_entry=E2 employee=m2 minutes=#30
2025-03-12 substitution.started substitution=U1 absent=m2 deputy=m1
state employee:m2
| field | value |
| department | sales |
| name | Two |
| role | manager |
| status | dismissed |
void 2025-03-13 left
2025-03-12 task.reassigned task=T2 from=m1 to=m2

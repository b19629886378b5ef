# R46: what somebody has to do
ledger UTC EUR
2025-01-01 client.registered client=a name=Alpha kind=org
2025-01-01 client.registered client=b name=Beta kind=org
2025-01-01 counterparty.registered counterparty=L legal_name=L
2025-01-01 counterparty.linked counterparty=L client=a
2025-01-01 employee.hired employee=m1 name=One department=sales role=manager
2025-01-01 employee.hired employee=m2 name=Two department=sales role=manager
2025-01-01 bank_account.opened bank_account=bank currency=EUR
2025-01-01 client.owner_assigned client=a employee=m1
2025-01-01 client.owner_assigned client=b employee=m2
2025-03-01 task.assigned task=T1 assignee=m1 client=a due=2025-03-09T12:00:00Z
2025-03-01 task.assigned task=T2 assignee=m2 client=b due=2025-03-11T12:00:00Z
2025-03-01 task.assigned task=T3 assignee=m2 client=b due=2025-03-20T12:00:00Z
2025-03-01 interaction.planned by=m1 interaction=N1 client=a channel=call at=2025-03-12T09:00:00Z
2025-03-08 substitution.started substitution=S1 absent=m2 deputy=m1 until=2025-03-12
# T1 is overdue by a day, T2 is due for m2, the call is due, T3 not yet
report work_list as_of=2025-03-10 employee=m1
| kind | ref | part | due | at | client | for | state | days |
| task | task:T1 |  | 2025-03-09 | 2025-03-09T12:00:00Z | a |  | overdue | 1 |
| task | task:T2 |  | 2025-03-11 | 2025-03-11T12:00:00Z | b | m2 | due | -1 |
| interaction | interaction:N1 |  | 2025-03-12 | 2025-03-12T09:00:00Z | a |  | due | -2 |
report work_list as_of=2025-03-10 employee=m2
| ref | for | state |
| task:T2 |  | due |
# after the last day m2 works again
report work_list as_of=2025-03-13 employee=m1
| ref | for | state |
| task:T1 |  | overdue |
| interaction:N1 |  | overdue |
report work_list as_of=2025-03-10 employee=m1 days=10 kinds=task
| ref | for | days |
| task:T1 |  | 1 |
| task:T2 | m2 | -1 |
| task:T3 | m2 | -10 |
# what is done, cancelled or took place is not to be done
2025-03-10T10:00:00Z task.completed task=T1
2025-03-10T11:00:00Z interaction.recorded by=m1 interaction=N1 client=a channel=call direction=out
# what else is to be watched: reminders, agreements, contracts, overdue invoices of own clients, claims
2025-03-02 reminder.set reminder=R1 employee=m1 at=2025-03-12T08:00:00Z
2025-03-02 reminder.set reminder=R2 employee=m1 at=2025-03-05T08:00:00Z
2025-03-06 reminder.done reminder=R2
2025-03-02 agreement.noted agreement=A1 client=a text='sends the plan' due_on=2025-03-14
2025-03-02 agreement.noted agreement=A2 client=a text='some day'
2025-01-02 contract.signed contract=K1 counterparty=L valid_from=2025-01-01 valid_to=2025-03-15 payment_days=#30
2025-02-01 invoice.issued invoice=I1 client=a total=100EUR due_on=2025-03-03 lines=[{"line":"1","qty":"1","price":"100","net":"100","tax":"0"}]
2025-02-01 invoice.issued invoice=I2 client=a total=50EUR due_on=2025-03-11 lines=[{"line":"1","qty":"1","price":"50","net":"50","tax":"0"}]
2025-03-10T13:00:00Z claim.opened claim=C1 client=a kind=quality severity=low
report work_list as_of=2025-03-10 employee=m1
| kind | ref | due | client | state | days |
| invoice | invoice:I1 | 2025-03-03 | a | overdue | 7 |
| task | task:T2 | 2025-03-11 | b | due | -1 |
| claim | claim:C1 | 2025-03-11 | a | due | -1 |
| reminder | reminder:R1 | 2025-03-12 |  | due | -2 |
| agreement | agreement:A1 | 2025-03-14 | a | due | -4 |
| contract | contract:K1 | 2025-03-15 | a | due | -5 |
2025-03-11 agreement.settled agreement=A1 kept=true
2025-03-11T09:00:00Z claim.responded claim=C1
2025-03-11T10:00:00Z payment.received payment=P1 client=a amount=100EUR bank_account=bank
2025-03-11T11:00:00Z payment.allocated payment=P1 invoice=I1 amount=100
report work_list as_of=2025-03-12 employee=m1
| kind | ref | state | days |
| task | task:T2 | overdue | 1 |
| invoice | invoice:I2 | overdue | 1 |
| reminder | reminder:R1 | overdue | 0 |
| contract | contract:K1 | due | -3 |

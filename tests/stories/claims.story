# Claims: open, then in progress or waiting for the client, then resolved; steps may be skipped, none comes twice.
ledger UTC EUR
2025-01-01 client.registered client=C1 name=Buyer kind=org
2025-01-01 employee.hired employee=m1 name=One department=sales role=manager
2025-01-01 employee.hired employee=m2 name=Two department=sales role=manager
2025-02-01T09:00:00Z claim.opened claim=K1 client=C1 kind=damage severity=high
refused before_opening 2025-02-01T08:00:00Z claim.responded claim=K1
2025-02-01T11:00:00Z claim.responded claim=K1
2025-02-01T12:00:00Z claim.status_changed claim=K1 to=in_progress
refused illegal_transition 2025-02-01T13:00:00Z claim.status_changed claim=K1 to=in_progress
mark waits
2025-02-02T09:00:00Z claim.status_changed claim=K1 to=waiting_client
# Back-dated, a step is judged with all that follows: waiting at 18:00 would make the later waiting a second one.
refused illegal_transition 2025-02-01T18:00:00Z claim.status_changed claim=K1 to=waiting_client
2025-02-03T09:00:00Z claim.status_changed claim=K1 to=in_progress
refused not_positive 2025-02-04T09:00:00Z claim.resolved claim=K1 resolution=repaired cost=0EUR
2025-02-04T09:00:00Z claim.resolved claim=K1 resolution=repaired cost=20EUR
refused illegal_transition 2025-02-05 claim.responded claim=K1
refused illegal_transition 2025-02-05 claim.status_changed claim=K1 to=in_progress
refused illegal_transition 2025-02-05 claim.resolved claim=K1 resolution=repaired
refused illegal_transition 2025-02-02T12:00:00Z claim.resolved claim=K1 resolution=repaired
# Without the waiting, the later return to progress would not have been admitted.
refused has_dependants void 2025-02-06 8
refused has_dependants void 2025-02-06 5
void 2025-02-06 last
2025-02-05 claim.responded claim=K1
2025-02-05 claim.resolved claim=K1 resolution=repaired
refused already_exists 2025-02-05 claim.opened claim=K1 client=C1 kind=damage severity=high
refused unknown_reference 2025-02-05 claim.responded claim=K9
refused unknown_reference 2025-02-05 claim.opened claim=K2 client=C9 kind=damage severity=high
# Tasks: assigned, then completed once, handed over by whoever has it.
2025-02-01 task.assigned task=T1 assignee=m1 due=2025-02-10T09:00:00Z
refused before_opening 2025-01-31 task.completed task=T1
refused same_employee 2025-02-03 employee.work_handed_over from=m1 to=m1 refs=["task:T1"]
refused from_mismatch 2025-02-03 employee.work_handed_over from=m2 to=m1 refs=["task:T1"]
2025-02-03 employee.work_handed_over from=m1 to=m2 refs=["task:T1"]
mark handed
refused from_mismatch 2025-02-04 employee.work_handed_over from=m1 to=m2 refs=["task:T1"]
# Back-dated, it would leave the later hand-over with the wrong employee.
refused from_mismatch 2025-02-02 employee.work_handed_over from=m1 to=m2 refs=["task:T1"]
2025-02-05 employee.work_handed_over from=m2 to=m1 refs=["task:T1"]
refused has_dependants void 2025-02-06 handed
2025-02-06 task.completed task=T1
refused illegal_transition 2025-02-07 task.completed task=T1
refused illegal_transition 2025-02-07 employee.work_handed_over from=m1 to=m2 refs=["task:T1"]
void 2025-02-08 last
2025-02-07 task.completed task=T1
refused unknown_reference 2025-02-07 task.completed task=T9

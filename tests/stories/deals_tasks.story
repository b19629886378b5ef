# A task that was given and done by mistake, and again: the duty is met by what stands.
ledger UTC EUR
2025-01-01 employee.hired employee=m1 name=One department=sales role=seller
2025-01-01 pipeline.defined pipeline=P stages=[{"stage":"S1","rank":1,"name":"One","probability":"0.1"},{"stage":"S2","rank":2,"name":"Two","probability":"0.2"}]
2025-01-01 regulation.defined regulation=G pipeline=P requirements=[{"requirement":"visit","stage":"S1","kind":"task","due_h":240,"gate":true}]
2025-01-02 deal.opened deal=D1 pipeline=P stage=S1 owner=m1
2025-01-02 task.assigned task=T1 assignee=m1 due=2025-01-10T00:00:00Z
mark assigned
2025-01-04 task.completed task=T1
mark completed
2025-01-05 task.assigned task=T2 assignee=m1 due=2025-01-10T00:00:00Z refs=["deal:D1"]
void 2025-01-06 completed
void 2025-01-06 assigned
refused open_gate 2025-01-08 deal.stage_entered deal=D1 from=S1 to=S2
2025-01-03 task.assigned task=T1 assignee=m1 due=2025-01-10T00:00:00Z refs=["deal:D1"]
refused open_gate 2025-01-08 deal.stage_entered deal=D1 from=S1 to=S2
mark again
2025-01-07 task.completed task=T1
2025-01-08 deal.stage_entered deal=D1 from=S1 to=S2
report compliance view=obligations as_of=2025-01-20
| deal | stage | requirement | visit | verdict |
| D1   | S1    | visit       | 1     | on time |
report compliance view=obligations as_of=2025-01-20 known_at=again
| deal | stage | requirement | visit | verdict |
| D1   | S1    | visit       | 1     | missed  |

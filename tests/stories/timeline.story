# R1: everything of a client, over its documents, contacts and merges
ledger UTC EUR
2025-01-01 employee.hired employee=m1 name=Manager department=sales role=manager
2025-01-01 client.registered client=A name=A kind=org owner=m1 by=m1
2025-01-01 client.registered client=B name=B kind=org
2025-01-02 contact.added contact=K1 client=A name=Person
2025-01-03 pipeline.defined pipeline=W stages=[{"stage":"S1","rank":1,"name":"Lead","probability":"0.1"}]
2025-01-04 deal.opened deal=D1 client=A pipeline=W stage=S1 owner=m1
2025-01-05 interaction.recorded interaction=T1 channel=call direction=out refs=["deal:D1"] by=m1
2025-01-06 interaction.recorded interaction=T2 channel=email direction=in participants=["contact:K1"]
2025-01-01 item.registered item=X sku=X unit=pcs kind=goods costing=fifo
2025-01-07 order.placed order=O1 deal=D1 currency=EUR lines=[{"line":"1","item":"X","qty":"1","price":"10","net":"10","tax":"0"}]
2025-01-08 shipment.dispatched shipment=H1 order=O1 lines=[{"item":"X","qty":"1"}]
2025-01-09 invoice.issued invoice=I1 order=O1 due_on=2025-12-31 total=10EUR lines=[{"line":"1","qty":"1","price":"10","net":"10","tax":"0"}]
2025-01-10 claim.opened claim=Q1 shipment=H1 kind=broken severity=low
2025-01-11 claim.responded claim=Q1
2025-01-12 task.assigned task=J1 assignee=m1 due=2025-01-20T00:00:00Z refs=["claim:Q1"]
2025-01-13 task.completed task=J1
2025-01-14 interaction.recorded interaction=T3 client=B channel=meeting direction=out refs=["deal:D1"]
report client_timeline client=A
| occurred_at          | type                 | entity         | actor  |
| 2025-01-13T00:00:00Z | task.completed       | task:J1        | tester |
| 2025-01-12T00:00:00Z | task.assigned        | task:J1        | tester |
| 2025-01-11T00:00:00Z | claim.responded      | claim:Q1       | tester |
| 2025-01-10T00:00:00Z | claim.opened         | claim:Q1       | tester |
| 2025-01-09T00:00:00Z | invoice.issued       | invoice:I1     | tester |
| 2025-01-08T00:00:00Z | shipment.dispatched  | shipment:H1    | tester |
| 2025-01-07T00:00:00Z | order.placed         | order:O1       | tester |
| 2025-01-06T00:00:00Z | interaction.recorded | interaction:T2 | tester |
| 2025-01-05T00:00:00Z | interaction.recorded | interaction:T1 | m1     |
| 2025-01-04T00:00:00Z | deal.opened          | deal:D1        | tester |
| 2025-01-02T00:00:00Z | contact.added        | contact:K1     | tester |
| 2025-01-01T00:00:00Z | client.registered    | client:A       | m1     |
report client_timeline client=B
| type                 | entity         |
| interaction.recorded | interaction:T3 |
| client.registered    | client:B       |
# pages: newest first, each after the last row of the one before
report client_timeline client=A limit=2
| entity  | type           |
| task:J1 | task.completed |
| task:J1 | task.assigned  |
report client_timeline client=A limit=2 before=2025-01-12T00:00:00Z@16
| entity   | type            |
| claim:Q1 | claim.responded |
| claim:Q1 | claim.opened    |
report client_timeline client=A before=2025-01-01T00:00:00Z@3
| entity |
fails client_timeline invalid_parameter client=A limit=0
fails client_timeline invalid_parameter client=A limit=1001
fails client_timeline invalid_parameter client=A before=17
fails client_timeline missing_parameter limit=2
report client_timeline client=A as_of=2025-01-04
| entity     |
| deal:D1    |
| contact:K1 |
| client:A   |
# merged: from its date B shows both, A shows nothing; before it each its own; undone, both lists are as they were
mark unmerged
2025-02-01 client.merged client=A into=B
report client_timeline client=A
| entity |
notes client_timeline client=A
| client A was merged into client B: its events stand on the timeline of B |
notes client_timeline client=A as_of=2025-01-31
notes client_timeline client=B limit=3
| 12 older events are left out: ask for more with limit, or for those before the last row with before |
report client_timeline client=B limit=3
| occurred_at          | type                 | entity         |
| 2025-02-01T00:00:00Z | client.merged        | client:A       |
| 2025-01-14T00:00:00Z | interaction.recorded | interaction:T3 |
| 2025-01-13T00:00:00Z | task.completed       | task:J1        |
report client_timeline client=B as_of=2025-01-31
| type                 | entity         |
| interaction.recorded | interaction:T3 |
| client.registered    | client:B       |
2025-02-02 client.unmerged client=A
report client_timeline client=B
| type                 | entity         |
| interaction.recorded | interaction:T3 |
| client.registered    | client:B       |
report client_timeline client=A limit=4
| type            | entity   |
| client.unmerged | client:A |
| client.merged   | client:A |
| task.completed  | task:J1  |
| task.assigned   | task:J1  |
report client_timeline client=A known_at=unmerged limit=1
| type           | entity  |
| task.completed | task:J1 |
# a voided event vanishes, and what was known before stays
void 2025-02-03 13
refused already_voided void 2025-02-03 13

# What is switched off, taken out, signed, held and erased: told now, and never taken back.
ledger UTC EUR
2025-01-01 client.registered client=C1 name=One kind=person
2025-01-01 client.registered client=C2 name=Two kind=org
2025-01-01 contact.added contact=K1 client=C2 name=Three
# Modules: for the whole company, or for a department and its parts; to say it again says nothing.
refused illegal_transition now module.enabled module=claims
refused invalid_field now module.disabled module=access
now module.disabled module=claims
mark off
refused illegal_transition now module.disabled module=claims
now module.enabled module=claims department=sales
state module:claims
| field             | value    |
| departments.sales | enabled  |
| status            | disabled |
refused illegal_transition now module.enabled module=claims department=sales
# What is disabled is told by nobody who works there; in a part that is enabled it is.
2025-01-01 employee.hired employee=m1 name=One department=sales/export role=seller
2025-01-01 employee.hired employee=m2 name=Two department=stock role=keeper
refused module_disabled 2025-01-02 claim.opened claim=Q1 client=C2 kind=damage severity=high text=broken by=m2
refused module_disabled 2025-01-02 claim.opened claim=Q1 client=C2 kind=damage severity=high text=broken
2025-01-02 claim.opened claim=Q1 client=C2 kind=damage severity=high text=broken by=m1
now module.disabled module=claims department=sales/export
refused module_disabled 2025-01-02 claim.responded claim=Q1 by=m1
now module.enabled module=claims
2025-01-02 claim.responded claim=Q1 by=m2
state module:claims
| field  | value   |
| status | enabled |
refused access_not_backdated 2025-01-02 module.disabled module=claims
refused access_not_voidable void 2025-01-02 off
# Exports: what begins is told before the first byte, and ends once.
refused position_ahead now export.begun export=X1 what=events known_at=#1000 personal=true purpose=work
refused invalid_field now export.begun export=X1 what=furniture known_at=#1 personal=true purpose=work
now export.begun export=X1 what=events filter='family=orders' known_at=#4 personal=true purpose=work
refused unknown_reference now data.exported export=X2 rows=#3 bytes=#900 sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 whole=true
now data.exported export=X1 rows=#3 bytes=#900 sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 whole=false
refused illegal_transition now data.exported export=X1 rows=#3 bytes=#900 sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 whole=true
state export:X1
| field    | value                                                            |
| bytes    | 900                                                              |
| filter   | family=orders                                                    |
| known_at | 4                                                                |
| personal | true                                                             |
| purpose  | work                                                             |
| rows     | 3                                                                |
| sha256   | e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 |
| status   | exported                                                         |
| what     | events                                                           |
| whole    | false                                                            |
# Keys that sign, figures that somebody stands for, and a restore.
refused invalid_field now checkpoint_key.added checkpoint_key=S1 vkey=ledger.example+5e2a91c4 node=a
now checkpoint_key.added checkpoint_key=S1 vkey=ledger.example/L1+5e2a91c4+AWXz1n8Q5t0o2u8Q6mJv0Gm3k7p0r1s2t3u4v5w6x7y8 node=a
now checkpoint_key.retired checkpoint_key=S1
refused illegal_transition now checkpoint_key.retired checkpoint_key=S1
state checkpoint_key:S1
| field  | value                                                                       |
| node   | a                                                                           |
| status | retired                                                                     |
| vkey   | ledger.example/L1+5e2a91c4+AWXz1n8Q5t0o2u8Q6mJv0Gm3k7p0r1s2t3u4v5w6x7y8 |
refused position_ahead now figures.attested company=acme report=sales parameters='' known_at=#1000 sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
now figures.attested company=acme report=sales parameters='from=2025-01-01' known_at=#4 sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
refused invalid_field now ledger.restored company=acme size=#1000 root=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 incarnation=#2
refused position_ahead now ledger.restored company=acme size=#1000 root=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 incarnation=two
now ledger.restored company=acme size=#4 root=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 incarnation=two erasures=none
# Persons ask, and are answered once.
refused invalid_field now subject_request.received request=R1 kind=access subject=item:I1 due_on=today+30
refused unknown_reference now subject_request.received request=R1 kind=access subject=contact:K9 due_on=today+30
now subject_request.received request=R1 kind=erasure subject=client:C1 due_on=2025-02-01
now subject_request.answered request=R1 outcome=done
refused illegal_transition now subject_request.answered request=R1 outcome=refused
state subject_request:R1
| field   | value      |
| due_on  | 2025-02-01 |
| kind    | erasure    |
| outcome | done       |
| status  | answered   |
| subject | client:C1  |
# What must stay is not erased: until the last day of the hold, or until it is lifted.
now hold.placed hold=H1 subject=client:C1 basis=litigation
now hold.placed hold=H2 subject=client:C1 basis=contract until=2025-02-01
now hold.placed hold=H3 subject=client:C2 basis=retention until=today+1
refused erasure_on_hold now personal_data.erased erasure=E1 subject=client:C1 basis=objection parts=[[2,0]]
refused erasure_on_hold now personal_data.erased erasure=E1 subject=client:C2 basis=objection parts=[[3,0]]
now hold.lifted hold=H1
refused illegal_transition now hold.lifted hold=H1
state hold:H1
| field   | value      |
| basis   | litigation |
| status  | lifted     |
| subject | client:C1  |
# Hidden, and seen again.
refused illegal_transition now personal_data.released subject=client:C1
now personal_data.restricted subject=client:C1 basis=accuracy
refused illegal_transition now personal_data.restricted subject=client:C1 basis=claims
now personal_data.released subject=client:C1
# An erasure names what it removes, once each, and nothing that is not there yet.
refused invalid_field now personal_data.erased erasure=E1 subject=client:C1 basis=objection parts=[]
refused invalid_field now personal_data.erased erasure=E1 subject=client:C1 basis=objection parts=[[2,0],[2,0]]
refused invalid_field now personal_data.erased erasure=E1 subject=client:C1 basis=objection parts=[[0,0]]
refused position_ahead now personal_data.erased erasure=E1 subject=client:C1 basis=objection parts=[[2,0],[1000,0]]
now personal_data.erased erasure=E1 subject=client:C1 basis=objection parts=[[2,0]] kept=[{"class":"legal","until":"2034-12-31"}]
refused part_erased now personal_data.erased erasure=E2 subject=client:C1 basis=objection parts=[[2,0]]
refused unknown_reference now erasure.completed erasure=E2 place=log
now erasure.completed erasure=E1 place=log
now erasure.completed erasure=E1 place=tables/main
state erasure:E1
| field                 | value                                  |
| basis                 | objection                              |
| completed.log         | true                                   |
| completed.tables/main | true                                   |
| kept                  | [{"class":"legal","until":"2034-12-31"}] |
| parts                 | [[2,0]]                                |
| status                | erased                                 |
| subject               | client:C1                              |
# Nothing of a person is taken again under an id whose values were erased.
refused subject_erased 2025-01-03 client.renamed client=C1 name=Again
refused subject_erased 2025-01-03 interaction.recorded interaction=I1 client=C1 channel=call direction=in text=again
2025-01-03 interaction.recorded interaction=I1 client=C1 channel=call direction=in
# Reports: what left, which requests are over, and who could do what.
report exports
| export | by     | what   | purpose | personal | rows | bytes | whole |
| X1     | tester | events | work    | yes      | 3    | 900   | no    |
report exports as_of=2099-12-31
| export |
now subject_request.received request=R2 kind=access subject=contact:K1 due_on=2100-01-31
report subject_requests as_of=2100-01-31
| request | kind    | subject    | due_on     | outcome | standing | days_over |
| R1      | erasure | client:C1  | 2025-02-01 | done    | late     | 27362     |
| R2      | access  | contact:K1 | 2100-01-31 |         | open     | 0         |
report subject_requests as_of=2100-02-10
| request | standing | days_over |
| R1      | late     | 27362     |
| R2      | overdue  | 10        |
now user.enrolled user=U1
now role.defined role=clerk rights=[{"family":"stock","may":["read","record"],"scope":"own"}]
now permission.granted grant=G1 to=user:U1 role=clerk scope={"department":["sales"]} until=2150-01-01T00:00:00Z reason='for a time'
now permission.granted grant=G2 to=user:U1 role=operator reason='looks after it'
mark before
now user.suspended user=U1 reason='on leave'
report permissions as_of=2100-01-01
| holder |
report permissions as_of=2100-01-01 known_at=before
| holder  | grant | family | may     | scope                | role     | until                |
| user:U1 | G1    | stock  | read    | own&department:sales | clerk    | 2150-01-01T00:00:00Z |
| user:U1 | G1    | stock  | record  | own&department:sales | clerk    | 2150-01-01T00:00:00Z |
| user:U1 | G2    | system | operate | all                  | operator |                      |
| user:U1 | G2    | system | read    | all                  | operator |                      |
report permissions as_of=2150-01-01 known_at=before
| holder  | grant | may     |
| user:U1 | G2    | operate |
| user:U1 | G2    | read    |

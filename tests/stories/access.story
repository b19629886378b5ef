# Who may do what: from now on, never for yesterday.
ledger UTC EUR
2025-01-01 employee.hired employee=m1 name=One department=sales role=seller
2025-01-01 employee.hired employee=m2 name=Two department=stock role=keeper
2025-01-01 warehouse.registered warehouse=W name=Main
# Users: one for each employee, suspended and resumed in turn.
now user.enrolled user=U1 employee=m1 name=One logins=[{"issuer":"https://id.example.com","subject":"one"}]
mark enrolled
refused access_not_backdated 2025-01-01 user.enrolled user=U2 employee=m2
refused employee_has_user now user.enrolled user=U2 employee=m1
refused already_exists now user.enrolled user=U1
2025-01-01 employee.hired employee=user:U1 name=Three department=stock role=keeper
refused actor_not_own now user.enrolled user=U2 employee=user:U1
refused actor_not_own now user.enrolled user=a.name.of.sixty.bytes.that.is.an.id.and.no.actor.of.its.own.x
refused unknown_reference now user.enrolled user=U2 employee=m9
now user.enrolled user=U2 employee=m2
now user.enrolled user=U3
refused illegal_transition now user.resumed user=U3
now user.suspended user=U3 reason='on leave'
refused illegal_transition now user.suspended user=U3 reason='on leave'
state user:U3
| field  | value     |
| status | suspended |
refused unknown_reference now user.suspended user=U9 reason=gone
# What gave access stays where it was.
refused access_not_voidable void 2025-01-02 enrolled
# Roles: the names that ship are taken, and a right is a list that holds something.
refused role_ships now role.defined role=accountant rights=[{"family":"invoices","may":["read"]}]
refused invalid_field now role.defined role=clerk rights=[]
refused invalid_field now role.defined role=clerk rights=[{"family":"stock","may":[]}]
refused invalid_field now role.defined role=clerk rights=[{"family":"stock","may":["read","read"]}]
refused invalid_field now role.defined role=clerk rights=[{"family":"stock","may":["see"]}]
refused invalid_field now role.defined role=clerk rights=[{"family":"stock","may":["read"],"scope":{"warehouse":[]}}]
refused unknown_reference now role.defined role=clerk rights=[{"family":"stock","may":["read"],"scope":{"warehouse":["X"]}}]
now role.defined role=clerk rights=[{"family":"stock","may":["read"]}]
now role.defined role=clerk rights=[{"family":"stock","may":["read","record"],"scope":{"warehouse":["W"]}}]
state role:clerk
| field  | value                                                                            |
| rights | [{"family":"stock","may":["read","record"],"scope":{"warehouse":["W"]}}] |
# Integrations: somebody who can work answers for each.
refused user_suspended now integration.enrolled service=shop owner=U3 purpose='records orders'
now integration.enrolled service=shop owner=U1 purpose='records orders'
state service:shop
| field   | value          |
| owner   | U1             |
| purpose | records orders |
| status  | enrolled       |
# Grants: of a role there is, to a user or an integration, over some time.
refused unknown_role now permission.granted grant=G1 to=user:U1 role=keyholdr reason='founded it'
refused invalid_field now permission.granted grant=G1 to=employee:m1 role=keyholder reason='founded it'
refused grant_span now permission.granted grant=G1 to=user:U1 role=keyholder from=2150-02-01T00:00:00Z until=2150-02-01T00:00:00Z reason='founded it'
refused unknown_reference now permission.granted grant=G1 to=user:U9 role=keyholder reason='founded it'
now permission.granted grant=G1 to=user:U1 role=keyholder reason='founded it'
now permission.granted grant=G2 to=user:U2 role=clerk scope={"warehouse":["W"]} reason='keeps the goods'
state grant:G2
| field  | value             |
| reason | keeps the goods   |
| role   | clerk             |
| scope  | {"warehouse":["W"]} |
| status | granted           |
| to     | user:U2           |
now permission.revoked grant=G2 reason='went to sales'
refused illegal_transition now permission.revoked grant=G2 reason='went to sales'
# Somebody who can work always holds everything: not one whose grant is over, begins later, is of a
# part, or who is suspended, nor an integration.
refused last_keyholder now permission.revoked grant=G1 reason='sold it'
refused last_keyholder now user.suspended user=U1 reason='on leave'
now permission.granted grant=G3 to=user:U2 role=keyholder until=2001-01-01T00:00:00Z reason='long ago'
now permission.granted grant=G4 to=user:U2 role=keyholder from=2150-01-01T00:00:00Z reason='one day'
now permission.granted grant=G5 to=user:U2 role=keyholder scope=own reason='a part'
now permission.granted grant=G6 to=user:U3 role=keyholder reason='not at work'
now permission.granted grant=G7 to=service:shop role=keyholder reason='no person'
now permission.granted grant=G8 to=user:U2 role=keyholder until=2150-01-01T00:00:00Z reason='for a time'
refused last_keyholder now permission.revoked grant=G1 reason='sold it'
refused last_keyholder now user.suspended user=U1 reason='on leave'
now user.resumed user=U3
state user:U3
| field  | value    |
| status | enrolled |
now permission.revoked grant=G1 reason='sold it'
refused last_keyholder now user.suspended user=U3 reason='on leave'
now user.suspended user=U1 reason='on leave'
# Keys: of somebody who can work, over at most 366 days, one in the place of another.
refused user_suspended now key.issued key=K1 of=user:U1 sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 hint=7fQz expires_on=today+90
refused key_expiry now key.issued key=K1 of=user:U2 sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 hint=7fQz expires_on=today-1
refused key_expiry now key.issued key=K1 of=user:U2 sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 hint=7fQz expires_on=today+367
refused invalid_field now key.issued key=K1 of=user:U2 sha256=E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855 hint=7fQz expires_on=today+90
refused invalid_field now key.issued key=K1 of=user:U2 sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 hint=7fQ expires_on=today+90
refused invalid_field now key.issued key=K1 of=user:U2 sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 hint=7fQz expires_on=today+90 networks=["10.0.0.1/8"]
refused invalid_field now key.issued key=K1 of=client:C1 sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 hint=7fQz expires_on=today+90
refused key_replaces now key.issued key=K1 of=user:U2 sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 hint=7fQz expires_on=today+90 overlap_h=#24
now key.issued key=K1 of=user:U2 sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 hint=7fQz expires_on=today+366 networks=["10.0.0.0/8"]
state key:K1
| field      | value          |
| expires_on | 2101-01-02     |
| hint       | 7fQz           |
| networks   | ["10.0.0.0/8"] |
| of         | user:U2        |
| status     | issued         |
refused key_replaces now key.issued key=K2 of=service:shop sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 hint=Bm3x expires_on=today+90 replaces=K1
refused unknown_reference now key.issued key=K2 of=user:U2 sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 hint=Bm3x expires_on=today+90 replaces=K9
refused invalid_field now key.issued key=K2 of=user:U2 sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 hint=Bm3x expires_on=today+90 replaces=K1 overlap_h=#169
now key.issued key=K2 of=user:U2 sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 hint=Bm3x expires_on=today+90 replaces=K1 overlap_h=#168
state key:K1
| field       | value          |
| expires_on  | 2101-01-02     |
| hint        | 7fQz           |
| networks    | ["10.0.0.0/8"] |
| of          | user:U2        |
| overlap_h   | 168            |
| replaced_by | K2             |
| status      | issued         |
refused key_replaces now key.issued key=K3 of=user:U2 sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 hint=Cn4y expires_on=today+90 replaces=K1
now key.revoked key=K2 reason='was sent in a mail'
refused illegal_transition now key.revoked key=K2 reason='was sent in a mail'
refused key_replaces now key.issued key=K3 of=user:U2 sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 hint=Cn4y expires_on=today+90 replaces=K2
state key:K2
| field      | value      |
| expires_on | 2100-04-01 |
| hint       | Bm3x       |
| of         | user:U2    |
| replaces   | K1         |
| status     | revoked    |

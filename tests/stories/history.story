# R36 as worked: D3 is handed over while its manager is sick
ledger UTC EUR
2025-01-01 employee.hired employee=m1 name=One department=sales role=manager
2025-01-01 employee.hired employee=m2 name=Two department=sales role=manager
2025-01-01 pipeline.defined pipeline=W stages=[{"stage":"S1","rank":1,"name":"Lead","probability":"0.1"},{"stage":"S2","rank":2,"name":"Qualified","probability":"0.2"}]
2025-01-01 client.registered client=A name=A kind=org
2025-01-10 deal.opened deal=D3 client=A pipeline=W stage=S1 owner=m1 amount=2000EUR by=m1
2025-01-14 deal.stage_entered deal=D3 from=S1 to=S2 by=m1
mark before
2025-02-08 deal.owner_changed deal=D3 from=m1 to=m2 reason=sick by=boss for=m1
2025-02-10 deal.won deal=D3 by=m2
state deal:D3 as_of=2025-02-05
| field    | value                              | position | actor | revision |
| amount   | {"amount":"2000","currency":"EUR"} | 6        | m1    | 4        |
| client   | A                                  | 6        | m1    | 4        |
| owner    | m1                                 | 6        | m1    | 4        |
| pipeline | W                                  | 6        | m1    | 4        |
| stage    | S2                                 | 7        | m1    | 4        |
| status   | open                               | 6        | m1    | 4        |
differences deal:D3 as_of=2025-02-05 to_as_of=2025-02-09
| field | before | after | position |
| owner | m1     | m2    | 8        |
differences deal:D3 known_at=before
| field  | before | after | position |
| owner  | m1     | m2    | 8        |
| status | open   | won   | 9        |
state deal:D3 as_of=2025-01-09
| field |
state deal:D9
| field |
differences deal:D3 as_of=2025-01-09 to_as_of=2025-01-10
| field    | before | after                              |
| amount   |        | {"amount":"2000","currency":"EUR"} |
| client   |        | A                                  |
| owner    |        | m1                                 |
| pipeline |        | W                                  |
| stage    |        | S1                                 |
| status   |        | open                               |
history deal:D3 as_of=2025-02-09
| position | type               | actor | on_behalf_of | reason | changes                                                                                                                              |
| 6        | deal.opened        | m1    |              |        | amount:  -> {"amount":"2000","currency":"EUR"}, client:  -> A, owner:  -> m1, pipeline:  -> W, stage:  -> S1, status:  -> open |
| 7        | deal.stage_entered | m1    |              |        | stage: S1 -> S2                                                                                                                      |
| 8        | deal.owner_changed | boss  | m1           | sick   | owner: m1 -> m2                                                                                                                      |
# a voided record stays in the history and says by which record; its void is a step of its own, which takes back what it changed, whatever day it is given; before the void was known there is no such step
mark won
void 2025-02-11 9
history deal:D3 as_of=2025-02-10
| position | type               | voids | voided_by | reason          | changes                                                                                                                        |
| 6        | deal.opened        |       |           |                 | amount:  -> {"amount":"2000","currency":"EUR"}, client:  -> A, owner:  -> m1, pipeline:  -> W, stage:  -> S1, status:  -> open |
| 7        | deal.stage_entered |       |           |                 | stage: S1 -> S2                                                                                                                |
| 8        | deal.owner_changed |       |           | sick            | owner: m1 -> m2                                                                                                                |
| 9        | deal.won           |       | 10        |                 | status: open -> won                                                                                                            |
| 10       | event.voided       | 9     |           | entered wrongly | status: won -> open                                                                                                            |
history deal:D3 as_of=2025-02-10 known_at=won
| position | type               | voids | voided_by | changes                                                                                                                        |
| 6        | deal.opened        |       |           | amount:  -> {"amount":"2000","currency":"EUR"}, client:  -> A, owner:  -> m1, pipeline:  -> W, stage:  -> S1, status:  -> open |
| 7        | deal.stage_entered |       |           | stage: S1 -> S2                                                                                                                |
| 8        | deal.owner_changed |       |           | owner: m1 -> m2                                                                                                                |
| 9        | deal.won           |       |           | status: open -> won                                                                                                            |
differences deal:D3 known_at=won
| field  | before | after | position |
| status | won    | open  | 6        |
# an event of another entity that names this one is part of its history, and changes nothing in it
2025-02-12 interaction.recorded interaction=T1 channel=call direction=out refs=["deal:D3"] by=m2
history deal:D3 known_at=11 as_of=2025-02-12
| position | home           | changes                                                                                                                              |
| 6        |                | amount:  -> {"amount":"2000","currency":"EUR"}, client:  -> A, owner:  -> m1, pipeline:  -> W, stage:  -> S1, status:  -> open |
| 7        |                | stage: S1 -> S2                                                                                                                      |
| 8        |                | owner: m1 -> m2                                                                                                                      |
| 9        |                | status: open -> won                                                                                                                  |
| 10       |                | status: won -> open                                                                                                                  |
| 11       | interaction:T1 |                                                                                                                                      |
# clients: a back-dated record falls into its place, null removes a field, merges come and go
2025-03-10 client.renamed client=A name=Late
2025-03-05 client.renamed client=A name=Early
2025-03-06 client.attributes_set client=A set={"region":"north","vip":"true"}
2025-03-07 client.attributes_set client=A set={"vip":null}
2025-03-08 client.owner_assigned client=A employee=m2 reason='asked for'
2025-03-01 client.registered client=B name=B kind=person owner=m1 attributes={"region":"south"}
2025-03-09 client.merged client=A into=B
state client:A
| field             | value |
| attributes.region | north |
| kind              | org   |
| merged_into       | B     |
| name              | Late  |
| owner             | m2    |
2025-03-10 client.unmerged client=A
state client:A as_of=2025-03-10
| field             | value |
| attributes.region | north |
| kind              | org   |
| name              | Late  |
| owner             | m2    |
state client:A as_of=2025-03-06
| field             | value |
| attributes.region | north |
| attributes.vip    | true  |
| kind              | org   |
| name              | Early |
state client:B
| field             | value  |
| attributes.region | south  |
| kind              | person |
| name              | B      |
| owner             | m1     |
# sums, definitions that are replaced, and closings that are undone
2025-03-01 campaign.planned campaign=E kind=exhibition from=2025-03-01 to=2025-03-31
2025-03-02 campaign.cost_recorded campaign=E amount=100.50EUR
2025-03-03 campaign.cost_recorded campaign=E amount=20EUR
2025-03-03 campaign.attended campaign=E client=B
state campaign:E
| field      | value      |
| attended.B | true       |
| cost.EUR   | 120.50     |
| from       | 2025-03-01 |
| kind       | exhibition |
| to         | 2025-03-31 |
2025-03-01 kpi.defined kpi=K metric=won_amount unit=EUR better=up
2025-03-02 target.set target=G scope={"employee":"m1"} metric=won_amount period={"first":"2025-03-01","last":"2025-03-31"} value=100
2025-03-03 target.set target=G scope="company" metric=won_amount period={"first":"2025-03-01","last":"2025-03-31"} value=200
state target:G
| field  | value                                      |
| metric | won_amount                              |
| period | {"first":"2025-03-01","last":"2025-03-31"} |
| scope  | company                                 |
| value  | 200                                     |
2025-03-31 period.closed area=money until=2025-01-31
2025-04-01 period.closed area=money until=2025-02-28
2025-04-02 period.reopened area=money reason=late
state area:money
| field | value      |
| until | 2025-01-31 |
# a voided opening: the fields go, the status says so; what stood between is kept; the id is free, and a second opening begins anew
2025-03-01 bank_account.opened bank_account=bank currency=EUR
2025-03-02 payment.received payment=P1 client=B amount=100EUR bank_account=bank
2025-03-03 payment.refunded payment=P1 amount=10
2025-03-04 payment.refunded payment=P1 amount=20
void 2025-03-05 32
state payment:P1
| field        | value                             |
| amount       | {"amount":"100","currency":"EUR"} |
| bank_account | bank                              |
| client       | B                                 |
| refunded     | 20                                |
history payment:P1
| position | type             | voids | voided_by | changes                                                                              |
| 31       | payment.received |       |           | amount:  -> {"amount":"100","currency":"EUR"}, bank_account:  -> bank, client:  -> B |
| 32       | payment.refunded |       | 34        | refunded:  -> 10                                                                     |
| 33       | payment.refunded |       |           | refunded: 10 -> 30                                                                   |
| 34       | event.voided     | 32    |           | refunded: 30 -> 20                                                                   |
void 2025-03-01 33
void 2025-03-01 31
state payment:P1
| field |
history payment:P1
| position | type             | voids | voided_by | changes                                                                                                  |
| 31       | payment.received |       | 36        | amount:  -> {"amount":"100","currency":"EUR"}, bank_account:  -> bank, client:  -> B                     |
| 32       | payment.refunded |       | 34        | refunded:  -> 10                                                                                         |
| 33       | payment.refunded |       | 35        | refunded: 10 -> 30                                                                                       |
| 34       | event.voided     | 32    |           | refunded: 30 -> 20                                                                                       |
| 35       | event.voided     | 33    |           | refunded: 20 ->                                                                                          |
| 36       | event.voided     | 31    |           | amount: {"amount":"100","currency":"EUR"} -> , bank_account: bank -> , client: B -> , status:  -> voided |
2025-03-20 payment.received payment=P1 client=B amount=7EUR bank_account=bank
history payment:P1 as_of=2025-03-20
| position | voids | voided_by | changes                                                                                                  |
| 31       |       | 36        | amount:  -> {"amount":"100","currency":"EUR"}, bank_account:  -> bank, client:  -> B                     |
| 32       |       | 34        | refunded:  -> 10                                                                                         |
| 33       |       | 35        | refunded: 10 -> 30                                                                                       |
| 34       | 32    |           | refunded: 30 -> 20                                                                                       |
| 35       | 33    |           | refunded: 20 ->                                                                                          |
| 36       | 31    |           | amount: {"amount":"100","currency":"EUR"} -> , bank_account: bank -> , client: B -> , status:  -> voided |
| 37       |       |           | amount:  -> {"amount":"7","currency":"EUR"}, bank_account:  -> bank, client:  -> B, status: voided ->    |

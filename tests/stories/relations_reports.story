# R9, R27, R33 and R43 with the numbers of the domain.
ledger UTC EUR
2024-01-01 employee.hired employee=m1 name=One department=sales role=seller
2024-01-01 employee.hired employee=m2 name=Two department=sales role=seller
2024-01-01 client.registered client=a name=A kind=org owner=m1
2024-01-01 client.registered client=b name=B kind=org owner=m1
2024-01-01 client.registered client=c name=C kind=org owner=m2
2024-01-01 client.registered client=d name=D kind=person
2024-01-01 client.registered client=e name=E kind=org owner=m2

# R9: three planned, two of them recorded, one more unplanned; two of three kept.
2025-02-01 interaction.planned interaction=P1 client=a channel=meeting at=2025-02-10T10:00:00Z by=m1
2025-02-01 interaction.planned interaction=P2 client=b channel=call at=2025-02-11T10:00:00Z by=m1
2025-02-01 interaction.planned interaction=P3 client=c channel=call at=2025-02-12T10:00:00Z by=m2
2025-02-01 interaction.planned interaction=P4 client=c channel=call at=2025-03-12T10:00:00Z by=m2
2025-02-10T10:05:00Z interaction.recorded interaction=P1 client=a channel=meeting direction=out duration_s=#3600 by=m1
2025-02-11T10:00:00Z interaction.recorded interaction=P2 client=b channel=call direction=out duration_s=#445 by=m1
2025-02-15 interaction.recorded interaction=N1 client=a channel=email direction=in by=m2
report interactions from=2025-02-01 to=2025-02-28
| group | interactions | in | out | clients | minutes | planned | kept | kept_rate |
| all   | 3            | 1  | 2   | 2       | 67.42   | 3       | 2    | 66.67     |
report interactions group=employee from=2025-02-01 to=2025-02-28
| group | interactions | in | out | clients | minutes | planned | kept | kept_rate |
| m1    | 2            | 0  | 2   | 2       | 67.42   | 2       | 2    | 100.00    |
| m2    | 1            | 1  | 0   | 1       | 0       | 1       | 0    | 0.00      |
report interactions group=channel
| group   | interactions | planned | kept |
| call    | 1            | 3       | 1    |
| email   | 1            | 0       | 0    |
| meeting | 1            | 1       | 1    |
report interactions group=client
| group | interactions | planned |
| a     | 2            | 1       |
| b     | 1            | 1       |
| c     | 0            | 2       |
report interactions group=deal
| group | interactions | planned |
|       | 3            | 4       |
report interactions group=month from=2025-03-01
| group   | interactions | planned | kept_rate |
| 2025-03 | 0            | 1       | 0.00      |

# R43: purchases a 01-05 and 06-10, b 06-01, c 02-10, d 2024-11-01, e none.
2024-11-01 invoice.issued invoice=I1 client=d total=10EUR due_on=2025-12-31 lines=[{"line":"1","qty":"1","price":"10","net":"10","tax":"0"}]
2025-01-05 invoice.issued invoice=I2 client=a total=10EUR due_on=2025-12-31 lines=[{"line":"1","qty":"1","price":"10","net":"10","tax":"0"}]
2025-02-10 invoice.issued invoice=I3 client=c total=10EUR due_on=2025-12-31 lines=[{"line":"1","qty":"1","price":"10","net":"10","tax":"0"}]
2025-06-01 invoice.issued invoice=I4 client=b total=10EUR due_on=2025-12-31 lines=[{"line":"1","qty":"1","price":"10","net":"10","tax":"0"}]
2025-06-10 invoice.issued invoice=I5 client=a total=10EUR due_on=2025-12-31 lines=[{"line":"1","qty":"1","price":"10","net":"10","tax":"0"}]
# A sample is no purchase.
2025-06-11 invoice.issued invoice=I6 client=e total=0EUR due_on=2025-12-31 lines=[{"line":"1","qty":"1","price":"0","net":"0","tax":"0"}]
report clients as_of=2025-06-30
| group | all | potential | new | active | sleeping | lost | archived |
| all   | 5   | 1         | 1   | 1      | 1        | 1    | 0        |
report clients as_of=2025-06-30 group=owner
| group | all | potential | new | active | sleeping | lost |
| m1    | 2   | 0         | 1   | 1      | 0        | 0    |
| m2    | 2   | 1         | 0   | 0      | 1        | 0    |
|       | 1   | 0         | 0   | 0      | 0        | 1    |
report clients as_of=2025-06-30 group=kind active_days=300 lost_after=300
| group  | all | potential | new | active | sleeping | lost |
| org    | 4   | 1         | 3   | 0      | 0        | 0    |
| person | 1   | 0         | 1   | 0      | 0        | 0    |
report clients as_of=2025-06-30 view=list
| client | kind   | owner | stage     | first_purchase | last_purchase | days |
| a      | org    | m1    | active    | 2025-01-05     | 2025-06-10    | 20   |
| b      | org    | m1    | new       | 2025-06-01     | 2025-06-01    | 29   |
| c      | org    | m2    | sleeping  | 2025-02-10     | 2025-02-10    | 140  |
| d      | person |       | lost      | 2024-11-01     | 2024-11-01    | 241  |
| e      | org    | m2    | potential |                |               |      |
fails clients invalid_parameter as_of=2025-06-30 active_days=90 lost_after=30
# Archived ones stand apart, and who counts for another is that one.
2025-06-15 client.archived client=e
2025-06-16 client.merged client=c into=a
report clients as_of=2025-06-30
| group | all | potential | new | active | sleeping | lost | archived |
| all   | 3   | 0         | 1   | 1      | 0        | 1    | 1        |
report clients as_of=2025-06-14
| group | all | potential | new | active | sleeping | lost | archived |
| all   | 5   | 1         | 1   | 1      | 1        | 1    | 0        |
# What is not known of the three.
2025-01-10 contact.added contact=K1 client=c name=Somebody
2025-01-10 contact.role_set contact=K1 roles=["buyer"]
2025-01-11 consent.given subject=contact:K1 channel=email purpose=marketing
2025-01-11 consent.given subject=client:d channel=sms
2025-01-12 consent.withdrawn subject=client:d channel=any
2025-01-12 counterparty.registered counterparty=L1 legal_name=Legal
2025-01-12 counterparty.linked counterparty=L1 client=b
2025-01-12 pipeline.defined pipeline=P stages=[{"stage":"S1","rank":1,"name":"One","probability":"0.1"}]
2025-01-13 deal.opened deal=D1 pipeline=P stage=S1 owner=m1 amount=100EUR
2025-01-13 deal.opened deal=D2 client=b pipeline=P stage=S1 owner=m1 amount=300EUR
2025-01-14 deal.participant_set deal=D1 contact=K1 role=wallet_holder
report clients as_of=2025-06-30 view=quality
| metric                      | clients | share  |
| without_owner               | 1       | 33.33  |
| without_contact             | 2       | 66.67  |
| without_buyer               | 2       | 66.67  |
| without_wallet_holder       | 3       | 100.00 |
| without_counterparty        | 2       | 66.67  |
| without_consent             | 2       | 66.67  |
| deals_without_client        | 1       | 50.00  |
| deals_without_wallet_holder | 1       | 50.00  |
report clients as_of=2025-06-30 view=quality metric=without_consent
| metric          | subject |
| without_consent | b       |
| without_consent | d       |
report clients as_of=2025-01-11 view=quality metric=without_consent
| metric          | subject |
| without_consent | a       |
| without_consent | b       |
| without_consent | e       |
report clients as_of=2025-06-30 view=quality metric=deals_without_client
| metric               | subject |
| deals_without_client | D1      |
# Contracts in force, with what changed them by then.
2025-01-15 contract.signed contract=T1 counterparty=L1 valid_from=2025-01-15 valid_to=2025-12-31 payment_days=#30 credit_limit=1000EUR
2025-01-15 contract.signed contract=T2 counterparty=L1 valid_from=2025-07-15 payment_days=#14
2025-03-01 contract.amended contract=T1 payment_days=#45
2025-07-31 contract.terminated contract=T1 reason=agreed
report clients as_of=2025-02-01 view=contracts
| counterparty | client | contract | valid_from | valid_to   | days_left | payment_days | credit_limit | currency |
| L1           | b      | T1       | 2025-01-15 | 2025-12-31 | 333       | 30           | 1000.00      | EUR      |
report clients as_of=2025-07-31 view=contracts
| contract | valid_to   | days_left | payment_days | credit_limit |
| T1       | 2025-07-31 | 0         | 45           | 1000.00      |
| T2       |            |           | 14           |              |
report clients as_of=2025-08-01 view=contracts
| contract | payment_days |
| T2       | 14           |

# R33: D6 of W was lost to a competitor, 300; a price 5 % below theirs.
2025-01-20 deal.lost deal=D2 at_stage=S1 reason=competitor competitor=rival
report competitors from=2025-01-01 to=2025-02-28
| competitor | currency | won | lost | open | win_rate | won_amount | lost_amount |
| rival      | EUR      | 0   | 1    | 0    | 0.00     | 0.00       | 300.00      |
2025-01-01 competitor.registered competitor=rival name=Rival
2025-01-01 competitor.registered competitor=other name=Other
2025-01-21 deal.competitors_set deal=D1 competitors=["rival","other"]
report competitors from=2025-01-01 to=2025-02-28
| competitor | currency | won | lost | open | win_rate | unvalued |
| other      |          | 0   | 0    | 1    |          | 0        |
| rival      | EUR      | 0   | 1    | 1    | 0.00     | 0        |
2025-01-25 deal.won deal=D1
report competitors from=2025-01-01 to=2025-02-28
| competitor | currency | won | lost | open | win_rate | won_amount |
| other      | EUR      | 1   | 0    | 0    | 100.00   | 100.00     |
| rival      | EUR      | 1   | 1    | 0    | 50.00    | 100.00     |
2025-01-01 item.registered item=x sku=x unit=piece kind=goods costing=fifo
2025-01-02 price.set list=retail item=x price=90EUR valid_from=2025-01-01
2025-01-02 price.set list=retail item=x price=95EUR valid_from=2025-02-01
2025-02-01 competitor.fact_observed competitor=rival kind=price item=x value=100 currency=EUR
2025-03-01 competitor.fact_observed competitor=rival kind=price item=x value=90 currency=EUR
2025-02-01 competitor.fact_observed competitor=other kind=price item=x value=100 currency=USD
report competitors view=prices to=2025-02-28
| competitor | item | list   | currency | ours  | theirs | gap   | observed_on |
| rival      | x    | retail | EUR      | 95.00 | 100.00 | -5.00 | 2025-02-01  |
report competitors view=prices list=retail as_of=2025-03-31
| competitor | ours  | theirs | gap  |
| rival      | 95.00 | 90.00  | 5.56 |
2025-02-02 competitor.fact_observed competitor=rival kind=share value=35
2025-02-02 competitor.fact_observed competitor=other kind=share value=20.5
2025-03-02 competitor.fact_observed competitor=rival kind=share value=30
report competitors view=shares to=2025-02-28
| competitor | share | observed_on |
| other      | 20.50 | 2025-02-02  |
| rival      | 35.00 | 2025-02-02  |
|            | 44.50 |             |

# R27: 5 promoters, 3 passive, 2 detractors: + 30; the last answer of each respondent counts.
2025-03-01 survey.published survey=S questions=[{"question":"n","kind":"nps","text":"?"},{"question":"c","kind":"csat","text":"?"},{"question":"d","kind":"number","text":"?"},{"question":"o","kind":"choice","text":"?","options":["yes","no"]}]
2025-03-01 survey.invited survey=S respondent=client:a
2025-03-01 survey.invited survey=S respondent=contact:K1
2025-03-01 survey.invited survey=S respondent=client:a
2025-03-02 survey.answered survey=S respondent=client:a answers=[{"question":"n","value":"2"}]
2025-03-03 survey.answered survey=S respondent=client:a answers=[{"question":"n","value":"9"},{"question":"c","value":"5"},{"question":"d","value":"1"},{"question":"o","value":"yes"}]
2025-03-03 survey.answered survey=S respondent=client:b answers=[{"question":"n","value":"10"},{"question":"c","value":"3"},{"question":"d","value":"2.5"},{"question":"o","value":"yes"}]
2025-03-04 survey.answered survey=S answers=[{"question":"n","value":"9"},{"question":"d","value":"4"},{"question":"o","value":"no"}]
2025-03-04 survey.answered survey=S answers=[{"question":"n","value":"9"}]
2025-03-04 survey.answered survey=S answers=[{"question":"n","value":"10"}]
2025-03-04 survey.answered survey=S answers=[{"question":"n","value":"7"}]
2025-03-04 survey.answered survey=S answers=[{"question":"n","value":"8"}]
2025-03-04 survey.answered survey=S answers=[{"question":"n","value":"8"}]
2025-03-04 survey.answered survey=S answers=[{"question":"n","value":"6"}]
2025-03-04 survey.answered survey=S answers=[{"question":"n","value":"0"}]
report surveys
| survey | group | invited | answered | response | uninvited | anonymous |
| S      | all   | 2       | 1        | 50.00    | 1         | 8         |
report surveys view=questions survey=S
| question | kind   | option | answers | value | median | promoters | passive | detractors |
| c        | csat   |        | 2       | 50.00 |        |           |         |            |
| d        | number |        | 3       | 2.50  | 2.50   |           |         |            |
| n        | nps    |        | 10      | 30.00 |        | 5         | 3       | 2          |
| o        | choice | no     | 1       | 33.33 |        |           |         |            |
| o        | choice | yes    | 2       | 66.67 |        |           |         |            |
report surveys view=questions as_of=2025-03-02
| question | kind   | option | answers | value  | promoters |
| c        | csat   |        | 0       |        |           |
| d        | number |        | 0       |        |           |
| n        | nps    |        | 1       | -100.00 | 0        |
| o        | choice | no     | 0       |        |           |
| o        | choice | yes    | 0       |        |           |
# The contact is at c, which counts for a from 06-16 on.
report surveys group=client
| group | invited | answered | uninvited | anonymous |
| a     | 2       | 1        | 0         | 0         |
| b     | 0       | 0        | 1         | 0         |
|       | 0       | 0        | 0         | 8         |
report surveys group=client as_of=2025-03-31
| group | invited | answered | uninvited | anonymous |
| a     | 1       | 1        | 0         | 0         |
| b     | 0       | 0        | 1         | 0         |
| c     | 1       | 0        | 0         | 0         |
|       | 0       | 0        | 0         | 8         |

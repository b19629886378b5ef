# How clients are dealt with: archived and restored, what is agreed with them, who may be written to.
ledger UTC EUR
2025-01-01 employee.hired employee=m1 name=One department=sales role=seller
2025-01-01 employee.hired employee=m2 name=Two department=sales role=seller
2025-01-01 client.registered client=C1 name=First kind=org owner=m1
2025-01-01 client.registered client=C2 name=Second kind=org owner=m2
2025-01-01 client.registered client=C3 name=Third kind=person
2025-01-01 counterparty.registered counterparty=L1 legal_name=Legal
2025-01-01 counterparty.linked counterparty=L1 client=C1
2025-01-01 contact.added contact=K1 client=C1 name=Somebody
2025-01-01 pipeline.defined pipeline=P stages=[{"stage":"S1","rank":1,"name":"One","probability":"0.1"}]
2025-01-01 item.registered item=x sku=x unit=piece kind=goods costing=fifo

# Archived: what stood stays, nothing new comes from that date on, whoever it is named by.
2025-01-10 order.placed order=O1 client=C1 currency=EUR lines=[{"line":"1","qty":"1","price":"10","net":"10","tax":"0"}]
refused illegal_transition 2025-01-20 client.restored client=C1
2025-02-01 client.archived client=C1 reason=quiet
mark archived
refused illegal_transition 2025-02-02 client.archived client=C1
refused illegal_transition 2025-01-20 client.archived client=C1
refused client_archived 2025-02-03 deal.opened deal=D1 client=C1 pipeline=P stage=S1 owner=m1
refused client_archived 2025-02-03 deal.opened deal=D1 counterparty=L1 pipeline=P stage=S1 owner=m1
refused client_archived 2025-02-03 order.placed order=O2 client=C1 currency=EUR lines=[{"line":"1","qty":"1","price":"10","net":"10","tax":"0"}]
refused client_archived 2025-02-03 invoice.issued invoice=I1 order=O1 total=10EUR due_on=2025-03-01 lines=[{"line":"1","qty":"1","price":"10","net":"10","tax":"0"}]
# What is dated before is taken, however late it is told.
2025-01-31 order.placed order=O3 client=C1 currency=EUR lines=[{"line":"1","qty":"1","price":"10","net":"10","tax":"0"}]
state client:C1
| field  | value    |
| kind   | org      |
| name   | First    |
| owner  | m1       |
| status | archived |
# A client that counts for an archived one is archived with it.
2025-02-05 client.merged client=C3 into=C1
refused client_archived 2025-02-06 deal.opened deal=D1 client=C3 pipeline=P stage=S1 owner=m1
2025-02-07 client.unmerged client=C3
2025-02-08 deal.opened deal=D1 client=C3 pipeline=P stage=S1 owner=m1
refused client_archived 2025-02-09 deal.client_set deal=D1 client=C1
2025-03-01 client.restored client=C1
mark restored
2025-03-02 order.placed order=O4 client=C1 currency=EUR lines=[{"line":"1","qty":"1","price":"10","net":"10","tax":"0"}]
refused has_dependants void 2025-03-03 restored
refused has_dependants void 2025-03-03 archived
refused unknown_reference 2025-03-03 client.archived client=C9

# Goals: of a metric that somebody computes, and the latest under a key holds.
refused unknown_metric 2025-01-15 client.goal_set client=C1 key=office metric=happiness value=5 by_date=2025-12-31
refused invalid_field 2025-01-15 client.goal_set client=C1 key=office value=much by_date=2025-12-31
2025-01-15 kpi.defined kpi=visits metric=interactions_meeting unit=count better=up
mark visits
2025-01-15 client.goal_set client=C1 key=office metric=visits value=5 by_date=2025-12-31 text='the second office'
refused has_dependants void 2025-01-16 visits
2025-01-20 client.goal_set client=C1 key=office metric=net_sales value=5000 by_date=2025-12-31
state client:C1
| field        | value                                                                    |
| goals.office | {"by_date":"2025-12-31","metric":"net_sales","text":null,"value":"5000"} |
| kind         | org                                                                      |
| name         | First                                                                    |
| owner        | m1                                                                       |
| status       | live                                                                     |

# Consent is a client's or a contact's; what was never given is withdrawn all the same.
refused invalid_field 2025-01-15 consent.given subject=employee:m1 channel=email
refused unknown_reference 2025-01-15 consent.given subject=contact:K9 channel=email
2025-01-15 consent.withdrawn subject=client:C3 channel=any
2025-01-15 consent.given subject=contact:K1 channel=email purpose=marketing proof_ref=forms/1
2025-01-16 contact.channels_changed contact=K1 channels=[{"kind":"email","address":"k@example.com"}]
state contact:K1
| field                    | value                                         |
| channels                 | [{"address":"k@example.com","kind":"email"}]  |
| client                   | C1                                            |
| consents.email.marketing | given                                         |
| name                     | Somebody                                      |
refused unknown_reference 2025-01-16 contact.channels_changed contact=K9 channels=[]

# Agreements are settled once, after they were noted.
2025-01-20 agreement.noted agreement=A1 client=C1 text='sends the plan' due_on=2025-01-31
mark noted
refused before_opening 2025-01-19 agreement.settled agreement=A1 kept=true
2025-01-30 agreement.settled agreement=A1 kept=true text='by mail'
refused illegal_transition 2025-01-31 agreement.settled agreement=A1 kept=false
refused illegal_transition 2025-01-25 agreement.settled agreement=A1 kept=false
refused has_dependants void 2025-01-31 noted
refused already_exists 2025-02-01 agreement.noted agreement=A1 client=C2 text=again
2025-01-20 agreement.noted agreement=A2 counterparty=L1 text='pays at once'
2025-01-21 agreement.settled agreement=A2 kept=false
report client_timeline client=C1 as_of=2025-01-31 limit=6
| type              | entity       |
| order.placed      | order:O3     |
| agreement.settled | agreement:A1 |
| agreement.settled | agreement:A2 |
| agreement.noted   | agreement:A2 |
| agreement.noted   | agreement:A1 |
| client.goal_set   | client:C1    |

# Fields that are retired leave their key, and are asked of nobody.
2025-01-02 custom_field.defined custom_field=F1 entity=client key=region type=option options=["north"] required=true
mark region
refused field_missing 2025-01-03 client.registered client=C4 name=Fourth kind=org
refused before_opening 2025-01-01 custom_field.retired custom_field=F1
2025-02-01 custom_field.retired custom_field=F1
mark retired
refused illegal_transition 2025-02-02 custom_field.retired custom_field=F1
refused illegal_transition 2025-01-20 custom_field.retired custom_field=F1
refused field_missing 2025-01-03 client.registered client=C4 name=Fourth kind=org
2025-02-03 client.registered client=C4 name=Fourth kind=org attributes={"region":"west"}
2025-02-04 custom_field.defined custom_field=F2 entity=client key=region type=text required=false
refused field_definition 2025-02-05 custom_field.defined custom_field=F1 entity=client key=region type=text required=false
refused has_dependants void 2025-02-05 retired

# Legal entities and contracts: what is absent stays, and nothing comes after the end.
refused nothing_said 2025-01-05 counterparty.details_changed counterparty=L1
2025-01-05 counterparty.details_changed counterparty=L1 tax_id=DE1
2025-01-06 counterparty.details_changed counterparty=L1 legal_name='Legal Two'
state counterparty:L1
| field      | value     |
| client     | C1        |
| legal_name | Legal Two |
| tax_id     | DE1       |
2025-01-10 contract.signed contract=T1 counterparty=L1 valid_from=2025-01-10 valid_to=2025-06-30 payment_days=#30
refused nothing_said 2025-02-01 contract.amended contract=T1
refused before_opening 2025-01-09 contract.amended contract=T1 payment_days=#14
refused contract_period 2025-02-01 contract.amended contract=T1 valid_to=2025-01-09
refused negative_limit 2025-02-01 contract.amended contract=T1 credit_limit=-1EUR
2025-02-01 contract.amended contract=T1 payment_days=#14 credit_limit=500EUR
refused contract_ended 2025-07-01 contract.amended contract=T1 valid_to=2025-12-31
2025-06-30 contract.amended contract=T1 valid_to=2025-12-31
mark longer
2025-07-01 contract.amended contract=T1 payment_days=#10
refused has_dependants void 2025-07-02 longer
refused contract_ended 2025-06-15 contract.amended contract=T1 valid_to=2025-06-20
refused contract_ended 2025-03-01 contract.terminated contract=T1 reason=early
2025-08-31 contract.terminated contract=T1 reason=agreed
refused contract_ended 2025-08-31 contract.amended contract=T1 payment_days=#20
refused contract_ended 2025-09-01 contract.terminated contract=T1 reason=again
state contract:T1
| field        | value                               |
| counterparty | L1                                  |
| credit_limit | {"amount":"500","currency":"EUR"}   |
| payment_days | 10                                  |
| status       | terminated                          |
| valid_from   | 2025-01-10                          |
| valid_to     | 2025-12-31                          |

# What is noted of an interaction comes after it took place.
2025-01-20 interaction.planned interaction=N1 client=C2 channel=call at=2025-01-22T10:00:00Z
refused illegal_transition 2025-01-21 interaction.annotated interaction=N1 text=early
2025-01-22 interaction.recorded interaction=N1 client=C2 channel=call direction=out
mark said
refused before_opening 2025-01-21 interaction.annotated interaction=N1 text=early
2025-01-22 interaction.annotated interaction=N1 text='in the morning'
refused has_dependants void 2025-01-23 said
refused unknown_reference 2025-01-23 interaction.annotated interaction=N9 text=who

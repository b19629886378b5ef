# R10, attribution: the worked numbers. D1 1000; touches: exhibition E, mailing M, ad G.
ledger UTC EUR
2025-01-01 employee.hired employee=m1 name=One department=sales role=manager
2025-01-01 client.registered client=C1 name=Buyer kind=org owner=m1
2025-01-01 pipeline.defined pipeline=P stages=[{"stage":"S1","rank":1,"name":"Lead","probability":"0.1"}]
2024-12-01 campaign.planned campaign=E kind=exhibition from=2024-12-01 to=2024-12-31
2025-01-01 campaign.planned campaign=G kind=ad from=2025-01-01 to=2025-01-31
2025-01-01 source.defined source=mail kind=channel
2025-01-01 source.defined source=ad kind=campaign campaign=G
2025-01-01 item.registered item=A sku=A name=Thing unit=piece kind=goods costing=fifo
2025-01-01 warehouse.registered warehouse=H name=Main
2025-01-01 goods.received receipt=R1 item=A warehouse=H qty=10 value=400EUR
2024-12-20 campaign.attended campaign=E client=C1
2025-01-05 deal.opened deal=D1 client=C1 pipeline=P stage=S1 owner=m1 amount=1000EUR
2025-01-08 attribution.stated subject=client:C1 question=prompted source=mail
2025-01-20 campaign.attended campaign=G client=C1
2025-01-25 deal.won deal=D1
2025-01-25 goods.issued issue=X1 item=A warehouse=H qty=10 reason=sale refs=["deal:D1"]
2025-01-10 campaign.cost_recorded campaign=E amount=400EUR
report attribution model=first
| source | campaign | currency | count | credit  | share  | gross_profit | cost   | roi   | romi   |
|        | E        | EUR      | 1     | 1000.00 | 100.00 | 600.00       | 400.00 | 50.00 | 150.00 |
report attribution model=last from=2025-01-20 to=2025-01-31
| source | campaign | credit  | gross_profit | cost | roi | romi |
| ad     | G        | 1000.00 | 600.00       | 0.00 |     |      |
report attribution model=linear
| source | campaign | credit | share | gross_profit | cost   |
|        | E        | 333.34 | 33.33 | 200.00       | 400.00 |
| ad     | G        | 333.33 | 33.33 | 200.00       | 0.00   |
| mail   |          | 333.33 | 33.33 | 200.00       | 0.00   |
report attribution model=position
| source | campaign | credit |
|        | E        | 400.00 |
| ad     | G        | 400.00 |
| mail   |          | 200.00 |
report attribution model=full
| source | campaign | model               | credit  |
|        | E        | full (does not sum) | 1000.00 |
| ad     | G        | full (does not sum) | 1000.00 |
| mail   |          | full (does not sum) | 1000.00 |
# The window reaches back from the opening, both ends inclusive, up to the win: two touches share alike, one takes all, none leaves it unattributed.
report attribution model=position window=0
| source | campaign | count | credit |
|        | E        | 0     | 0.00   |
| ad     | G        | 1     | 500.00 |
| mail   |          | 1     | 500.00 |
report attribution model=linear window=16
| source | credit |
|        | 333.34 |
| ad     | 333.33 |
| mail   | 333.33 |
report attribution model=linear window=15
| source | credit |
|        | 0.00   |
| ad     | 500.00 |
| mail   | 500.00 |
# As of the 24th nothing is won; as of the 25th, known before the ad was, two touches.
report attribution model=linear as_of=2025-01-24
| source | campaign | count | credit | cost   |
|        | E        | 0     | 0.00   | 400.00 |
# What was learned is no touch; the latest answer holds.
2025-01-26 source.defined source=friend kind=referral
2025-01-26 attribution.stated subject=client:C1 question=learned source=mail
2025-01-27 attribution.stated subject=client:C1 question=learned source=friend
report attribution model=learned
| source | campaign | credit  |
|        | E        | 0.00    |
| friend |          | 1000.00 |
report attribution model=learned as_of=2025-01-26
| source | campaign | credit  |
|        | E        | 0.00    |
| mail   |          | 1000.00 |
report attribution model=learned as_of=2025-01-25
| source | campaign | credit  |
|        | E        | 1000.00 |
report attribution model=prompted from=2025-01-20
| source       | credit  |
| unattributed | 1000.00 |
2025-01-06 interaction.recorded interaction=I1 client=C1 channel=call direction=in refs=["deal:D1"]
2025-01-26 attribution.stated subject=interaction:I1 question=prompted source=ad
report attribution model=prompted from=2025-01-20
| source | credit  |
| ad     | 1000.00 |
2025-01-28 attribution.stated subject=deal:D1 question=prompted source=mail
report attribution model=prompted from=2025-01-20
| source | credit  |
| mail   | 1000.00 |
# A deal nobody touched is unattributed, so that credits sum to what was won; a win without amount gives no credit, and is counted as win_rate counts it.
2025-01-01 client.registered client=C2 name=Other kind=org
2025-01-28 deal.opened deal=D2 client=C2 pipeline=P stage=S1 owner=m1 amount=250.50EUR
2025-01-29 deal.won deal=D2
2025-01-28 deal.opened deal=D3 client=C2 pipeline=P stage=S1 owner=m1
2025-01-29 deal.won deal=D3
report attribution model=last from=2025-01-20
| source       | campaign | count | credit  | share | romi | unvalued |
| ad           | G        | 1     | 1000.00 | 79.97 |      | 0        |
| unattributed |          | 1     | 250.50  | 20.03 |      | 1        |
report win_rate from=2025-01-20
| currency | won | unvalued |
| EUR      | 3   | 1        |
# New clients: the first invoice ever in the period, by what they learned of us from.
2025-01-28 invoice.issued invoice=V1 client=C1 lines=[{"line":"1","qty":"1","price":"10","net":"10","tax":"0"}] total=10EUR due_on=2025-02-28
2025-02-03 invoice.issued invoice=V2 client=C1 lines=[{"line":"1","qty":"1","price":"10","net":"10","tax":"0"}] total=10EUR due_on=2025-02-28
2025-02-04 invoice.issued invoice=V3 client=C2 lines=[{"line":"1","qty":"1","price":"10","net":"10","tax":"0"}] total=10EUR due_on=2025-02-28
2025-01-30 source.defined source=fair kind=campaign campaign=E
2025-02-01 campaign.attended campaign=E client=C2
2025-02-02 campaign.cost_recorded campaign=E amount=30EUR
report attribution model=first from=2025-02-01 to=2025-02-28
| source | campaign | credit | cost  | new_clients | cost_per_client |
| fair   | E        | 0.00   | 30.00 | 1           | 30.00           |
report attribution model=first from=2025-01-28 to=2025-01-28
| source | campaign | new_clients | cost_per_client |
| friend |          | 1           | 0.00            |
# Merged clients share their touches.
2025-01-31 client.merged client=C2 into=C1
report attribution model=first from=2025-01-29 to=2025-01-31 as_of=2025-01-31
| source | campaign | credit |
| fair   | E        | 250.50 |
# Orders: what is said of an order is a touch of that order alone.
2025-03-01 order.placed order=O1 client=C1 currency=USD lines=[{"line":"1","qty":"1","price":"100","net":"100","tax":"0"}]
2025-03-01 order.placed order=O2 client=C1 currency=USD lines=[{"line":"1","qty":"1","price":"22584.6955","net":"22584.6955","tax":"0"}]
2025-03-02 order.placed order=O3 client=C2 currency=USD lines=[{"line":"1","qty":"1","price":"5","net":"5","tax":"0"}]
2025-03-03 order.placed order=O4 client=C2 currency=USD lines=[{"line":"1","qty":"1","price":"9","net":"9","tax":"0"}]
2025-03-04 order.cancelled order=O4 reason=mistake
2025-03-01 attribution.stated subject=order:O1 question=prompted source=mail
2025-03-01 attribution.stated subject=order:O1 question=prompted source=ad
2025-03-01 attribution.stated subject=order:O1 question=prompted source=friend
2025-03-02 attribution.stated subject=order:O2 question=prompted source=mail
2025-03-02 attribution.stated subject=order:O2 question=prompted source=ad
report attribution of=orders window=0 model=linear from=2025-03-01 to=2025-03-31
| source       | count | credit     |
| ad           | 2     | 11325.67775 |
| friend       | 1     | 33.33      |
| mail         | 2     | 11325.68775 |
| unattributed | 1     | 5.00       |
report attribution of=orders window=0 model=full from=2025-03-01 to=2025-03-31
| source       | count | credit     |
| ad           | 2     | 22684.6955 |
| friend       | 1     | 100.00     |
| mail         | 2     | 22684.6955 |
| unattributed | 1     | 5.00       |
fails attribution missing_rate of=orders in=base
2025-01-01 exchange_rate.set currency=USD rate=0.5
# The rate counts as known at the order's own position: the older orders stay without one.
fails attribution missing_rate of=orders in=base
2025-04-01 order.placed order=O5 client=C2 currency=USD lines=[{"line":"1","qty":"1","price":"5","net":"5","tax":"0"}]
report attribution of=orders in=base window=0 model=full from=2025-04-01 to=2025-04-30
| source       | currency | credit |
| unattributed | EUR      | 2.50   |
fails attribution invalid_parameter model=best
fails attribution unknown_parameter x=1
# Under `full` each that touched it counts it; whoever touched only that has a row in the base currency.
2025-01-01 client.registered client=C9 name=Third kind=org
2025-01-02 source.defined source=forum kind=channel
2025-06-10 deal.opened deal=D9 client=C9 pipeline=P stage=S1 owner=m1
2025-06-11 attribution.stated subject=deal:D9 question=prompted source=forum
2025-06-11 attribution.stated subject=deal:D9 question=prompted source=mail
2025-06-12 deal.won deal=D9
report attribution model=full from=2025-06-10
| source | currency | count | credit | unvalued |
| forum  | EUR      | 0     | 0.00   | 1        |
| mail   | EUR      | 0     | 0.00   | 1        |
# Gross profit of a win whose order has an invoice without a rate: what could be priced of it would be too little, so the amount itself speaks.
ledger UTC EUR
2025-01-01 employee.hired employee=m1 name=One department=sales role=manager
2025-01-01 client.registered client=C1 name=Buyer kind=org owner=m1
2025-01-01 pipeline.defined pipeline=P stages=[{"stage":"S1","rank":1,"name":"Lead","probability":"0.1"}]
2025-01-05 deal.opened deal=D1 client=C1 pipeline=P stage=S1 owner=m1 amount=1000EUR
2025-01-20 order.placed order=O1 client=C1 deal=D1 currency=EUR lines=[{"line":"1","qty":"1","price":"1000","net":"1000","tax":"0"}]
2025-01-25 deal.won deal=D1
2025-01-26 invoice.issued invoice=V1 order=O1 client=C1 lines=[{"line":"1","qty":"1","price":"400","net":"400","tax":"0"}] total=400EUR due_on=2025-02-28
report attribution
| source       | credit  | gross_profit |
| unattributed | 1000.00 | 400.00       |
2025-01-27 invoice.issued invoice=V2 order=O1 client=C1 lines=[{"line":"1","qty":"1","price":"700","net":"700","tax":"0"}] total=700USD due_on=2025-02-28
report attribution
| source       | credit  | gross_profit |
| unattributed | 1000.00 | 1000.00      |

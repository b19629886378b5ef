# Quotes: issued, decided once while they are valid; R41 view=quotes
ledger UTC EUR
2025-01-01 client.registered client=c name=Buyer kind=org
2025-01-01 client.registered client=d name=Other kind=org
2025-01-01 counterparty.registered counterparty=L legal_name=L
2025-01-01 counterparty.linked counterparty=L client=d
2025-01-01 employee.hired employee=m1 name=One department=sales role=manager
2025-01-01 employee.hired employee=m2 name=Two department=sales role=manager
2025-01-01 item.registered item=x sku=x-1 unit=piece kind=goods costing=fifo
2025-01-01 competitor.registered competitor=rival name=Rival
2025-01-01 pipeline.defined pipeline=P stages=[{"stage":"S1","rank":#1,"name":"Lead","probability":"0.1"}]
2025-01-01 deal.opened deal=D1 client=c pipeline=P stage=S1 owner=m1
refused not_positive 2025-02-01 quote.issued quote=Q0 client=c currency=EUR valid_to=2025-02-20 lines=[{"line":"1","item":"x","qty":"0","price":"10","net":"0","tax":"0"}]
refused duplicate_line 2025-02-01 quote.issued quote=Q0 client=c currency=EUR valid_to=2025-02-20 lines=[{"line":"1","qty":"1","price":"1","net":"1","tax":"0"},{"line":"1","qty":"1","price":"1","net":"1","tax":"0"}]
refused below_zero 2025-02-01 quote.issued quote=Q0 client=c currency=EUR valid_to=2025-02-20 lines=[{"line":"1","qty":"1","price":"-1","net":"-1","tax":"0"}]
refused unknown_reference 2025-02-01 quote.issued quote=Q0 client=c deal=D9 currency=EUR valid_to=2025-02-20 lines=[]
2025-02-01 quote.issued quote=Q1 client=c owner=m1 deal=D1 currency=EUR valid_to=2025-02-20 lines=[{"line":"1","item":"x","qty":"10","price":"10","net":"100","tax":"19"}]
# Whose it is its deal says, or the link of its legal entity
2025-02-03 quote.issued quote=Q2 deal=D1 owner=m1 currency=EUR valid_to=2025-03-10 lines=[{"line":"1","item":"x","qty":"1","price":"10","net":"10","tax":"0"}]
2025-02-05 quote.issued quote=Q3 counterparty=L owner=m2 currency=EUR valid_to=2025-02-28 lines=[{"line":"1","text":"Desk","qty":"2","price":"20","net":"40","tax":"0"}]
mark third
2025-02-06 quote.issued quote=Q4 client=d currency=EUR valid_to=2025-03-15 lines=[{"line":"1","text":"Lamp","qty":"1","price":"7","net":"7","tax":"0"}]
refused already_exists 2025-02-07 quote.issued quote=Q4 client=c currency=EUR valid_to=2025-03-15 lines=[]
2025-02-09 order.placed order=O1 client=c currency=EUR lines=[{"line":"1","item":"x","qty":"10","price":"10","net":"100","tax":"19"}]
# Decided once, from its date on, and while it is valid: its last day counts
refused unknown_reference 2025-02-09 quote.accepted quote=Q9
refused before_opening 2025-01-31 quote.accepted quote=Q1
refused illegal_transition 2025-02-21 quote.accepted quote=Q1
refused illegal_transition 2025-02-21 quote.declined quote=Q1 reason=late
2025-02-20T23:59:59Z quote.accepted quote=Q1 order=O1
mark accepted
refused illegal_transition 2025-02-20 quote.declined quote=Q1 reason=price
refused illegal_transition 2025-02-21 quote.accepted quote=Q1
void 2025-02-21 accepted
2025-02-09 quote.accepted quote=Q1 order=O1
2025-02-09 quote.accepted quote=Q2
refused unknown_reference 2025-02-15 quote.declined quote=Q3 reason=price competitor=nobody
2025-02-15 quote.declined quote=Q3 reason=price competitor=rival
refused has_dependants void 2025-02-21 third
state quote:Q3 as_of=2025-02-16
| field        | value |
| competitor   | rival |
| counterparty | L |
| currency     | EUR |
| lines        | [{"line":"1","net":"40","price":"20","qty":"2","tax":"0","text":"Desk"}] |
| owner        | m2 |
| reason       | price |
| status       | declined |
| valid_to     | 2025-02-28 |
# R41: 4 quotes, 2 accepted, 1 declined, 1 open: 2/3
report orders view=quotes from=2025-02-01 to=2025-02-28 as_of=2025-02-28
| currency | quotes | accepted | declined | expired | open | conversion | net | mean_days |
| EUR | 4 | 2 | 1 | 0 | 1 | 66.67 | 157.00 | 8.00 |
report orders view=quotes as_of=2025-02-28 group=client
| group | quotes | accepted | declined | open | conversion | net |
| c | 2 | 2 | 0 | 0 | 100.00 | 110.00 |
| d | 2 | 0 | 1 | 1 | 0.00 | 47.00 |
report orders view=quotes as_of=2025-02-28 group=owner
| group | quotes | accepted | conversion |
| m1 | 2 | 2 | 100.00 |
| m2 | 1 | 0 | 0.00 |
|  | 1 | 0 |  |
# Before it was decided it was open, and its last day passed it expires
report orders view=quotes as_of=2025-02-08
| quotes | accepted | open | conversion | mean_days |
| 4 | 0 | 4 |  |  |
report orders view=quotes as_of=2025-03-16
| quotes | accepted | declined | expired | open | conversion |
| 4 | 2 | 1 | 1 | 0 | 50.00 |
restated orders view=quotes as_of=2025-02-28 since=accepted
| row | position | column | before | after | difference |
fails orders unused_parameter as_of=2025-02-28 view=quotes order=O1
report client_timeline client=d as_of=2025-02-28
| type                | entity        |
| quote.declined      | quote:Q3      |
| quote.issued        | quote:Q4      |
| quote.issued        | quote:Q3      |
| client.registered   | client:d      |
# R46: what can still be decided is to be watched by whom it counts for, else by the owner of its client
2025-02-10 client.owner_assigned client=d employee=m2
report work_list as_of=2025-02-06 employee=m1 days=60 kinds=quote
| kind | ref | due | client | state | days |
| quote | quote:Q1 | 2025-02-20 | c | due | -14 |
| quote | quote:Q2 | 2025-03-10 | c | due | -32 |
report work_list as_of=2025-03-10 employee=m2 kinds=quote
| kind | ref | due | client | state | days |
| quote | quote:Q4 | 2025-03-15 | d | due | -5 |
report work_list as_of=2025-03-16 employee=m2 kinds=quote
| kind | ref |
# An archived client is quoted nothing, and nobody who left is given a quote
2025-03-20 client.archived client=d
refused client_archived 2025-03-21 quote.issued quote=Q5 counterparty=L currency=EUR valid_to=2025-04-10 lines=[]
2025-03-19 quote.issued quote=Q5 counterparty=L currency=EUR valid_to=2025-04-10 lines=[{"line":"1","text":"Lamp","qty":"1","price":"7","net":"7","tax":"0"}]
2025-03-21 quote.declined quote=Q5 reason=silence
2025-03-22 client.restored client=d
mark restored
2025-03-23 quote.issued quote=Q6 client=d currency=EUR valid_to=2025-04-10 lines=[{"line":"1","text":"Lamp","qty":"1","price":"7","net":"7","tax":"0"}]
refused has_dependants void 2025-03-24 restored
2025-03-25 employee.dismissed employee=m2
refused employee_dismissed 2025-03-26 quote.issued quote=Q7 client=d owner=m2 currency=EUR valid_to=2025-04-10 lines=[]
# The area sales bars it
2025-04-01 period.closed area=sales until=2025-03-31
refused period_closed 2025-03-31 quote.accepted quote=Q6
2025-04-01 quote.accepted quote=Q6
# A quote of many lines may come in parts: it is there with the last of them
2025-04-02 quote.issued quote=Q8 client=c currency=EUR valid_to=2025-04-30 parts=#2 lines=[{"line":"1","text":"Lamp","qty":"1","price":"7","net":"7","tax":"0"}]
mark begun
2025-04-02 quote.lines_added quote=Q8 part=#2 lines=[{"line":"2","text":"Desk","qty":"1","price":"20","net":"20","tax":"0"}]
report orders view=quotes from=2025-04-01 to=2025-04-30 as_of=2025-04-30
| quotes | open | net |
| 1 | 1 | 27.00 |
report orders view=quotes from=2025-04-01 to=2025-04-30 as_of=2025-04-30 known_at=begun
| quotes | open | net |

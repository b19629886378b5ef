# Whose deals are, who takes part in them, who else bids for them, and whom they count for.
ledger UTC EUR
2025-01-01 employee.hired employee=m1 name=One department=sales role=seller
2025-01-01 employee.hired employee=m2 name=Two department=sales role=seller
2025-01-01 client.registered client=C1 name=First kind=org owner=m1
2025-01-01 client.registered client=C2 name=Second kind=org owner=m2
2025-01-01 counterparty.registered counterparty=L2 legal_name=Legal
2025-01-01 counterparty.linked counterparty=L2 client=C2
2025-01-01 contact.added contact=K1 client=C2 name=Somebody
2025-01-01 item.registered item=x sku=x unit=piece kind=goods costing=fifo
2025-01-01 pipeline.defined pipeline=P stages=[{"stage":"S1","rank":1,"name":"One","probability":"0.1"},{"stage":"S2","rank":2,"name":"Two","probability":"0.5"}]
2025-01-05 deal.opened deal=D1 client=C1 pipeline=P stage=S1 owner=m1 amount=1000EUR
2025-01-06 deal.opened deal=D2 client=C1 pipeline=P stage=S1 owner=m1 amount=500EUR

# What is asked for is said anew, all of it, while the deal is open.
refused before_opening 2025-01-04 deal.items_changed deal=D1 lines=[]
refused not_positive 2025-01-07 deal.items_changed deal=D1 lines=[{"line":"1","item":"x","qty":"0","price":"5","net":"0","tax":"0"}]
refused unknown_reference 2025-01-07 deal.items_changed deal=D1 lines=[{"line":"1","item":"y","qty":"1","price":"5","net":"5","tax":"0"}]
2025-01-07 deal.items_changed deal=D1 lines=[{"line":"1","item":"x","qty":"10","price":"5","net":"50","tax":"0"}]

# Whose a deal is: the last word holds for its whole life, and for all that rests on it.
refused nothing_said 2025-01-08 deal.client_set deal=D1
refused unknown_reference 2025-01-08 deal.client_set deal=D1 client=C9
2025-01-08 deal.stage_entered deal=D1 from=S1 to=S2
2025-01-09 order.placed order=O1 deal=D1 currency=EUR lines=[{"line":"1","item":"x","qty":"10","price":"5","net":"50","tax":"0"}]
report pipeline group=client as_of=2025-01-31
| group | raw  |
| C1    | 1500.00 |
mark before
2025-01-20 deal.client_set deal=D1 counterparty=L2
mark set
report pipeline group=client as_of=2025-01-31
| group | raw  |
| C1    | 500.00 |
| C2    | 1000.00 |
report pipeline group=counterparty as_of=2025-01-31
| group | raw  |
| L2    | 1000.00 |
|       | 500.00 |
report pipeline group=client as_of=2025-01-19
| group | raw  |
| C1    | 1500.00 |
report pipeline group=client as_of=2025-01-31 known_at=before
| group | raw  |
| C1    | 1500.00 |
report client_timeline client=C2
| type                | entity           |
| deal.client_set     | deal:D1          |
| order.placed        | order:O1         |
| deal.stage_entered  | deal:D1          |
| deal.items_changed  | deal:D1          |
| deal.opened         | deal:D1          |
| contact.added       | contact:K1       |
| counterparty.linked | counterparty:L2  |
| counterparty.registered | counterparty:L2 |
| client.registered   | client:C2        |
report client_timeline client=C1
| type              | entity    |
| deal.opened       | deal:D2   |
| client.registered | client:C1 |
state deal:D1
| field        | value                                                                                     |
| amount       | {"amount":"1000","currency":"EUR"}                                                        |
| counterparty | L2                                                                                        |
| lines        | [{"item":"x","line":"1","net":"50","price":"5","qty":"10","tax":"0"}]                     |
| owner        | m1                                                                                        |
| pipeline     | P                                                                                         |
| stage        | S2                                                                                        |
| status       | open                                                                                      |
# The void of it gives the deal back.
void 2025-01-21 set
report pipeline group=client as_of=2025-01-31
| group | raw  |
| C1    | 1500.00 |
2025-01-20 deal.client_set deal=D1 client=C2

# Who takes part, and who no more.
2025-01-20 deal.participant_set deal=D1 contact=K1 role=buyer
state deal:D1
| field           | value                                                                 |
| amount          | {"amount":"1000","currency":"EUR"}                                    |
| client          | C2                                                                    |
| lines           | [{"item":"x","line":"1","net":"50","price":"5","qty":"10","tax":"0"}] |
| owner           | m1                                                                    |
| participants.K1 | buyer                                                                 |
| pipeline        | P                                                                     |
| stage           | S2                                                                    |
| status          | open                                                                  |
2025-01-21 deal.participant_set deal=D1 contact=K1
refused unknown_reference 2025-01-21 deal.participant_set deal=D1 contact=K9 role=buyer

# Competitors, and what is seen of them: a price is of an item, and in a currency.
refused unknown_reference 2025-01-21 deal.competitors_set deal=D1 competitors=["rival"]
2025-01-01 competitor.registered competitor=rival name='The Rival'
refused already_exists 2025-01-02 competitor.registered competitor=rival name=Again
2025-01-21 deal.competitors_set deal=D1 competitors=["rival"]
refused price_incomplete 2025-01-22 competitor.fact_observed competitor=rival kind=price value=100 currency=EUR
refused price_incomplete 2025-01-22 competitor.fact_observed competitor=rival kind=price item=x value=100
refused below_zero 2025-01-22 competitor.fact_observed competitor=rival kind=share value=-1
2025-01-22 competitor.fact_observed competitor=rival kind=price item=x value=100 currency=EUR source='their shop'
2025-01-22 competitor.fact_observed competitor=rival kind=share value=35

# A campaign is planned, started, ended.
2025-01-10 campaign.planned campaign=M1 kind=ad from=2025-01-15 to=2025-01-31
refused illegal_transition 2025-01-16 campaign.ended campaign=M1
refused before_opening 2025-01-09 campaign.started campaign=M1
2025-01-15 campaign.started campaign=M1
mark started
refused illegal_transition 2025-01-16 campaign.started campaign=M1
refused illegal_transition 2025-01-14 campaign.ended campaign=M1
2025-01-31 campaign.ended campaign=M1
refused illegal_transition 2025-02-01 campaign.ended campaign=M1
refused has_dependants void 2025-02-01 started
state campaign:M1
| field  | value      |
| from   | 2025-01-15 |
| kind   | ad         |
| status | ended      |
| to     | 2025-01-31 |

# Shares are of the whole; a closed deal asks for nothing more.
refused shares_mismatch 2025-01-22 deal.credit_shares_set deal=D1 shares=[{"employee":"m1","share":"0.6"},{"employee":"m2","share":"0.3"}]
2025-01-22 deal.credit_shares_set deal=D1 shares=[{"employee":"m1","share":"0.6"},{"employee":"m2","share":"0.4"}]
2025-01-25 deal.lost deal=D1 at_stage=S2 reason=price competitor=rival
refused deal_closed 2025-01-26 deal.items_changed deal=D1 lines=[]
2025-01-26 deal.competitors_set deal=D1 competitors=[]

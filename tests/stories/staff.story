# Who is under whom: never in a circle, at any moment.
ledger UTC EUR
2025-01-01 employee.hired employee=m1 name=One department=sales role=head
2025-01-01 employee.hired employee=m2 name=Two department=sales/north role=manager manager=m1
2025-01-01 employee.hired employee=m3 name=Three department=sales/north role=manager manager=m2
refused manager_cycle 2025-01-01 employee.hired employee=m4 name=Four department=sales role=manager manager=m4
refused manager_cycle 2025-02-01 employee.moved employee=m1 department=sales role=head manager=m3
refused before_opening 2024-12-31 employee.moved employee=m2 department=sales role=manager
refused unknown_reference 2025-02-01 employee.moved employee=m9 department=sales role=manager
refused already_exists 2025-02-01 employee.hired employee=m1 name=One department=sales role=head
# m3 leaves m2's line in March; then m1 may go under m3, but not a day earlier.
2025-03-01 employee.moved employee=m3 department=sales role=manager
mark moved
refused manager_cycle 2025-02-28 employee.moved employee=m1 department=sales role=head manager=m3
2025-03-02 employee.moved employee=m1 department=sales role=head manager=m3
# Without the move of m3, that of m1 would close a circle.
refused has_dependants void 2025-04-01 moved
# A back-dated return of m3 under m2 would make m1's move close one.
refused manager_cycle 2025-03-01 employee.moved employee=m3 department=sales role=manager manager=m2
void 2025-04-01 last
void 2025-04-01 moved
# Deputies: somebody else, one at a time, ended once.
refused same_employee 2025-02-01 substitution.started substitution=S1 absent=m1 deputy=m1
refused days_out_of_order 2025-02-01 substitution.started substitution=S1 absent=m1 deputy=m2 until=2025-01-31
2025-02-01 substitution.started substitution=S1 absent=m1 deputy=m2 until=2025-02-10
refused substitution_overlap 2025-02-10 substitution.started substitution=S2 absent=m1 deputy=m3
refused substitution_overlap 2025-01-15 substitution.started substitution=S2 absent=m1 deputy=m3
2025-02-11 substitution.started substitution=S2 absent=m1 deputy=m3
mark second
2025-02-10 substitution.started substitution=S3 absent=m2 deputy=m3
refused before_opening 2025-02-10 substitution.ended substitution=S2
2025-02-20 substitution.ended substitution=S2
mark ended
refused illegal_transition 2025-02-21 substitution.ended substitution=S2
2025-02-20 substitution.started substitution=S4 absent=m1 deputy=m2
# Without the end of S2 it would overlap S4.
refused has_dependants void 2025-03-01 ended
refused has_dependants void 2025-03-01 second
refused unknown_reference 2025-02-21 substitution.ended substitution=S9
# Measures and targets: only what the report kpi computes.
refused unknown_metric 2025-01-01 target.set target=T1 scope=company metric=happiness period={"first":"2025-01-01","last":"2025-01-31"} value=10
refused unknown_metric 2025-01-01 kpi.defined kpi=quota metric=happiness unit=EUR better=up
refused unknown_metric 2025-01-01 kpi.defined kpi=won_count metric=won_amount unit=EUR better=up
refused wrong_metric_unit 2025-01-01 kpi.defined kpi=quota metric=won_amount unit=count better=up
refused wrong_metric_unit 2025-01-01 kpi.defined kpi=quick metric=response_time unit=weeks better=down
2025-01-01 kpi.defined kpi=quota metric=won_amount unit=EUR better=up
mark defined
2025-01-01 target.set target=T1 scope=company metric=quota period={"first":"2025-01-01","last":"2025-01-31"} value=10
refused has_dependants void 2025-01-02 defined
refused unknown_reference 2025-01-01 target.set target=T2 scope={"employee":"m9"} metric=won_amount period={"first":"2025-01-01","last":"2025-01-31"} value=10
# Marketing
refused days_out_of_order 2025-01-01 campaign.planned campaign=A kind=ad from=2025-02-01 to=2025-01-31
refused not_positive 2025-01-01 campaign.planned campaign=A kind=ad from=2025-01-01 to=2025-01-31 budget=0EUR
2025-01-01 campaign.planned campaign=A kind=ad from=2025-01-01 to=2025-01-31 budget=100EUR
refused not_positive 2025-01-05 campaign.cost_recorded campaign=A amount=-5EUR
refused unknown_reference 2025-01-05 campaign.cost_recorded campaign=B amount=5EUR
refused unknown_reference 2025-01-05 campaign.attended campaign=A client=C9
refused invalid_criteria 2025-01-01 segment.defined segment=G criteria={"all":[]}
refused invalid_criteria 2025-01-01 segment.defined segment=G criteria={"any":[{"class":{"kind":"abc","of":[]}}]}
refused invalid_criteria 2025-01-01 segment.defined segment=G criteria={"not":{"sum":{"measure":"net_revenue","days":0,"is":"gt","value":"100"}}}
2025-01-01 segment.defined segment=G criteria={"not":{"sum":{"measure":"net_revenue","days":30,"is":"gt","value":"100"}}}
2025-01-02 client.registered client=C1 name=Buyer kind=org
refused classified_twice 2025-02-01 classification.completed classification=L kind=abc params={} window={"first":"2025-01-01","last":"2025-01-31"} known_at=#3 result=[{"object":"client:C1","class":"A"},{"object":"client:C1","class":"B"}]
refused known_at_beyond_head 2025-02-01 classification.completed classification=L kind=abc params={} window={"first":"2025-01-01","last":"2025-01-31"} known_at=#9999 result=[{"object":"client:C1","class":"A"}]
2025-02-01 classification.completed classification=L kind=abc params={} window={"first":"2025-01-01","last":"2025-01-31"} known_at=#3 result=[{"object":"client:C1","class":"A"}]

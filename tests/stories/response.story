# R9, response time: the worked numbers. X is one hour; in 10:00 → out 10:40; in 12:00 → out 15:00; in 16:00 is not answered.
ledger UTC EUR
2025-01-01 client.registered client=C1 name=Buyer kind=org
2025-01-01 employee.hired employee=m1 name=One department=sales role=manager
2025-01-01 employee.hired employee=m2 name=Two department=sales role=manager
2025-01-02 client.owner_assigned client=C1 employee=m1
2025-02-01T10:00:00Z interaction.recorded interaction=I1 client=C1 channel=email direction=in by=C1
2025-02-01T10:40:00Z interaction.recorded interaction=I2 client=C1 channel=email direction=out by=m1
2025-02-01T12:00:00Z interaction.recorded interaction=I3 client=C1 channel=chat direction=in by=C1
2025-02-01T15:00:00Z interaction.recorded interaction=I4 client=C1 channel=call direction=out by=m2
2025-02-01T16:00:00Z interaction.recorded interaction=I5 client=C1 channel=chat direction=in by=C1
report response_time within_h=1 as_of=2025-02-01T16:30:00Z
| group | incoming | answered | within | overdue | pending | share | median_min |
| all   | 3        | 2        | 1      | 0       | 1       | 50.00 | 110.00     |
report response_time within_h=1 as_of=2025-02-01T18:00:00Z
| group | incoming | answered | within | overdue | pending | share | median_min |
| all   | 3        | 2        | 1      | 1       | 0       | 33.33 | 110.00     |
# "Older" means more than X: exactly one hour is not.
report response_time within_h=1 as_of=2025-02-01T17:00:00Z
| overdue | pending | share |
| 0       | 1       | 50.00 |
report response_time within_h=1 as_of=2025-02-01T17:00:00.000001Z
| overdue | pending | share |
| 1       | 0       | 33.33 |
# Who answered has the answer; what nobody answered belongs to the client's owner when it fell due.
report response_time within_h=1 by=employee as_of=2025-02-01
| group | incoming | answered | within | overdue | share  | median_min |
| m1    | 2        | 1        | 1      | 1       | 50.00  | 40.00      |
| m2    | 1        | 1        | 0      | 0       | 0.00   | 180.00     |
report response_time within_h=1 by=channel as_of=2025-02-01
| group | incoming | overdue | share  |
| chat  | 2        | 1       | 0.00   |
| email | 1        | 0       | 100.00 |
report response_time within_h=1 by=client as_of=2025-02-01
| group | incoming |
| C1    | 3        |
# The clock runs from the first unanswered word; an answer to a claim answers the claim alone.
mark before
2025-02-01T16:10:00Z interaction.recorded interaction=I6 client=C1 channel=chat direction=in by=C1
2025-02-01T16:20:00Z claim.opened claim=K1 client=C1 kind=damage severity=low
2025-02-01T16:30:00Z interaction.recorded interaction=I7 client=C1 channel=call direction=in refs=["claim:K1"]
2025-02-01T16:40:00Z interaction.recorded interaction=I8 client=C1 channel=call direction=out refs=["claim:K1"] by=m1
report response_time within_h=1 as_of=2025-02-01T16:45:00Z
| incoming | answered | within | overdue | pending | median_min |
| 4        | 3        | 2      | 0       | 1       | 40.00      |
# Back-dated: an answer recorded late changes the past as it is known now, not as it was known then.
2025-02-01T16:05:00Z interaction.recorded interaction=I9 client=C1 channel=call direction=out by=m1
report response_time within_h=1 as_of=2025-02-01 known_at=before
| incoming | answered | overdue | median_min |
| 3        | 2        | 1       | 110.00     |
report response_time within_h=1 as_of=2025-02-01
| incoming | answered | overdue | median_min |
| 5        | 4        | 1       | 25.00      |
# A void takes the answer away again.
void 2025-02-03 last
report response_time within_h=1 as_of=2025-02-01
| incoming | answered | overdue | median_min |
| 4        | 3        | 1       | 40.00      |
# While one stands in for another, the other's activity is the deputy's; undefined shares are empty.
2025-02-05 substitution.started substitution=S1 absent=m1 deputy=m2 until=2025-02-06
2025-02-06T10:00:00Z interaction.recorded interaction=J1 client=C1 channel=call direction=out by=m1
report response_time within_h=1 by=employee from=2025-02-01 to=2025-02-01 as_of=2025-02-07
| group | incoming | answered | within |
| m1    | 2        | 2        | 2      |
| m2    | 2        | 2        | 0      |
report response_time within_h=1 from=2025-03-01 as_of=2025-02-07
| group | incoming | share | median_min |
| all   | 0        |       |            |
fails response_time invalid_parameter within_h=-1
fails response_time invalid_parameter from=2025-02-03 to=2025-02-01
fails response_time unknown_parameter x=1
# An interaction takes place once; planned and then recorded it keeps its id.
2025-02-07 interaction.planned interaction=P1 client=C1 channel=meeting at=2025-02-10T09:00:00Z
2025-02-10T09:00:00Z interaction.recorded interaction=P1 client=C1 channel=meeting direction=out by=m1
refused interaction_recorded_twice 2025-02-10T10:00:00Z interaction.recorded interaction=P1 client=C1 channel=meeting direction=out by=m1
refused already_exists 2025-02-11 interaction.planned interaction=P1 client=C1 channel=meeting at=2025-02-12T09:00:00Z
void 2025-02-12 last
2025-02-10T10:00:00Z interaction.recorded interaction=P1 client=C1 channel=meeting direction=out by=m1
2025-02-12 source.defined source=fair kind=channel
refused attribution_subject 2025-02-12 attribution.stated subject=employee:m1 question=learned source=fair
refused unknown_reference 2025-02-12 attribution.stated subject=deal:D9 question=learned source=fair

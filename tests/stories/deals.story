# Data set W: seven deals of one pipeline, and every number the domain works out on them.
ledger Europe/London EUR
2025-01-01 employee.hired employee=m1 name=One department=sales role=seller
2025-01-01 employee.hired employee=m2 name=Two department=sales role=seller
2025-01-01 client.registered client=C1 name=Acme kind=org
2025-01-01 client.registered client=C2 name=Bolt kind=org
2025-01-01 pipeline.defined pipeline=W stages=[{"stage":"S1","rank":1,"name":"Lead","probability":"0.1"},{"stage":"S2","rank":2,"name":"Qualified","probability":"0.2"},{"stage":"S3","rank":3,"name":"Offer","probability":"0.5"},{"stage":"S4","rank":4,"name":"Negotiation","probability":"0.75"}]
2025-01-01 regulation.defined regulation=R pipeline=W requirements=[{"requirement":"call","stage":"S2","kind":"interaction","match":{"channel":"call"},"due_h":48,"gate":false}]
2025-01-05 deal.opened deal=D1 pipeline=W stage=S1 owner=m1 amount=1000EUR client=C1 attributes={"product":"desk"}
2025-01-06 deal.opened deal=D2 pipeline=W stage=S1 owner=m1 amount=500EUR client=C2 attributes={"product":"chair"}
2025-01-08 deal.stage_entered deal=D1 from=S1 to=S2
2025-01-09 interaction.recorded interaction=c1 channel=call direction=out refs=["deal:D1"]
2025-01-10 deal.opened deal=D3 pipeline=W stage=S1 owner=m1 amount=2000EUR client=C1 attributes={"product":"desk"}
2025-01-10 deal.stage_entered deal=D2 from=S1 to=S3
2025-01-12 deal.stage_entered deal=D1 from=S2 to=S3
2025-01-14 deal.stage_entered deal=D3 from=S1 to=S2
2025-01-15 deal.opened deal=D4 pipeline=W stage=S1 owner=m2 client=C2
2025-01-16 deal.lost deal=D2 at_stage=S3 reason=price
2025-01-18 interaction.recorded interaction=c2 channel=call direction=out refs=["deal:D3"]
2025-01-18 deal.opened deal=D6 pipeline=W stage=S1 owner=m2 amount=300EUR client=C1 attributes={"product":"chair"}
2025-01-20 deal.stage_entered deal=D1 from=S3 to=S4
2025-01-20 deal.stage_entered deal=D3 from=S2 to=S3
2025-01-20 deal.opened deal=D5 pipeline=W stage=S1 owner=m2 amount=800EUR
2025-01-21 deal.stage_entered deal=D6 from=S1 to=S2
2025-01-22 interaction.recorded interaction=c3 channel=call direction=out refs=["deal:D6"]
2025-01-22 deal.stage_entered deal=D3 from=S3 to=S2
2025-01-23 interaction.recorded interaction=c4 channel=call direction=out refs=["deal:D3"]
2025-01-25 deal.won deal=D1
2025-01-25 deal.stage_entered deal=D5 from=S1 to=S2
2025-01-28 deal.stage_entered deal=D3 from=S2 to=S3
2025-01-29 deal.lost deal=D6 at_stage=S2 reason=competitor competitor=rival
2025-01-30 deal.lost deal=D4 at_stage=S1 reason=silence
2025-02-03 deal.opened deal=D7 pipeline=W stage=S1 owner=m1 amount=600EUR
2025-02-05 deal.stage_entered deal=D3 from=S3 to=S4
2025-02-06 deal.stage_entered deal=D7 from=S1 to=S2
2025-02-07 interaction.recorded interaction=c5 channel=call direction=out refs=["deal:D7"]
2025-02-10 deal.won deal=D3
mark won3
2025-02-12 deal.stage_entered deal=D7 from=S2 to=S3
mark W

# R3, the cohort of January: a skip counts as reached, a step back adds nothing, a loss stays in the stages it reached.
report funnel from=2025-01-01 to=2025-01-31 as_of=2025-02-28
| pipeline | revision_since | stage | reached | step   | deals | won | lost | open | overall |
| W        | 2025-01-01T00:00:00Z | S1    | 6       | 83.33  | 6     | 2   | 3    | 1    | 33.33   |
| W        | 2025-01-01T00:00:00Z | S2    | 5       | 60.00  | 6     | 2   | 3    | 1    | 33.33   |
| W        | 2025-01-01T00:00:00Z | S3    | 3       | 66.67  | 6     | 2   | 3    | 1    | 33.33   |
| W        | 2025-01-01T00:00:00Z | S4    | 2       | 100.00 | 6     | 2   | 3    | 1    | 33.33   |
report funnel from=2025-01-01 to=2025-01-31 as_of=2025-01-31
| stage | reached | won | lost | open |
| S1    | 6       | 1   | 3    | 2    |
| S2    | 5       | 1   | 3    | 2    |
| S3    | 3       | 1   | 3    | 2    |
| S4    | 1       | 1   | 3    | 2    |
report funnel view=strict from=2025-01-01 to=2025-01-31 as_of=2025-02-28
| stage | entered | step  |
| S1    | 6       | 66.67 |
| S2    | 4       | 75.00 |
| S3    | 3       | 66.67 |
| S4    | 2       | 100.00 |
report funnel view=flow from=2025-01-01 to=2025-01-31 as_of=2025-02-28
| move  | from | to   | transitions |
| stage | S1   | S2   | 4           |
| stage | S1   | S3   | 1           |
| stage | S2   | S3   | 3           |
| stage | S3   | S2   | 1           |
| stage | S3   | S4   | 1           |
| won   | S4   | won  | 1           |
| lost  | S1   | lost | 1           |
| lost  | S2   | lost | 1           |
| lost  | S3   | lost | 1           |
report funnel view=snapshot as_of=2025-01-31
| stage | currency | deals | amount  | unvalued |
| S2    | EUR      | 1     | 800.00  | 0        |
| S3    | EUR      | 1     | 2000.00 | 0        |
report funnel view=snapshot as_of=2025-02-28
| stage | currency | deals | amount | unvalued |
| S2    | EUR      | 1     | 800.00 | 0        |
| S3    | EUR      | 1     | 600.00 | 0        |
# A deal without amount stands in its stage, unvalued.
report funnel view=snapshot as_of=2025-01-15
| stage | currency | deals | amount  | unvalued |
| S1    |          | 1     |         | 1        |
| S2    | EUR      | 1     | 2000.00 | 0        |
| S3    | EUR      | 2     | 1500.00 | 0        |
report funnel group=attribute attribute=product from=2025-01-01 to=2025-01-31 as_of=2025-02-28
| group | stage | reached | won |
| chair | S1    | 2       | 0   |
| chair | S2    | 2       | 0   |
| chair | S3    | 1       | 0   |
| chair | S4    | 0       | 0   |
| desk  | S1    | 2       | 2   |
| desk  | S2    | 2       | 2   |
| desk  | S3    | 2       | 2   |
| desk  | S4    | 2       | 2   |
|       | S1    | 2       | 0   |
|       | S2    | 1       | 0   |
|       | S3    | 0       | 0   |
|       | S4    | 0       | 0   |

# R4
report win_rate from=2025-01-01 to=2025-02-28
| currency | won | lost | open | rate  | won_amount | lost_amount | value_rate | unvalued |
| EUR      | 2   | 3    | 0    | 40.00 | 3000.00    | 800.00      | 78.95      | 1        |
report win_rate from=2025-01-01 to=2025-01-31
| won | lost | rate  |
| 1   | 3    | 25.00 |
report win_rate view=cohort from=2025-01-01 to=2025-01-31 as_of=2025-02-28
| won | lost | open | rate  | resolved_rate |
| 2   | 3    | 1    | 33.33 | 40.00         |
report win_rate view=cohort from=2025-01-01 to=2025-01-31 as_of=2025-01-31
| won | lost | open | rate  | resolved_rate |
| 1   | 3    | 2    | 16.67 | 25.00         |
report win_rate from=2024-01-01 to=2024-12-31
| currency | won | lost | rate | value_rate | unvalued |
|          | 0   | 0    |      |            | 0        |
report win_rate group=owner
| group | won | lost | rate   |
| m1    | 2   | 1    | 66.67  |
| m2    | 0   | 2    | 0.00   |
report win_rate group=client
| group | won | lost | rate  |
| C1    | 2   | 1    | 66.67 |
| C2    | 0   | 2    | 0.00  |
report win_rate group=attribute attribute=product
| group | won | lost | rate   | won_amount |
| chair | 0   | 2    | 0.00   | 0.00       |
| desk  | 2   | 0    | 100.00 | 3000.00    |
|       | 0   | 1    | 0.00   |            |
report win_rate group=pipeline
| group | won | lost |
| W     | 2   | 3    |
report win_rate group=counterparty
| group | won | lost |
|       | 2   | 3    |
fails win_rate missing_parameter group=attribute
fails win_rate unused_parameter attribute=product
fails win_rate invalid_parameter from=2025-02-01 to=2025-01-01
report losses from=2025-01-01 to=2025-02-28
| at_stage | reason     | currency | deals | amount | unvalued |
| S1       | silence    |          | 1     |        | 1        |
| S2       | competitor | EUR      | 1     | 300.00 | 0        |
| S3       | price      | EUR      | 1     | 500.00 | 0        |

# R5
report cycle_time as_of=2025-02-28
| outcome | deals | mean_days | median_days | p90_days |
| won     | 2     | 25.50     | 25.50       | 31.00    |
| lost    | 3     | 12.00     | 11.00       | 15.00    |
report cycle_time view=deals as_of=2025-02-28
| deal | outcome | days  |
| D2   | lost    | 10.00 |
| D1   | won     | 20.00 |
| D6   | lost    | 11.00 |
| D4   | lost    | 15.00 |
| D3   | won     | 31.00 |
report stage_time view=visits deal=D3 as_of=2025-02-28
| deal | stage | visit | days | censored |
| D3   | S1    | 1     | 4.00 | no       |
| D3   | S2    | 1     | 6.00 | no       |
| D3   | S3    | 1     | 2.00 | no       |
| D3   | S2    | 2     | 6.00 | no       |
| D3   | S3    | 2     | 8.00 | no       |
| D3   | S4    | 1     | 5.00 | no       |
report stage_time as_of=2025-02-28
| stage | visits | mean_days | median_days | open_visits | open_mean_days |
| S1    | 7      | 5.29      | 4.00        | 0           |                |
| S2    | 5      | 6.00      | 6.00        | 1           | 35.00          |
| S3    | 4      | 6.00      | 7.00        | 1           | 17.00          |
| S4    | 2      | 5.00      | 5.00        | 0           |                |
report stage_time view=visits deal=D5 as_of=2025-02-28
| stage | days  | censored |
| S1    | 5.00  | no       |
| S2    | 35.00 | yes      |
report stage_time censored=included as_of=2025-02-28
| stage | visits | mean_days |
| S1    | 7      | 5.29      |
| S2    | 6      | 10.83     |
| S3    | 5      | 8.20      |
| S4    | 2      | 5.00      |

# R6
report sales_velocity from=2025-01-01 to=2025-02-28 as_of=2025-02-28
| currency | open | win_rate | mean_won | mean_days | velocity |
| EUR      | 2    | 40.00    | 1500.00  | 25.50     | 47.06    |
report sales_velocity from=2024-01-01 to=2024-12-31 as_of=2025-02-28
| currency | open | win_rate | mean_won | mean_days | velocity |
|          | 2    |          |          |           |          |

# R7
report pipeline as_of=2025-02-28
| month | currency | open | raw     | weighted | unvalued | won_deals | won     |
|       | EUR      | 2    | 1400.00 | 460.00   | 0        | 2         | 3000.00 |
report pipeline as_of=2025-01-31
| month | currency | open | raw     | weighted | won     |
|       | EUR      | 2    | 2800.00 | 1160.00  | 1000.00 |

# R8
report compliance as_of=2025-02-28
| regulation | stage | requirement | obligations | on_time | late | missed | pending | waived | skipped | on_time_rate | done_rate | deals | deals_on_time | deal_rate |
| R          | S2    | call        | 6           | 4       | 1    | 1      | 0       | 0      | 1       | 66.67        | 83.33     | 5     | 3             | 60.00     |
report compliance view=total as_of=2025-02-28
| obligations | on_time | late | missed | on_time_rate | deal_rate |
| 6           | 4       | 1    | 1      | 66.67        | 60.00     |
report compliance group=owner as_of=2025-02-28
| group | obligations | on_time | late | missed | skipped |
| m1    | 4           | 3       | 1    | 0      | 1       |
| m2    | 2           | 1       | 0    | 1      | 0       |
report compliance view=obligations as_of=2025-02-28
| deal | stage | visit | verdict | owner |
| D1   | S2    | 1     | on time | m1    |
| D2   | S2    |       | skipped | m1    |
| D3   | S2    | 1     | late    | m1    |
| D6   | S2    | 1     | on time | m2    |
| D3   | S2    | 2     | on time | m1    |
| D5   | S2    | 1     | missed  | m2    |
| D7   | S2    | 1     | on time | m1    |
# Due on 01-27 at 00:00, which is the end of 01-26: due exactly at the cut is pending.
report compliance from=2025-01-25 to=2025-01-25 as_of=2025-01-26
| obligations | missed | pending | on_time_rate |
| 0           | 0      | 1       |              |
report compliance from=2025-01-25 to=2025-01-25 as_of=2025-01-27
| obligations | missed | pending | on_time_rate |
| 1           | 1      | 0       | 0.00         |
fails compliance unknown_parameter as_of=2025-01-26 fromm=2025-01-01

# Both clocks: D5 turns out to have been called, recorded late; what was known before stays.
2025-01-26 interaction.recorded interaction=c6 channel=call direction=out refs=["deal:D5"]
report compliance as_of=2025-02-28
| on_time | late | missed | on_time_rate |
| 5       | 1    | 0      | 83.33        |
report compliance as_of=2025-02-28 known_at=W
| on_time | late | missed | on_time_rate |
| 4       | 1    | 1      | 66.67        |
# The win of D3 was entered wrongly: it is open again in S4, and counts as it did for whoever asks what was known then.
void 2025-02-11 won3
report win_rate from=2025-01-01 to=2025-02-28
| won | lost | rate  |
| 1   | 3    | 25.00 |
report win_rate from=2025-01-01 to=2025-02-28 known_at=W
| won | lost | rate  |
| 2   | 3    | 40.00 |
report funnel view=snapshot
| stage | deals | amount  |
| S2    | 1     | 800.00  |
| S3    | 1     | 600.00  |
| S4    | 1     | 2000.00 |
2025-02-10 deal.won deal=D3
report win_rate from=2025-01-01 to=2025-02-28
| won | lost | rate  |
| 2   | 3    | 40.00 |

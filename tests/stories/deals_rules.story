# What a deal, a pipeline and a regulation refuse, each with its name.
ledger Europe/London EUR
2025-01-01 employee.hired employee=m1 name=One department=sales role=seller
2025-01-01 employee.hired employee=m2 name=Two department=sales role=seller
2025-01-01 employee.hired employee=m3 name=Three department=sales role=seller
refused configuration 2025-01-01 pipeline.defined pipeline=P stages=[]
refused configuration 2025-01-01 pipeline.defined pipeline=P stages=[{"stage":"S1","rank":1,"name":"One","probability":"0.1"},{"stage":"S1","rank":2,"name":"Again","probability":"0.2"}]
2025-01-01 pipeline.defined pipeline=P stages=[{"stage":"S1","rank":1,"name":"One","probability":"0.1"},{"stage":"S2","rank":2,"name":"Two","probability":"0.2"},{"stage":"S3","rank":3,"name":"Three","probability":"0.5"}]
refused unknown_reference 2025-01-02 regulation.defined regulation=G pipeline=Q requirements=[]
refused unknown_stage 2025-01-02 regulation.defined regulation=G pipeline=P requirements=[{"requirement":"r","stage":"S9","kind":"document","due_h":1,"gate":false}]
refused configuration 2025-01-02 regulation.defined regulation=G pipeline=P requirements=[{"requirement":"r","stage":"S1","kind":"document","due_h":1,"gate":false},{"requirement":"r","stage":"S2","kind":"document","due_h":1,"gate":false}]
refused configuration 2025-01-02 regulation.defined regulation=G pipeline=P requirements=[{"requirement":"r","stage":"S1","kind":"field","due_h":1,"gate":false}]

# References
refused unknown_reference 2025-01-05 deal.opened deal=D1 pipeline=Q stage=S1 owner=m1
refused unknown_reference 2025-01-05 deal.opened deal=D1 pipeline=P stage=S1 owner=m9
refused unknown_stage 2025-01-05 deal.opened deal=D1 pipeline=P stage=S9 owner=m1
refused unknown_stage 2024-12-31 deal.opened deal=D1 pipeline=P stage=S1 owner=m1
refused below_zero 2025-01-05 deal.opened deal=D1 pipeline=P stage=S1 owner=m1 amount=-0.01EUR
refused not_positive 2025-01-05 deal.opened deal=D1 pipeline=P stage=S1 owner=m1 lines=[{"line":"1","qty":"0","price":"5","net":"0","tax":"0"}]
2025-01-05 deal.opened deal=D1 pipeline=P stage=S1 owner=m1 amount=100EUR
refused already_exists 2025-01-06 deal.opened deal=D1 pipeline=P stage=S1 owner=m1
refused unknown_reference 2025-01-06 deal.won deal=D9
refused unknown_reference 2025-01-06 deal.won deal=D1 order=O9
mark opened
refused before_opening 2025-01-04 deal.stage_entered deal=D1 from=S1 to=S2

# Stages: `from` is the current one, `to` is one of the revision in force
refused unknown_stage 2025-01-06 deal.stage_entered deal=D1 from=S1 to=S9
refused from_mismatch 2025-01-06 deal.stage_entered deal=D1 from=S2 to=S3
2025-01-10 deal.stage_entered deal=D1 from=S1 to=S2
# … now and at every later step: a back-dated step that breaks a later one is refused
refused from_mismatch 2025-01-08 deal.stage_entered deal=D1 from=S1 to=S3

# Owners
refused from_mismatch 2025-01-11 deal.owner_changed deal=D1 from=m2 to=m3
2025-01-11 deal.owner_changed deal=D1 from=m1 to=m2
refused from_mismatch 2025-01-10 deal.owner_changed deal=D1 from=m1 to=m3
refused from_mismatch 2025-01-12 employee.work_handed_over from=m1 to=m3 refs=["deal:D1"]
2025-01-12 employee.work_handed_over from=m2 to=m3 refs=["deal:D1"]
mark handed
refused from_mismatch 2025-01-13 deal.owner_changed deal=D1 from=m2 to=m1
2025-01-13 deal.owner_changed deal=D1 from=m3 to=m1
refused has_dependants void 2025-01-14 handed

# On hold
refused illegal_transition 2025-01-14 deal.resumed deal=D1
2025-01-14 deal.put_on_hold deal=D1
refused illegal_transition 2025-01-15 deal.put_on_hold deal=D1
2025-01-16 deal.resumed deal=D1
refused illegal_transition 2025-01-17 deal.resumed deal=D1
refused illegal_transition 2025-01-18 deal.reopened deal=D1 stage=S1

# Closing, and what a closed deal refuses; `from` comes before that
refused from_mismatch 2025-01-20 deal.lost deal=D1 at_stage=S1 reason=price
refused below_zero 2025-01-20 deal.won deal=D1 amount=-5EUR
2025-01-20 deal.lost deal=D1 at_stage=S2 reason=price
mark lost
refused illegal_transition 2025-01-21 deal.won deal=D1
refused illegal_transition 2025-01-21 deal.lost deal=D1 at_stage=S2 reason=price
refused illegal_transition 2025-01-21 deal.put_on_hold deal=D1
refused deal_closed 2025-01-21 deal.stage_entered deal=D1 from=S2 to=S3
refused from_mismatch 2025-01-21 deal.stage_entered deal=D1 from=S1 to=S3
refused deal_closed 2025-01-21 deal.estimate_changed deal=D1 amount=5EUR
refused below_zero 2025-01-19 deal.estimate_changed deal=D1 amount=-1EUR
refused unknown_stage 2025-01-25 deal.reopened deal=D1 stage=S9
# A stage before the loss is fine where the loss still stands at its stage, and not where it does not
refused from_mismatch 2025-01-19 deal.stage_entered deal=D1 from=S2 to=S3
# A loss back-dated before a step that is there makes that step illegal
refused deal_closed 2025-01-09 deal.lost deal=D1 at_stage=S1 reason=price
2025-01-25 deal.reopened deal=D1 stage=S1
refused illegal_transition 2025-01-26 deal.reopened deal=D1 stage=S1
refused has_dependants void 2025-01-27 lost
2025-01-30 deal.won deal=D1 amount=120EUR
mark won

# The loss that was undone counts nowhere; the closed gap counts in no cycle and no stage
report win_rate
| won | lost | rate   | won_amount |
| 1   | 0    | 100.00 | 120.00     |
report losses
| at_stage | deals |
report cycle_time as_of=2025-02-28
| outcome | deals | mean_days |
| won     | 1     | 20.00     |
| lost    | 0     |           |
report cycle_time subtract_on_hold=true as_of=2025-02-28
| outcome | mean_days |
| won     | 18.00     |
| lost    |           |
report stage_time view=visits as_of=2025-02-28
| stage | visit | days  |
| S1    | 1     | 5.00  |
| S2    | 1     | 10.00 |
| S1    | 2     | 5.00  |
report stage_time view=visits subtract_on_hold=true as_of=2025-02-28
| stage | visit | days |
| S1    | 1     | 5.00 |
| S2    | 1     | 8.00 |
| S1    | 2     | 5.00 |
report funnel view=flow
| move     | from | to   | transitions |
| stage    | S1   | S2   | 1           |
| won      | S1   | won  | 1           |
| lost     | S2   | lost | 1           |
| reopened | lost | S1   | 1           |
report win_rate as_of=2025-01-22
| won | lost |
| 0   | 1    |
report win_rate as_of=2025-01-27
| won | lost |
| 0   | 0    |
report funnel view=snapshot as_of=2025-01-15
| stage | deals | on_hold |
| S2    | 1     | 1       |
# At the win the deal belonged to m1
report win_rate group=owner
| group | won |
| m1    | 1   |

# Gates: a higher rank and a win are barred, a step back and a loss never
2025-02-01 regulation.defined regulation=G pipeline=P requirements=[{"requirement":"offer","stage":"S2","kind":"document","due_h":24,"gate":true},{"requirement":"price","stage":"S2","kind":"field","match":{"field":"amount"},"due_h":24,"gate":false},{"requirement":"visit","stage":"S3","kind":"task","due_h":24,"gate":true},{"requirement":"mail","stage":"S1","kind":"interaction","match":{"channel":"email","direction":"out","outcome":"agreed"},"due_h":24,"gate":true}]
2025-02-02 deal.opened deal=D2 pipeline=P stage=S2 owner=m2
refused open_gate 2025-02-03 deal.stage_entered deal=D2 from=S2 to=S3
refused open_gate 2025-02-03 deal.won deal=D2
refused unknown_requirement 2025-02-03 deal.requirement_fulfilled deal=D2 requirement=nothing visit=#1
refused unknown_requirement 2025-02-03 deal.requirement_fulfilled deal=D2 requirement=offer visit=#2
refused unknown_requirement 2025-02-03 deal.requirement_waived deal=D2 requirement=visit visit=#1 reason=none
2025-02-03 deal.stage_entered deal=D2 from=S2 to=S1
# The gate of S1: a mail that was agreed; another outcome or channel does not meet it
2025-02-04T10:00:00Z interaction.recorded interaction=i1 channel=email direction=out outcome=refused refs=["deal:D2"]
refused open_gate 2025-02-05 deal.stage_entered deal=D2 from=S1 to=S2
2025-02-04T11:00:00Z interaction.recorded interaction=i2 channel=call direction=out outcome=agreed refs=["deal:D2"]
refused open_gate 2025-02-05 deal.stage_entered deal=D2 from=S1 to=S2
2025-02-04T12:00:00Z interaction.recorded interaction=i3 channel=email direction=out outcome=agreed refs=["deal:D2"]
mark mail
# At the very moment of the mail the gate is still open
refused open_gate 2025-02-04T12:00:00Z deal.stage_entered deal=D2 from=S1 to=S2
2025-02-05 deal.stage_entered deal=D2 from=S1 to=S2
mark risen
refused has_dependants void 2025-02-06 mail
2025-02-05 deal.requirement_fulfilled deal=D2 requirement=offer visit=#2
mark offered
2025-02-05 deal.stage_entered deal=D2 from=S2 to=S3
refused has_dependants void 2025-02-06 offered
# The gate of S3: a completed task
2025-02-06 task.assigned task=T1 assignee=m2 due=2025-02-07T00:00:00Z refs=["deal:D2"]
refused open_gate 2025-02-08 deal.won deal=D2
2025-02-07 task.completed task=T1
mark done
2025-02-08 deal.won deal=D2 amount=70EUR
mark won2
refused has_dependants void 2025-02-09 done
# A loss is never barred
2025-02-02 deal.opened deal=D3 pipeline=P stage=S2 owner=m2 amount=10EUR
2025-02-03 deal.lost deal=D3 at_stage=S2 reason=price
# A waiver opens the gate
2025-02-02 deal.opened deal=D4 pipeline=P stage=S2 owner=m2
2025-02-03 deal.requirement_waived deal=D4 requirement=offer visit=#1 reason='an old client'
mark waived
2025-02-03 deal.estimate_changed deal=D4 amount=50EUR
2025-02-04 deal.stage_entered deal=D4 from=S2 to=S3
refused has_dependants void 2025-02-09 waived
report compliance view=obligations as_of=2025-02-28
| deal | stage | requirement | visit | verdict |
| D2   | S2    | offer       | 1     | missed  |
| D2   | S2    | price       | 1     | missed  |
| D3   | S1    | mail        |       | skipped |
| D3   | S2    | offer       | 1     | missed  |
| D3   | S2    | price       | 1     | on time |
| D4   | S1    | mail        |       | skipped |
| D4   | S2    | offer       | 1     | waived  |
| D4   | S2    | price       | 1     | on time |
| D2   | S1    | mail        | 1     | late    |
| D4   | S3    | visit       | 1     | missed  |
| D2   | S2    | offer       | 2     | on time |
| D2   | S2    | price       | 2     | missed  |
| D2   | S3    | visit       | 1     | late    |
report compliance view=total as_of=2025-02-28
| obligations | on_time | late | missed | waived | skipped | deals | deals_on_time |
| 10          | 3       | 2    | 5      | 1      | 2       | 3     | 0             |

# A regulation that turns earlier steps illegal is refused when it is back-dated, and fine from then on
refused open_gate 2025-01-06 regulation.defined regulation=H pipeline=P requirements=[{"requirement":"x","stage":"S1","kind":"document","due_h":1,"gate":true}]
refused unknown_requirement 2025-02-01 regulation.defined regulation=G pipeline=P requirements=[]
2025-03-01 regulation.defined regulation=G pipeline=P requirements=[]
# The same for a pipeline without a stage that deals entered
refused unknown_stage 2025-01-09 pipeline.defined pipeline=P stages=[{"stage":"S1","rank":1,"name":"One","probability":"0.1"},{"stage":"S3","rank":3,"name":"Three","probability":"0.5"}]
2025-03-01 pipeline.defined pipeline=P stages=[{"stage":"S1","rank":1,"name":"One","probability":"0.1"},{"stage":"S3","rank":3,"name":"Three","probability":"0.5"},{"stage":"S4","rank":4,"name":"Four","probability":"0.9"}]
mark second
refused unknown_stage 2025-03-02 deal.stage_entered deal=D4 from=S3 to=S2
2025-03-01 deal.requirement_waived deal=D4 requirement=visit visit=#1 reason='seen by telephone'
2025-03-02 deal.stage_entered deal=D4 from=S3 to=S4
refused has_dependants void 2025-03-03 second
# One funnel per revision in force at the opening; S4, unknown there, takes its rank from the revision in force when it was entered
2025-03-05 deal.opened deal=D5 pipeline=P stage=S1 owner=m3 amount=40EUR
report funnel
| revision_since | stage | reached | deals | won | lost | open |
| 2025-01-01T00:00:00Z | S1    | 4       | 4     | 2   | 1    | 1    |
| 2025-01-01T00:00:00Z | S2    | 4       | 4     | 2   | 1    | 1    |
| 2025-01-01T00:00:00Z | S3    | 3       | 4     | 2   | 1    | 1    |
| 2025-03-01T00:00:00Z | S1    | 1       | 1     | 0   | 0    | 1    |
| 2025-03-01T00:00:00Z | S3    | 0       | 1     | 0   | 0    | 1    |
| 2025-03-01T00:00:00Z | S4    | 0       | 1     | 0   | 0    | 1    |
# D4 stands in S4 of the second revision: 50 × 90 %; D5 in S1: 40 × 10 %
report pipeline
| open | raw   | weighted | won    |
| 2    | 90.00 | 49.00    | 190.00 |
# An override lasts until it is replaced, whatever stage comes
2025-03-06 deal.estimate_changed deal=D5 probability=0.5
2025-03-07 deal.stage_entered deal=D5 from=S1 to=S3
report pipeline
| raw   | weighted |
| 90.00 | 65.00    |
2025-03-08 deal.estimate_changed deal=D5 probability=1
report pipeline
| raw   | weighted |
| 90.00 | 85.00    |

# Voids: the last step first, then the one before
void 2025-03-09 won2
void 2025-03-09 done
report win_rate
| won | lost |
| 1   | 1    |
# An opening goes with all that names it
refused has_dependants void 2025-03-09 opened

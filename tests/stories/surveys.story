# Surveys: what is asked, of whom, until when, and which answers are taken.
ledger UTC EUR
2025-01-01 client.registered client=C1 name=First kind=org
2025-01-01 contact.added contact=K1 client=C1 name=Somebody
refused configuration 2025-02-01 survey.published survey=S questions=[]
refused configuration 2025-02-01 survey.published survey=S questions=[{"question":"q","kind":"nps","text":"?"},{"question":"q","kind":"csat","text":"?"}]
refused configuration 2025-02-01 survey.published survey=S questions=[{"question":"q","kind":"choice","text":"?"}]
refused configuration 2025-02-01 survey.published survey=S questions=[{"question":"q","kind":"nps","text":"?","options":["a"]}]
2025-02-01 survey.published survey=S questions=[{"question":"n","kind":"nps","text":"?"},{"question":"c","kind":"csat","text":"?"},{"question":"d","kind":"number","text":"?"},{"question":"o","kind":"choice","text":"?","options":["yes","no"]},{"question":"w","kind":"text","text":"why"}] closes_on=2025-02-28
refused before_opening 2025-01-31 survey.invited survey=S respondent=contact:K1
refused invalid_field 2025-02-02 survey.invited survey=S respondent=employee:m1
refused unknown_reference 2025-02-02 survey.invited survey=S respondent=contact:K9
2025-02-02 survey.invited survey=S respondent=contact:K1
refused answer_not_taken 2025-02-03 survey.answered survey=S respondent=contact:K1 answers=[{"question":"n","value":"11"}]
refused answer_not_taken 2025-02-03 survey.answered survey=S respondent=contact:K1 answers=[{"question":"n","value":"7.5"}]
refused answer_not_taken 2025-02-03 survey.answered survey=S respondent=contact:K1 answers=[{"question":"c","value":"0"}]
refused answer_not_taken 2025-02-03 survey.answered survey=S respondent=contact:K1 answers=[{"question":"d","value":"many"}]
refused answer_not_taken 2025-02-03 survey.answered survey=S respondent=contact:K1 answers=[{"question":"o","value":"perhaps"}]
refused answer_not_taken 2025-02-03 survey.answered survey=S respondent=contact:K1 answers=[{"question":"w","value":"because"}]
refused answer_not_taken 2025-02-03 survey.answered survey=S respondent=contact:K1 answers=[{"question":"z","value":"1"}]
refused answer_not_taken 2025-02-03 survey.answered survey=S respondent=contact:K1 answers=[{"question":"n","value":"9"},{"question":"n","value":"8"}]
refused before_opening 2025-01-31 survey.answered survey=S answers=[{"question":"n","value":"9"}]
2025-02-03 survey.answered survey=S respondent=contact:K1 answers=[{"question":"n","value":"9"},{"question":"o","value":"yes"}] comments=[{"question":"w","text":"because"}]
2025-02-04 survey.answered survey=S answers=[{"question":"n","value":"2"}]
# A revision takes what was answered while it is in force.
refused answer_not_taken 2025-02-02 survey.published survey=S questions=[{"question":"n","kind":"nps","text":"?"}]
refused answer_not_taken 2025-02-01 survey.published survey=S questions=[{"question":"n","kind":"nps","text":"?"},{"question":"o","kind":"choice","text":"?","options":["yes"]}] closes_on=2025-02-03
2025-02-10 survey.published survey=S questions=[{"question":"n","kind":"nps","text":"?"},{"question":"m","kind":"csat","text":"?"}] closes_on=2025-03-31
mark revised
refused answer_not_taken 2025-02-11 survey.answered survey=S answers=[{"question":"c","value":"5"}]
2025-02-11 survey.answered survey=S answers=[{"question":"m","value":"5"}]
refused has_dependants void 2025-02-12 revised
# The last day, and the closing.
refused survey_closed 2025-04-01 survey.answered survey=S answers=[{"question":"n","value":"9"}]
refused survey_closed 2025-04-01 survey.invited survey=S respondent=client:C1
refused survey_closed 2025-02-05 survey.closed survey=S
2025-03-01 survey.closed survey=S
refused survey_closed 2025-03-02 survey.closed survey=S
refused survey_closed 2025-03-02 survey.answered survey=S answers=[{"question":"n","value":"9"}]
refused survey_closed 2025-03-02 survey.published survey=S questions=[{"question":"n","kind":"nps","text":"?"}]
state survey:S
| field     | value                                                                                              |
| answers   | 3 |
| closes_on | 2025-03-31                                                                                         |
| invited.contact:K1 | true |
| questions | [{"kind":"nps","question":"n","text":"?"},{"kind":"csat","question":"m","text":"?"}] |
| status    | closed                                                                                             |
report client_timeline client=C1
| type              | entity     |
| survey.answered   | survey:S   |
| survey.invited    | survey:S   |
| contact.added     | contact:K1 |
| client.registered | client:C1  |

# R14: the worked series, each over four months, and the life-cycle groups
ledger UTC EUR
2024-06-01 client.registered client=x name=X kind=org
2024-06-01 client.registered client=y name=Y kind=org
2024-06-01 client.registered client=z name=Z kind=org
2024-06-01 client.registered client=one name=ONE kind=org
2024-06-01 client.registered client=lost name=LOST kind=org
2024-06-01 client.registered client=none name=NONE kind=org
2024-06-01 client.registered client=short name=SHORT kind=org
2024-06-01 client.registered client=steep name=STEEP kind=org
2025-01-10 invoice.issued invoice=I1 client=x total=100EUR due_on=2025-12-31 lines=[{"line":"1","qty":"1","price":"100","net":"100","tax":"0"}]
2025-02-10 invoice.issued invoice=I2 client=x total=110EUR due_on=2025-12-31 lines=[{"line":"1","qty":"1","price":"110","net":"110","tax":"0"}]
2025-03-10 invoice.issued invoice=I3 client=x total=90EUR due_on=2025-12-31 lines=[{"line":"1","qty":"1","price":"90","net":"90","tax":"0"}]
2025-04-10 invoice.issued invoice=I4 client=x total=100EUR due_on=2025-12-31 lines=[{"line":"1","qty":"1","price":"100","net":"100","tax":"0"}]
2025-01-10 invoice.issued invoice=I5 client=y total=100EUR due_on=2025-12-31 lines=[{"line":"1","qty":"1","price":"100","net":"100","tax":"0"}]
2025-02-10 invoice.issued invoice=I6 client=y total=120EUR due_on=2025-12-31 lines=[{"line":"1","qty":"1","price":"120","net":"120","tax":"0"}]
2025-03-10 invoice.issued invoice=I7 client=y total=80EUR due_on=2025-12-31 lines=[{"line":"1","qty":"1","price":"80","net":"80","tax":"0"}]
2025-04-10 invoice.issued invoice=I8 client=y total=100EUR due_on=2025-12-31 lines=[{"line":"1","qty":"1","price":"100","net":"100","tax":"0"}]
2024-12-15 invoice.issued invoice=I9 client=z total=50EUR due_on=2025-12-31 lines=[{"line":"1","qty":"1","price":"50","net":"50","tax":"0"}]
2025-02-10 invoice.issued invoice=I10 client=z total=200EUR due_on=2025-12-31 lines=[{"line":"1","qty":"1","price":"200","net":"200","tax":"0"}]
2025-04-10 invoice.issued invoice=I11 client=z total=200EUR due_on=2025-12-31 lines=[{"line":"1","qty":"1","price":"200","net":"200","tax":"0"}]
2025-02-01 invoice.issued invoice=I12 client=one total=500EUR due_on=2025-12-31 lines=[{"line":"1","qty":"1","price":"500","net":"500","tax":"0"}]
2025-01-05 invoice.issued invoice=I13 client=lost total=10EUR due_on=2025-12-31 lines=[{"line":"1","qty":"1","price":"10","net":"10","tax":"0"}]
2025-01-06 invoice.issued invoice=I14 client=lost total=10EUR due_on=2025-12-31 lines=[{"line":"1","qty":"1","price":"10","net":"10","tax":"0"}]
2025-03-05 invoice.issued invoice=I15 client=short total=10EUR due_on=2025-12-31 lines=[{"line":"1","qty":"1","price":"10","net":"10","tax":"0"}]
2025-04-06 invoice.issued invoice=I16 client=short total=10EUR due_on=2025-12-31 lines=[{"line":"1","qty":"1","price":"10","net":"10","tax":"0"}]
2025-02-20 invoice.issued invoice=I17 client=steep total=100EUR due_on=2025-12-31 lines=[{"line":"1","qty":"1","price":"100","net":"100","tax":"0"}]
2025-03-20 invoice.issued invoice=I18 client=steep total=100EUR due_on=2025-12-31 lines=[{"line":"1","qty":"1","price":"100","net":"100","tax":"0"}]
2025-04-20 invoice.issued invoice=I19 client=steep total=100EUR due_on=2025-12-31 lines=[{"line":"1","qty":"1","price":"100","net":"100","tax":"0"}]
report xyz from=2025-01-01 to=2025-04-30 as_of=2025-04-30
| object | currency | group | class | months | mean | cv |
| lost |  | lost |  |  |  |  |
| none |  | potential |  |  |  |  |
| one |  | one_time |  |  |  |  |
| short | EUR | regular | insufficient | 2 | 10.00 |  |
| steep | EUR | regular | X | 3 | 100.00 | 0.00 |
| x | EUR | regular | X | 4 | 100.00 | 7.07 |
| y | EUR | regular | Y | 4 | 100.00 | 14.14 |
| z | EUR | regular | Z | 4 | 100.00 | 100.00 |
# Only whole months count; the first is the month of the first sale
report xyz from=2025-01-15 to=2025-04-30 as_of=2025-04-30
| object | class | months |
| lost |  |  |
| none |  |  |
| one |  |  |
| short | insufficient | 2 |
| steep | X | 3 |
| x | X | 3 |
| y | Y | 3 |
| z | Z | 3 |
# lost_after moves who is lost; thresholds are parameters, and the limit itself still belongs to the class
report xyz from=2025-01-01 to=2025-04-30 as_of=2025-04-30 lost_after=200 y=100
| object | group | class |
| lost | regular | Z |
| none | potential |  |
| one | one_time |  |
| short | regular | insufficient |
| steep | regular | X |
| x | regular | X |
| y | regular | Y |
| z | regular | Y |
# As of March nobody knows of April: z has one month less
report xyz from=2025-01-01 to=2025-03-31 as_of=2025-03-31
| object | group | class | months | mean |
| lost | regular | Z | 3 | 6.67 |
| none | potential |  |  |  |
| one | one_time |  |  |  |
| short | one_time |  |  |  |
| steep | regular | insufficient | 2 | 100.00 |
| x | regular | X | 3 | 100.00 |
| y | regular | Y | 3 | 100.00 |
| z | regular | Z | 3 | 66.67 |
fails xyz missing_parameter as_of=2025-03-31
# A month of credit notes alone, and a sum not above zero: Z
2025-05-01 credit_note.issued credit_note=N1 invoice=I1 total=100EUR reason=back
2025-05-01 credit_note.issued credit_note=N2 invoice=I2 total=110EUR reason=back
2025-05-01 credit_note.issued credit_note=N3 invoice=I3 total=90EUR reason=back
2025-05-01 credit_note.issued credit_note=N4 invoice=I4 total=100EUR reason=back
report xyz from=2025-01-01 to=2025-05-31 as_of=2025-05-31 currency=EUR lost_after=60
| object | class | mean | cv |
| lost |  |  |  |
| none |  |  |  |
| one |  |  |  |
| short | Z | 6.67 | 70.71 |
| steep | Z | 75.00 | 57.74 |
| x | Z | 0.00 |  |
| y | Z | 80.00 | 52.44 |
| z | Z | 80.00 | 122.47 |

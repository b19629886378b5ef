# Bills: what is no goods is spent on an account under expenses/ or assets/, what is goods is in the stock
ledger UTC EUR
2025-01-01 item.registered item=X sku=X-1 unit=piece kind=goods costing=fifo
2025-01-01 warehouse.registered warehouse=A name=A
2025-01-01 counterparty.registered counterparty=L1 legal_name=Maker
2025-01-02 goods.received receipt=R1 item=X warehouse=A qty=10 value=100EUR
refused account_of_bill 2025-01-03 bill.received bill=B1 supplier=L1 due_on=2025-02-01 total=10EUR lines='[{"line":"1","text":"rent","qty":"1","price":"10","net":"10","tax":"0","account":"income/other"}]'
refused account_path 2025-01-03 bill.received bill=B1 supplier=L1 due_on=2025-02-01 total=10EUR lines='[{"line":"1","text":"rent","qty":"1","price":"10","net":"10","tax":"0","account":"rent"}]'
refused account_of_goods 2025-01-03 bill.received bill=B1 supplier=L1 due_on=2025-02-01 total=10EUR lines='[{"line":"1","item":"X","qty":"1","price":"10","net":"10","tax":"0","account":"expenses/purchases"}]'
refused account_of_goods 2025-01-03 bill.received bill=B1 supplier=L1 due_on=2025-02-01 total=10EUR lines='[{"line":"1","text":"freight","qty":"1","price":"10","net":"10","tax":"0","receipt":"R1","account":"expenses/freight"}]'
refused unknown_reference 2025-01-03 bill.received bill=B1 supplier=L1 due_on=2025-02-01 total=10EUR lines='[{"line":"1","item":"X","qty":"1","price":"10","net":"10","tax":"0","receipt":"R9"}]'

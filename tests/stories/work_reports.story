# R32: headcount and working time; R31: warranty
ledger UTC EUR
2025-01-01 client.registered client=a name=Alpha kind=org
2025-01-01 client.registered client=b name=Beta kind=org
2025-01-01 employee.hired employee=m1 name=One department=sales role=manager
2025-01-01 employee.hired employee=m2 name=Two department=sales/north role=manager
2025-01-01 employee.hired employee=m3 name=Three department=sales/north role=seller
2025-01-01 employee.hired employee=m4 name=Four department=sales role=seller
2025-04-01 employee.hired employee=m5 name=Five department=sales role=seller
2025-01-01 staff_plan.set staff_plan=P1 department=sales period={"first":"2025-03-01","last":"2025-03-31"} headcount=#5
2025-01-01 staff_plan.set staff_plan=P2 department=sales/north role=seller period={"first":"2025-03-01","last":"2025-03-31"} headcount=#2
2025-03-01 employee.absent absence=A1 employee=m1 kind=leave from=2025-03-10 to=2025-03-14
2025-03-20 employee.absent absence=A2 employee=m4 kind=leave from=2025-03-10 to=2025-03-10
2025-03-10T12:00:00Z employee.dismissed employee=m4
# plan 5 in March, 4 employed, one dismissed on 03-10, who counts on that day
report headcount as_of=2025-03-01 department=sales
| department | role | plan | actual | absent | difference |
| sales |  | 5 | 4 | 0 | -1 |
| sales | manager |  | 2 | 0 |  |
| sales | seller |  | 2 | 0 |  |
report headcount as_of=2025-03-10 department=sales
| role | plan | actual | absent | difference |
|  | 5 | 4 | 2 | -1 |
| manager |  | 2 | 1 |  |
| seller |  | 2 | 1 |  |
report headcount as_of=2025-03-31
| department | role | plan | actual | absent | difference |
| sales |  | 5 | 3 | 0 | -2 |
| sales | manager |  | 2 | 0 |  |
| sales | seller |  | 1 | 0 |  |
| sales/north |  |  | 2 | 0 |  |
| sales/north | manager |  | 1 | 0 |  |
| sales/north | seller | 2 | 1 | 0 | -1 |
report headcount as_of=2025-04-01 role=seller
| department | role | plan | actual | difference |
| sales | seller |  | 2 |  |
| sales/north | seller |  | 1 |  |
# the newest plan for the same holds, whatever its id
2025-03-05 staff_plan.set staff_plan=P3 department=sales period={"first":"2025-01-01","last":"2025-12-31"} headcount=#6
report headcount as_of=2025-03-31 department=sales
| role | plan | difference |
|  | 6 | -3 |
| manager |  |  |
| seller |  |  |
# m1 120 minutes for a and 60 for nobody, m2 30 for a: 150 + 60 = 180 + 30
2025-03-01 task.assigned task=T1 assignee=m2 client=a due=2025-03-05T00:00:00Z
2025-03-03 time.logged time_entry=E1 employee=m1 minutes=#120 client=a
2025-03-03 time.logged time_entry=E2 employee=m1 minutes=#60
2025-03-04 time.logged time_entry=E3 employee=m2 minutes=#30 task=T1
2025-04-04 time.logged time_entry=E4 employee=m2 minutes=#15 client=b
report time to=2025-03-31
| group | entries | minutes |
| a | 2 | 150 |
|  | 1 | 60 |
report time to=2025-03-31 group=employee
| group | entries | minutes |
| m1 | 2 | 180 |
| m2 | 1 | 30 |
report time group=task
| group | minutes |
| T1 | 30 |
|  | 195 |
report time group=month as_of=2025-04-30
| group | entries | minutes |
| 2025-03 | 3 | 210 |
| 2025-04 | 1 | 15 |
fails time invalid_parameter group=project
# 2024-03-01 and 12 months: 2025-02-28 in warranty, 2025-03-01 after it
2025-01-01 item.registered item=x sku=x-1 unit=piece kind=goods costing=fifo
2025-01-01 item.registered item=y sku=y-1 unit=piece kind=goods costing=fifo
2024-03-01 warranty.started warranty=W1 client=a item=x from=2024-03-01 months=#12
report warranty as_of=2025-02-28
| warranty | client | item | from | until | in_warranty | days_left |
| W1 | a | x | 2024-03-01 | 2025-03-01 | true | 1 |
report warranty as_of=2025-03-01
| warranty | in_warranty | days_left |
| W1 | false | 0 |
# a shipment's months start one for each line, but where a warranty names it
2024-05-01 order.placed order=O1 client=b currency=EUR lines='[{"line":"1","item":"x","qty":"5","price":"10","net":"50","tax":"0"},{"line":"2","item":"y","qty":"5","price":"10","net":"50","tax":"0"}]'
2024-05-31 shipment.dispatched shipment=S1 order=O1 lines='[{"line":"1","item":"x","qty":"2"},{"line":"2","item":"y","qty":"1"}]' warranty_months=#9
2024-06-01 shipment.dispatched shipment=S2 order=O1 lines='[{"line":"1","item":"x","qty":"1"}]'
report warranty as_of=2025-02-27 client=b
| warranty | shipment | line | client | item | from | until | days_left |
|  | S1 | 1 | b | x | 2024-05-31 | 2025-02-28 | 1 |
|  | S1 | 2 | b | y | 2024-05-31 | 2025-02-28 | 1 |
2024-06-10 warranty.started warranty=W2 shipment=S1 line=2 item=y from=2024-05-31 months=#24
report warranty as_of=2025-02-27 client=b
| warranty | shipment | line | client | item | until |
| W2 | S1 | 2 | b | y | 2026-05-31 |
|  | S1 | 1 | b | x | 2025-02-28 |
report warranty as_of=2025-02-27 days=1
| warranty | shipment | item | days_left |
|  | S1 | x | 1 |
report warranty as_of=2025-02-27 item=x days=2
| warranty | shipment | days_left |
| W1 |  | 2 |
|  | S1 | 1 |
# service: by what each job says; a claim resolved in time is on time
2025-02-01T09:00:00Z claim.opened claim=K1 client=a kind=broken severity=high item=x
2025-02-04T09:00:00Z claim.resolved claim=K1 resolution=repaired
2025-02-10T09:00:00Z claim.opened claim=K2 client=b kind=broken severity=high
2025-02-04 service.performed service_job=J1 warranty=W1 claim=K1 item=x in_warranty=true cost=20EUR
2025-02-20 service.performed service_job=J2 claim=K2 in_warranty=false cost=15EUR price=40EUR
2025-03-02 service.performed service_job=J3 client=b item=x in_warranty=false price=10EUR
report warranty view=service as_of=2025-03-31 from=2025-02-01 to=2025-02-28
| group | currency | performed | in_warranty | after | cost | price | result | on_time |
| all | EUR | 2 | 1 | 1 | 35.00 | 40.00 | 5.00 | 50.00 |
report warranty view=service as_of=2025-03-31 group=client
| group | performed | in_warranty | after | cost | price | result | on_time |
| a | 1 | 1 | 0 | 20.00 | 0.00 | -20.00 | 100.00 |
| b | 2 | 0 | 2 | 15.00 | 50.00 | 35.00 | 0.00 |
report warranty view=service as_of=2025-03-31 group=item resolve_h=71
| group | performed | on_time |
| x | 2 | 0.00 |
|  | 1 | 0.00 |
report warranty view=service as_of=2025-02-12 group=month
| group | performed | result | on_time |
| 2025-02 | 1 | -20.00 | 100.00 |
fails warranty unused_parameter as_of=2025-02-28 group=client
fails warranty unused_parameter as_of=2025-02-28 view=service days=5

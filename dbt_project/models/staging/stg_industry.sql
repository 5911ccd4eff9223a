{%- set money = ['output_value', 'value_added', 'revenue', 'profit', 'rd_expense'] -%}
select
    delivery_id,
    row_number,
    period,
    enterprise_code,
    {%- for measure in money %}
    {{ scaled(measure ~ '_kcny', unit_factor('千元', '万元'), 'decimal(18, 6)') }} as {{ measure }}_ytd_wan,
    {%- endfor %}
    {{ scaled('staff_avg', 1, 'decimal(18, 6)') }} as staff_avg_ytd
from {{ source('raw', 'industry') }}
where outcome = 'accepted'

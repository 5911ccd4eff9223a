-- The estimated part of energy is never more than the whole.
select credit_code, period, tce_estimated_ytd, tce_equivalent_ytd
from {{ ref('enterprise_month') }}
where
    tce_estimated_ytd > tce_equivalent_ytd + 0.000001
    or electricity_estimated_ytd_kwh > electricity_ytd_kwh

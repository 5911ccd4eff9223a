select
    delivery_id,
    row_number,
    patent_no,
    application_no,
    kind,
    enterprise_code,
    holder_name,
    application_date as applied_on,
    grant_date as granted_on,
    expiry_date as expires_on,
    legal_status,
    strategic_emerging as is_strategic_emerging,
    overseas_family as has_overseas_family,
    {{ scaled('pledge_amount_wan', 1, 'decimal(18, 6)') }} as pledge_amount_wan,
    award,
    town_code
from {{ source('raw', 'patent') }}
where outcome = 'accepted'

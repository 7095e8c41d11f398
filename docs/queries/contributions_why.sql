-- Why does a pull request or commit count as with Claude: which marks, how often?
select
    subject_type,
    rule,
    agent,
    confidence,
    count(*) as evidence_count,
    count(distinct concat_ws('#', repository, subject_id)) as subject_count
from marts.fct_attribution_evidence
group by all
order by subject_type, evidence_count desc;

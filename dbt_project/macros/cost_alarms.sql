{#- Days of `baselines`, rows of int_cost_baselines, that are an alarm, with rule and score.

    A day's score is the logarithm of cost to expected cost over the scope's noise: how far that
    logarithm was from zero, in the mean of the days of its kind (working days or weekends) of the
    eight weeks before, as a standard deviation. No day counts for more than a logarithm of one, so
    that neither holidays nor past alarms deafen it. Few days say little of the noise, so that some
    more are added that are off as far as is usual. In logarithms since costs are multiples of each other: one
    threshold then errs about as often for a quiet scope as for a noisy one.

    An organisation needs less of a score: it is one, and false alarms add up by scope.

    A run is two or three days in a row, with no more than a week between its ends, whose scores
    together are more than chance gives. No day counts in it for more than it takes to be an alarm
    by itself: a single spike is no run.

    Of people and keys there are days too that are an alarm only if the cache explains them
    (`needs_cause`), which costs do not tell: these need less of a score.

    A day is built of the 70 days before it: 56 of noise behind the scores of 14. The constants and
    thresholds were set on organisations of the back-test. -#}
{%- macro cost_alarms(
    baselines, scope, warning_score=3, cache_rate_score=2.5, minimum_excess_usd=15
) -%}
{%- set usual_days = 4 -%}
{%- set usual_deviation = 0.4 -%}
{%- set most_of_a_day = 1 -%}
{%- set least_score_in_a_run = 1 -%}
{%- set repeat_days = 3 -%}
{%- set shares_of_score = {"organization": 0.875} -%}
with scored as (

    select
        *,
        -- 1.2533 makes the mean deviation of a normal distribution its standard deviation.
        log_ratio * (count(log_ratio) over kind_of_day + {{ usual_days }}) / (
            1.2533 * (
                coalesce(sum(least(abs(log_ratio), {{ most_of_a_day }})) over kind_of_day, 0)
                + {{ usual_days * usual_deviation }}
            )
        ) as day_score,
        {{ warning_score }} * case scope_type
            {% for scope_type, share in shares_of_score.items() -%}
            when '{{ scope_type }}' then {{ share }}
            {% endfor -%}
            else 1
        end as warning_score
    from {{ baselines }}
    window
        kind_of_day as (
            partition by {{ scope }}, isodow(usage_date) >= 6
            order by usage_date
            range between interval 56 days preceding and interval 1 day preceding
        )

),

-- Null where a day before was not judged, or lies more than a week back.
in_a_row as (

    select
        *,
        least(day_score, warning_score) as score,
        {%- for back in (1, 2) %}
        case
            when lag(usage_date, {{ back }}) over days >= usage_date - 7
                then lag(least(day_score, warning_score), {{ back }}) over days
        end as score_{{ back }}_before,
        lag(excess_cost_usd, {{ back }}) over days as excess_{{ back }}_before_usd
        {{- "," if not loop.last }}
        {%- endfor %}
    from scored
    window days as (partition by {{ scope }} order by usage_date)

),

runs as (

    select
        *,
        case
            when
                score_1_before >= {{ least_score_in_a_run }}
                and excess_cost_usd + excess_1_before_usd >= {{ minimum_excess_usd }}
                then (score + score_1_before) / sqrt(2)
        end as score_of_two,
        case
            when
                least(score_1_before, score_2_before) >= {{ least_score_in_a_run }}
                and excess_cost_usd + excess_1_before_usd + excess_2_before_usd
                >= {{ minimum_excess_usd }}
                then (score + score_1_before + score_2_before) / sqrt(3)
        end as score_of_three
    from in_a_row
    where score >= {{ least_score_in_a_run }}

),

rules as (

    select
        *,
        greatest(score_of_two, score_of_three) as run_score,
        coalesce(
            day_score >= warning_score and excess_cost_usd >= {{ minimum_excess_usd }}, false
        ) as is_raised_day,
        coalesce(greatest(score_of_two, score_of_three) >= warning_score, false) as is_raised_run,
        coalesce(
            day_score >= {{ cache_rate_score }}
            and excess_cost_usd >= {{ minimum_excess_usd }}
            and scope_type in ('person', 'actor_key'),
            false
        ) as is_raised_with_cause
    from runs

),

-- A level that stays is told at its beginning: only weeks later is it what is expected.
lately as (

    select
        *,
        count(*) filter (where is_raised_day or is_raised_run) over week_before as raised_day_count,
        max(excess_cost_usd) filter (where is_raised_day or is_raised_run) over week_before
            as highest_excess_usd,
        count(*) filter (where is_raised_with_cause) over week_before as with_cause_day_count
    from rules
    where is_raised_day or is_raised_run or is_raised_with_cause
    window
        week_before as (
            partition by {{ scope }}
            order by usage_date
            range between interval 7 days preceding and interval 1 day preceding
        )

),

decided as (

    select
        *,
        case
            when
                is_raised_day
                and (raised_day_count < {{ repeat_days }} or excess_cost_usd > 2 * highest_excess_usd)
                then 'day'
            when is_raised_run and not is_raised_day and raised_day_count = 0 then 'run'
        end as rule_met
    from lately

)

select
    *,
    coalesce(rule_met, 'day') as alarm_rule,
    if(rule_met = 'run', run_score, day_score) as anomaly_score,
    rule_met is null as needs_cause
from decided
where
    rule_met is not null
    or (is_raised_with_cause and with_cause_day_count < {{ repeat_days }})
{%- endmacro %}

{{ ledger_rows("raw_anthropic") }}

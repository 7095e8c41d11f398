{{ ledger_rows("raw_litellm") }}

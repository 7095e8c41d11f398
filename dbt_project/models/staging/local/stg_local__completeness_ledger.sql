{{ ledger_rows("raw_local") }}

{{ ledger_rows("raw_github", has_unread_items=true) }}

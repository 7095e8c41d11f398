"""The salt of the invented organisation's hashes: no secret, as nobody is real."""

SALT = "larkfield-is-invented"

"""What QQ says and remembers: protocol tables, payloads, accounts and sessions, REST answers. Pure."""

"""The stream of contacts: read, plan, write, commit, recover. It decides by `sync.rules` and writes by connectors."""

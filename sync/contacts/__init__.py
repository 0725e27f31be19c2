"""The stream of people: read, plan, write, settle. Decides by `sync.rules`, speaks by `connectors`."""

"""The stream of people: read, plan, write, settle. Decides by `sync.decisions`, speaks by `connectors`."""

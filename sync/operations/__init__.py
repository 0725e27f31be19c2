"""What people see and type: documents from the state, tables, values and times."""

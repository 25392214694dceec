"""What people see: interactive maps, tables and exports."""

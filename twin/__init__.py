"""One patient's anatomical twin: domain types, record, steps, jobs, readers and writers."""

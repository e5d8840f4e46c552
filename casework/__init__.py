"""诉求与工单: appeals, work orders, departments, deadlines, callbacks. No I/O and no framework in here."""

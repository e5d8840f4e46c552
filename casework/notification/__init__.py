"""通知: which steps are told to whom outside the console."""

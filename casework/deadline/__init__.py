"""时限: the working calendar, how long things may take, who is told when time runs out."""

"""回访: when citizens are asked, what they answer, and the rates it yields."""

"""质检: what is found in replies and in the course of an order, and what people decide about it."""

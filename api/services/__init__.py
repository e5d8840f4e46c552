"""用例编排: each service reads in one unit of work, thinks without one, and writes in another."""

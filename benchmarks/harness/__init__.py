"""What scripts/bench is made of. Python's own library only; numpy and the peers live in an environment of their own."""

"""What runs inside the sandbox: it imports nothing of the autograder but its neighbours."""

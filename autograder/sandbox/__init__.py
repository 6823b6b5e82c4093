"""Where submissions run: started and spoken to from the host, and what is inside."""

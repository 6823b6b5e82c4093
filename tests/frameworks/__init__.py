"""What the chapters say about frameworks, run in them: `make test-frameworks`."""

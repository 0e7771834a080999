"""Called by the clock: find, chunk, send, prove, retire."""

"""Stand-ins of the platforms, for tests that use the real client libraries over real sockets."""

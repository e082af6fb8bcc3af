"""Is the office open? Pure functions of a moment; and the jobs that happen by the clock."""

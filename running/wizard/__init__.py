"""``./linea setup``: leads through joining Slack or Telegram, checks each answer, and writes it down."""

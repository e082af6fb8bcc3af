"""Letters to citizens who left an e-mail address: a receipt with the reference, and what operators reply."""

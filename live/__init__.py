"""What is live between several hubs and kept nowhere: the bus, and rates that they count together."""

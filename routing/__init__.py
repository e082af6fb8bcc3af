"""The hub: the one way in and out of every conversation, its rules, and the delivery to the platforms."""

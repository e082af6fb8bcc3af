"""The platforms on which operators answer: a folder for each, all with the same files in it."""

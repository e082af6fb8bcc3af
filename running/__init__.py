"""The commands of ``./linea``: each puts together the rooms it needs, and nothing else."""

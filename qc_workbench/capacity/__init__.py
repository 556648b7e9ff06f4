"""How much machinery a number of calls needs: unit costs, a day of calls, a simulation of it, and what follows.

Pure: measured and assumed figures in, sizes out. :mod:`pipelines.model_costs` reads the figures and prints.
"""

"""The parts of the soak (`soak.py`): what calls, what is called, what cuts the database off, what is checked."""

"""A registered version behind an address: the version that an alias names, and what may be asked of it over HTTP."""

"""Flight software: the kernel, and one package for each vehicle or mechanism."""

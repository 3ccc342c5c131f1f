"""The design trade of the Mars Ascent Vehicle: variants flown over the same dispersed days."""

"""Files read with line and key, units, ranges, and sentences of refusal; no asyncio."""

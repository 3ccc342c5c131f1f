"""Statecharts: the table, its checks, the machine that runs it, its diagram."""

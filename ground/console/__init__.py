"""The operator's console: a web server that is a client of mission control's API, and its page.

It has no right of its own: what a browser asks is asked of the API in the name of the browser's
session, and what the API streams is passed on to browsers that the API knows.
"""

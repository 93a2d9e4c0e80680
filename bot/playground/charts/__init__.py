"""Slack's chart blocks as drawings: facts in, shapes with their places out.

A drawing is made for a width in pixels, so that its words keep their size on a phone.
"""

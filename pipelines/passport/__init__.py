"""The number passport 数字护照: for every published figure, how it comes about and from which rows.

Ids, files and editions: docs/passport.md.
"""

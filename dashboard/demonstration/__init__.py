"""The demonstration: a fictional partnership with made-up figures, and real figures of accident and emergency.

It stands above every other part, because it does what people would do: it calls their services and reads no table.
"""

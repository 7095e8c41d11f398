"""The pages that people open: figures, charts and tables over the published file alone.

Belongs here: pages, filters, access, drawing. Does not belong here: any figure that a mart does not
hold, and any read of the warehouse.
"""

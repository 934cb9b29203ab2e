"""Job: load figures, registers and catalogues as a job file describes them (docs/jobs.md).

bytes → table of texts → figures and findings → one vintage, or nothing. No line here knows any data set.
"""

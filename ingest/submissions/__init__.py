"""Submissions: from a file to published figures, one step at a time, each with its actor and one audit event.

    sending.receive    draft or checked      the official
    steps.confirm      checked               the official, with reasons
    steps.submit       submitted             the official
    steps.approve      approved              a reviewer who is not the author; or steps.send_back
    steps.publish      published             now, or by due.run_due at its hour

Every step works the file out again from the bytes kept; what it would change is a plan with a hash, and a step that
was decided on another plan is a Conflict that shows the new one.
"""

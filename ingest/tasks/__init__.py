"""Work that follows from a publication and is done beside it, at least once, by whichever process takes it first.

kinds.py     what can be asked for, with its arguments
queue.py     the table: asked for in the transaction that causes it, taken with a lease, ended by who holds it
deeds.py     how each kind is done
working.py   a worker: take, do, end, until nothing waits
beside.py    what a web process does beside answering, or a worker process instead of it
command.py   `citymark work` and `citymark tasks`
"""

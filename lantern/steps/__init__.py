"""One file a step of the data flow: which tables it reads, what it calls, which it writes."""

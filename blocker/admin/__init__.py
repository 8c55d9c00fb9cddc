"""The desk: the pages on which officers and approvers work cases. What a case may do is decided in blocker/cases."""

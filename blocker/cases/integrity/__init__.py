"""That nobody changes what was decided unnoticed: the chain, its seal, its judges and its copies."""

"""How a version of the list travels: from git to the index that resolver and page map."""

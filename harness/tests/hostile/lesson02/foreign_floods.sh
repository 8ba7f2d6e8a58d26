# fails: says_where_it_listens
# finding: program-does-not-say-where
#
# Prints without end.

exec yes "listening nowhere"

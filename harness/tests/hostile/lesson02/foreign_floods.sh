# fails: says_where_it_listens
# finding: X
#
# Prints without end.

exec yes "listening nowhere"

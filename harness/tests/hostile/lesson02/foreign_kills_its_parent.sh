# fails: says_where_it_listens
# finding: crashed
#
# Kills the process that started it.

kill -9 $PPID
exec sleep 600

# fails: says_where_it_listens
# finding: program-does-not-say-where
#
# Leaves a daemon that nobody waits for, and one with its output.

setsid sleep 600 < /dev/null > /dev/null 2>&1 &
setsid sleep 600 &
exit 0

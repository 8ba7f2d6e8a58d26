# fails: says_where_it_listens
# finding: program-does-not-say-where
#
# Says that it listens where nobody does.

echo "listening on 127.0.0.1:1"
exec sleep 600
